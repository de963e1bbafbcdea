"""The stores that tests run on: in memory, in an SQLite file, in PostgreSQL.

Each database is migrated once and then copied, or, on PostgreSQL, emptied between two tests.
"""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from assent.adapters.sql.engine import Engine
from assent.adapters.sql.migrations.run import upgrade
from assent.adapters.sql.postgres import PostgresEngine
from assent.adapters.sql.sqlite import SqliteEngine
from assent.adapters.sql.stores import SqlStores
from assent.adapters.vault_file.vault import FileVault, Roots
from assent.kernel.randomness import SystemRandomness
from assent.ports.changes import Add
from assent.testing.frozen import CountingIds, FrozenClock, ScriptedRandomness
from assent.testing.postgres import Cluster
from tests.support.jose_client import JoseClient

ROOTS = Roots((b"w" * 32,), b"l" * 32, b"p" * 32)
"""The same in every process that a test starts."""

STORES = ("memory", "sqlite", "postgres")

# The same examples in every run, and no limit of time for one: what fails, fails for whoever runs
# it, and on a busy machine no sooner. `--hypothesis-profile=search` tries others each time.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", _PATIENT)
settings.register_profile("suite", _PATIENT, derandomize=True)
settings.load_profile("suite")


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def ids() -> CountingIds:
    return CountingIds()


@pytest.fixture
def randomness() -> ScriptedRandomness:
    return ScriptedRandomness()


@pytest.fixture(scope="session")
def partner() -> Iterator[JoseClient]:
    """Whoever encrypts and signs on the other side."""
    client = JoseClient()
    yield client
    client.close()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    # a deadlock is looked for at once: the tests make some on purpose
    with Cluster(fsync=False, settings={"deadlock_timeout": "20ms"}) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_template(cluster: Cluster) -> str:
    """The name of a migrated database that nobody is connected to: copy it."""
    upgrade(cluster.database("migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def postgres_shared(cluster: Cluster, postgres_template: str) -> str:
    """One database for all tests that can live with its being emptied before each of them."""
    return cluster.database("shared", postgres_template)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file: copy it."""
    path = tmp_path_factory.mktemp("migrated") / "assent.db"
    upgrade(f"sqlite:///{path}")
    return path


async def emptied(url: str) -> None:
    """Takes every row out, keys of other tables or not."""
    db = await asyncpg.connect(url)
    try:
        tables = await db.fetch(
            "SELECT tablename FROM pg_tables "
            "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
        deletes = ";".join(f'DELETE FROM "{row["tablename"]}"' for row in tables)
        await db.execute(f"SET session_replication_role = replica; {deletes}")
    finally:
        await db.close()


@dataclass
class Database:
    """A migrated, empty database, and whatever stores a test opens on it."""

    kind: str
    clock: FrozenClock
    sqlite_template: Path
    path: Path
    url: str
    opened: list[SqlStores] = field(default_factory=list)

    async def engine(self, connections: int = 10) -> Engine:
        if self.kind == "postgres":
            return await PostgresEngine.open(self.url, connections)
        if self.kind == "sqlite":
            return SqliteEngine(self.path)
        engine = SqliteEngine(None)
        engine.load(self.sqlite_template)
        return engine

    async def open(self, connections: int = 10) -> SqlStores:
        """Stores of their own, with a vault of their own, as another server would have them."""
        vault = FileVault(ROOTS, SystemRandomness())
        stores = SqlStores(await self.engine(connections), vault, self.clock)
        self.opened.append(stores)
        keys = await stores.data_keys()
        if not keys:
            made = vault.new_data_key(1, self.clock.now())
            await stores.commit(Add(made))
            keys = [made]
        vault.use(keys)
        return stores

    async def close(self) -> None:
        for stores in self.opened:
            await stores.close()


@pytest.fixture(params=STORES)
def place(
    request: pytest.FixtureRequest, clock: FrozenClock, sqlite_template: Path, tmp_path: Path
) -> Database:
    """Where each of the three lies; PostgreSQL is only started for tests that ask for it."""
    path, url = tmp_path / "assent.db", ""
    if request.param == "sqlite":
        shutil.copy(sqlite_template, path)
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_shared")
    return Database(request.param, clock, sqlite_template, path, url)


@pytest.fixture
async def database(place: Database) -> AsyncIterator[Database]:
    """Each of the three in turn, empty."""
    if place.url:
        await emptied(place.url)
    yield place
    await place.close()


@pytest.fixture
async def postgres(
    clock: FrozenClock, sqlite_template: Path, tmp_path: Path, postgres_shared: str
) -> AsyncIterator[Database]:
    """PostgreSQL alone, for what only more than one server can show."""
    await emptied(postgres_shared)
    made = Database("postgres", clock, sqlite_template, tmp_path, postgres_shared)
    yield made
    await made.close()


@pytest.fixture
async def stores(database: Database) -> SqlStores:
    """Opened and migrated, on each of the three in turn."""
    return await database.open()


async def rows_of(stores: SqlStores, kind: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as the database holds it."""
    # the engine's own door, because the port shows nothing sealed
    engine: Any = stores._engine

    async def ask(text: str) -> list[Any]:
        if kind == "postgres":
            return list(await engine._pool.fetch(text))
        return list(engine._fetch(text, {}))

    tables = await ask(
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        if kind == "postgres"
        else "SELECT name FROM sqlite_master WHERE type = 'table'"
    )
    held = {}
    for table in sorted(row["name"] for row in tables):
        rows = [tuple(row) for row in await ask(f'SELECT * FROM "{table}"')]
        held[table] = sorted(rows, key=repr)
    return held
