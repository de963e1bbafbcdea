"""Grants as rows: which client may act for whom."""

from typing import Any

from assent.adapters.sql.statement import Query, Statement
from assent.domain.grant import Grant

_COLUMNS = (
    "id, programme_id, client, subject_id, secret, session_id, refresh, refresh_until, "
    "created_at, version"
)
OF = Query(
    f"SELECT {_COLUMNS} FROM grants WHERE subject_id = $subject_id AND client = $client",
    {"subject_id": "bigint", "client": "text"},
)
BY_REFRESH = Query(f"SELECT {_COLUMNS} FROM grants WHERE refresh = $refresh", {"refresh": "bytea"})

CHANGE = Statement(
    "UPDATE grants SET secret = $secret, session_id = $session_id, refresh = $refresh, "
    "refresh_until = $refresh_until, version = version + 1 "
    "WHERE id = $id AND version = $version RETURNING id"
)


def to_row(grant: Grant) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": grant.id,
        "programme_id": grant.programme_id,
        "client": grant.client,
        "subject_id": grant.subject_id,
        "secret": grant.secret,
        "session_id": grant.session_id,
        "refresh": grant.refresh,
        "refresh_until": grant.refresh_until,
        "created_at": grant.created_at,
        "version": grant.version,
    }


def from_row(row: Any) -> Grant:
    """A row of grants."""
    return Grant(
        id=row["id"],
        programme_id=row["programme_id"],
        client=row["client"],
        subject_id=row["subject_id"],
        secret=_octets(row["secret"]),
        session_id=row["session_id"],
        refresh=_octets(row["refresh"]),
        refresh_until=row["refresh_until"],
        created_at=row["created_at"],
        version=row["version"],
    )


def _octets(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
