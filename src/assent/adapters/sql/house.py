"""Programmes, keys, facts, captures, idempotency, messages: the house's own rows."""

from typing import Any

import msgspec

from assent.adapters.sql.statement import Query, Statement
from assent.domain.facts import Fact
from assent.domain.message import Channel, Message, Outgoing
from assent.domain.programme import KeyRole, Programme, ProgrammeKey, ProgrammeSettings
from assent.ports.records import Capture, DataKey, Delivery, HeldCall, SigningKey
from assent.ports.vault import Vault

_PROGRAMME = (
    "p.id AS id, p.name AS name, p.settings AS settings, p.consumers_profile AS "
    "consumers_profile, p.corporates_profile AS corporates_profile, p.created_at AS created_at"
)

PROGRAMME_BY_KEY = Query(
    f"SELECT {_PROGRAMME} FROM programme_keys k JOIN programmes p ON p.id = k.programme_id "
    "WHERE k.lookup = $lookup AND k.role = $role AND k.retired_at IS NULL",
    {"lookup": "bytea", "role": "text"},
)
PROGRAMMES = Query(f"SELECT {_PROGRAMME} FROM programmes p ORDER BY p.created_at, p.id")
KEYS = Query(
    "SELECT id, programme_id, role, sealed, created_at, retired_at FROM programme_keys "
    "WHERE programme_id = $programme_id AND retired_at IS NULL ORDER BY created_at, id",
    {"programme_id": "bigint"},
)
CAPTURE = Query(
    "SELECT id, programme_id, sealed, created_at, expires_at, used_at FROM captures "
    "WHERE programme_id = $programme_id AND lookup = $lookup",
    {"programme_id": "bigint", "lookup": "bytea"},
)
CALL = Query("SELECT fingerprint, sealed FROM idempotency WHERE key = $key", {"key": "bytea"})
FACTS = Query(
    "SELECT id, programme_id, subject_id, name, at, address, request_ref, details FROM facts "
    "WHERE programme_id = $programme_id "
    "AND (CAST($subject_id AS bigint) = 0 OR subject_id = $subject_id) "
    "ORDER BY at, id",
    {"programme_id": "bigint", "subject_id": "bigint"},
    gather=False,
)
DUE = Query(
    "SELECT id, programme_id, subject_id, sealed, created_at, not_after, dedupe, tries "
    "FROM outbox WHERE state = 'waiting' AND next_at <= $now ORDER BY next_at, id LIMIT $most",
    {"now": "bigint", "most": "bigint"},
    gather=False,
)
DELIVERIES = Query(
    "SELECT id, programme_id, sealed, sent_at FROM deliveries WHERE programme_id = $programme_id "
    "AND channel = $channel AND lookup = $lookup ORDER BY sent_at DESC, id DESC LIMIT 100",
    {"programme_id": "bigint", "channel": "text", "lookup": "bytea"},
    gather=False,
)
SIGNING_KEYS = Query(
    "SELECT kid, algorithm, sealed, created_at, retired_at FROM signing_keys "
    "ORDER BY created_at DESC, kid"
)
DATA_KEYS = Query("SELECT id, wrapped, created_at FROM data_keys ORDER BY id")
STATE = Query("SELECT value FROM state WHERE name = $name", {"name": "text"})

