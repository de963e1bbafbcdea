"""Revision 0004 over a PostgreSQL database that servers of the version before are writing to: what
docs/operations/upgrades.md promises of it, also when it is cut short."""

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

BEFORE = "0003"
ROWS = 50_000
COLUMNS_ADDED = ("facts", "attempts")

_FILL = (
    "INSERT INTO facts SELECT n, 1, n, 'logged_in', n, '', '', '{{}}' FROM {n}",
    "INSERT INTO attempts SELECT 1, n::text, 'password', 0, 0, 0 FROM {n}",
    "INSERT INTO approvals SELECT n, 1, n, 'session', '', 'open', '', n FROM {n}",
    "INSERT INTO sessions SELECT n, 1, n, n, 'session', '', n, NULL, n, n, n, 0 FROM {n}",
    "INSERT INTO outbox (id, programme_id, subject_id, channel, created_at, not_after, dedupe, "
    "state, tries, next_at) SELECT n, 1, n, 'sms', n, n, n::text, 'waiting', 0, n FROM {n}",
)
# by the columns that the version before knows; in the order of a log-in
_LOG_IN = (
    "INSERT INTO attempts (programme_id, holder, proof, failures, blocks, blocked_until) "
    "VALUES (2, $1::bigint::text, 'password', 1, 0, 0) ON CONFLICT (programme_id, holder, proof) "
    "DO UPDATE SET failures = attempts.failures + 1",
    "INSERT INTO approvals (id, programme_id, subject_id, action, fingerprint, state, proven, "
    "created_at) VALUES ($1::bigint, 2, 1, 'session', '', 'open', '', 1)",
    "INSERT INTO sessions (id, programme_id, subject_id, identity_id, scope, elements, "
    "approval_id, created_at, last_seen, expires_at, epoch) "
    "VALUES ($1::bigint, 2, 1, 1, 'session', '', $1::bigint, 1, 1, 1, 0)",
    "INSERT INTO facts (id, programme_id, subject_id, name, at, address, request_ref, details) "
    "VALUES ($1::bigint, 2, 1, 'logged_in', 1, '', '', '{}')",
    "UPDATE outbox SET tries = tries + 1 WHERE id = $1::bigint % 1000 * 10 + $2::bigint",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(cluster: Cluster) -> str:
    """The name of a database of the version before, with people in it: copy it."""
    url = cluster.database("online")
    await asyncio.to_thread(migrate_to, url, BEFORE)
    async with connected(url) as db:
        for statement in _FILL:
            await db.execute(statement.format(n=f"generate_series(1, {ROWS}) AS n"))
    return "online"


@pytest.fixture
async def old(cluster: Cluster, filled: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """One of the test's own."""
    name = "online_" + request.node.name.split("[")[0][-40:]
    url = await asyncio.to_thread(cluster.database, name, filled)
    yield url
    await asyncio.to_thread(cluster.drop, name)


async def test_people_log_in_while_it_runs(old: str, cluster: Cluster) -> None:
    async with connected(old) as db, writing(old, _LOG_IN, ROWS + 1) as writers:
        await writers.go_on(5)
        async with migrating(old) as process:
            await ended_well(process)
        await writers.go_on(5)  # the version before, on the newer schema
        assert writers.failed == []
        assert writers.longest < LONGEST_SECONDS
        await is_whole(db, cluster)


@pytest.mark.parametrize("table", ["facts", "attempts", "outbox", "sessions"])
async def test_nobody_waits_behind_it_for_something_that_takes_long(
    old: str, cluster: Cluster, table: str
) -> None:
    """A report, a copy, a transaction that somebody left open. To add a column, it asks for its
    lock again and again, and whoever comes after goes on in between; an index keeps nobody."""
    async with (
        connected(old) as db,
        connected(old) as slow,
        writing(old, _LOG_IN, ROWS + 1) as writers,
    ):
        held = slow.transaction()
        await held.start()
        await slow.execute(f"UPDATE {table} SET programme_id = 1 WHERE programme_id = 0")
        async with migrating(old) as process:
            await until("it waits for the table", waits(db))
            if table in COLUMNS_ADDED:
                await until("it lets others by", gave_way(db))
            await writers.go_on(20)
            assert process.returncode is None
            await held.commit()
            await ended_well(process)
        assert writers.failed == []
        assert writers.longest < LONGEST_SECONDS
        await is_whole(db, cluster)


async def test_one_that_was_killed_is_run_again(old: str, cluster: Cluster) -> None:
    async with (
        connected(old) as db,
        connected(old) as slow,
        writing(old, _LOG_IN, ROWS + 1) as writers,
    ):
        held = slow.transaction()
        await held.start()  # so that an index is half built for long enough to end it there
        await slow.execute("UPDATE outbox SET tries = 1 WHERE id = 0")
        async with migrating(old) as process:
            await until("an index is half built", half_built(db, "outbox_due_on"))
            process.kill()
            await process.wait()
        await end_migrators(db)
        await held.rollback()
        assert await half_built(db, "outbox_due_on")()
        assert await db.fetchval("SELECT version_num FROM alembic_version") == BEFORE
        await writers.go_on(5)
        async with migrating(old) as again:
            await ended_well(again)
        assert writers.failed == []
        assert writers.longest < LONGEST_SECONDS
        await is_whole(db, cluster)
