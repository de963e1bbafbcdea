"""SQLite through the standard library: one file, one server process, nothing to set up.

Reads run straight in the event loop, on a connection of their own: a look-up costs microseconds,
a hop to a thread costs more. The reads of one turn of the loop share a snapshot, because taking
one (file locks) costs more than a look-up; it is let go before any commit is reported, so that
whoever waited for a commit reads it. Writes go through one thread that commits all that is waiting
in one transaction, each list under a savepoint, so that one flush to disk serves many callers.
"""

import asyncio
import fcntl
import queue
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any

from assent.adapters.sql.engine import Records
from assent.adapters.sql.sessions import SESSION_COLUMNS, STANDS
from assent.adapters.sql.statement import Applied, Params, Query, Statement, Step
from assent.kernel.refusals import Code, Refusal

_MOST_IN_ONE = 256
_BUSY_MS = 5_000

_LIVES = f"""
SELECT {", ".join(SESSION_COLUMNS)} FROM sessions
WHERE id = $id AND ended_at IS NULL AND last_seen >= $oldest AND expires_at > $now
  AND {STANDS.format("sessions")}
"""
_TOUCH = Statement(
    "UPDATE sessions SET last_seen = $second WHERE id = $id AND ended_at IS NULL "
    "AND last_seen >= $oldest AND expires_at > $now "
    f"AND {STANDS.format('sessions')} RETURNING id"
)

_Job = tuple[Sequence[Step], asyncio.AbstractEventLoop, "asyncio.Future[Applied]"]


class SecondServer(Exception):
    """Another server process has the file."""