CHANGE_PROGRAMME = Statement(
    "UPDATE programmes SET name = $name, settings = $settings WHERE id = $id RETURNING id"
)
RETIRE_KEYS = Statement(
    "UPDATE programme_keys SET retired_at = $now WHERE programme_id = $programme_id "
    "AND role = $role AND retired_at IS NULL RETURNING id",
    must=False,
)
SPEND_CAPTURE = Statement(
    "UPDATE captures SET used_at = $now "
    "WHERE id = $id AND used_at IS NULL AND expires_at > $now RETURNING id"
)
HOLD = Statement(
    "INSERT INTO idempotency (key, fingerprint, holder, lease_until, kept_until) "
    "VALUES ($key, $fingerprint, $holder, $lease_until, $kept_until) "
    "ON CONFLICT (key) DO UPDATE SET fingerprint = $fingerprint, holder = $holder, "
    "lease_until = $lease_until, kept_until = $kept_until, sealed = NULL "
    "WHERE idempotency.kept_until <= $now "
    "OR (idempotency.sealed IS NULL AND idempotency.lease_until <= $now "
    "AND idempotency.fingerprint = $fingerprint) RETURNING holder"
)
KEEP = Statement(
    "UPDATE idempotency SET sealed = $sealed "
    "WHERE key = $key AND holder = $holder AND sealed IS NULL RETURNING holder"
)
RELEASE = Statement(
    "DELETE FROM idempotency WHERE key = $key AND holder = $holder AND sealed IS NULL "
    "RETURNING holder",
    must=False,
)
CLAIM = Statement(
    "UPDATE outbox SET next_at = $lease_until, tries = tries + 1 "
    "WHERE id = $id AND state = 'waiting' AND next_at <= $now RETURNING tries",
    returns=("tries",),
)
FINISH = Statement(
    "UPDATE outbox SET state = $state, sealed = NULL, finished_at = $now "
    "WHERE id = $id AND state = 'waiting' RETURNING id"
)
RETRY = Statement(
    "UPDATE outbox SET next_at = $next_at WHERE id = $id AND state = 'waiting' RETURNING id"
)
SET_STATE = Statement(
    "INSERT INTO state (name, value) VALUES ($name, $value) "
    "ON CONFLICT (name) DO UPDATE SET value = $value RETURNING name"
)
RETIRE_SIGNING_KEYS = Statement(
    "UPDATE signing_keys SET retired_at = $now WHERE kid <> $keep AND retired_at IS NULL "
    "RETURNING kid",
    must=False,
)
SWEEPS = (
    Statement(
        "DELETE FROM idempotency WHERE key IN "
        "(SELECT key FROM idempotency WHERE kept_until <= $now LIMIT 500) RETURNING holder",
        must=False,
    ),
    Statement(
        "DELETE FROM captures WHERE id IN "
        "(SELECT id FROM captures WHERE expires_at <= $now LIMIT 500) RETURNING id",
        must=False,
    ),
)


def programme_row(programme: Programme) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": programme.id,
        "name": programme.name,
        "settings": msgspec.json.encode(programme.settings).decode(),
        "consumers_profile": programme.consumers_profile,
        "corporates_profile": programme.corporates_profile,
        "created_at": programme.created_at,
    }


def programme_from(row: Any) -> Programme:
    """A row of programmes."""
    return Programme(
        id=row["id"],
        name=row["name"],
        settings=msgspec.json.decode(row["settings"], type=ProgrammeSettings),
        consumers_profile=row["consumers_profile"],
        corporates_profile=row["corporates_profile"],
        created_at=row["created_at"],
    )


def key_lookup(vault: Vault, role: KeyRole, text: str) -> bytes:
    """Keys are found by their keyed hash."""
    return vault.lookup(text, f"key:{role}")


def key_row(vault: Vault, key: ProgrammeKey) -> dict[str, Any]:
    """Hash for look-up, ciphertext because Weavr's webhooks are signed with the API key."""
    return {
        "id": key.id,
        "programme_id": key.programme_id,
        "role": key.role,
        "lookup": key_lookup(vault, key.role, key.text),
        "sealed": vault.seal(key.text.encode(), f"programme_keys:{key.id}"),
        "created_at": key.created_at,
        "retired_at": key.retired_at,
    }


def key_from(vault: Vault, row: Any) -> ProgrammeKey:
    """A row of programme_keys."""
    return ProgrammeKey(
        id=row["id"],
        programme_id=row["programme_id"],
        role=KeyRole(row["role"]),
        text=vault.open(row["sealed"], f"programme_keys:{row['id']}").decode(),
        created_at=row["created_at"],
        retired_at=row["retired_at"],
    )


