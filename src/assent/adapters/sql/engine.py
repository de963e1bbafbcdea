"""What the stores ask of a database engine."""

from collections.abc import Sequence
from typing import Any, Protocol

from assent.adapters.sql.statement import Applied, Params, Query, Step

Records = Sequence[Any]
"""Rows that answer `row["column"]`."""


class Engine(Protocol):
    """SQLite or PostgreSQL."""

    async def read(self, query: Query, params: Params) -> Records:
        """Rows as committed before the call."""
        ...

    async def apply(self, steps: Sequence[Step]) -> Applied:
        """All steps in one transaction, or none."""
        ...

    async def touch(self, session_id: int, now: int, idle_seconds: int) -> Any | None:
        """The session's row if it lives, its `last_seen` moved to this second."""
        ...

    async def revision(self) -> str | None:
        """What Alembic recorded; nothing where it never ran."""
        ...

    async def database_time(self) -> int:
        """The database's clock in ms."""
        ...

    async def close(self) -> None:
        """Lets go of connections and threads, after what was handed over is done."""
        ...
