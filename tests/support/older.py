"""A database as an older revision left it, on either engine."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command

from assent.adapters.sql.engine import Engine
from assent.adapters.sql.migrations.run import config, upgrade
from assent.adapters.sql.postgres import PostgresEngine
from assent.adapters.sql.sqlite import SqliteEngine
from assent.adapters.sql.stores import SqlStores
from assent.adapters.sql.translate import step
from assent.adapters.vault_file.vault import FileVault
from assent.kernel.randomness import SystemRandomness
from assent.ports.changes import Add
from assent.testing.frozen import FrozenClock
from tests.conftest import ROOTS


class Older:
    """A database of an older revision, filled by hand; `unknown` are the columns, by table, that it
    does not have."""

    def __init__(
        self, url: str, path: Path | None, revision: str, unknown: Mapping[str, set[str]]
    ) -> None:
        self.url, self.path = url, path
        self.revision, self.unknown = revision, unknown
        self.vault = FileVault(ROOTS, SystemRandomness())
        self.vault.use([self.vault.new_data_key(1, 0)])

    async def begin(self) -> None:
        """Makes it."""
        await asyncio.to_thread(command.upgrade, config(self.url), self.revision)

    async def add(self, *rows: Any) -> None:
        """Rows, as a server of that revision would write them."""
        for row in rows:
            statement, params = step(self.vault, Add(row))
            table = statement.text.split()[2]
            known = {n: v for n, v in params.items() if n not in self.unknown.get(table, ())}
            await self.insert(table, **known)

    async def insert(self, table: str, **values: Any) -> None:
        """One of them, by its columns."""
        names = ", ".join(values)
        if self.path is not None:
            marks = ", ".join("?" for _ in values)
            with closing(sqlite3.connect(self.path)) as file, file:
                file.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [*values.values()])
            return
        marks = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        db = await asyncpg.connect(self.url)
        try:
            await db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())
        finally:
            await db.close()

    async def upgraded(self, clock: FrozenClock) -> SqlStores:
        """Brings it to the newest revision, and opens it."""
        await asyncio.to_thread(upgrade, self.url)
        engine: Engine = (
            SqliteEngine(self.path) if self.path else await PostgresEngine.open(self.url, 4)
        )
        return SqlStores(engine, self.vault, clock)
