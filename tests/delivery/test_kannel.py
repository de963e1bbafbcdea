"""Codes on their way to phones through a real Kannel, and what it says of them afterwards."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.support.client import Server
from tests.support.gateway_page import blocks
from tests.support.kannel import NEVER, Kannel, kannel
from tests.support.processes import Installation, Running, installation, until
from tests.support.sms_gateway import SmsGateway, sms_gateway
from tests.support.weavr import PASSWORD, Person, consumer_body, set_password

KEY = "a-long-password"
"""As the page has it."""
LETTERS = "Caffè @ Ñandu (€uro) {5} ~ Malta, the Mercantile and General Savings Bank of the Islands"
ANOTHER_ALPHABET = "Банк 日本 «Ġnejna» 😀"
"""Together with the rest of the words, each makes a message of more than one part."""


@dataclass(frozen=True)
class Bank:
    """A production installation that sends through Kannel, its settings as the page has them."""

    place: Installation
    kannel: Kannel
    whatsapp: SmsGateway
    running: Running

    def server(self, name: str) -> Server:
        """A programme of that name."""
        made = json.loads(self.place.done("programme", "create", name))
        chosen = ("plaintext_passwords=true", "password_profile=weavr", "channels=SMS,WHATSAPP")
        self.place.done("programme", "set", made["id"], *chosen)
        credentials = {"programme": {"api_key": made["api_key"]}, "profiles": made["profiles"]}
        return Server(credentials, self.running.server.base_url)

    def outbox(self, person: Person) -> list[tuple[str, str]]:
        """Channel and state of what was written to somebody, first things first."""
        path = self.place.settings["ASSENT_DATABASE_URL"].removeprefix("sqlite:///")
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return database.execute(
                "SELECT channel, state FROM outbox WHERE subject_id = ? AND channel <> 'email' "
                "ORDER BY created_at, id",
                (int(person.user_id),),
            ).fetchall()

    def text(self, person: Person) -> str:
        """The one text that the person's phone shows."""
        (text,) = until(f"a text for {person.phone}", lambda: self.kannel.texts(person.phone))
        return str(text)


def sign_up(server: Server, number: str) -> Person:
    email = f"ada.{number}@example.com"
    made = server.call("POST", "/multi/consumers", consumer_body(server, email, number), server.api)
    assert made.status == 200, made.body
    user = made.json["rootUser"]["id"]["id"]
    token = set_password(server, user, PASSWORD).json["token"]
    return Person(server, email, number, user, made.json["id"]["id"], token)


def code_in(text: str) -> str:
    found = re.search(r"\b\d{6}\b", text)
    assert found, text
    return found.group()


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp("kannel")
    (user,) = blocks("Kannel", "")
    (settings,) = blocks("Kannel")
    with kannel(folder / "kannel", user) as gateway, sms_gateway() as whatsapp:
        ours = settings.replace("http://127.0.0.1:13013/cgi-bin/sendsms", gateway.url)
        assert ours != settings
        (folder / "assent.toml").write_text(ours)
        place = installation(
            folder,
            f"sqlite:///{folder / 'assent.sqlite3'}",
            ASSENT_CONFIG=str(folder / "assent.toml"),
            ASSENT_SMS_KEY=KEY,
            ASSENT_WHATSAPP_URL=whatsapp.url,
        )
        with place.serve("bank") as running:
            yield Bank(place, gateway, whatsapp, running)
            log = running.log()
            assert "Traceback" not in log
            assert "Unclosed" not in log
            assert KEY not in log
        assert "Unclosed" not in running.log()


@pytest.fixture(scope="module")
def server(bank: Bank) -> Server:
    return bank.server(LETTERS)


def test_a_code_reaches_the_phone_and_its_receipt_comes_back(bank: Bank, server: Server) -> None:
    person = sign_up(server, "79600001")
    assert person.enrol().status == 204
    assert f"register this phone with {LETTERS}." in bank.text(person)
    code = code_in(bank.text(person))
    until("a receipt", lambda: bank.outbox(person) == [("sms", "delivered")])
    wrong = "000000" if code != "000000" else "000001"
    assert person.verify_enrolment(wrong).error == "VERIFICATION_CODE_INVALID"
    assert person.verify_enrolment(code).status == 204
    assert bank.kannel.texts(person.phone) == [bank.text(person)]


def test_letters_of_another_alphabet_arrive(bank: Bank) -> None:
    person = sign_up(bank.server(ANOTHER_ALPHABET), "79600002")
    assert person.enrol().status == 204
    text = bank.text(person)
    assert f"register this phone with {ANOTHER_ALPHABET}." in text
    assert person.verify_enrolment(code_in(text)).status == 204
    until("a receipt", lambda: bank.outbox(person) == [("sms", "delivered")])


def test_what_the_sms_centre_refuses_goes_on_to_the_next_channel(
    bank: Bank, server: Server
) -> None:
    """Kannel has taken it, and says so only later."""
    number = f"{NEVER.removeprefix('+356')}600005"
    person = sign_up(server, number)
    assert person.enrol().status == 204
    (got,) = until("the next channel", lambda: bank.whatsapp.to(person.phone))
    until(
        "both rows are final",
        lambda: bank.outbox(person) == [("sms", "undelivered"), ("whatsapp", "sent")],
    )
    assert bank.kannel.texts(person.phone) == []
    assert person.verify_enrolment(code_in(got.body["text"])).status == 204
    assert len(bank.whatsapp.to(person.phone)) == 1


def test_what_kannel_has_taken_outlives_it(bank: Bank, server: Server) -> None:
    person = sign_up(server, "79600006")
    bank.kannel.phones_off()
    assert person.enrol().status == 204
    until("taken", lambda: bank.outbox(person) == [("sms", "sent")])
    bank.kannel.kill()
    assert bank.kannel.texts(person.phone) == []
    bank.kannel.start()
    assert person.verify_enrolment(code_in(bank.text(person))).status == 204
    until("a receipt", lambda: bank.outbox(person) == [("sms", "delivered")])


def test_while_kannel_is_away_messages_wait(bank: Bank, server: Server) -> None:
    person = sign_up(server, "79600007")
    bank.kannel.kill()
    assert person.enrol().status == 204
    until("tried in vain", lambda: "ConnectionRefusedError" in bank.running.log())
    assert bank.outbox(person) == [("sms", "waiting")]
    bank.kannel.start()
    assert person.verify_enrolment(code_in(bank.text(person))).status == 204
    until("a receipt", lambda: bank.outbox(person) == [("sms", "delivered")])
    assert len(bank.kannel.texts(person.phone)) == 1
