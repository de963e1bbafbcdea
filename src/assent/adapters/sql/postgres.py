"""PostgreSQL through asyncpg: few round trips, each carrying as much as is waiting."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import asyncpg

from assent.adapters.sql.batch import batch, rows_of, shape_of
from assent.adapters.sql.engine import Records
from assent.adapters.sql.sessions import SESSION_COLUMNS, STANDS
from assent.adapters.sql.statement import (
    Applied,
    Params,
    Query,
    Step,
    failed_step,
    gathered,
    listed,
    numbered,
)
from assent.kernel.refusals import Code, Refusal

T = TypeVar("T")

_MOST_IN_ONE = 256
_LONGEST_WAIT = 12
"""Seconds for a statement with the wait for a connection; a command alone may take ten."""
_REPEATS = 5

_GONE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
)
_ROLLED_BACK = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
)

# Who lives, and who was not yet touched this second, in one statement for the whole tick. Rows
# are locked in key order, and only those that change. Whoever waits for a lock sees the row as it
# is afterwards: a session that was ended meanwhile is not touched. One that somebody else touched
# meanwhile must not be lost between the two halves, so what is asked again after the wait (`due`)
# says nothing of the second; it is only written twice then.
_TOUCH = f"""
WITH stale AS MATERIALIZED (
    SELECT id FROM sessions
    WHERE id = ANY($1::bigint[]) AND ended_at IS NULL
      AND last_seen >= $2 AND last_seen < $3 AND expires_at > $4
      AND {STANDS.format("sessions")}
), due AS (
    SELECT s.id FROM sessions s JOIN stale ON stale.id = s.id
    WHERE s.ended_at IS NULL AND s.last_seen >= $2 AND s.expires_at > $4
      AND {STANDS.format("s")}
    ORDER BY s.id FOR NO KEY UPDATE OF s
), touched AS (
    UPDATE sessions SET last_seen = greatest(sessions.last_seen, $3)
    FROM due WHERE sessions.id = due.id
    RETURNING {", ".join(f"sessions.{column}" for column in SESSION_COLUMNS)}
)
SELECT * FROM touched
UNION ALL
SELECT {", ".join(SESSION_COLUMNS)} FROM sessions
WHERE id = ANY($1::bigint[]) AND ended_at IS NULL AND last_seen >= $3 AND expires_at > $4
  AND {STANDS.format("sessions")}
"""


class _Connection(asyncpg.Connection):
    def get_reset_query(self) -> str:
        """Nothing to reset: no statement of ours changes a setting or opens a cursor."""
        return ""


async def _fetch(text: str, arguments: Sequence[Any], db: Any) -> Records:
    rows: Records = await db.fetch(text, *arguments)
    return rows


_Waiting = list[tuple[Any, "asyncio.Future[Any]"]]


def _first_come(waiting: _Waiting) -> tuple[_Waiting, _Waiting]:
    return waiting[:_MOST_IN_ONE], waiting[_MOST_IN_ONE:]


def _apart(waiting: _Waiting) -> tuple[_Waiting, _Waiting]:
    """Lists that have no row in common; what meets one of them waits for the next batch."""
    taken: set[tuple[Any, ...]] = set()
    batch: _Waiting = []
    rest: _Waiting = []
    for one in waiting:
        rows = rows_of(one[0])
        if len(batch) >= _MOST_IN_ONE or taken & rows:
            rest.append(one)
        else:
            batch.append(one)
        taken |= rows  # also of those that wait: nobody overtakes
    return batch, rest


class Lane:
    """Calls of one tick, carried out together; while one batch is under way the next gathers."""

    def __init__(
        self,
        carry_out: Callable[[list[Any]], Awaitable[list[Any]]],
        lanes: int,
        pick: Callable[[_Waiting], tuple[_Waiting, _Waiting]] = _first_come,
    ) -> None:
        self._carry_out = carry_out
        self._pick = pick
        self._free = lanes
        self._waiting: list[tuple[Any, asyncio.Future[Any]]] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self._scheduled = False

    def __call__(self, call: Any) -> asyncio.Future[Any]:
        """Puts a call in line. The future is the caller's; the work goes on without it."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._waiting.append((call, future))
        if not self._scheduled and self._free:
            self._scheduled = True
            loop.call_soon(self._start)
        return future

    def _start(self) -> None:
        self._scheduled = False
        while self._waiting and self._free:
            batch, self._waiting = self._pick(self._waiting)
            self._free -= 1
            task = asyncio.get_running_loop().create_task(self._run(batch))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _run(self, batch: list[tuple[Any, asyncio.Future[Any]]]) -> None:
        try:
            await self._answer(batch)
        finally:
            self._free += 1
            if self._waiting:
                self._start()

    async def _answer(self, batch: list[tuple[Any, asyncio.Future[Any]]]) -> None:
        try:
            answers = await self._carry_out([call for call, _ in batch])
        except Exception as error:  # handed to the callers, who decide
            if len(batch) > 1 and not isinstance(error, Refusal):
                # one caller's unfit value (an id no column holds) is nobody else's trouble
                for one in batch:
                    await self._answer([one])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)


