"""Revision 0004 over a PostgreSQL database that servers of the version before are writing to: what
docs/operations/upgrades.md promises of it, also when it is cut short."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from alembic import command

from assent.adapters.sql.migrations.run import config
from assent.catalogue import REVISION
from assent.testing.postgres import Cluster

BEFORE = "0003"
ROWS = 50_000
WRITERS = 6
COLUMNS_ADDED = ("facts", "attempts")
LONGEST_SECONDS = 2.0
"""A migration that waits for a table keeps others waiting for one second; then it lets them by."""
_WITHIN = 60.0

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
_MIGRATORS = (
    "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND application_name = ''"
)


def _migrate_to(url: str, revision: str) -> None:
    command.upgrade(config(url), revision)


@pytest.fixture
async def old(cluster: Cluster, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A database of the version before, with people in it."""
    name = "online_" + request.node.name.split("[")[0][-40:]
    url = cluster.database(name)
    await asyncio.to_thread(_migrate_to, url, BEFORE)
    async with _connected(url) as db:
        for statement in _FILL:
            await db.execute(statement.format(n=f"generate_series(1, {ROWS}) AS n"))
    yield url
    await asyncio.to_thread(cluster.drop, name)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    """Under a name, by which the migration's own connection is told from ours."""
    db = await asyncpg.connect(url, server_settings={"application_name": "test"})
    try:
        yield db
    finally:
        await db.close()