def fact_row(fact: Fact) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": fact.id,
        "programme_id": fact.programme_id,
        "subject_id": fact.subject_id,
        "name": fact.name,
        "at": fact.at,
        "address": fact.address,
        "request_ref": fact.request_ref,
        "details": msgspec.json.encode(fact.details).decode(),
    }


def fact_from(row: Any) -> Fact:
    """A row of facts."""
    return Fact(
        id=row["id"],
        programme_id=row["programme_id"],
        subject_id=row["subject_id"],
        name=row["name"],
        at=row["at"],
        address=row["address"],
        request_ref=row["request_ref"],
        details=msgspec.json.decode(row["details"]),
    )


def capture_row(vault: Vault, capture: Capture) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": capture.id,
        "programme_id": capture.programme_id,
        "lookup": vault.lookup(capture.token, "capture"),
        "sealed": vault.seal(capture.value.encode(), f"captures:{capture.id}"),
        "created_at": capture.created_at,
        "expires_at": capture.expires_at,
        "used_at": capture.used_at,
    }


def capture_from(vault: Vault, token: str, row: Any) -> Capture:
    """A row of captures, found by its token."""
    return Capture(
        id=row["id"],
        programme_id=row["programme_id"],
        token=token,
        value=vault.open(row["sealed"], f"captures:{row['id']}").decode(),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
    )


def call_from(vault: Vault, key: bytes, row: Any) -> HeldCall:
    """A row of idempotency."""
    sealed = row["sealed"]
    answer = vault.open(bytes(sealed), f"idempotency:{key.hex()}") if sealed else None
    return HeldCall(bytes(row["fingerprint"]), answer)


def _content_sealed(vault: Vault, content: Outgoing, about: str) -> bytes:
    plain = [content.channel, content.address, content.body, content.code]
    return vault.seal(msgspec.json.encode(plain), about)


def _content_opened(vault: Vault, sealed: bytes, about: str) -> Outgoing:
    channel, address, body, code = msgspec.json.decode(vault.open(sealed, about))
    return Outgoing(channel=Channel(channel), address=address, body=body, code=code)


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


def message_from(vault: Vault, row: Any) -> Message:
    """A row of outbox that was not finished."""
    return Message(
        id=row["id"],
        programme_id=row["programme_id"],
        subject_id=row["subject_id"],
        content=_content_opened(vault, row["sealed"], f"outbox:{row['id']}"),
        created_at=row["created_at"],
        not_after=row["not_after"],
        dedupe=row["dedupe"],
        tries=row["tries"],
    )


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


def delivery_from(vault: Vault, row: Any) -> Delivery:
    """A row of deliveries."""
    return Delivery(
        id=row["id"],
        programme_id=row["programme_id"],
        content=_content_opened(vault, row["sealed"], f"deliveries:{row['id']}"),
        sent_at=row["sent_at"],
    )


def signing_key_row(vault: Vault, key: SigningKey) -> dict[str, Any]:
    """Every column by name."""
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "sealed": vault.seal(key.private, f"signing_keys:{key.kid}"),
        "created_at": key.created_at,
        "retired_at": key.retired_at,
    }


def signing_key_from(vault: Vault, row: Any) -> SigningKey:
    """A row of signing_keys."""
    return SigningKey(
        kid=row["kid"],
        algorithm=row["algorithm"],
        private=vault.open(row["sealed"], f"signing_keys:{row['kid']}"),
        created_at=row["created_at"],
        retired_at=row["retired_at"],
    )


def data_key_row(key: DataKey) -> dict[str, Any]:
    """Every column by name."""
    return {"id": key.id, "wrapped": key.wrapped, "created_at": key.created_at}


def data_key_from(row: Any) -> DataKey:
    """A row of data_keys."""
    return DataKey(row["id"], bytes(row["wrapped"]), row["created_at"])