class PostgresEngine:
    """One pool of connections a process."""

    def __init__(self, pool: "asyncpg.Pool[Any]", connections: int, lanes: int) -> None:
        self._pool = pool
        self._free = asyncio.Semaphore(connections)
        self._idle: list[Any] = []
        self._lanes = lanes
        self._reads: dict[Query, Lane] = {}
        self._touches = Lane(self._touch_all, lanes)
        self._writes: set[asyncio.Task[Applied]] = set()
        self._together: dict[tuple[Any, ...], Lane] = {}

    @classmethod
    async def open(cls, url: str, connections: int) -> "PostgresEngine":
        """Connects lazily: a database that is down now is an answer later, not a crash."""
        pool = await asyncpg.create_pool(
            url,
            min_size=0,
            max_size=connections,
            connection_class=_Connection,
            statement_cache_size=512,
            max_cached_statement_lifetime=0,
            command_timeout=10,
            timeout=5,
            server_settings={"application_name": "assent", "jit": "off"},
        )
        return cls(pool, connections, lanes=2)

    async def read(self, query: Query, params: Params) -> Records:
        """Together with the same reads of this tick, where the query allows it."""
        if not query.gather or not query.takes:
            text, names = numbered(query.text)
            return await self._safely(lambda db: db.fetch(text, *(params[name] for name in names)))
        lane = self._reads.get(query)
        if lane is None:
            lane = self._reads[query] = Lane(self._reader(query), self._lanes)
        rows: Records = await lane(params)
        return rows

    async def apply(self, steps: Sequence[Step]) -> Applied:
        """Runs as a task of its own: a caller who goes away does not tear a commit in half.

        The hot shapes of lists go together with others of their shape (batch.py).
        """
        shape = shape_of(steps)
        if shape is not None:
            lane = self._together.get(shape)
            if lane is None:
                lane = self._together[shape] = Lane(self._apply_all, self._lanes, _apart)
            applied: Applied = await asyncio.shield(lane(steps))
            return applied
        task = asyncio.create_task(self._apply(steps))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)

    async def touch(self, session_id: int, now: int, idle_seconds: int) -> Any | None:
        """One statement for all sessions of the tick."""
        return await self._touches((session_id, now, idle_seconds))

    async def revision(self) -> str | None:
        """An empty database is not migrated."""
        try:
            rows = await self._safely(
                lambda db: db.fetch("SELECT version_num FROM alembic_version")
            )
        except asyncpg.UndefinedTableError:
            return None
        return str(rows[0][0]) if rows else None

    async def database_time(self) -> int:
        """Asked for directly: it also tells whether the database is there."""
        rows = await self._safely(
            lambda db: db.fetch(
                "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) AS now"
            )
        )
        return int(rows[0]["now"])

    async def close(self) -> None:
        """Waits for the writes under way."""
        while under_way := self._writes.union(*(lane.tasks for lane in self._together.values())):
            await asyncio.wait(under_way)
        while self._idle:
            await self._pool.release(self._idle.pop())
        await self._pool.close()

    def _reader(self, query: Query) -> Callable[[list[Any]], Awaitable[list[Any]]]:
        alone, names = numbered(query.text)
        together = gathered(query)

        async def read_all(calls: list[Any]) -> list[Any]:
            if len(calls) == 1:
                only = calls[0]
                return [
                    await self._safely(lambda db: db.fetch(alone, *(only[name] for name in names)))
                ]
            arrays = [[call[name] for call in calls] for name in query.takes]
            answers: list[list[Any]] = [[] for _ in calls]
            for row in await self._safely(lambda db: db.fetch(together, *arrays)):
                answers[row["n_"] - 1].append(row)
            return answers

        return read_all

    async def _touch_all(self, calls: list[tuple[int, int, int]]) -> list[Any]:
        """Each call is judged by its own moment. All of one second go together: nearly always
        that is all of them; the others follow in the order of their seconds."""
        answers: list[Any] = [None] * len(calls)
        moments: dict[tuple[int, int], list[int]] = {}
        for place, (_, now, idle) in enumerate(calls):
            moments.setdefault((now // 1_000, idle), []).append(place)
        for second, idle in sorted(moments):
            places = moments[second, idle]
            ids = list({calls[place][0] for place in places})
            first = min(calls[place][1] for place in places)
            arguments = (ids, second - idle, second, first)
            rows = await self._safely(partial(_fetch, _TOUCH, arguments))
            found = {row["id"]: row for row in rows}
            for place in places:
                number, now, _ = calls[place]
                row = found.get(number)
                answers[place] = row if row is not None and now < row["expires_at"] else None
        return answers

    async def _apply_all(self, lists: list[Sequence[Step]]) -> list[Applied]:
        if len(lists) == 1:
            return [await self._apply(lists[0])]
        whole = batch(tuple(statement for statement, _ in lists[0]))
        try:
            rows = await self._safely(partial(_fetch, whole.text, whole.arguments(lists)))
        except (*_ROLLED_BACK, asyncpg.InvalidTextRepresentationError):
            return [await self._apply(steps) for steps in lists]
        return [whole.outcome(row) for row in rows]

    async def _apply(self, steps: Sequence[Step]) -> Applied:
        whole = listed(tuple(statement for statement, _ in steps))
        arguments = whole.arguments(steps)
        for repeat in range(_REPEATS):
            try:
                row = await self._safely(lambda db: db.fetchrow(whole.text, *arguments))
            except asyncpg.InvalidTextRepresentationError as error:
                failed = failed_step(str(error))
                if failed is None:
                    raise
                return Applied(failed=failed)
            except asyncpg.ForeignKeyViolationError as error:
                # what it hangs on is gone, or something hangs on it: somebody was erased meanwhile
                raise Refusal(Code.CHANGED_MEANWHILE, "foreign key") from error
            except _ROLLED_BACK:
                if repeat == _REPEATS - 1:
                    raise Refusal(Code.UNAVAILABLE, "rolled back too often", 1) from None
                continue
            return Applied(returned=tuple(tuple(row[start:end]) for start, end in whole.spans))
        raise AssertionError("the loop returns or raises")

    async def _safely(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """A database that cannot be asked is `UNAVAILABLE`, whatever the driver calls it."""
        try:
            async with asyncio.timeout(_LONGEST_WAIT), self._free:
                return await self._with_connection(work)
        except _GONE as error:
            raise Refusal(Code.UNAVAILABLE, type(error).__name__, 1) from error

    async def _with_connection(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """Connections stay out of the pool between two statements: handing one back and asking
        for it again costs as much as the statement. The pool makes them, and takes back those
        that failed."""
        db = await self._connection()
        try:
            done = await work(db)
        except (asyncpg.PostgresError, Refusal) as error:
            if isinstance(error, _GONE):
                await self._pool.release(db)
            else:  # an error of the statement, not of the connection
                self._idle.append(db)
            raise
        except BaseException:
            await self._pool.release(db)
            raise
        self._idle.append(db)
        return done

    async def _connection(self) -> Any:
        while self._idle:
            db = self._idle.pop()
            if not db.is_closed():
                return db
            await self._pool.release(db)
        return await self._pool.acquire()
