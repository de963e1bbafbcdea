"""A session lives at 300 s after the last request and is gone at 301 s, to the letter."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from assent.domain.session import SessionLimits, alive, second
from assent.kernel.clock import HOUR, MINUTE, SECOND
from assent.ports.changes import EndSession, EndSessions, StepUpSession
from tests.conftest import Database
from tests.contracts.rows import Maker, Scene, applied, scene, there

LIMITS = SessionLimits()
PHASES = (0, 1, 499, 998, 999)


async def begun(person: Scene, at: int, expires_at: int | None = None):
    session = person.make.session(
        person.subject, last_seen=second(at), expires_at=expires_at or at + 12 * HOUR
    )
    await person.add(session)
    return session


@pytest.mark.parametrize("touched", PHASES)
@pytest.mark.parametrize("asked", PHASES)
async def test_five_minutes_to_the_letter(person: Scene, touched: int, asked: int):
    start = person.now - person.now % 1_000
    at_300, at_301 = await begun(person, start), await begun(person, start)
    touch = person.stores.touch
    for session in (at_300, at_301):
        seen = await touch(session.id, start + 7_000 + touched, LIMITS)
        assert seen == replace(session, last_seen=second(start) + 7)
    seen = await touch(at_300.id, start + 307_000 + asked, LIMITS)
    assert seen == replace(at_300, last_seen=second(start) + 307)
    assert await touch(at_301.id, start + 308_000 + asked, LIMITS) is None
    # and it does not come back: not by asking again, not by asking for an earlier moment's sake
    assert await touch(at_301.id, start + 308_000 + asked, LIMITS) is None
    # the one that was touched has its five minutes anew
    assert await touch(at_300.id, start + 607_000 + asked, LIMITS) is not None


async def test_a_session_never_touched_counts_from_its_beginning(person: Scene):
    start = person.now - person.now % 1_000 + 999
    session = await begun(person, start)
    assert await person.stores.touch(session.id, start + 301 * SECOND, LIMITS) is None
    assert await person.stores.touch(session.id, start + 300 * SECOND, LIMITS) is not None


async def test_the_store_keeps_the_rule(person: Scene):
    """domain/session.py says who lives; the statements must agree at every edge of both limits."""
    limits = SessionLimits(idle_seconds=3)
    start = person.now - person.now % 1_000
    said, kept = {}, {}
    for ago in range(-1, 6):
        for left in (-1, 0, 1, 999, 1_000):
            for phase in (0, 999):
                now = start + phase
                session = await begun(person, now - ago * SECOND, expires_at=now + left)
                said[ago, left, phase] = alive(session, now, limits)
                found = await person.stores.touch(session.id, now, limits)
                kept[ago, left, phase] = found is not None
    assert kept == said
    assert set(said.values()) == {True, False}


async def test_the_absolute_limit_holds_whatever_the_activity(person: Scene):
    start = person.now
    session = await begun(person, start, expires_at=start + 10 * MINUTE)
    for minute in range(1, 10):
        assert await person.stores.touch(session.id, start + minute * MINUTE, LIMITS) is not None
    last = start + 10 * MINUTE
    assert await person.stores.touch(session.id, last - 1, LIMITS) is not None
    assert await person.stores.touch(session.id, last, LIMITS) is None


async def test_an_ended_session_is_gone_at_once(person: Scene):
    ended = await begun(person, person.now)
    assert await person.stores.touch(ended.id, person.now, LIMITS) is not None
    await applied(person.stores, EndSession(ended.id, "log-out", person.now))
    assert await person.stores.touch(ended.id, person.now, LIMITS) is None
    assert await person.stores.touch(ended.id, person.now + SECOND, LIMITS) is None


async def test_all_sessions_but_one_end(person: Scene):
    others = [await begun(person, person.now) for _ in range(3)]
    kept = await begun(person, person.now)
    stranger = await scene(person.stores, person.make)
    await applied(
        person.stores, EndSessions(person.subject.id, "password", person.now, keep=kept.id)
    )
    touched = await asyncio.gather(
        *(
            person.stores.touch(session.id, person.now, LIMITS)
            for session in (person.session, *others, kept, stranger.session)
        )
    )
    assert touched == [None, None, None, None, kept, stranger.session]
    await applied(person.stores, EndSessions(person.subject.id, "all", person.now))
    assert await person.stores.touch(kept.id, person.now, LIMITS) is None


async def test_an_unknown_session_is_not_there(person: Scene):
    assert await person.stores.touch(1, person.now, LIMITS) is None


async def test_a_touch_shows_what_the_session_has_become(person: Scene):
    await applied(person.stores, StepUpSession(person.session.id, person.now))
    later = person.now + 5 * SECOND
    seen = await person.stores.touch(person.session.id, later, LIMITS)
    assert seen == replace(person.session, stepped_up_at=person.now, last_seen=second(later))
    assert await person.stores.session(person.session.id) == seen


async def test_a_late_request_does_not_set_the_clock_back(person: Scene):
    """Two requests overtake each other: the later moment stands."""
    later = person.now + 5 * SECOND
    await person.stores.touch(person.session.id, later, LIMITS)
    seen = await person.stores.touch(person.session.id, person.now, LIMITS)
    assert seen == replace(person.session, last_seen=second(later))


async def test_requests_of_one_tick_on_both_sides_of_a_second(person: Scene):
    """Each is judged by its own moment, though they travel together."""
    start = person.now - person.now % 1_000
    edge = start + 301 * SECOND
    lives, dies = await begun(person, start), await begun(person, start)
    expires = await begun(person, edge, expires_at=edge)
    touched = await asyncio.gather(
        person.stores.touch(lives.id, edge - 1, LIMITS),
        person.stores.touch(expires.id, edge - 1, LIMITS),
        person.stores.touch(dies.id, edge, LIMITS),
        person.stores.touch(expires.id, edge, LIMITS),
    )
    assert [session is not None for session in touched] == [True, True, False, False]
    assert there(await person.stores.touch(lives.id, edge, LIMITS)).last_seen == second(edge)


async def test_requests_of_one_tick_on_both_sides_of_the_absolute_limit(person: Scene):
    """It falls in the middle of a second: each is judged by its own moment all the same."""
    limit = person.now - person.now % 1_000 + 500
    session = await begun(person, limit - 400, expires_at=limit)
    touched = await asyncio.gather(
        *(person.stores.touch(session.id, limit + ms, LIMITS) for ms in (-1, 0, -1, 1))
    )
    assert [session is not None for session in touched] == [True, False, True, False]


async def test_many_requests_of_one_session_at_once_all_find_it(person: Scene):
    """The first moves `last_seen`; those that wait for its row must not think the session gone."""
    for round_ in range(1, 6):
        now = person.now + round_ * SECOND
        touched = await asyncio.gather(
            *(person.stores.touch(person.session.id, now, LIMITS) for _ in range(300))
        )
        assert touched.count(None) == 0


async def write_count(database: Database, session_id: int) -> int:
    """Which transaction wrote the row last."""
    engine: Any = await database.engine()
    rows = await engine._pool.fetch(
        "SELECT CAST(CAST(xmin AS text) AS bigint) AS x FROM sessions WHERE id = $1", session_id
    )
    await engine.close()
    return rows[0]["x"]


async def test_two_servers_write_a_session_once_a_second(postgres: Database, make: Maker):
    one, two = await postgres.open(), await postgres.open()
    person = await scene(one, make)
    number, start = person.session.id, person.now - person.now % 1_000 + SECOND
    await one.touch(number, start, LIMITS)
    written = await write_count(postgres, number)
    for ms in PHASES:
        assert there(await two.touch(number, start + ms, LIMITS)).last_seen == second(start)
        assert there(await one.touch(number, start + ms, LIMITS)).last_seen == second(start)
    assert await write_count(postgres, number) == written
    assert there(await two.touch(number, start + SECOND, LIMITS)).last_seen == second(start) + 1
    assert await write_count(postgres, number) != written
    # what the second server wrote keeps the session alive on the first, and so does its end
    assert await one.touch(number, start + 301 * SECOND, LIMITS) is not None
    await applied(two, EndSession(number, "log-out", start))
    assert await one.touch(number, start + 301 * SECOND, LIMITS) is None


async def test_two_servers_asked_at_once_both_find_the_session(postgres: Database, make: Maker):
    one, two = await postgres.open(), await postgres.open()
    people = [await scene(one, make) for _ in range(20)]
    for round_ in range(1, 16):
        now = people[0].now + round_ * SECOND
        touched = await asyncio.gather(
            *(
                stores.touch(person.session.id, now, LIMITS)
                for person in people
                for stores in (one, two)
            )
        )
        assert touched.count(None) == 0


async def test_a_session_that_ends_while_it_is_touched_ends(postgres: Database, make: Maker):
    """The touch waits for the row, and then must see what has become of it."""
    one, two = await postgres.open(), await postgres.open()
    person = await scene(one, make)
    engine: Any = one._engine
    now = person.now + SECOND
    async with engine._pool.acquire() as db:
        ending = db.transaction()
        await ending.start()
        await db.execute("UPDATE sessions SET ended_at = 1 WHERE id = $1", person.session.id)
        touch = asyncio.ensure_future(two.touch(person.session.id, now, LIMITS))
        while not await db.fetch("SELECT 1 FROM pg_locks WHERE NOT granted"):
            assert not touch.done()
        await ending.commit()
    assert await touch is None


async def test_a_touch_that_waited_for_another_finds_the_session(postgres: Database, make: Maker):
    """The other server's touch is under way: ours waits for the row and must not lose it."""
    one, two = await postgres.open(), await postgres.open()
    person = await scene(one, make)
    engine: Any = one._engine
    now = person.now + SECOND
    async with engine._pool.acquire() as db:
        touching = db.transaction()
        await touching.start()
        await db.execute(
            "UPDATE sessions SET last_seen = $2 WHERE id = $1", person.session.id, second(now)
        )
        touch = asyncio.ensure_future(two.touch(person.session.id, now, LIMITS))
        while not await db.fetch("SELECT 1 FROM pg_locks WHERE NOT granted"):
            assert not touch.done()
        await touching.commit()
    assert await touch == replace(person.session, last_seen=second(now))
