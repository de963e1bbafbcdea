"""One person is erased: in every table, opened with the vault, nothing of them is left."""

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from assent.domain.contact import email_key
from assent.testing.postgres import Cluster
from tests.processes.conftest import ask
from tests.support.jose_client import JoseClient
from tests.support.mailed import send_code, start
from tests.support.opened import Rows, of_postgres, of_sqlite, vault_of, where
from tests.support.processes import Installation, Running, installation, until
from tests.support.weavr import Person, consumer_body, log_in, new_person, set_password
from tests.support.wise import Partner, ott_of

WORDS = ("--operator", "grace", "--reason", "asked for it in writing", "--yes")
SETTINGS = {
    "ASSENT_SERVER_ENVIRONMENT": "sandbox",
    # the command counts by the same windows as the servers; many, because a test is in a hurry
    "ASSENT_BUDGETS_NUMBER": "100000/3600",
    "ASSENT_BUDGETS_MAILBOX": "100000/3600",
    "ASSENT_BUDGETS_PREFIX": "100000/3600",
}
NAME = "Zyxabelle"
SURNAME = "Quuxington"
TAG = "Planted-Tag"


class House:
    """A server or two, and the database behind."""

    def __init__(self, place: Installation, running: list[Running], url: str = "") -> None:
        self.place, self.running, self.url = place, running, url
        self.server = running[0].server

    def tables(self) -> dict[str, Rows]:
        if self.url:
            return of_postgres(self.url)
        return of_sqlite(self.place.place / "assent.sqlite3")

    def where(self, found: list[bytes], without: tuple[str, ...] = ()) -> set[str]:
        """In which columns any of these stands."""
        tables = self.tables()
        vault = vault_of(self.place.place / "vault.json", tables)
        return where(found, tables, vault, without)


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("erased")
    url = f"sqlite:///{folder / 'assent.sqlite3'}"
    place = installation(folder, url, **SETTINGS)
    with place.serve("one") as one:
        yield House(place, [one])


