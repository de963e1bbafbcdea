"""Whatever changes who is trusted is told on another address than the one that changed, and stands
in the record: who, what, when, from where, in which request."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from assent.domain.approval import Approval, ApprovalState
from assent.kernel.clock import HOUR
from assent.ports.changes import Add
from tests.support.client import Answer, Server
from tests.support.mailed import resume, start
from tests.support.processes import Sandbox, until
from tests.support.sandboxes import opened
from tests.support.weavr import NEW_PASSWORD, Person, enrolled_person, new_person, set_password

PHONE, MAIL = "phone", "mail"


@dataclass
class Told:
    """What reached a person since the last look."""

    person: Person
    phone: str
    mail: str
    seen: dict[str, int]

    @classmethod
    def of(cls, person: Person) -> "Told":
        told = cls(person, person.phone, person.email, {})
        told.since()
        return told

    def since(self) -> dict[str, list[str]]:
        """By address, without codes: they are asked for, not told."""
        held = {
            PHONE: self.person.server.messages(self.phone),
            MAIL: self.person.server.mails(self.mail),
        }
        new = {
            where: [
                str(one["body"])
                for one in all_[: len(all_) - self.seen.get(where, 0)]
                if not one["code"]
            ]
            for where, all_ in held.items()
        }
        self.seen = {where: len(all_) for where, all_ in held.items()}
        return new


def _enrol(person: Person) -> Answer:
    assert person.enrol().status == 204
    return person.verify_enrolment()


def _blocked(person: Person) -> Answer:
    return [person.log_in("Wrong-word1") for _ in range(5)][-1]


def _second_secret(person: Person) -> Answer:
    person.server.settings(credentials=["password", "passcode"])
    return set_password(person.server, person.user_id, "8305", person.token)


CHANGES: dict[str, tuple[Callable[[Server], Person], Callable[[Person], Any], str, str, str]] = {
    "a phone is enrolled": (new_person, _enrol, MAIL, "was added", "enrol_passed"),
    "a password is changed": (
        lambda server: enrolled_person(server).stepped_up(),
        lambda person: person.change_password(new=NEW_PASSWORD),
        MAIL,
        "password of your Test account was changed",
        "password_changed",
    ),
    "a second secret is set": (
        lambda server: enrolled_person(server).stepped_up(),
        _second_secret,
        MAIL,
        "was added",
        "password_set",
    ),
    "the number is changed": (
        lambda server: enrolled_person(server).stepped_up(),
        lambda person: person.change(mobile={"countryCode": "+356", "number": "79990001"}),
        f"{MAIL} {PHONE}",
        "mobile number of your Test account",
        "person_changed",
    ),
    "a number that was never proved is changed": (
        new_person,
        lambda person: person.change(mobile={"countryCode": "+356", "number": "79990002"}),
        MAIL,
        "mobile number of your Test account was changed",
        "person_changed",
    ),
    "the address is changed": (
        lambda server: enrolled_person(server).stepped_up(),
        lambda person: person.change(email="elsewhere@example.com"),
        f"{MAIL} {PHONE}",
        "is no longer",
        "person_changed",
    ),
    "wrong passwords block": (new_person, _blocked, MAIL, "blocked for 30 minutes", "blocked"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_person_is_told_elsewhere_and_it_is_recorded(box: Sandbox, server: Server, what: str):
    made, change, where, words, fact = CHANGES[what]
    person = made(server)
    told = Told.of(person)
    answer = change(person)
    assert answer.status in (200, 204, 403), answer.body
    new = told.since()
    for one in where.split():
        (said,) = new.pop(one)
        assert words in said
    assert not any(new.values()), "and on no other address"
    rows = _recorded(box, person, fact)
    assert rows
    actor, at, address, ref = rows[-1]
    assert actor == (f"subject:{person.user_id}" if answer.status != 403 else "programme")
    assert abs(at - server.now) < 60_000
    assert address == "127.0.0.1"
    assert ref == answer.headers["request-ref"]


def _reset(person: Person) -> Answer:
    assert start(person.server, person.email).status == 204
    return resume(person.server, person.email)


def _asked(number: int, server: Server, person: Person, state: ApprovalState) -> Approval:
    """By a client that speaks the other way, which no session of the person's is needed for."""
    return Approval(
        id=number,
        programme_id=int(server.credentials["programme"]["id"]),
        subject_id=int(person.user_id),
        action="TRANSFER__FUND",
        fingerprint="f" * 64,
        client="client-1",
        lookup=f"{number}".encode(),
        state=state,
        expires_at=server.now + HOUR,
        granted_at=server.now if state is ApprovalState.GRANTED else None,
        created_at=server.now,
    )


VOIDING: dict[str, Callable[[Person], Answer]] = {
    "a reset": _reset,
    "another number": CHANGES["the number is changed"][1],
}


@pytest.mark.parametrize("what", VOIDING)
async def test_what_clients_asked_is_void(box: Sandbox, server: Server, what: str):
    """Whoever cleared it may not have been its owner, or did it with a factor that is gone."""
    person, other = (enrolled_person(server).stepped_up() for _ in range(2))
    async with opened(box) as base:
        stores = base.stores
        asked = [
            _asked(base.world.ids.next(), server, one, state)
            for one in (person, other)
            for state in (ApprovalState.OPEN, ApprovalState.GRANTED)
        ]
        done = await stores.commit(*(Add(one) for one in asked))
        assert done.failed is None
        assert VOIDING[what](person).status == 200
        held = [await stores.approval(one.lookup or b"") for one in asked]
        void = ApprovalState.WITHDRAWN
        assert [one.state for one in held if one] == [void, void, asked[2].state, asked[3].state]


def test_the_record_of_a_server_that_runs_is_chained(box: Sandbox, server: Server):
    person = enrolled_person(server)

    def all_in_blocks() -> bool:
        with closing(sqlite3.connect(box.data / "assent.sqlite3")) as db:
            text = "SELECT count(*) FROM facts WHERE subject_id = ? AND block IS NULL"
            (left,) = db.execute(text, (int(person.user_id),)).fetchone()
        return bool(left == 0)

    until("every fact is in a block", all_in_blocks)


def _recorded(box: Sandbox, person: Person, name: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(box.data / "assent.sqlite3")) as db:
        return db.execute(
            "SELECT actor, at, address, request_ref FROM facts WHERE subject_id = ? AND name = ? "
            "ORDER BY at, rowid",
            (int(person.user_id), name),
        ).fetchall()
