"""Idempotency references and outgoing messages: held, answered, taken over, claimed, erased."""

import asyncio
from dataclasses import replace
from typing import Any

from structlog.testing import capture_logs

from assent.adapters.sql.statement import Statement
from assent.adapters.sql.stores import SqlStores
from assent.domain.message import Channel, Message, MessageState
from assent.kernel.clock import HOUR, MINUTE, SECOND
from assent.ports.changes import AddOnce
from assent.ports.records import HeldCall, Unreadable
from assent.ports.upkeep import (
    AddToState,
    ClaimMessage,
    FinishMessage,
    HoldCall,
    KeepAnswer,
    ReleaseCall,
    RetryMessage,
)
from tests.conftest import Database, rows_of
from tests.contracts.rows import Scene, applied

KEY = bytes(range(32))


def hold(person: Scene, **values: Any) -> HoldCall:
    return HoldCall(
        **{
            "key": KEY,
            "fingerprint": b"f" * 32,
            "holder": 1,
            "lease_until": person.now + 30 * SECOND,
            "kept_until": person.now + 24 * HOUR,
            "now": person.now,
            **values,
        }
    )


async def is_held(person: Scene, **values: Any) -> bool:
    return (await person.stores.commit(hold(person, **values))).failed is None


async def test_a_call_is_held_answered_and_remembered(person: Scene):
    stores = person.stores
    assert await stores.call(KEY) is None
    await applied(stores, hold(person))
    assert await stores.call(KEY) == HeldCall(b"f" * 32, None)
    answer = bytes(range(256))
    await applied(stores, KeepAnswer(KEY, 1, answer))
    assert await stores.call(KEY) == HeldCall(b"f" * 32, answer)
    assert not await is_held(person, holder=2, now=person.now + 24 * HOUR - 1)
    assert await is_held(person, holder=2, now=person.now + 24 * HOUR, fingerprint=b"g")
    assert await stores.call(KEY) == HeldCall(b"g", None)


async def test_an_empty_answer_is_an_answer(person: Scene):
    await applied(person.stores, hold(person))
    await applied(person.stores, KeepAnswer(KEY, 1, b""))
    assert await person.stores.call(KEY) == HeldCall(b"f" * 32, b"")


async def test_a_released_call_may_be_repeated(person: Scene):
    await applied(person.stores, hold(person))
    await applied(person.stores, ReleaseCall(KEY, 2))
    assert not await is_held(person, holder=2), "only its holder gives it back"
    await applied(person.stores, ReleaseCall(KEY, 1))
    assert await person.stores.call(KEY) is None
    assert await is_held(person, holder=2, fingerprint=b"g")


async def test_an_answered_call_is_not_released(person: Scene):
    await applied(person.stores, hold(person))
    await applied(person.stores, KeepAnswer(KEY, 1, b"answer"))
    await applied(person.stores, ReleaseCall(KEY, 1))
    assert await person.stores.call(KEY) == HeldCall(b"f" * 32, b"answer")


async def test_a_lease_that_ran_out_is_taken_over(person: Scene):
    await applied(person.stores, hold(person))
    lapsed = person.now + 30 * SECOND
    assert not await is_held(person, holder=2, now=lapsed - 1)
    assert await is_held(person, holder=2, now=lapsed, lease_until=lapsed + 30 * SECOND)
    assert not await is_held(person, holder=3, now=lapsed), "the lease is the second one's now"
    late = KeepAnswer(KEY, 1, b"late")
    assert (await person.stores.commit(late)).failed is late
    await applied(person.stores, KeepAnswer(KEY, 2, b"answer"))
    assert await person.stores.call(KEY) == HeldCall(b"f" * 32, b"answer")


async def test_the_sweep_takes_what_has_served_its_time(person: Scene):
    stores, make = person.stores, person.make
    await applied(stores, hold(person), hold(person, key=b"later", kept_until=person.now + 1))
    gone, stays = (make.capture(person.programme.id, expires_at=person.now + i) for i in (0, 1))
    await person.add(gone, stays)
    await stores.sweep(person.now)
    assert await stores.call(b"later") is not None
    erased = await stores.capture(person.programme.id, gone.token)
    assert erased == replace(gone, value=None), "an expired token is not one that never was"
    assert await stores.capture(person.programme.id, stays.token) == stays
    await stores.sweep(person.now + 1)
    assert await stores.call(b"later") is None
    assert await stores.call(KEY) is not None
    await stores.sweep(person.now + 3 * HOUR)
    assert await stores.capture(person.programme.id, gone.token) is None
    assert await stores.capture(person.programme.id, stays.token) is not None
    await stores.sweep(person.now + 24 * HOUR)
    assert await stores.call(KEY) is None


async def test_the_sweep_keeps_up_with_whoever_fills_the_table(database: Database, person: Scene):
    octets = "CAST(CAST(i AS text) AS bytea)" if database.kind == "postgres" else "CAST(i AS blob)"
    fill = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) "
        "INSERT INTO captures (id, programme_id, kind, lookup, sealed, envelope, created_at, "
        f"expires_at) SELECT i, 1, 'password', {octets}, {octets}, {octets}, 1, 1 FROM n "
        "RETURNING id"
    )
    await person.stores._engine.apply([(Statement(fill), {})])
    await person.stores.sweep(2)
    rows = (await rows_of(person.stores, database.kind))["captures"]
    assert len(rows) == 10_001
    assert {row[4] for row in rows} == {None}, "every value is erased"
    await person.stores.sweep(4 * HOUR)
    assert (await rows_of(person.stores, database.kind))["captures"] == []


