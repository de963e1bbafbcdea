"""Messages on their way out, and those that arrived on a virtual phone, as rows."""

from typing import Any

import msgspec

from assent.adapters.sql.statement import Query, Statement
from assent.domain.message import Channel, Message, Outgoing
from assent.kernel.log import Log
from assent.ports.records import Delivery, Unreadable
from assent.ports.vault import Vault

log = Log()

_CANNOT_BE_OPENED = (ValueError, TypeError, msgspec.MsgspecError)
"""What a vault, a decoder, and a form that another version wrote may raise."""

DUE = Query(
    "SELECT id, programme_id, subject_id, sealed, created_at, not_after, dedupe, tries "
    "FROM outbox WHERE state = 'waiting' AND next_at <= $now ORDER BY next_at, id LIMIT $most",
    {"now": "bigint", "most": "bigint"},
    gather=False,
)
DUE_ON = Query(
    "SELECT id, programme_id, subject_id, sealed, created_at, not_after, dedupe, tries "
    "FROM outbox WHERE state = 'waiting' AND channel = $channel AND next_at <= $now "
    "ORDER BY next_at, id LIMIT $most",
    {"channel": "text", "now": "bigint", "most": "bigint"},
    gather=False,
)
DELIVERIES = Query(
    "SELECT id, programme_id, sealed, sent_at FROM deliveries WHERE programme_id = $programme_id "
    "AND lookup = $lookup ORDER BY sent_at DESC, id DESC LIMIT 100",
    {"programme_id": "bigint", "lookup": "bytea"},
    gather=False,
)

CLAIM = Statement(
    "UPDATE outbox SET next_at = $lease_until, tries = tries + 1 "
    "WHERE id = $id AND state = 'waiting' AND next_at <= $now RETURNING tries",
    returns=("tries",),
    keys=("id",),
)
FINISH = Statement(
    "UPDATE outbox SET state = $state, sealed = NULL, finished_at = $now "
    "WHERE id = $id AND state = 'waiting' RETURNING id",
    keys=("id",),
)
# What is to be said again on another channel is kept until the gateway says that it arrived.
FINISH_AND_KEEP = Statement(
    "UPDATE outbox SET state = $state, finished_at = $now "
    "WHERE id = $id AND state = 'waiting' RETURNING id",
    keys=("id",),
)
# A receipt may come before the worker has written down that it was sent, or after an answer that
# never arrived: whatever was tried may be settled.
SETTLE = Statement(
    "UPDATE outbox SET state = $state, sealed = NULL, finished_at = $now "
    "WHERE id = $id AND state IN ('sent', 'waiting') AND tries > 0 RETURNING id",
    keys=("id",),
)
SENT = Query(
    "SELECT id, programme_id, subject_id, sealed, created_at, not_after, dedupe, tries "
    "FROM outbox WHERE id = $id AND state IN ('sent', 'waiting') AND tries > 0 "
    "AND sealed IS NOT NULL",
    {"id": "bigint"},
)
RETRY = Statement(
    "UPDATE outbox SET next_at = $next_at WHERE id = $id AND state = 'waiting' RETURNING id",
    keys=("id",),
)


def message_row(vault: Vault, message: Message) -> dict[str, Any]:
    """Every column by name; due at once."""
    return {
        "id": message.id,
        "programme_id": message.programme_id,
        "subject_id": message.subject_id,
        "channel": message.content.channel,
        "sealed": _content_sealed(vault, message.content, f"outbox:{message.id}"),
        "created_at": message.created_at,
        "not_after": message.not_after,
        "dedupe": message.dedupe,
        "state": "waiting",
        "tries": message.tries,
        "next_at": message.created_at,
    }


def message_from(vault: Vault, row: Any) -> Message | Unreadable:
    """A row of outbox that was not finished."""
    content = content_of(vault, row)
    if content is None:
        return Unreadable(
            id=row["id"],
            not_after=row["not_after"],
            tries=row["tries"],
            subject_id=row["subject_id"],
        )
    return Message(
        id=row["id"],
        programme_id=row["programme_id"],
        subject_id=row["subject_id"],
        content=content,
        created_at=row["created_at"],
        not_after=row["not_after"],
        dedupe=row["dedupe"],
        tries=row["tries"],
    )


def content_of(vault: Vault, row: Any) -> Outgoing | None:
    """What a row of outbox says, that was not erased; none where it cannot be opened."""
    try:
        return _content_opened(vault, row["sealed"], f"outbox:{row['id']}")
    except _CANNOT_BE_OPENED:
        return None


def delivery_row(vault: Vault, delivery: Delivery) -> dict[str, Any]:
    """Every column by name."""
    content = delivery.content
    return {
        "id": delivery.id,
        "programme_id": delivery.programme_id,
        "channel": content.channel,
        "lookup": vault.lookup(content.address, f"deliveries:{delivery.programme_id}"),
        "sealed": _content_sealed(vault, content, f"deliveries:{delivery.id}"),
        "sent_at": delivery.sent_at,
    }


def delivery_from(vault: Vault, row: Any) -> Delivery | None:
    """A row of deliveries; none, and a line of log, for one that cannot be opened."""
    try:
        content = _content_opened(vault, row["sealed"], f"deliveries:{row['id']}")
    except _CANNOT_BE_OPENED:
        log.warning("delivery_unreadable", delivery=row["id"])
        return None
    return Delivery(
        id=row["id"],
        programme_id=row["programme_id"],
        content=content,
        sent_at=row["sent_at"],
    )


def _content_sealed(vault: Vault, content: Outgoing, about: str) -> bytes:
    plain = [
        content.channel,
        content.address,
        content.body,
        content.code,
        content.subject,
        content.html,
        content.wording,
        content.values,
        content.locale,
        content.tried,
    ]
    return vault.seal(msgspec.json.encode(plain), about)


def _content_opened(vault: Vault, sealed: bytes, about: str) -> Outgoing:
    channel, address, body, code, *more = msgspec.json.decode(vault.open(sealed, about))
    # rows of older versions end with the code
    names = ("subject", "html", "wording", "values", "locale", "tried")
    rest = dict(zip(names, more, strict=False))
    rest["tried"] = tuple(map(Channel, rest.get("tried", ())))
    return Outgoing(channel=Channel(channel), address=address, body=body, code=code, **rest)
