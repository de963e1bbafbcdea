"""A person's rows go for good, and nothing can be hung on a person who has gone."""

import asyncio

import asyncpg
import pytest
from structlog.testing import capture_logs

from assent.adapters.sql.statement import Statement
from assent.domain.session import SessionLimits
from assent.domain.subject import Membership, Role
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, AddOnce, Change, ChangeSubject
from assent.ports.erasure import EraseIdentity, EraseMessages, ErasePart, ErasePerson, Part
from assent.ports.upkeep import HoldCall, KeepAnswer
from tests.conftest import Database
from tests.contracts.rows import Maker, Scene, applied, scene


def erasure(person: Scene) -> list[Change]:
    """As the use case hands it over."""
    subject = person.subject
    return [
        EraseMessages(subject.id),
        *(ErasePart(subject.id, part) for part in Part),
        EraseIdentity(person.identity, subject.id),
        ErasePerson(subject.id, subject.version),
    ]


async def _refused(person: Scene, *changes: Change) -> None:
    with pytest.raises(Refusal) as refused:
        await person.stores.commit(*changes)
    assert refused.value.code is Code.CHANGED_MEANWHILE


async def test_whoever_was_in_the_middle_finds_nobody(person: Scene):
    stores, make, subject = person.stores, person.make, person.subject
    await applied(stores, *erasure(person))
    assert await stores.subject(person.programme.id, subject.id) is None
    change = ChangeSubject(subject)
    assert (await stores.commit(change)).failed == change
    await _refused(person, Add(make.factor(subject)))
    await _refused(person, Add(make.grant(subject)))
    await _refused(person, Add(make.challenge(person.session, person.factor)))
    warning = make.message(subject)
    await applied(stores, AddOnce(warning))  # no failure: whoever tells nobody goes on
    assert await stores.due_messages(person.now, 10) == []
    assert await stores.touch(person.session.id, person.now, SessionLimits()) is None
    await person.add(make.session(subject))  # a log-in under way: dead from the beginning
    assert await stores.dossier(subject.id) is not None
    again = make.subject(person.programme.id, email=subject.email)
    await person.add(again)
    found = await stores.subject_by_email(person.programme.id, subject.email)
    assert found is not None
    assert found.id == again.id


async def test_somebody_who_was_changed_meanwhile_is_not_erased_by_halves(person: Scene):
    changes = erasure(person)
    await applied(person.stores, ChangeSubject(person.subject))
    assert (await person.stores.commit(*changes)).failed == changes[-1]
    assert await person.stores.factor(person.subject.id, person.factor.kind) == person.factor
    assert await person.stores.session(person.session.id) == person.session


async def test_an_identity_that_somebody_else_acts_for_keeps_its_details(person: Scene):
    from_other = person.make.subject(person.programme.id)
    membership = Membership(
        subject_id=from_other.id, identity_id=person.identity.id, role=Role.USER
    )
    await person.add(from_other, membership)
    changes = erasure(person)
    done = await person.stores.commit(*changes)
    assert isinstance(done.failed, EraseIdentity)
    assert await person.stores.companions(person.identity.id, person.subject.id) == 1


async def test_only_answers_that_speak_of_the_person_go(person: Scene):
    stores = person.stores
    for key, answer in (
        (b"a" * 32, b'{"email":"Ada@x.example"}'),
        (b"b" * 32, b'"aada@x.example"'),
    ):
        await applied(stores, HoldCall(key, b"f", 1, person.now + 1, person.now + 99, person.now))
        await applied(stores, KeepAnswer(key, 1, answer))
    assert await stores.erase_answers([b'"ada@x.example"']) == 1
    assert await stores.call(b"a" * 32) is None
    assert await stores.call(b"b" * 32) is not None


async def test_answers_that_cannot_be_opened_go_and_the_others_are_looked_at(person: Scene):
    """One before and one after the damaged one; nobody could be answered with that anyway."""
    stores = person.stores
    for key in (b"a", b"b", b"c"):
        held = HoldCall(key * 32, b"f", 1, person.now + 1, person.now + 99, person.now)
        await applied(stores, held)
        await applied(stores, KeepAnswer(key * 32, 1, b'"ada@x.example"'))
    damage = Statement("UPDATE idempotency SET sealed = $sealed WHERE key = $key RETURNING holder")
    await stores._engine.apply([(damage, {"sealed": b"damaged" * 9, "key": b"b" * 32})])
    with capture_logs() as logged:
        assert await stores.erase_answers([b'"ada@x.example"']) == 3
    assert [(one["event"], one["count"]) for one in logged] == [("answers_unreadable", 1)]
    for key in (b"a", b"b", b"c"):
        assert await stores.call(key * 32) is None


async def test_a_factor_that_is_being_added_makes_the_erasure_wait_and_look_again(
    postgres: Database, make: Maker
):
    person = await scene(await postgres.open(), make)
    other = await asyncpg.connect(postgres.url)
    try:
        under_way = other.transaction()
        await under_way.start()
        await other.execute(
            "INSERT INTO mailed_codes VALUES (1, $1, $2, 'invite', 'pending', 0, '', 0, 0)",
            *(person.programme.id, person.subject.id),
        )
        erasing = asyncio.create_task(person.stores.commit(*erasure(person)))
        await _waits(postgres.url)
        await under_way.commit()
        with pytest.raises(Refusal) as refused:
            await erasing
        assert refused.value.code is Code.CHANGED_MEANWHILE
        await applied(person.stores, *erasure(person))
        assert await other.fetchval("SELECT count(*) FROM mailed_codes") == 0
    finally:
        await other.close()


async def test_a_factor_that_comes_in_the_moment_of_the_erasure_is_refused(
    postgres: Database, make: Maker
):
    person = await scene(await postgres.open(), make)
    number = person.subject.id
    other = await asyncpg.connect(postgres.url)
    try:
        under_way = other.transaction()
        await under_way.start()
        for table in ("challenges", "factors", "memberships"):
            await other.execute(f"DELETE FROM {table} WHERE subject_id = $1", number)
        await other.execute("DELETE FROM subjects WHERE id = $1", number)
        adding = asyncio.create_task(person.stores.commit(Add(make.factor(person.subject))))
        await _waits(postgres.url)
        await under_way.commit()
        with pytest.raises(Refusal) as refused:
            await adding
        assert refused.value.code is Code.CHANGED_MEANWHILE
        assert await other.fetchval("SELECT count(*) FROM factors") == 0
    finally:
        await other.close()


async def _waits(url: str) -> None:
    """Until somebody waits for a lock."""
    db = await asyncpg.connect(url)
    try:
        for _ in range(2_000):
            if await db.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                return
            await asyncio.sleep(0)
        raise AssertionError("nobody waits")
    finally:
        await db.close()