class SqliteEngine:
    """`path` None keeps everything in memory, for tests: then reads and writes share one
    connection, and both go through the writer's thread."""

    def __init__(self, path: Path | None, serve: bool = False) -> None:
        self._lock: IO[bytes] | None = _only_server(path) if path and serve else None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer = _connect(path)
        self._reader = self._writer if path is None else _connect(path)
        if path is not None:
            self._reader.execute("PRAGMA query_only = ON")
        self._one_at_a_time = threading.Lock()
        self._in_memory = path is None
        self._snapshot = False
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="assent-writer", daemon=True)
        self._thread.start()

    def load(self, template: Path) -> None:
        """Fills a database in memory with what a file holds: its tables, as a rule."""
        if not self._in_memory:
            raise ValueError("only a database in memory is loaded; copy the file instead")
        with self._one_at_a_time, closing(sqlite3.connect(template)) as file:
            file.backup(self._writer)

    async def read(self, query: Query, params: Params) -> Records:
        """In the loop itself: about four microseconds for a look-up by key."""
        return self._fetch(query.text, params)

    async def apply(self, steps: Sequence[Step]) -> Applied:
        """Joins whatever else is waiting for the writer."""
        if self._closed:
            raise Refusal(Code.UNAVAILABLE, "closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Applied] = loop.create_future()
        self._jobs.put((steps, loop, future))
        return await asyncio.shield(future)

    async def touch(self, session_id: int, now: int, idle_seconds: int) -> Any | None:
        """A read, and a write only for the first request of a session in a second."""
        second = now // 1_000
        params = {"id": session_id, "oldest": second - idle_seconds, "now": now}
        rows = self._fetch(_LIVES, params)
        if not rows or rows[0]["last_seen"] >= second:
            return rows[0] if rows else None
        applied = await self.apply([(_TOUCH, {**params, "second": second})])
        if applied.failed is not None:
            return None
        touched = self._fetch(_LIVES, params)
        return touched[0] if touched else None

    async def revision(self) -> str | None:
        """An empty file is not migrated."""
        tables = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        if not self._fetch(tables, {}):
            return None
        rows = self._fetch("SELECT version_num FROM alembic_version", {})
        return str(rows[0][0]) if rows else None

    async def database_time(self) -> int:
        """SQLite has no clock but the machine's."""
        rows = self._fetch(
            "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS integer) AS now", {}
        )
        return int(rows[0]["now"])

    async def close(self) -> None:
        """Whatever was handed over is written first."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._reader.close()
        self._writer.close()
        if self._lock is not None:
            self._lock.close()

    def _fetch(self, text: str, params: Params) -> list[Any]:
        if self._closed:
            raise Refusal(Code.UNAVAILABLE, "closed")
        try:
            if self._in_memory:
                with self._one_at_a_time:
                    return self._reader.execute(text, params).fetchall()
            if not self._snapshot:
                self._reader.execute("BEGIN")
                self._snapshot = True
                asyncio.get_running_loop().call_soon(self._end_snapshot)
            return self._reader.execute(text, params).fetchall()
        except sqlite3.OperationalError as error:
            raise Refusal(Code.UNAVAILABLE, str(error), 1) from error

    def _end_snapshot(self) -> None:
        if self._snapshot:
            self._snapshot = False
            with suppress(sqlite3.Error):  # closed meanwhile
                self._reader.execute("COMMIT")

    def _write(self) -> None:
        while (job := self._jobs.get()) is not None:
            batch = [job]
            last = False
            with suppress(queue.Empty):
                while len(batch) < _MOST_IN_ONE:
                    following = self._jobs.get_nowait()
                    if following is None:
                        last = True
                        break
                    batch.append(following)
            with self._one_at_a_time:
                outcomes = self._commit(batch)
            self._tell(batch, outcomes)
            if last:
                return

    def _tell(self, batch: list[_Job], outcomes: list[Applied | Exception]) -> None:
        """One wake-up of the loop for the whole batch."""

        def resolve() -> None:
            self._end_snapshot()
            for (_, _, future), outcome in zip(batch, outcomes, strict=True):
                if future.done():
                    continue
                if isinstance(outcome, Exception):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)

        with suppress(RuntimeError):  # the loop has closed: nobody is waiting any more
            batch[0][1].call_soon_threadsafe(resolve)

    def _commit(self, batch: list[_Job]) -> list[Applied | Exception]:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            outcomes: list[Applied | Exception] = [self._list(steps) for steps, _, _ in batch]
            self._writer.execute("COMMIT")
        except Exception as error:  # whatever it is: the writer goes on, or nobody writes again
            with suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
            gone = Refusal(Code.UNAVAILABLE, str(error), 1)
            return [gone for _ in batch]
        return outcomes

    def _list(self, steps: Sequence[Step]) -> Applied | Exception:
        db = self._writer
        db.execute("SAVEPOINT list")
        returned: list[tuple[int, ...]] = []
        outcome: Applied | Exception | None = None
        for number, (statement, params) in enumerate(steps):
            try:
                rows = db.execute(statement.text, params).fetchall()
            except Exception as error:
                if _is_the_databases(error):
                    raise
                outcome = Applied(failed=number) if _is_taken(error) else _told(error)
            else:
                if statement.must and not rows:
                    outcome = Applied(failed=number)
                returned.append(
                    tuple(rows[0][column] for column in statement.returns) if rows else ()
                )
            if outcome is not None:
                db.execute("ROLLBACK TO list")
                break
        db.execute("RELEASE list")
        return outcome or Applied(returned=tuple(returned))


def _is_the_databases(error: Exception) -> bool:
    """A full disk, a damaged file: the matter of every list in the transaction."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _is_taken(error: Exception) -> bool:
    """A unique value is. Every other broken constraint is a caller's mistake, and is raised."""
    name = getattr(error, "sqlite_errorname", "")
    return name in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}


def _told(error: Exception) -> Exception:
    """What hangs on a row that is gone: the person was erased meanwhile."""
    if getattr(error, "sqlite_errorname", "") == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return Refusal(Code.CHANGED_MEANWHILE, "foreign key")
    return error


def _connect(path: Path | None) -> sqlite3.Connection:
    db = sqlite3.connect(
        path or ":memory:", isolation_level=None, check_same_thread=False, cached_statements=512
    )
    db.row_factory = sqlite3.Row
    db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    # What is deleted or written over leaves nothing behind in the file.
    db.execute("PRAGMA secure_delete = ON")
    return db


def _only_server(path: Path) -> IO[bytes]:
    """Holds a lock as long as the process lives; the system lets go of it after a crash."""
    held = path.with_name(path.name + ".server").open("ab")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise SecondServer(
            f"Another server is running on {path}. SQLite serves one process: stop the other "
            "one, or set `database` to PostgreSQL, which serves as many as you like."
        ) from None
    return held
