"""Engine and stores that say what they do, for a server; see ports/telemetry.py."""

from collections.abc import Sequence
from typing import Any

from assent.adapters.sql.engine import Engine, Records
from assent.adapters.sql.statement import Applied, Params, Query, Step
from assent.adapters.sql.stores import SqlStores
from assent.kernel.clock import Clock
from assent.ports.changes import Change, Committed
from assent.ports.telemetry import Telemetry
from assent.ports.vault import Vault

_FAILED = "failed"


class WatchedEngine:
    """`Engine` around another. What a statement says is shown, never what it is filled with."""

    def __init__(self, engine: Engine, telemetry: Telemetry) -> None:
        self._engine = engine
        self._telemetry = telemetry

    async def read(self, query: Query, params: Params) -> Records:
        work, outcome = self._telemetry.store("read", query.text), _FAILED
        try:
            rows = await self._engine.read(query, params)
            outcome = ""
        finally:
            work.end(outcome)
        return rows

    async def apply(self, steps: Sequence[Step]) -> Applied:
        work, outcome = self._telemetry.store("commit", steps[0][0].text), _FAILED
        try:
            applied = await self._engine.apply(steps)
            outcome = ""
        finally:
            work.end(outcome)
        return applied

    async def touch(self, session_id: int, now: int, idle_seconds: int) -> Any | None:
        work, outcome = self._telemetry.store("touch"), _FAILED
        try:
            row = await self._engine.touch(session_id, now, idle_seconds)
            outcome = ""
        finally:
            work.end(outcome)
        return row

    async def database_time(self) -> int:
        work, outcome = self._telemetry.store("time"), _FAILED
        try:
            time = await self._engine.database_time()
            outcome = ""
        finally:
            work.end(outcome)
        return time

    async def revision(self) -> str | None:
        return await self._engine.revision()

    async def close(self) -> None:
        await self._engine.close()


class WatchedStores(SqlStores):
    """Tells of every list that was applied."""

    def __init__(self, engine: Engine, vault: Vault, clock: Clock, telemetry: Telemetry) -> None:
        super().__init__(WatchedEngine(engine, telemetry), vault, clock)
        self._telemetry = telemetry

    async def commit(self, *changes: Change) -> Committed:
        done = await super().commit(*changes)
        if done.failed is None:
            self._telemetry.committed(changes, done)
        return done
