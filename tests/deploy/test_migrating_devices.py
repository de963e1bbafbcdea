"""Revision 0005 over a PostgreSQL database that servers of the version before are writing to:
people are asked and answer while it runs, also where it is cut short."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from assent.testing.postgres import Cluster
from tests.support.migrating import (
    LONGEST_SECONDS,
    connected,
    end_migrators,
    ended_well,
    gave_way,
    half_built,
    is_whole,
    migrate_to,
    migrating,
    until,
    waits,
    writing,
)

BEFORE = "0004"
ROWS = 50_000
_COLUMNS = (
    "id, programme_id, subject_id, session_id, approval_id, factor_id, kind, holder, proof, "
    "purpose, state, tries, expected, created_at, expires_at"
)
_FILL = (
    "SET session_replication_role = replica",  # one factor does, without a person
    "INSERT INTO factors (id, programme_id, subject_id, kind, state, sealed, counter, created_at, "
    "version) VALUES (1, 1, 1, 'sms_otp', 'active', '', 0, 1, 1)",
    f"INSERT INTO challenges ({_COLUMNS}) SELECT n, 1, n % 100, n, n, n, 'sms_otp', '', 'otp', "
    "'step_up', CASE WHEN n % 3 = 0 THEN 'pending' ELSE 'passed' END, 0, '', n, n FROM {n}",
    "INSERT INTO outbox (id, programme_id, subject_id, channel, created_at, not_after, dedupe, "
    "state, tries, next_at) SELECT n, 1, n, 'sms', n, n, n::text, 'waiting', 0, n FROM {n}",
)
# by the columns that the version before knows: a code asked for, sent, tried and right
_STEP_UP = (
    "INSERT INTO outbox (id, programme_id, subject_id, channel, created_at, not_after, dedupe, "
    "state, tries, next_at) VALUES ($1::bigint, 2, 1, 'sms', 1, 1, $1::bigint::text, 'waiting', "
    "0, 1)",
    f"INSERT INTO challenges ({_COLUMNS}) VALUES ($1::bigint, 2, 1, 1, 1, 1, 'sms_otp', '', 'otp', "
    "'step_up', 'pending', 0, '', 1, 1)",
    "UPDATE challenges SET tries = tries + 1 WHERE id = $1::bigint % 1000 * 10 + $2::bigint",
    "UPDATE challenges SET state = 'passed', decided_at = 1 WHERE id = $1::bigint",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(cluster: Cluster) -> str:
    """The name of a database of the version before, with questions in it: copy it."""
    url = cluster.database("devices")
    await asyncio.to_thread(migrate_to, url, BEFORE)
    async with connected(url) as db:
        for statement in _FILL:
            await db.execute(statement.format(n=f"generate_series(1, {ROWS}) AS n"))
    return "devices"


@pytest.fixture
async def old(cluster: Cluster, filled: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """One of the test's own."""
    name = "devices_" + request.node.name.split("[")[0][-40:]
    url = await asyncio.to_thread(cluster.database, name, filled)
    yield url
    await asyncio.to_thread(cluster.drop, name)


async def test_people_step_up_while_it_runs(old: str, cluster: Cluster) -> None:
    async with connected(old) as db, writing(old, _STEP_UP, ROWS + 1) as writers:
        await writers.go_on(5)
        async with migrating(old) as process:
            await ended_well(process)
        await writers.go_on(5)  # the version before, on the newer schema
        assert writers.failed == []
        assert writers.longest < LONGEST_SECONDS
        await is_whole(db, cluster)
        assert await db.fetchval("SELECT count(*) FROM challenges WHERE id <= $1", ROWS) == ROWS


@pytest.mark.parametrize("table", ["challenges", "outbox"])
async def test_nobody_waits_behind_it_for_something_that_takes_long(
    old: str, cluster: Cluster, table: str
) -> None:
    async with (
        connected(old) as db,
        connected(old) as slow,
        writing(old, _STEP_UP, ROWS + 1) as writers,
    ):
        held = slow.transaction()
        await held.start()
        await slow.execute(f"UPDATE {table} SET programme_id = 1 WHERE programme_id = 0")
        async with migrating(old) as process:
            await until("it waits for the table", waits(db))
            if table == "challenges":  # which has columns added
                await until("it lets others by", gave_way(db))
            await writers.go_on(20)
            assert process.returncode is None
            await held.commit()
            await ended_well(process)
        assert writers.failed == []
        assert writers.longest < LONGEST_SECONDS
        await is_whole(db, cluster)


async def test_one_that_was_killed_over_the_unique_index_is_run_again(
    old: str, cluster: Cluster
) -> None:
    """Half built it is unique for whoever writes, and of no use to whoever reads."""
    async with (
        connected(old) as db,
        connected(old) as slow,
        writing(old, _STEP_UP, ROWS + 1) as writers,
    ):
        held = slow.transaction(isolation="repeatable_read")
        await held.start()
        # no lock that a column would wait for, but a view of the past, which the index waits for
        await slow.execute("SELECT 1 FROM subjects")
        async with migrating(old) as process:
            await until("an index is half built", half_built(db, "challenges_slot"))
            process.kill()
            await process.wait()
        await end_migrators(db)
        await held.rollback()
        assert await half_built(db, "challenges_slot")()
        assert await db.fetchval("SELECT version_num FROM alembic_version") == BEFORE
        await writers.go_on(5)
        async with migrating(old) as again:
            await ended_well(again)
        assert writers.failed == []
        assert writers.longest < LONGEST_SECONDS
        await is_whole(db, cluster)
