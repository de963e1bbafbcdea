"""Events of a person keep an order of their own, found through indexes however many wait."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import asyncpg
import pytest

from assent.adapters.sql import events
from assent.adapters.sql.statement import Query, Statement, gathered, numbered
from assent.domain.message import Channel, Message, MessageState, Outgoing
from assent.kernel.clock import DAY, MINUTE, SECOND
from assent.ports.changes import Add
from assent.ports.erasure import EraseMessages
from assent.ports.upkeep import ClaimMessage, FinishMessage
from assent.ports.webhooks import ReplayEvent, RetryEvent, Wanted
from tests.conftest import Database
from tests.contracts.rows import Maker, Scene, applied, scene

MANY, PEOPLE = 100_000, 10_000
_LOOPS = re.compile(r"using outbox_person on outbox o .*loops=([0-9]+)")
_ROWS = re.compile(r"(?: rows=|Removed by (?:Index Recheck|Filter): )([0-9.]+)(?= loops=|$)", re.M)


def event(person: Scene, body: str = '{"n":1}', **values: object) -> Message:
    content = Outgoing(channel=Channel.WEBHOOK, address="", body=body)
    usual = {"content": content, "not_after": person.now + 30 * DAY}
    return person.make.message(person.subject, **{**usual, **values})


async def due(person: Scene, now: int = 0, busy: tuple[int, ...] = ()) -> list[int]:
    found = await person.stores.due_events(now or person.now, 10, busy)
    return [one.id for one in found]


async def test_only_a_persons_oldest_is_due(person: Scene) -> None:
    first, second, third = (event(person) for _ in range(3))
    for one in (first, second, third):
        await applied(person.stores, Add(one))
    later = person.now + 10
    for one in (first, second, third):
        assert await due(person, later) == [one.id]
        await applied(
            person.stores,
            ClaimMessage(one.id, later + SECOND, later),
        )
        assert await due(person, later) == []
        await applied(person.stores, FinishMessage(one.id, MessageState.SENT, later, keep=True))
    assert await due(person, later) == []


async def test_one_that_says_it_is_older_is_still_behind(person: Scene) -> None:
    first = event(person)
    second = event(person, created_at=person.now - 5 * SECOND)
    await applied(person.stores, Add(first))
    await applied(person.stores, Add(second))
    assert await due(person, person.now + SECOND) == [first.id]


async def test_in_one_list_ids_tell_which_is_first(person: Scene) -> None:
    waiting, first, second = (event(person) for _ in range(3))
    await applied(person.stores, Add(waiting))
    await applied(person.stores, Add(first), Add(second))
    later = person.now + SECOND
    seen = []
    for _ in range(3):
        (one,) = await due(person, later)
        seen.append(one)
        await applied(person.stores, FinishMessage(one, MessageState.SENT, later))
    assert seen == [waiting.id, first.id, second.id]


async def test_a_retry_takes_along_what_is_behind_it(person: Scene) -> None:
    other = person.make.subject(person.programme.id)
    first, second = event(person), event(person)
    others = replace(event(person), subject_id=other.id)
    message = person.make.message(person.subject)
    await applied(person.stores, Add(other), Add(first), Add(others), Add(message))
    await applied(person.stores, Add(second))
    later = person.now + SECOND
    await applied(person.stores, ClaimMessage(first.id, later + 60 * SECOND, later))
    await applied(person.stores, RetryEvent(first.id, person.subject.id, later + 10 * SECOND))
    assert await due(person, later + 9 * SECOND) == [others.id]
    assert set(await due(person, later + 10 * SECOND)) == {first.id, others.id}
    assert [one.id for one in await person.stores.due_messages(later, 9, Channel.SMS)] == [
        message.id
    ]
    await applied(person.stores, FinishMessage(first.id, MessageState.GIVEN_UP, later, keep=True))
    assert await due(person, later + 9 * SECOND) == [others.id]
    assert set(await due(person, later + 10 * SECOND)) == {second.id, others.id}


async def test_what_comes_behind_one_that_waits_for_its_next_try_is_not_looked_at(
    person: Scene,
) -> None:
    """A firm's server that is away for hours leaves thousands behind their people's first."""
    first, second, third = (event(person) for _ in range(3))
    later = person.now + SECOND
    await applied(person.stores, Add(first))
    await applied(person.stores, ClaimMessage(first.id, later + 50 * SECOND, later))
    await applied(person.stores, Add(second))
    assert await waits_until(person, second) == person.now  # the first may be taken any moment
    again = later + 6 * MINUTE
    await applied(person.stores, RetryEvent(first.id, person.subject.id, again))
    await applied(person.stores, Add(third))
    assert await waits_until(person, third) == again
    for one in (first, second, third):
        assert await due(person, again - 1) == []
        assert await due(person, again) == [one.id]
        await applied(person.stores, FinishMessage(one.id, MessageState.SENT, again, keep=True))


async def waits_until(person: Scene, one: Message) -> int:
    (line,) = await person.stores.events(Wanted(event_id=one.id), 1)
    return line.next_at


async def test_busy_programmes_are_left_out(person: Scene) -> None:
    await applied(person.stores, Add(event(person)))
    mine = person.programme.id
    assert await due(person, busy=(mine,)) == []
    # one whose number holds this one's digits is another
    assert len(await due(person, busy=(mine * 10, int(str(mine)[:-1]), 1))) == 1


async def test_of_many_programmes_each_has_its_turn_the_longest_waiting_first(
    person: Scene,
) -> None:
    """More of them than are asked about at a time; the first has one more, the newest of all."""
    told: list[Message] = []
    programmes = [person.make.programme() for _ in range(71)]
    await applied(person.stores, *map(Add, programmes))
    for number, programme in enumerate([*programmes, programmes[0]]):
        subject = person.make.subject(programme.id)
        one = replace(event(person), programme_id=programme.id, subject_id=subject.id)
        told.append(replace(one, created_at=person.now + number))
        await applied(person.stores, Add(subject), Add(told[-1]))
    later, oldest = person.now + SECOND, [one.id for one in told]
    assert await due(person, later) == oldest[:10]
    found = await person.stores.due_events(later, 100, ())
    assert [one.id for one in found] == oldest
    assert [one.id for one in await person.stores.due_events(later, 70, ())] == oldest[:70]


async def test_a_replayed_one_waits_in_its_old_place(person: Scene) -> None:
    first, second = event(person), event(person)
    await applied(person.stores, Add(first))
    await applied(person.stores, Add(second))
    later = person.now + SECOND
    replay = ReplayEvent(first.id, later)
    assert (await person.stores.commit(replay)).failed is replay  # it waits
    await applied(person.stores, FinishMessage(first.id, MessageState.GIVEN_UP, later, keep=True))
    assert await due(person, later) == [second.id]
    await applied(person.stores, replay)
    assert await due(person, later) == [first.id]
    await applied(person.stores, FinishMessage(first.id, MessageState.SENT, later))
    assert (await person.stores.commit(replay)).failed is replay  # nothing is kept of it


async def test_messages_are_no_events(person: Scene) -> None:
    message = person.make.message(person.subject)
    await applied(person.stores, Add(message))
    done = FinishMessage(message.id, MessageState.GIVEN_UP, person.now, keep=True)
    await applied(person.stores, done)
    assert (await person.stores.commit(ReplayEvent(message.id, person.now))).failed is not None
    assert list(await person.stores.events(Wanted(), 9)) == []


async def test_events_are_found_by_what_an_operator_knows(person: Scene) -> None:
    other = person.make.subject(person.programme.id)
    first, second = event(person), replace(event(person, body='{"n":2}'), subject_id=other.id)
    await applied(person.stores, Add(other), Add(first))
    person.make.clock.advance(SECOND)
    await applied(person.stores, Add(replace(second, created_at=person.now + SECOND)))
    done = FinishMessage(first.id, MessageState.GIVEN_UP, person.now, keep=True)
    await applied(person.stores, done)

    async def found(**wanted: object) -> list[int]:
        lines = await person.stores.events(Wanted(**wanted), 10)  # type: ignore[arg-type]
        return [line.id for line in lines]

    both = [second.id, first.id]
    assert await found() == both
    assert await found(programme_id=person.programme.id) == both
    assert await found(programme_id=person.programme.id + 1) == []
    assert await found(subject_id=other.id) == [second.id]
    assert await found(subject_id=other.id, programme_id=person.programme.id + 1) == []
    assert await found(event_id=first.id) == [first.id]
    assert await found(state=MessageState.GIVEN_UP) == [first.id]
    assert await found(state=MessageState.WAITING, programme_id=person.programme.id) == [second.id]
    assert await found(since=person.now + 1) == [second.id]
    assert await found(until=person.now + SECOND) == [first.id]
    (line,) = await person.stores.events(Wanted(event_id=second.id), 1)
    assert line.body == '{"n":2}'
    assert (line.subject_id, line.state, line.tries) == (other.id, MessageState.WAITING, 0)


async def test_the_last_event_of_somebody_who_is_erased_stays(person: Scene) -> None:
    gone, last = event(person), event(person)
    await applied(person.stores, Add(gone))
    await applied(person.stores, Add(last))
    await applied(person.stores, EraseMessages(person.subject.id, 0, last.id))
    assert [line.id for line in await person.stores.events(Wanted(), 9)] == [last.id]


async def test_two_servers_that_tell_at_once_do_not_lose_one(
    postgres: Database, make: Maker
) -> None:
    person, other = await scene(await postgres.open(), make), await postgres.open()
    rows = [event(person) for _ in range(40)]
    ways = itertools.cycle((person.stores, other))
    done = await asyncio.gather(*(next(ways).commit(Add(row)) for row in rows))
    assert [one.failed for one in done] == [None] * 40
    assert len(await person.stores.events(Wanted(), 100)) == 40
    later, seen = person.now + SECOND, []
    while found := await due(person, later):
        seen += found
        await applied(person.stores, FinishMessage(found[0], MessageState.SENT, later))
    assert sorted(seen) == sorted(row.id for row in rows)


@dataclass(frozen=True)
class Backlog:
    """A hundred thousand events that wait, mostly among as many messages that went; each column in
    SQL, by the number `n` of the row."""

    programme: str = "n % 2"
    person: str = f"n % {PEOPLE}"
    next_at: str = "n"


OF_MANY = Backlog()
"""Ten to a person."""
AT_ONE_MOMENT = Backlog(person="n", next_at="5")
"""Everybody was deactivated, or all that was given up is replayed."""
OF_ONE_PERSON = Backlog(programme="0", person="CASE WHEN n <= 900 THEN 0 ELSE n END")
"""Nobody has another, but for one person with the first nine hundred; and no messages, so that
no index is smaller for holding events alone."""


@pytest.fixture(params=[OF_MANY, AT_ONE_MOMENT, OF_ONE_PERSON], ids=["many", "moment", "one"])
async def many(
    postgres: Database, make: Maker, request: pytest.FixtureRequest
) -> AsyncIterator[asyncpg.Connection]:
    """The backlog, planned for as after a while."""
    backlog: Backlog = request.param
    await scene(await postgres.open(), make)
    db = await asyncpg.connect(postgres.url, statement_cache_size=0)
    row = (
        "(id, programme_id, subject_id, channel, created_at, not_after, dedupe, state, tries, "
        "next_at)"
    )
    try:
        sorts = [(0, "webhook", "waiting"), (MANY, "sms", "sent")]
        for first, channel, state in sorts[:1] if backlog is OF_ONE_PERSON else sorts:
            await db.execute(
                f"INSERT INTO outbox {row} SELECT {first} + n, {backlog.programme}, "
                f"{backlog.person}, '{channel}', n, {10**15}, {first} + n, '{state}', 0, "
                f"{backlog.next_at} FROM generate_series(1, {MANY}) n"
            )
        await db.execute("VACUUM ANALYZE outbox")
        await db.execute("SET random_page_cost = 1.1")
        yield db
    finally:
        await db.close()


async def _plans(
    db: asyncpg.Connection,
    one: Query | Statement,
    types: dict[str, str],
    together: bool = False,
    /,
    **given: str,
) -> list[str]:
    text, names = numbered(one.text)
    if together:
        assert isinstance(one, Query)
        text, names = gathered(one), tuple(types)
        types = {name: f"{type}[]" for name, type in types.items()}
    plans = []
    for mode in ("custom", "generic"):  # a connection comes to the second after a while
        await db.execute(f"SET plan_cache_mode = force_{mode}_plan; DEALLOCATE ALL")
        await db.execute(f"PREPARE asked({', '.join(types[name] for name in names)}) AS {text}")
        values = ", ".join(given[name] for name in names)
        rows = await db.fetch(f"EXPLAIN (ANALYZE, TIMING OFF) EXECUTE asked({values})")
        plans.append("\n".join(row[0] for row in rows))
    return plans


async def test_no_plan_reads_all_events(many: asyncpg.Connection) -> None:
    now, takes = f"{MANY * 10}", dict(events.DUE.takes)
    plans = await _plans(many, events.DUE, takes, programme_id="0", now=now, most="64")
    asked = {"programme_id": "'{0,1}'", "now": f"'{{{now},{now}}}'", "most": "'{64,64}'"}
    plans += await _plans(many, events.DUE, takes, True, **asked)
    assert all("outbox_turns" in plan and "outbox_person" in plan for plan in plans), plans
    # for how many of those that wait it was asked whether one is before them
    looked = [int(found) for plan in plans for found in _LOOPS.findall(plan)]
    assert len(looked) == len(plans)
    assert max(looked) < 1_000, plans
    plans += await _plans(many, events.TURNS, dict(events.TURNS.takes), now=now)
    # how many rows each part of a plan read, and left out, at most: of a person all at the worst
    passed = [float(found) for plan in plans for found in _ROWS.findall(plan)]
    assert max(passed) < 1_000, plans
    number = {"next_at": "bigint", "subject_id": "bigint", "id": "bigint"}
    plans += await _plans(many, events.RETRY, number, next_at="0", subject_id="7", id="7")
    usual = {"state": "''", "since": "0", "until": f"{MANY}", "most": "50"}
    for name, query in events._BY.items():
        plans += await _plans(many, query, dict(query.takes), **usual, **{name: "1"})
    assert not any("Seq Scan on outbox" in plan for plan in plans), plans