async def due(person: Scene, now: int, limit: int = 10) -> list[Message | Unreadable]:
    return list(await person.stores.due_messages(now, limit))


async def test_messages_wait_their_turn(person: Scene):
    make, now = person.make, person.now
    plain = make.outgoing(code=None)
    late = make.message(person.subject, created_at=now + 2, content=plain)
    early = make.message(person.subject, created_at=now + 1)
    await person.add(late, early)
    assert await due(person, now) == []
    assert await due(person, now + 1) == [early]
    assert await due(person, now + 2) == [early, late]
    assert await due(person, now + 2, limit=1) == [early]


async def test_the_same_message_twice_is_one(person: Scene):
    message = person.make.message(person.subject, dedupe="once")
    for _ in range(2):
        again = replace(message, id=person.make.ids.next())
        await applied(person.stores, AddOnce(again))
    assert len(await due(person, person.now)) == 1


async def test_a_claimed_message_is_one_workers_until_its_lease_ends(person: Scene):
    message, now = person.make.message(person.subject), person.now
    await person.add(message)
    claims = [ClaimMessage(message.id, now + MINUTE, now) for _ in range(2)]
    done = [await person.stores.commit(claim) for claim in claims]
    assert [one.failed for one in done] == [None, claims[1]]
    assert done[0].returned == ((1,),)
    assert await due(person, now + MINUTE - 1) == []
    assert await due(person, now + MINUTE) == [replace(message, tries=1)]
    again = await applied(person.stores, ClaimMessage(message.id, now + HOUR, now + MINUTE))
    assert again.returned == ((2,),)


async def test_a_message_that_failed_comes_again(person: Scene):
    message, now = person.make.message(person.subject), person.now
    await person.add(message)
    await applied(person.stores, ClaimMessage(message.id, now + MINUTE, now))
    await applied(person.stores, RetryMessage(message.id, now + 5))
    assert await due(person, now + 4) == []
    assert await due(person, now + 5) == [replace(message, tries=1)]


async def test_a_finished_message_is_erased(database: Database, person: Scene):
    message = person.make.message(person.subject)
    await person.add(message)
    await applied(person.stores, FinishMessage(message.id, MessageState.SENT, person.now))
    assert await due(person, person.now + HOUR) == []
    (row,) = (await rows_of(person.stores, database.kind))["outbox"]
    assert "sent" in row
    assert not [value for value in row if isinstance(value, bytes)], "its content is still there"


async def test_the_worker_hears_of_a_message_when_it_is_committed(person: Scene):
    stores = person.stores
    stores.outbox.clear()
    message = person.make.message(person.subject)
    refused = await stores.commit(AddOnce(message), KeepAnswer(b"unknown", 1, b""))
    assert refused.failed is not None
    assert not stores.outbox.is_set()
    await applied(stores, AddOnce(message))
    assert stores.outbox.is_set()


async def test_a_sum_counts_everybody_who_adds_at_once(stores: SqlStores):
    done = await asyncio.gather(*(stores.commit(AddToState("total", 3)) for _ in range(20)))
    assert sorted(one.returned[0][0] for one in done) == [3 * n for n in range(1, 21)]
    assert await stores.state("total") == "60"


async def damage(person: Scene, message: Message, sealed: bytes = b"damaged") -> None:
    change = Statement("UPDATE outbox SET sealed = $sealed WHERE id = $id RETURNING id")
    await person.stores._engine.apply([(change, {"sealed": sealed, "id": message.id})])


def of_a_newer_version(person: Scene, message: Message, plain: bytes) -> bytes:
    """Content that this version opens and cannot make sense of."""
    return person.stores._vault.seal(plain, f"outbox:{message.id}")


async def test_what_cannot_be_opened_is_told_apart_and_keeps_nobody_back(person: Scene):
    """On its own channel as well as among all."""
    make, now = person.make, person.now
    bad = [make.message(person.subject, created_at=now - 10 + i, tries=3) for i in range(5)]
    good = make.message(person.subject)
    await person.add(*bad, good)
    newer = (b'["pigeon","+1","hi","1"]', b'{"channel":"sms"}', b"[1]", b"7")
    for message, plain in zip(bad, newer, strict=False):
        await damage(person, message, of_a_newer_version(person, message, plain))
    await damage(person, bad[-1])
    lost = [Unreadable(one.id, one.not_after, 3, one.subject_id) for one in bad]
    for channel in (None, Channel.SMS):
        assert await person.stores.due_messages(now, 10, channel) == [*lost, good]
    assert await person.stores.due_messages(now, 1) == lost[:1]


async def test_a_receipt_for_what_cannot_be_opened_finds_no_content(person: Scene):
    message = person.make.message(person.subject)
    await person.add(message)
    await applied(person.stores, ClaimMessage(message.id, person.now + MINUTE, person.now))
    assert await person.stores.sent_message(message.id) == replace(message, tries=1)
    await damage(person, message)
    assert await person.stores.sent_message(message.id) is None


async def test_a_phone_shows_what_can_be_opened(person: Scene):
    make, programme = person.make, person.programme.id
    held = [make.delivery(programme, sent_at=person.now + i) for i in range(3)]
    await person.add(*held)
    change = Statement("UPDATE deliveries SET sealed = $sealed WHERE id = $id RETURNING id")
    await person.stores._engine.apply([(change, {"sealed": b"x" * 40, "id": held[1].id})])
    number = held[0].content.address
    with capture_logs() as logged:
        assert await person.stores.deliveries(programme, number) == [held[2], held[0]]
    assert [(one["event"], one["delivery"]) for one in logged] == [
        ("delivery_unreadable", held[1].id)
    ]
