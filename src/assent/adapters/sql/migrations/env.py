"""Alembic's entry: connects, takes a lock so that two upgrades do not meet, runs the revisions."""

import asyncio
from functools import partial
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationInfo
from asyncpg import connect
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

_LOCK = 0x417373656E74  # "Assent": an advisory lock's number


def _run(connection: Connection) -> None:
    """A revision a transaction, or, from 0004 on and on PostgreSQL, a statement (online.py)."""
    if connection.dialect.name == "postgresql":
        _take_lock(connection)
    context.configure(
        connection=connection,
        transactional_ddl=True,
        transaction_per_migration=True,
        on_version_apply=_applied,  # type: ignore[arg-type] # called by names alone
    )
    with context.begin_transaction():
        context.run_migrations()


def _applied(*, step: MigrationInfo, **_: Any) -> None:
    """For whoever asked: from which revision to which."""
    context.config.attributes["steps"].append(
        (step.source_revision_ids, step.destination_revision_ids)
    )


def _take_lock(connection: Connection) -> None:
    """The connection's own, until it closes. It is asked for again and again: who waits inside a
    statement would be waited for by an index that is built concurrently, and so for ever."""
    taken = text("SELECT pg_try_advisory_lock(:key)")
    while not connection.execute(taken, {"key": _LOCK}).scalar():
        connection.execute(text("SELECT pg_sleep(0.2)"))
        connection.commit()
    connection.commit()


async def _postgres(url: str) -> None:
    # The driver reads the address, as it does for servers: SQLAlchemy knows no sslmode.
    engine = create_async_engine("postgresql+asyncpg://", async_creator=partial(connect, url))
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


def _sqlite(url: str) -> None:
    """The driver opens no transaction for DDL by itself: a revision cut short would stay half."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 10000")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                _run(connection)
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")
    finally:
        engine.dispose()


url: str = context.config.attributes["url"]
if url.startswith("postgresql://"):
    asyncio.run(_postgres(url))
else:
    _sqlite(url)
