"""Mail from a production server to a relay with TLS and a log-in, its settings as the page has
them."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.client import Server
from tests.support.gateway_page import blocks
from tests.support.mailed import resume, start
from tests.support.processes import Installation, Running, installation, until
from tests.support.smtp_server import PASSWORD, USER, Post, Relay, certificates, relay
from tests.support.weavr import NEW_PASSWORD, Person, log_in, new_person


@dataclass(frozen=True)
class Bank:
    """A production installation, and the relay that its mail goes to."""

    place: Installation
    relay: Relay
    credentials: dict[str, object]

    def person(self, running: Running) -> Person:
        return new_person(Server(dict(self.credentials), running.server.base_url))

    def mails(self, person: Person, count: int = 1) -> list[Post]:
        """About the lost password, as soon as there are so many."""
        return until(
            f"{count} mails", lambda: found if len(found := self._found(person)) >= count else None
        )

    def _found(self, person: Person) -> list[Post]:
        return [
            post for post in self.relay.to(person.email) if "password" in str(post.mail["Subject"])
        ]

    def states(self, person: Person) -> list[str]:
        """Of the mails to somebody, first things first."""
        with closing(sqlite3.connect(self._file)) as database:
            rows = database.execute(
                "SELECT state FROM outbox WHERE subject_id = ? AND channel = 'email' "
                "ORDER BY created_at, id",
                (int(person.user_id),),
            )
            return [str(state) for (state,) in rows]

    def lease_is_over(self) -> None:
        """As far as the rows are concerned."""
        with closing(sqlite3.connect(self._file)) as database:
            database.execute("UPDATE outbox SET next_at = 0 WHERE state = 'waiting'")
            database.commit()

    @property
    def _file(self) -> Path:
        return Path(self.place.settings["ASSENT_DATABASE_URL"].removeprefix("sqlite:///"))


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp("mail")
    trusted = certificates(folder)
    settings = blocks("Mail")[0]
    with relay("starttls", trusted.server) as theirs:
        ours = settings.replace("smtp.example.com", "localhost").replace("587", str(theirs.port))
        assert f'username = "{USER}"' in ours
        (folder / "assent.toml").write_text(ours)
        place = installation(
            folder,
            f"sqlite:///{folder / 'assent.sqlite3'}",
            ASSENT_CONFIG=str(folder / "assent.toml"),
            ASSENT_MAIL_PASSWORD=PASSWORD,
            ASSENT_MAIL_CA_FILE=str(trusted.ca_file),
        )
        made = json.loads(place.done("programme", "create", "Bank of Málta"))
        place.done(
            "programme", "set", made["id"], "plaintext_passwords=true", "password_profile=weavr"
        )
        credentials = {"programme": {"api_key": made["api_key"]}, "profiles": made["profiles"]}
        yield Bank(place, theirs, credentials)


@pytest.fixture(scope="module")
def running(bank: Bank) -> Iterator[Running]:
    """One server for all tests; the last of them kills it."""
    with bank.place.serve("steady") as one:
        yield one


@pytest.fixture(autouse=True)
def _willing(bank: Bank) -> None:
    bank.relay.hangs_at = bank.relay.drops_at = ""
    bank.relay.answers.clear()


def test_a_code_comes_by_mail_in_two_parts_and_is_the_one(bank: Bank, running: Running) -> None:
    person = bank.person(running)
    assert start(person.server, person.email).status == 204
    (post,) = bank.mails(person)
    found = re.search(r"\b\d{6}\b", post.text)
    assert found, post.text
    assert found.group() in post.html
    assert (post.sender, post.recipients) == ("no-reply@bank.example", [person.email])
    assert post.mail["From"] == "Bank <no-reply@bank.example>"
    assert post.mail["To"] == person.email
    assert "Bank of Málta" in post.text
    assert post.mail.defects == []
    assert resume(person.server, person.email, found.group()).status in (200, 204)
    assert log_in(person.server, person.email, NEW_PASSWORD).status == 200
    until("sent", lambda: set(bank.states(person)) == {"sent"})
    assert post.over_tls
    assert bank.relay.logins[0] == (USER, True)
    assert "message_sent" in running.log()
    for never in (PASSWORD, person.email, found.group(), "Traceback"):
        assert never not in running.log(), never


def test_a_mailbox_that_is_not_there_is_given_up(bank: Bank, running: Running) -> None:
    person = bank.person(running)
    bank.relay.answers["RCPT"] = f"550 5.1.1 <{person.email}>: nobody here"
    assert start(person.server, person.email).status == 204
    until("given up", lambda: "given_up" in bank.states(person))
    assert "mail server answered 550 5.1.1" in running.log()
    assert person.email not in running.log()


def test_killed_in_the_middle_nothing_is_lost(bank: Bank, running: Running) -> None:
    """One mail was put off by the relay. Another was taken, and the server killed before the relay
    could say so: at least once, and the second is the same as the first."""
    put_off, unheard = bank.person(running), bank.person(running)
    bank.relay.answers["RCPT"] = "451 4.7.1 greylisted"
    assert start(put_off.server, put_off.email).status == 204
    until("put off", lambda: "451 4.7.1" in running.log())
    bank.relay.answers.clear()
    bank.relay.hangs_at = "END"
    assert start(unheard.server, unheard.email).status == 204
    bank.mails(unheard)
    running.kill()
    assert "waiting" in bank.states(put_off)
    assert "waiting" in bank.states(unheard)
    bank.relay.hangs_at = ""
    bank.lease_is_over()
    with bank.place.serve("next") as following:
        first, second = bank.mails(unheard, 2)
        assert re.search(r"\b\d{6}\b", bank.mails(put_off)[-1].text)
        for person in (put_off, unheard):
            until("sent", lambda one: set(bank.states(one)) == {"sent"}, person)
    assert "Unclosed" not in following.log()
    assert first.mail["Message-ID"] == second.mail["Message-ID"]
    assert first.octets == second.octets
