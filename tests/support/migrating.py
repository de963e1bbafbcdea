"""A migration of PostgreSQL, as a process of its own, while servers of the version before write."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from alembic import command

from assent.adapters.sql.migrations.run import config
from assent.catalogue.store import REVISION
from assent.testing.postgres import Cluster

WRITERS = 6
LONGEST_SECONDS = 8.0
"""A migration that waits for a table keeps others waiting for one second; then it lets them by. On
a busy machine that takes longer; without letting by, it would be as long as somebody holds it."""
_WITHIN = 60.0
_MIGRATORS = (
    "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND application_name = ''"
)


def migrate_to(url: str, revision: str) -> None:
    """In this process."""
    command.upgrade(config(url), revision)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    """Under a name, by which the migration's own connection is told from ours."""
    db = await asyncpg.connect(url, server_settings={"application_name": "test"})
    try:
        yield db
    finally:
        await db.close()


@asynccontextmanager
async def migrating(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
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


async def ended_well(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    said = await asyncio.wait_for(process.stdout.read(), _WITHIN)
    assert await process.wait() == 0, said.decode()


async def until(what: str, condition: Callable[[], Awaitable[Any]]) -> Any:
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
    """Transactions of a server of the version before, one after the other on each connection.

    `statements` are by the columns that it knows, $1 a new id and $2 the writer; `first` is the
    first id.
    """

    url: str
    statements: Sequence[str]
    first: int
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

        await until("writers go on", reached)

    async def write(self, number: int) -> None:
        # whoever takes the tables in another order must not meet the migration's locks either
        statements = self.statements if number % 2 else self.statements[::-1]
        time = asyncio.get_running_loop().time
        async with connected(self.url) as db:
            while not self.over:
                key = self.first + self.done[number] * WRITERS + number
                began = time()
                try:
                    await asyncio.wait_for(one(db, statements, key, number), _WITHIN / 2)
                except (asyncpg.PostgresError, TimeoutError) as error:
                    self.failed.append(repr(error))
                    return
                self.longest = max(self.longest, time() - began)
                self.done[number] += 1


async def one(db: Any, statements: Sequence[str], key: int, number: int) -> None:
    async with db.transaction():
        for statement in statements:
            both = (key, number) if "$2" in statement else (key,)
            await db.execute(statement, *both)


@asynccontextmanager
async def writing(url: str, statements: Sequence[str], first: int) -> AsyncIterator[Writers]:
    """They go on until it is left."""
    writers = Writers(url, statements, first)
    running = [asyncio.create_task(writers.write(number)) for number in range(WRITERS)]
    try:
        yield writers
    finally:
        writers.over = True
        await asyncio.gather(*running)


async def schema(db: Any) -> dict[str, list[tuple[Any, ...]]]:
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


async def is_whole(db: Any, cluster: Cluster) -> None:
    """As if it had been made anew, with every index usable, and at this revision."""
    name = "online_anew"
    url = cluster.database(name)
    await asyncio.to_thread(migrate_to, url, "head")
    async with connected(url) as anew:
        made = await schema(anew)
    cluster.drop(name)
    found = await schema(db)
    assert [row for row in found["indexes"] if not row[2]] == []
    assert found == made
    assert await db.fetchval("SELECT version_num FROM alembic_version") == REVISION


def waits(db: Any) -> Callable[[], Awaitable[Any]]:
    return lambda: db.fetchval(f"SELECT 1 {_MIGRATORS} AND wait_event_type = 'Lock'")


def gave_way(db: Any) -> Callable[[], Awaitable[Any]]:
    """It stopped waiting for a lock, to ask again a little later."""
    return lambda: db.fetchval(f"SELECT 1 {_MIGRATORS} AND query LIKE '%pg_sleep%'")


def nobody_migrates(db: Any) -> Callable[[], Awaitable[Any]]:
    return lambda: db.fetchval(f"SELECT count(*) = 0 {_MIGRATORS}")


def half_built(db: Any, index: str) -> Callable[[], Awaitable[Any]]:
    """Whether an index is there and of no use yet."""
    return lambda: db.fetchval(
        "SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
        "WHERE relname = $1 AND NOT indisvalid",
        index,
    )


async def end_migrators(db: Any) -> None:
    """What a killed one's connection is at goes on without it, and would end well."""
    await db.execute(f"SELECT pg_terminate_backend(pid) {_MIGRATORS}")
    await until("its connection is gone", nobody_migrates(db))
