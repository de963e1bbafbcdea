"""What operators and housekeeping ask finds its rows through indexes, however many there are."""

from typing import Any

import asyncpg
import pytest

from assent.adapters.sql import challenges
from assent.adapters.sql.batch import Batch, batch
from assent.adapters.sql.engine import Engine, Records
from assent.adapters.sql.statement import Applied, Params, Query, Step, numbered
from assent.adapters.sql.stores import SqlStores
from assent.adapters.sql.vitals import MOST_UNCHAINED, Vitals
from assent.domain.message import Channel
from assent.domain.retention import RetentionLimits, Sort
from assent.domain.session import SessionLimits
from assent.kernel.clock import DAY
from assent.ports.erasure import EraseMessages, ErasePart, Part
from assent.ports.webhooks import RetryEvent, Wanted
from tests.conftest import Database
from tests.contracts.rows import Maker, Scene, scene

MANY = 100_000
MINE = 100
BIG = ("sessions", "approvals", "sends", "attempts", "facts", "challenges", "outbox")


class Planned:
    """An engine that reads and changes nothing; it asks PostgreSQL how it goes about either."""

    def __init__(self, db: asyncpg.Connection) -> None:
        self._db = db
        self.plans: list[str] = []

    async def read(self, query: Query, params: Params) -> Records:
        text, given = await self._plan(query.text, params)
        rows: Records = await self._db.fetch(text, *given)
        return rows

    async def apply(self, steps: list[Step]) -> Applied:
        for statement, params in steps:
            await self._plan(statement.text, params)
        return Applied()

    async def _plan(self, text: str, params: Params) -> tuple[str, list[Any]]:
        text, names = numbered(text)
        given = [params[name] for name in names]
        await self._db.execute(f"PREPARE asked AS {text}")
        said = (f"'{value}'" if isinstance(value, str) else str(value) for value in given)
        values = f"({', '.join(said)})" if given else ""
        for mode in ("custom", "generic"):  # a connection comes to the second after a while
            await self._db.execute(f"SET plan_cache_mode = force_{mode}_plan")
            rows = await self._db.fetch(f"EXPLAIN EXECUTE asked{values}")
            self.plans.append("\n".join([mode, text, *(row[0] for row in rows)]))
        await self._db.execute("DEALLOCATE asked")
        return text, given

    async def together(self, whole: Batch) -> str:
        """The plan of many lists as one statement."""
        await self._db.execute(f"PREPARE asked AS {whole.text}")
        await self._db.execute("SET plan_cache_mode = force_generic_plan")
        nulls = ", ".join(["NULL"] * (len(whole.arrays) + len(whole.settled)))
        rows = await self._db.fetch(f"EXPLAIN EXECUTE asked({nulls})")
        await self._db.execute("DEALLOCATE asked")
        return "\n".join(row[0] for row in rows)

    def scanned(self) -> list[str]:
        """The plans that read the whole of a big table."""
        return [plan for plan in self.plans if any(f"Seq Scan on {table}" in plan for table in BIG)]


