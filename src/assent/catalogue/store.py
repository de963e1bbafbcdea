"""What every command opens: engines, stores, the vault, the pool of threads."""

import importlib
from typing import TYPE_CHECKING, cast

from assent.adapters.sql.sqlite import SqliteEngine
from assent.adapters.sql.stores import REVISION, SqlStores
from assent.adapters.sql.vitals import MOST_WAITING, Unchained, Vitals, Waiting
from assent.adapters.sql.watched import WatchedStores
from assent.adapters.threads.pool import ThreadPool
from assent.adapters.vault_file.vault import FileVault

if TYPE_CHECKING:
    from assent.adapters.sql.postgres import PostgresEngine

_POSTGRES = "assent.adapters.sql.postgres"
"""Looked up by name: whoever keeps everything in a file need not wait for asyncpg."""


async def open_postgres(url: str, connections: int) -> "PostgresEngine":
    """An engine of at most so many connections."""
    module = importlib.import_module(_POSTGRES)
    return await cast("type[PostgresEngine]", module.PostgresEngine).open(url, connections)


__all__ = [
    "MOST_WAITING",
    "REVISION",
    "FileVault",
    "SqlStores",
    "SqliteEngine",
    "ThreadPool",
    "Unchained",
    "Vitals",
    "Waiting",
    "WatchedStores",
    "open_postgres",
]
