"""Events for firms' servers: rows of the outbox that keep an order of their own, a person each."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from assent.adapters.sql import outbox
from assent.adapters.sql.engine import Engine
from assent.adapters.sql.statement import Params, Query, Statement
from assent.domain.message import Message, MessageState
from assent.kernel.clock import MINUTE
from assent.ports.records import Unreadable
from assent.ports.vault import Vault
from assent.ports.webhooks import EventLine, Wanted

_COLUMNS = (
    *("id", "programme_id", "subject_id", "channel", "sealed", "created_at", "not_after"),
    *("dedupe", "state", "tries", "next_at"),
)
# An event is behind all that wait already, whatever the clock of the server that writes it says:
# two of them may be apart by a second.
_BEHIND = (
    "COALESCE((SELECT max(o.created_at) + 1 FROM outbox o WHERE o.subject_id = $subject_id "
    "AND o.channel = 'webhook' AND o.state = 'waiting' AND o.created_at >= $created_at), "
    "$created_at)"
)
# And where the oldest of them waits for a later try it is not looked at before, as RETRY has it: a
# firm's server that is away for hours would leave thousands to be passed over at each look. One
# that is under way is claimed for less than a minute (lane.py), and then the next may go at once.
_AS_LATE = (
    "COALESCE((SELECT h.next_at FROM (SELECT o.next_at FROM outbox o "
    "WHERE o.subject_id = $subject_id AND o.channel = 'webhook' AND o.state = 'waiting' "
    "ORDER BY o.created_at, o.id LIMIT 1) h "
    f"WHERE h.next_at > CAST($next_at AS bigint) + {MINUTE}), CAST($next_at AS bigint))"
)
_SAID = {"created_at": _BEHIND, "next_at": _AS_LATE}
_VALUES = ", ".join(_SAID.get(name, f"${name}") for name in _COLUMNS)
ADD = Statement(
    f"INSERT INTO outbox ({', '.join(_COLUMNS)}) VALUES ({_VALUES}) "
    "ON CONFLICT DO NOTHING RETURNING id"
)
_WAIT = "FROM outbox o WHERE o.channel = 'webhook' AND o.state = 'waiting'"
# The programmes of which something is due, and since when: one step in the index for each, so that
# what waits for those that have their share under way is not read.
TURNS = Query(
    "WITH RECURSIVE found(programme_id) AS ("
    f"SELECT (SELECT o.programme_id {_WAIT} ORDER BY o.programme_id LIMIT 1) UNION ALL "
    f"SELECT (SELECT o.programme_id {_WAIT} AND o.programme_id > found.programme_id "
    "ORDER BY o.programme_id LIMIT 1) FROM found WHERE found.programme_id IS NOT NULL), "
    "turns AS (SELECT programme_id, "
    f"(SELECT o.next_at {_WAIT} AND o.programme_id = found.programme_id "
    "ORDER BY o.next_at, o.id LIMIT 1) AS since FROM found WHERE programme_id IS NOT NULL) "
    "SELECT programme_id, since FROM turns WHERE since <= $now ORDER BY since, programme_id",
    {"now": "bigint"},
    gather=False,
)
# Whether it is its person's oldest is asked of each row by itself, in the index of a person's
# messages. Behind COALESCE, where PostgreSQL neither makes a join of it, which may read all that
# wait, twice, nor takes it for so rare that it would rather read and sort the lot. The comparison
# is of both columns at once: for "the first by these" it may take an index without them, and sort
# a person's thousands for each.
DUE = Query(
    "SELECT id, programme_id, subject_id, sealed, created_at, not_after, dedupe, tries, next_at "
    "FROM outbox WHERE channel = 'webhook' AND state = 'waiting' "
    "AND programme_id = $programme_id AND next_at <= $now "
    f"AND COALESCE(NOT EXISTS (SELECT 1 {_WAIT} AND o.subject_id = outbox.subject_id "
    "AND (o.created_at, o.id) < (outbox.created_at, outbox.id)), FALSE) "
    "ORDER BY next_at, id LIMIT $most",
    {"programme_id": "bigint", "now": "bigint", "most": "bigint"},
)
_TOGETHER = 64
"""Programmes that are asked about at a time, those that have waited longest first."""
_EACH = 4
"""Events that each of them may have at least, where there are many of them."""
# What waits behind one that was not taken need not be looked at before. That is dear once for
# each try, where thousands wait for a person; left as it is it would be dear at every look.
RETRY = Statement(
    "UPDATE outbox SET next_at = $next_at WHERE subject_id = $subject_id "
    "AND channel = 'webhook' AND state = 'waiting' AND (next_at < $next_at OR id = $id) "
    "RETURNING id"
)
REPLAY = Statement(
    "UPDATE outbox SET state = 'waiting', tries = 0, next_at = $now, finished_at = NULL "
    "WHERE id = $id AND channel = 'webhook' AND state IN ('sent', 'given_up') "
    "AND sealed IS NOT NULL AND not_after > $now RETURNING id"
)
_FOUND = (
    "SELECT id, programme_id, subject_id, sealed, state, tries, created_at, next_at, finished_at, "
    "not_after FROM outbox WHERE channel = 'webhook' AND {} "
    "AND (CAST($state AS text) = '' OR state = $state) "
    "AND created_at >= $since AND created_at < $until "
    "ORDER BY created_at DESC, id DESC LIMIT $most"
)
_TAKES = {"state": "text", "since": "bigint", "until": "bigint", "most": "bigint"}
# A way in for each, so that each is found through an index.
_BY = {
    name: Query(_FOUND.format(where), {name: "bigint", **_TAKES}, gather=False)
    for name, where in (
        ("event_id", "id = $event_id"),
        ("subject_id", "subject_id = $subject_id"),
        ("programme_id", "programme_id = $programme_id"),
    )
}
_ANY = Query(_FOUND.format("programme_id > 0"), _TAKES, gather=False)


def event_row(vault: Vault, message: Message) -> Params:
    """Every parameter of `ADD`."""
    return outbox.message_row(vault, message)


class SqlEvents:
    """The part of `ports.stores.Stores` that is `ports.webhooks.EventReads`; see stores.py."""

    _engine: Engine
    _vault: Vault

    async def due_events(
        self, now: int, limit: int, busy: Collection[int]
    ) -> Sequence[Message | Unreadable]:
        turns = await self._engine.read(TURNS, {"now": now})
        left = [turn["programme_id"] for turn in turns if turn["programme_id"] not in busy]
        rows: list[Any] = []
        while left and len(rows) < limit:
            some, left = left[:_TOGETHER], left[_TOGETHER:]
            most = min(limit, max(2 * limit // len(some), _EACH))
            asked = [{"programme_id": one, "now": now, "most": most} for one in some]
            for found in await asyncio.gather(*(self._engine.read(DUE, one) for one in asked)):
                rows += found
        rows.sort(key=lambda row: (row["next_at"], row["id"]))
        return [outbox.message_from(self._vault, row) for row in rows[:limit]]

    async def events(self, wanted: Wanted, limit: int) -> Sequence[EventLine]:
        asked = {
            "state": wanted.state or "",
            "since": wanted.since,
            "until": wanted.until,
            "most": limit,
        }
        named = next((name for name in _BY if getattr(wanted, name)), "")
        if named:
            asked[named] = getattr(wanted, named)
        rows = await self._engine.read(_BY.get(named, _ANY), asked)
        found = [self._line(row) for row in rows]
        return [line for line in found if _fits(line, wanted)]

    def _line(self, row: Any) -> EventLine:
        held = None
        if row["sealed"] is not None:
            opened = outbox.content_of(self._vault, row)
            held = opened.body if opened else None
        return EventLine(
            id=row["id"],
            programme_id=row["programme_id"],
            subject_id=row["subject_id"],
            state=MessageState(row["state"]),
            tries=row["tries"],
            created_at=row["created_at"],
            next_at=row["next_at"],
            finished_at=row["finished_at"],
            not_after=row["not_after"],
            body=held,
        )


def _fits(line: EventLine, wanted: Wanted) -> bool:
    return wanted.programme_id in (0, line.programme_id) and wanted.subject_id in (
        0,
        line.subject_id,
    )