async def _fill(db: asyncpg.Connection, person: Scene) -> None:
    """Sessions of many people, half of them ended long ago; a hundred are one's own."""
    old, now, mine = person.now - 60 * DAY, person.now, person.subject.id
    ids = f"n, {person.programme.id}, CASE WHEN n % {MANY // MINE} = 0 THEN {mine} ELSE n END"
    at = f"CASE WHEN n <= {MANY // 2} THEN {old} ELSE {now} END"
    many = f"FROM generate_series(1, {MANY}) n"
    for text in (
        f"INSERT INTO approvals (id, programme_id, subject_id, action, fingerprint, state, proven, "
        f"created_at) SELECT {ids}, 'session', 'f', 'open', '', {at} {many}",
        f"INSERT INTO sessions (id, programme_id, subject_id, identity_id, scope, elements, "
        f"approval_id, created_at, last_seen, expires_at, epoch) "
        f"SELECT {ids}, 1, 'full', '', n, {at}, 0, {at}, 0 {many}",
        f"INSERT INTO attempts (programme_id, holder, proof, failures, blocks, blocked_until, "
        f"last_at) SELECT 1, 'subject:' || n, 'otp', 1, 0, "
        f"CASE WHEN n % {MANY // MINE} = 0 THEN {now + DAY} ELSE 0 END, {at} {many}",
        f"INSERT INTO sends (approval_id, purpose, sent, last_at) "
        f"SELECT n, 'step_up', 1, {at} {many}",
        f"INSERT INTO facts (id, programme_id, subject_id, name, at, address, request_ref, details)"
        f" SELECT {ids}, 'session_opened', {at}, '', '', '{{}}' {many}",
        f"INSERT INTO challenges (id, programme_id, subject_id, session_id, approval_id, "
        f"factor_id, kind, holder, proof, purpose, state, tries, expected, created_at, expires_at, "
        f"slot) "
        f"SELECT {ids}, 1, n, {person.factor.id}, 'device_key', '', 'device_key', 'step_up', "
        f"CASE WHEN n % {MANY // MINE} = 0 THEN 'pending' ELSE 'passed' END, 0, '', {at}, {at}, "
        f"CASE WHEN n % {MANY // MINE} = 0 THEN n ELSE NULL END {many}",
        # codes that went, and events: all but one's own wait for the same moment
        f"INSERT INTO outbox (id, programme_id, subject_id, channel, created_at, not_after, "
        f"dedupe, state, tries, finished_at, next_at) "
        f"SELECT {ids}, CASE WHEN n <= {MANY // 2} THEN 'sms' ELSE 'webhook' END, {at}, "
        f"{now + DAY}, n, CASE WHEN n <= {MANY // 2} THEN 'sent' ELSE 'waiting' END, 0, "
        f"CASE WHEN n <= {MANY // 2} THEN {old} END, {at} {many}",
    ):
        await db.execute(text)
    await db.execute("ANALYZE; SET random_page_cost = 1.1")  # as disks without a head have it


@pytest.fixture
async def planned(postgres: Database, make: Maker) -> Any:
    person = await scene(await postgres.open(), make)
    db = await asyncpg.connect(postgres.url)
    try:
        await _fill(db, person)
        yield person, Planned(db)
    finally:
        await db.close()


async def test_no_big_table_is_read_as_a_whole(planned: tuple[Scene, Planned]):
    person, engine = planned
    one: Engine = engine  # type: ignore[assignment]
    stores = SqlStores(one, person.stores._vault, person.make.clock)
    number, programme = person.subject.id, person.programme.id
    for sort, before in RetentionLimits().cutoffs(person.now):
        if sort in (Sort.SESSIONS, Sort.APPROVALS, Sort.ATTEMPTS):
            await stores.outdated(sort, before, 1_000)
            await stores.forget(sort, before, 1_000)
    # asked every second, by each server
    assert len(await stores.lapsed(person.now, 1_000)) == MINE
    assert len(await stores.open_questions("device_key")) == MINE
    assert len(await stores.due_events(person.now, 64, ())) == 64
    assert await stores.due_events(person.now, 64, (programme,)) == []
    assert await stores.due_messages(person.now, 64, Channel.SMS) == []
    (head, *_) = await stores.due_events(person.now, 1, ())
    await stores.commit(RetryEvent(head.id, number, person.now + DAY))
    await stores.sweep(person.now)
    # asked by operators
    for wanted in (Wanted(programme_id=programme), Wanted(subject_id=number)):
        assert len(await stores.events(wanted, 20)) == 20
    # asked by each device that looks, and by each session that asks
    assert len(await stores.asked_of(number, "device_key")) == MINE
    held = await stores.dossier(number)
    assert (len(held.approvals), len(held.sessions)) == (MINE + 1, MINE + 1)
    await stores.live_sessions(number, person.now, SessionLimits())
    assert len(await stores.latest_facts(programme, number, 20)) == 20
    await stores.commit(EraseMessages(number), *(ErasePart(number, part) for part in Part))
    assert sum((await Vitals(one).blocked(person.now)).values()) == MINE
    assert (await Vitals(one).unchained()).count == MOST_UNCHAINED
    assert len(engine.plans) > 20
    assert engine.scanned() == []


async def test_answers_that_are_counted_together_are_found_one_by_one(
    planned: tuple[Scene, Planned],
):
    """Few questions are pending, and their index holds all that were since the last vacuum."""
    engine = planned[1]
    for statements in (
        (challenges.SPEND_TRY, challenges.SPEND_ATTEMPT),
        (challenges.DECIDE_ON_DEVICE, challenges.CLEAR_ATTEMPTS),
        (challenges.PASS, challenges.CLEAR_ATTEMPTS),
        (challenges.DECIDE, challenges.CLEAR_ATTEMPTS),
    ):
        plan = await engine.together(batch(statements))
        assert "challenges_pkey" in plan
        assert "challenges_pending" not in plan
