"""Alembic's entry: connects, takes a lock so that two upgrades do not meet, runs the revisions."""

import asyncio
from functools import partial

from alembic import context
from asyncpg import connect
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

_LOCK = 0x417373656E74  # "Assent": an advisory lock's number


def _run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    context.configure(connection=connection, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


async def _postgres(url: str) -> None:
    # The driver reads the address, as it does for servers: SQLAlchemy knows no sslmode.
    engine = create_async_engine("postgresql+asyncpg://", async_creator=partial(connect, url))
    try:
        async with engine.begin() as connection:
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
