"""What the house keeps for itself, as rows: captures, calls, signing and data keys, state."""

from typing import Any

from assent.adapters.sql.statement import Query, Statement
from assent.ports.records import Capture, CaptureKey, DataKey, HeldCall, SigningKey
from assent.ports.vault import Vault

CAPTURE = Query(
    "SELECT id, programme_id, kind, sealed, envelope, created_at, expires_at, used_at "
    "FROM captures WHERE programme_id = $programme_id AND lookup = $lookup",
    {"programme_id": "bigint", "lookup": "bytea"},
)
CALL = Query("SELECT fingerprint, sealed FROM idempotency WHERE key = $key", {"key": "bytea"})
CAPTURE_KEYS = Query(
    "SELECT kid, sealed, created_at, expires_at FROM capture_keys WHERE expires_at > $now "
    "ORDER BY created_at DESC, kid",
    {"now": "bigint"},
)
SIGNING_KEYS = Query(
    "SELECT kid, algorithm, sealed, created_at, retired_at FROM signing_keys "
    "ORDER BY created_at DESC, kid"
)
DATA_KEYS = Query("SELECT id, wrapped, created_at FROM data_keys ORDER BY id")
STATE = Query("SELECT value FROM state WHERE name = $name", {"name": "text"})

SPEND_CAPTURE = Statement(
    "UPDATE captures SET used_at = $now, sealed = NULL "
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
# A sum, not a value read before: two servers that add at once both count.
ADD_TO_STATE = Statement(
    "INSERT INTO state (name, value) VALUES ($name, CAST(CAST($amount AS bigint) AS text)) "
    "ON CONFLICT (name) DO UPDATE SET "
    "value = CAST(CAST(state.value AS bigint) + CAST($amount AS bigint) AS text) "
    "RETURNING CAST(value AS bigint) AS total",
    returns=("total",),
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
REWRAP = Statement("UPDATE data_keys SET wrapped = $wrapped WHERE id = $id RETURNING id")
FORGET_DATA_KEY = Statement("DELETE FROM data_keys WHERE id = $id RETURNING id")
SWEEPS = (
    Statement(
        "DELETE FROM idempotency WHERE key IN "
        "(SELECT key FROM idempotency WHERE kept_until <= $now LIMIT 5000) RETURNING holder",
        must=False,
    ),
    Statement(
        "UPDATE captures SET sealed = NULL WHERE id IN (SELECT id FROM captures "
        "WHERE expires_at <= $now AND sealed IS NOT NULL LIMIT 5000) RETURNING id",
        must=False,
    ),
    # Three hours longer than the value: a token that expired is not one that never was, and an
    # envelope that was opened once stays known for longer than any key that could open it again
    # (settings.py allows keys of an hour, which open for another).
    Statement(
        "DELETE FROM captures WHERE id IN "
        "(SELECT id FROM captures WHERE expires_at <= CAST($now AS bigint) - 10800000 "
        "LIMIT 5000) RETURNING id",
        must=False,
    ),
    # Whom money was to go to is nobody's business when nothing can become of it any more.
    Statement(
        "UPDATE approvals SET sealed = NULL, claim = NULL WHERE id IN (SELECT id FROM approvals "
        "WHERE expires_at <= $now AND sealed IS NOT NULL LIMIT 5000) RETURNING id",
        must=False,
    ),
    Statement(
        "DELETE FROM capture_keys WHERE expires_at <= $now RETURNING kid",
        must=False,
    ),
    # What was sent and kept, in case it should not arrive: its code has expired.
    Statement(
        "UPDATE outbox SET sealed = NULL WHERE id IN (SELECT id FROM outbox "
        "WHERE state = 'sent' AND sealed IS NOT NULL AND not_after <= $now LIMIT 5000) "
        "RETURNING id",
        must=False,
    ),
    # What may be replayed no more.
    Statement(
        "UPDATE outbox SET sealed = NULL WHERE id IN (SELECT id FROM outbox "
        "WHERE state = 'given_up' AND sealed IS NOT NULL AND not_after <= $now LIMIT 5000) "
        "RETURNING id",
        must=False,
    ),
    Statement(
        "DELETE FROM budgets WHERE key IN "
        "(SELECT key FROM budgets WHERE until <= $now LIMIT 5000) RETURNING spent",
        must=False,
    ),
)


STILL_DUE = Query(
    "SELECT 1 AS due WHERE "
    "EXISTS (SELECT 1 FROM captures WHERE expires_at <= $now AND sealed IS NOT NULL) "
    "OR EXISTS (SELECT 1 FROM captures WHERE expires_at <= CAST($now AS bigint) - 10800000) "
    "OR EXISTS (SELECT 1 FROM approvals WHERE expires_at <= $now AND sealed IS NOT NULL) "
    "OR EXISTS (SELECT 1 FROM idempotency WHERE kept_until <= $now) "
    "OR EXISTS (SELECT 1 FROM outbox "
    "WHERE state = 'sent' AND sealed IS NOT NULL AND not_after <= $now) "
    "OR EXISTS (SELECT 1 FROM outbox "
    "WHERE state = 'given_up' AND sealed IS NOT NULL AND not_after <= $now) "
    "OR EXISTS (SELECT 1 FROM budgets WHERE until <= $now)",
    {"now": "bigint"},
)
"""Whether a sweep has left something for the next one."""


def capture_row(vault: Vault, capture: Capture) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": capture.id,
        "programme_id": capture.programme_id,
        "kind": capture.kind,
        "lookup": vault.lookup(capture.token, "capture"),
        "sealed": None
        if capture.value is None
        else vault.seal(capture.value.encode(), f"captures:{capture.id}"),
        "envelope": capture.envelope,
        "created_at": capture.created_at,
        "expires_at": capture.expires_at,
        "used_at": capture.used_at,
    }


def capture_from(vault: Vault, token: str, row: Any) -> Capture:
    """A row of captures, found by its token."""
    sealed = row["sealed"]
    return Capture(
        id=row["id"],
        programme_id=row["programme_id"],
        kind=row["kind"],
        token=token,
        value=None if sealed is None else vault.open(sealed, f"captures:{row['id']}").decode(),
        envelope=bytes(row["envelope"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
    )


def capture_key_row(vault: Vault, key: CaptureKey) -> dict[str, Any]:
    """Every column by name."""
    return {
        "kid": key.kid,
        "sealed": vault.seal(key.private, f"capture_keys:{key.kid}"),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
    }


def capture_key_from(vault: Vault, row: Any) -> CaptureKey:
    """A row of capture_keys."""
    return CaptureKey(
        kid=row["kid"],
        private=vault.open(row["sealed"], f"capture_keys:{row['kid']}"),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


def call_from(vault: Vault, key: bytes, row: Any) -> HeldCall:
    """A row of idempotency."""
    sealed = row["sealed"]
    answer = vault.open(bytes(sealed), f"idempotency:{key.hex()}") if sealed else None
    return HeldCall(bytes(row["fingerprint"]), answer)


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
