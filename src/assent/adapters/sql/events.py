"""Events for firms' servers: rows of the outbox that keep an order of their own, a person each."""

from collections.abc import Collection, Sequence
from typing import Any

from assent.adapters.sql import outbox
from assent.adapters.sql.engine import Engine
from assent.adapters.sql.statement import Params, Query, Statement
from assent.domain.message import Message, MessageState
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
_VALUES = ", ".join(_BEHIND if name == "created_at" else f"${name}" for name in _COLUMNS)
ADD = Statement(
    f"INSERT INTO outbox ({', '.join(_COLUMNS)}) VALUES ({_VALUES}) "
    "ON CONFLICT DO NOTHING RETURNING id"
)
# Asked of each row by itself, in the index of a person's events: for a NOT EXISTS PostgreSQL may
# choose to read all that wait, twice.
DUE = Query(
    "SELECT id, programme_id, subject_id, sealed, created_at, not_after, dedupe, tries "
    "FROM outbox WHERE state = 'waiting' AND channel = 'webhook' AND next_at <= $now "
    "AND CAST($busy AS text) NOT LIKE '%,' || CAST(programme_id AS text) || ',%' "
    "AND id = (SELECT o.id FROM outbox o WHERE o.subject_id = outbox.subject_id "
    "AND o.channel = 'webhook' AND o.state = 'waiting' ORDER BY o.created_at, o.id LIMIT 1) "
    "ORDER BY next_at, id LIMIT $most",
    {"now": "bigint", "busy": "text", "most": "bigint"},
    gather=False,
)
# What waits behind one that was not taken need not be looked at before.
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
        asked = {"now": now, "busy": f",{','.join(map(str, sorted(busy)))},", "most": limit}
        rows = await self._engine.read(DUE, asked)
        return [outbox.message_from(self._vault, row) for row in rows]

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