@pytest.fixture(scope="module")
def on_postgres(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    url = cluster.database("erasure")
    place = installation(tmp_path_factory.mktemp("two"), url, **SETTINGS)
    with place.serve("left") as left, place.serve("right") as right:
        yield House(place, [left, right], url)


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    found: House = request.getfixturevalue(f"on_{request.param}")
    return found


def _planted(house: House, email: str, number: str) -> Person:
    """Somebody who has left something in every place that there is."""
    server = house.server
    assert log_in(server, email).status != 200  # counted as nobody's
    body = consumer_body(server, email, number)
    body["tag"] = TAG
    body["rootUser"] |= {"name": NAME, "surname": SURNAME}
    headers = {**server.api, "idempotency-ref": f"create-{email}"}
    answer = server.call("POST", "/multi/consumers", body, headers)
    assert answer.status == 200, answer.body
    root = answer.json["rootUser"]
    person = Person(server, email, number, root["id"]["id"], answer.json["id"]["id"])
    person.token = set_password(server, person.user_id, "Pass-word1").json["token"]
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    assert send_code(server, email).status == 204
    assert start(server, email).status == 204
    assert person.log_in("wrong-one").status != 200
    assert person.log_in().status == 200
    assert person.ask_step_up().status == 204
    until("its messages have arrived", lambda: len(server.mails(email)) >= 2)
    until("all of them", lambda: len(server.messages(person.phone)) >= 2)
    return person


def _traces(house: House, person: Person) -> list[bytes]:
    """Every form in which somebody who has the keys would look for them."""
    tables = house.tables()
    vault = vault_of(house.place.place / "vault.json", tables)
    programme = house.server.credentials["programme"]["id"]
    key = email_key(person.email)
    looked_up = [
        vault.lookup(key, f"email:{programme}"),
        vault.lookup(key, f"nobody:{programme}"),
        vault.lookup(person.email, f"deliveries:{programme}"),
        vault.lookup(person.phone, f"deliveries:{programme}"),
        *(
            vault.lookup(about, f"budget:{programme}:{what}:{seconds}")
            for what, about in (("mailbox", key), ("number", person.phone))
            for seconds in (1, 3_600, 86_400)
        ),
        *(
            vault.lookup(key, f"mail gap:{programme}:{purpose}")
            for purpose in ("verify_email", "reset_password", "invite")
        ),
    ]
    plain = [person.email, person.phone, person.number, NAME, SURNAME, TAG]
    return [*(text.encode() for text in plain), *looked_up]


def test_nothing_of_an_erased_person_is_found_in_any_table(house: House) -> None:
    kind = "pg" if house.url else "lite"
    person = _planted(house, f"zyx.{kind}@example.com", "79314159" if house.url else "79271828")
    traces = _traces(house, person)
    before = house.where(traces)
    assert {
        *("subjects, opened", "identities, opened", "factors, opened", "idempotency, opened"),
        *("deliveries, opened", "subjects.email_lookup", "attempts.holder", "budgets.key"),
    } <= before
    said = house.place.done("users", "erase", person.email, *WORDS, "--no-tell")
    assert said.rstrip().endswith(f"Erased {person.user_id}. Back-ups from before still hold them.")
    assert house.where(traces) == set()
    own = {
        name: [row for row in rows if row.get("subject_id") == int(person.user_id)]
        for name, rows in house.tables().items()
    }
    assert {name for name, rows in own.items() if rows} == {"facts"}
    verified = house.place.done("audit", "verify")
    assert verified.startswith("ok ")
    # the session that was alive, and the password that was right
    assert person.factors().status == 401
    assert log_in(house.server, person.email).status != 200
    assert "no such person" in house.place.run("users", "show", person.user_id).stderr


def test_a_person_of_the_sca_api_is_erased_with_face_phone_and_what_was_asked(
    house: House, partner: JoseClient
) -> None:
    kind = "pg" if house.url else "lite"
    user = Partner(house.server, partner).sign_up(f"planted.{kind}@example.com")
    other_address = f"elsewhere.{kind}@example.com"
    face = f"planted face of {kind}".encode()
    path = f"/v1/users/{user.id}/contact-email"
    assert user.call("PUT", path, {"email": other_address}).status == 200
    assert user.set_pin().status < 300
    assert user.set_phone("+6588123451" if house.url else "+6588123452").status == 200
    assert user.set_face(face).status < 300
    assert user.set_fingerprint().status < 300
    user.new_balance()
    paid, open_one = user.new_transfer(), user.new_transfer("20.00")
    ott = ott_of(user.fund(paid))
    user.clear(ott)
    assert user.fund(paid, ott).status < 300
    waiting = ott_of(user.fund(open_one))
    assert user.trigger(waiting).status == 200
    assert house.place.done("users", "find", user.phone).split()[0] == str(user.id)
    words = (user.email, other_address, user.phone, base64.b64encode(face).decode())
    traces = [word.encode() for word in words]
    assert {"factors, opened", "subjects, opened", "deliveries, opened"} <= house.where(traces)

    house.place.done("users", "erase", user.phone, *WORDS, "--no-tell")

    assert house.where(traces) == set()
    own = {
        name
        for name, rows in house.tables().items()
        if any(row.get("subject_id") == user.id for row in rows)
    }
    assert own == {"facts"}
    kept = {
        name: [row for row in rows if row.get("identity_id") == user.profile_id]
        for name, rows in house.tables().items()
    }
    assert {name: len(rows) for name, rows in kept.items() if rows} == {
        "balances": 1,
        "payments": 2,
    }
    assert user.status(waiting).status == 401
    assert user.fund(open_one, waiting).status == 401
    again = user.partner.oauth(grant_type="refresh_token", refresh_token=user.refresh_token)
    assert again.status == 401
    assert user.log_in().status == 401
    somebody_else = user.partner.sign_up(user.email)
    assert somebody_else.id != user.id
    assert somebody_else.set_phone(user.phone).status == 200  # its claim is free


def test_whoever_signs_up_with_the_address_again_is_somebody_else(house: House) -> None:
    email = f"again.{'pg' if house.url else 'lite'}@example.com"
    first = new_person(house.server, email)
    house.place.done("users", "erase", email, *WORDS)
    second = new_person(house.server, email)
    assert second.user_id != first.user_id
    shown = house.place.done("users", "show", email)
    assert "identity_registered" in shown
    assert first.user_id not in shown


def test_the_last_message_is_erased_when_it_is_sent(house: House) -> None:
    person = new_person(house.server)
    house.place.done("users", "erase", person.email, *WORDS)
    mail = until("it arrives", lambda: house.server.mails(person.email))[0]
    assert "was erased" in mail["body"]

    def sent() -> bool:
        rows = [row for row in house.tables()["outbox"] if row["subject_id"] == int(person.user_id)]
        return [(row["state"], row["sealed"]) for row in rows] == [("sent", None)]

    until("its content has gone", sent)


def test_the_file_itself_holds_nothing_of_what_was_sealed(on_sqlite: House) -> None:
    """Not in free pages, nor in the log beside it, while the server runs."""
    person = _planted(on_sqlite, "pages@example.com", "79161803")
    number = int(person.user_id)
    tables = on_sqlite.tables()
    sealed = [
        bytes(row[column])
        for table, column in (
            *(("subjects", "sealed"), ("subjects", "email_lookup"), ("factors", "sealed")),
            *(("mailed_codes", "expected"), ("challenges", "expected")),
        )
        for row in tables[table]
        if number in (row.get("subject_id"), row["id"]) and row[column]
    ]
    sealed += [
        bytes(row["sealed"]) for row in tables["identities"] if row["id"] == int(person.identity_id)
    ]
    assert len(sealed) >= 7
    file = on_sqlite.place.place / "assent.sqlite3"

    def held() -> list[bytes]:
        octets = file.read_bytes() + Path(f"{file}-wal").read_bytes()
        return [one for one in sealed if one in octets]

    assert held() == sealed
    said = on_sqlite.place.done("users", "erase", person.user_id, *WORDS, "--no-tell")
    assert "SQLite's log" not in said
    assert held() == []


def _busy(person: Person, servers: list[Any], done: threading.Event, turn: int) -> int:
    """Logs in, changes addresses, enrols, asks for codes, until told to stop; how often."""
    tried = 0
    while not done.is_set():
        server = servers[(tried + turn) % len(servers)]
        mine = Person(server, person.email, person.number, person.user_id, person.identity_id, "")
        mine.token = person.token
        match (tried + turn) % 6:
            case 0:
                mine.change(tag=f"{TAG}-{tried}")
            case 1:
                mine.change(mobile={"countryCode": "+356", "number": f"7{turn}{tried % 10**6:06}"})
            case 2:
                mine.enrol()
            case 3:
                start(server, person.email)
                send_code(server, person.email)
            case 4:
                log_in(server, person.email, "wrong-one")
            case _:
                mine.log_in()
        tried += 1
    return tried


def test_nothing_of_them_comes_back_from_whoever_was_in_the_middle(on_postgres: House) -> None:
    servers = [running.server for running in on_postgres.running]
    for lap in range(2):
        person = new_person(servers[0], f"race.{lap}@example.com")
        done = threading.Event()
        with ThreadPoolExecutor(6) as pool:
            busy = [pool.submit(_busy, person, servers, done, turn) for turn in range(6)]
            until("they are busy", lambda p=person: _facts(on_postgres, p) > 20)
            try:
                on_postgres.place.done("users", "erase", person.user_id, *WORDS, "--no-tell")
            finally:
                done.set()
            assert sum(one.result() for one in busy) > 20
        number = int(person.user_id)
        for table in ("subjects", "factors", "memberships", "mailed_codes", "grants", "outbox"):
            column = "id" if table == "subjects" else "subject_id"
            text = f"SELECT count(*) FROM {table} WHERE {column} = $1"
            assert ask(on_postgres.url, text, number) == [(0,)], table
        # a virtual phone keeps what was in the air; a real one is nobody's business
        assert on_postgres.where([person.email.encode(), TAG.encode()], ("deliveries",)) == set()
        for server in servers:
            assert log_in(server, person.email).status != 200
            assert server.call("GET", "/multi/consumers", None, server.bearer(person.token)).status
    assert on_postgres.place.done("audit", "verify").startswith("ok ")
    logs = "".join(running.log() for running in on_postgres.running)
    broken = [line for line in logs.splitlines() if '"error"' in line and "rror" in line]
    assert not [line for line in broken if json.loads(line)["level"] == "error"]


def _facts(house: House, person: Person) -> int:
    text = "SELECT count(*) FROM facts WHERE subject_id = $1"
    return int(ask(house.url, text, int(person.user_id))[0][0])
