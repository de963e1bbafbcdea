"""What operators ask of the database: what waits, what went wrong lately, who is blocked."""

from dataclasses import dataclass

from assent.adapters.sql.engine import Engine
from assent.adapters.sql.statement import Query
from assent.domain.message import Channel

MOST_WAITING = 10_000
"""Rows that are counted at most: a page of metrics must not read a whole backlog."""
MOST_UNCHAINED = 10_000
"""Likewise; housekeeping chains as many in a second."""

_WAITING = Query(
    "SELECT channel, count(*) AS waiting, min(created_at) AS oldest, min(next_at) AS due FROM "
    "(SELECT channel, created_at, next_at FROM outbox WHERE state = 'waiting' "
    "ORDER BY next_at, id LIMIT $most) AS first GROUP BY channel",
    {"most": "bigint"},
    gather=False,
)
_LOST = Query(
    "SELECT channel, state, count(*) AS lost FROM outbox WHERE finished_at > $since "
    "AND state IN ('given_up', 'expired', 'undelivered') GROUP BY channel, state "
    "ORDER BY channel, state",
    {"since": "bigint"},
    gather=False,
)
# In the index are only those who were ever blocked, which it must be told to be used.
_BLOCKED = Query(
    "SELECT proof, count(*) AS blocked FROM attempts "
    "WHERE blocked_until > 0 AND blocked_until > $now "
    "GROUP BY proof ORDER BY proof",
    {"now": "bigint"},
    gather=False,
)
# In the index that chaining reads.
_UNCHAINED = Query(
    "SELECT count(*) AS unchained, min(at) AS oldest FROM "
    "(SELECT at FROM facts WHERE block IS NULL ORDER BY at, id LIMIT $most) AS first",
    {"most": "bigint"},
    gather=False,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages that wait, in ms since 1970 and by channel; `MOST_WAITING` means that or more."""

    by_channel: dict[str, int]
    oldest_at: int | None
    due_at: int | None = None
    """When a worker should have taken the first of them, or should."""
    event_at: int | None = None
    """When the oldest event happened that a firm's server was not told of yet. The other two are
    about people only: a firm's server may be down for hours."""


@dataclass(frozen=True, slots=True)
class Unchained:
    """Facts that stand in no audit block; `MOST_UNCHAINED` means that or more."""

    count: int
    oldest_at: int | None


class Vitals:
    """Counts only: no row of these leaves the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def waiting(self) -> Waiting:
        """Those that the worker has still to send, the first due ones where there are too many."""
        rows = await self._engine.read(_WAITING, {"most": MOST_WAITING})
        by_channel = {row["channel"]: int(row["waiting"]) for row in rows}
        people = [row for row in rows if row["channel"] != Channel.WEBHOOK]
        events = [row for row in rows if row["channel"] == Channel.WEBHOOK]
        return Waiting(
            by_channel,
            min((int(row["oldest"]) for row in people), default=None),
            min((int(row["due"]) for row in people), default=None),
            min((int(row["oldest"]) for row in events), default=None),
        )

    async def lost(self, since: int) -> dict[tuple[str, str], int]:
        """Messages that did not arrive, by channel and final state."""
        rows = await self._engine.read(_LOST, {"since": since})
        return {(row["channel"], row["state"]): int(row["lost"]) for row in rows}

    async def blocked(self, now: int) -> dict[str, int]:
        """How many are blocked now, by what they answered wrongly."""
        rows = await self._engine.read(_BLOCKED, {"now": now})
        return {row["proof"]: int(row["blocked"]) for row in rows}

    async def unchained(self) -> Unchained:
        """What of the record could still be altered or taken out unseen, and since when."""
        (row,) = await self._engine.read(_UNCHAINED, {"most": MOST_UNCHAINED})
        return Unchained(int(row["unchained"]), row["oldest"])