@asynccontextmanager
async def _migrating(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`assent migrate`'s own process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "assent.adapters.sql.migrations",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdin is not None
    process.stdin.write(f"{url}\n".encode())
    process.stdin.close()
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _ended_well(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    said = await asyncio.wait_for(process.stdout.read(), _WITHIN)
    assert await process.wait() == 0, said.decode()


async def _until(what: str, condition: Callable[[], Awaitable[Any]]) -> Any:
    """What the condition answers as soon as that is true."""
    try:
        async with asyncio.timeout(_WITHIN):
            while not (answer := await condition()):
                pass  # each look is a call to the database, which lets others run
            return answer
    except TimeoutError:
        raise AssertionError(f"{what}: not within {_WITHIN} s") from None


@dataclass
class Writers:
    """Log-ins at a server of the version before, one after the other on each connection."""

    url: str
    done: list[int] = field(default_factory=lambda: [0] * WRITERS)
    failed: list[str] = field(default_factory=list)
    longest: float = 0.0
    over: bool = False

    async def go_on(self, more: int) -> None:
        """Until each has done so many more."""
        aims = [count + more for count in self.done]

        async def reached() -> bool:
            await asyncio.sleep(0)
            return bool(self.failed) or all(
                count >= aim for count, aim in zip(self.done, aims, strict=True)
            )

        await _until("writers go on", reached)

    async def _write(self, number: int) -> None:
        # whoever takes the tables in another order must not meet the migration's locks either
        statements = _LOG_IN if number % 2 else _LOG_IN[::-1]
        time = asyncio.get_running_loop().time
        async with _connected(self.url) as db:
            while not self.over:
                key = ROWS + 1 + self.done[number] * WRITERS + number
                began = time()
                try:
                    await asyncio.wait_for(_one(db, statements, key, number), _WITHIN / 2)
                except (asyncpg.PostgresError, TimeoutError) as error:
                    self.failed.append(repr(error))
                    return
                self.longest = max(self.longest, time() - began)
                self.done[number] += 1


async def _one(db: Any, statements: Sequence[str], key: int, number: int) -> None:
    async with db.transaction():
        for statement in statements:
            both = (key, number) if "$2" in statement else (key,)
            await db.execute(statement, *both)


@asynccontextmanager
async def _writing(url: str) -> AsyncIterator[Writers]:
    writers = Writers(url)
    running = [asyncio.create_task(writers._write(number)) for number in range(WRITERS)]
    try:
        yield writers
    finally:
        writers.over = True
        await asyncio.gather(*running)


async def _schema(db: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Everything about tables and indexes but the values."""
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
        "WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    indexes = (
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid FROM pg_index "
        "JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace "
        "ORDER BY 1"
    )
    return {
        "columns": [tuple(row) for row in await db.fetch(columns)],
        "indexes": [tuple(row) for row in await db.fetch(indexes)],
    }


async def _is_whole(db: Any, cluster: Cluster) -> None:
    """As if it had been made anew, with every index usable, and at this revision."""
    name = "online_anew"
    url = cluster.database(name)
    await asyncio.to_thread(_migrate_to, url, "head")
    async with _connected(url) as anew:
        made = await _schema(anew)
    cluster.drop(name)
    found = await _schema(db)
    assert [row for row in found["indexes"] if not row[2]] == []
    assert found == made
    assert await db.fetchval("SELECT version_num FROM alembic_version") == REVISION


def _waits(db: Any) -> Callable[[], Awaitable[Any]]:
    return lambda: db.fetchval(f"SELECT 1 {_MIGRATORS} AND wait_event_type = 'Lock'")


def _gave_way(db: Any) -> Callable[[], Awaitable[Any]]:
    """It stopped waiting for a lock, to ask again a little later."""
    return lambda: db.fetchval(f"SELECT 1 {_MIGRATORS} AND query LIKE '%pg_sleep%'")


def _half_built(db: Any) -> Callable[[], Awaitable[Any]]:
    """The first index on a table that was there before."""
    return lambda: db.fetchval(
        "SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
        "WHERE relname = 'outbox_due_on' AND NOT indisvalid"
    )


async def test_people_log_in_while_it_runs(old: str, cluster: Cluster) -> None:
    async with _connected(old) as db, _writing(old) as writers:
        await writers.go_on(5)
        async with _migrating(old) as process:
            await _ended_well(process)
        await writers.go_on(5)  # the version before, on the newer schema
        assert writers.failed == []
        assert writers.longest < LONGEST_SECONDS
        await _is_whole(db, cluster)


@pytest.mark.parametrize("table", ["facts", "attempts", "outbox", "sessions"])
async def test_nobody_waits_behind_it_for_something_that_takes_long(
    old: str, cluster: Cluster, table: str
) -> None:
    """A report, a copy, a transaction that somebody left open. To add a column, it asks for its
    lock again and again, and whoever comes after goes on in between; an index keeps nobody."""
    async with _connected(old) as db, _connected(old) as slow, _writing(old) as writers:
        held = slow.transaction()
        await held.start()
        await slow.execute(f"UPDATE {table} SET programme_id = 1 WHERE programme_id = 0")
        async with _migrating(old) as process:
            await _until("it waits for the table", _waits(db))
            if table in COLUMNS_ADDED:
                await _until("it lets others by", _gave_way(db))
            await writers.go_on(20)
            assert process.returncode is None
            await held.commit()
            await _ended_well(process)
        assert writers.failed == []
        assert writers.longest < LONGEST_SECONDS
        await _is_whole(db, cluster)


async def test_one_that_was_killed_is_run_again(old: str, cluster: Cluster) -> None:
    async with _connected(old) as db, _connected(old) as slow, _writing(old) as writers:
        held = slow.transaction()
        await held.start()  # so that an index is half built for long enough to end it there
        await slow.execute("UPDATE outbox SET tries = 1 WHERE id = 0")
        async with _migrating(old) as process:
            await _until("an index is half built", _half_built(db))
            process.kill()
            await process.wait()
        # what its connection is at goes on without it, and would end well
        await db.execute(f"SELECT pg_terminate_backend(pid) {_MIGRATORS}")
        await _until("its connection is gone", _nobody_migrates(db))
        await held.rollback()
        assert await _half_built(db)()
        assert await db.fetchval("SELECT version_num FROM alembic_version") == BEFORE
        await writers.go_on(5)
        async with _migrating(old) as again:
            await _ended_well(again)
        assert writers.failed == []
        assert writers.longest < LONGEST_SECONDS
        await _is_whole(db, cluster)


def _nobody_migrates(db: Any) -> Callable[[], Awaitable[Any]]:
    return lambda: db.fetchval(f"SELECT count(*) = 0 {_MIGRATORS}")
