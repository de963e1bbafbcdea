"""Sessions as rows. The look-up with its touch is each engine's own: it is the hot path."""

from typing import Any

from assent.adapters.sql.statement import Query, Statement
from assent.domain.element import from_text, to_text
from assent.domain.session import Scope, Session

SESSION_COLUMNS = (
    "id",
    "programme_id",
    "subject_id",
    "identity_id",
    "scope",
    "elements",
    "approval_id",
    "stepped_up_at",
    "created_at",
    "last_seen",
    "expires_at",
    "epoch",
)

STANDS = (
    "{0}.epoch = (SELECT p.epoch FROM subjects p WHERE p.id = {0}.subject_id) "
    "AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.subject_id = {0}.subject_id "
    "AND m.identity_id = {0}.identity_id AND m.active = 0)"
)
"""Whether the sessions of a person were not all ended since this one was opened, and the person
may still act for its identity."""

BY_ID = Query(
    f"SELECT {', '.join(SESSION_COLUMNS)} FROM sessions WHERE id = $id AND ended_at IS NULL "
    f"AND {STANDS.format('sessions')}",
    {"id": "bigint"},
)

STEP_UP = Statement(
    "UPDATE sessions SET stepped_up_at = $now WHERE id = $id AND ended_at IS NULL "
    f"AND {STANDS.format('sessions')} RETURNING id",
    keys=("id",),
)
# Written as it was, so that its row is held: an end that comes in the same moment waits, or is
# waited for.
REST_ON = Statement(
    "UPDATE sessions SET ended_at = NULL WHERE id = $id AND ended_at IS NULL "
    f"AND {STANDS.format('sessions')} RETURNING id"
)
END = Statement(
    "UPDATE sessions SET ended_at = $now, ended_why = $why "
    "WHERE id = $id AND ended_at IS NULL RETURNING id"
)
END_OF_IDENTITY = Statement(
    "UPDATE sessions SET ended_at = $now, ended_why = $why WHERE subject_id = $subject_id "
    "AND identity_id = $identity_id AND ended_at IS NULL RETURNING id",
    must=False,
)
END_ALL = Statement(
    "UPDATE sessions SET ended_at = $now, ended_why = $why "
    "WHERE subject_id = $subject_id AND id <> $keep AND ended_at IS NULL RETURNING id",
    must=False,
)


def to_row(session: Session) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": session.id,
        "programme_id": session.programme_id,
        "subject_id": session.subject_id,
        "identity_id": session.identity_id,
        "scope": session.scope,
        "elements": to_text(session.elements),
        "approval_id": session.approval_id,
        "stepped_up_at": session.stepped_up_at,
        "created_at": session.created_at,
        "last_seen": session.last_seen,
        "expires_at": session.expires_at,
        "epoch": session.epoch,
    }


def from_row(row: Any) -> Session:
    """Positions, not names: this runs for every request."""
    return Session(
        id=row[0],
        programme_id=row[1],
        subject_id=row[2],
        identity_id=row[3],
        scope=_SCOPES[row[4]],
        elements=from_text(row[5]),
        approval_id=row[6],
        stepped_up_at=row[7],
        created_at=row[8],
        last_seen=row[9],
        expires_at=row[10],
        epoch=row[11],
    )


_SCOPES = {str(scope): scope for scope in Scope}
