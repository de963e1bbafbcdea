"""The deleting of one person, as SQL."""

from collections.abc import Sequence

from assent.adapters.sql.engine import Engine
from assent.adapters.sql.statement import Query, Statement
from assent.kernel.log import Log
from assent.ports.erasure import Part
from assent.ports.vault import Vault

log = Log()

_MOST = 500
"""Answers that are opened at a time."""

_OWN = "subject_id = $subject_id"
APPROVALS = (
    "SELECT approval_id FROM sessions WHERE subject_id = $subject_id "
    "UNION SELECT id FROM approvals WHERE subject_id = $subject_id AND lookup IS NOT NULL "
    "UNION SELECT approval_id FROM challenges WHERE subject_id = $subject_id"
)
"""The ids of a person's approvals, each part through an index: by person are found only those that
a client asked for; a session's through it, and through what was asked in it."""


def _delete(table: str, where: str, returning: str) -> Statement:
    return Statement(f"DELETE FROM {table} WHERE {where} RETURNING {returning}", must=False)


PARTS = {
    Part.SENDS: _delete("sends", f"approval_id IN ({APPROVALS})", "approval_id"),
    Part.APPROVALS: _delete("approvals", f"{_OWN} AND id IN ({APPROVALS})", "id"),
    Part.CHALLENGES: _delete("challenges", _OWN, "id"),
    Part.SESSIONS: _delete("sessions", _OWN, "id"),
    Part.GRANTS: _delete("grants", _OWN, "id"),
    Part.MAILED_CODES: _delete("mailed_codes", _OWN, "id"),
    Part.FACTORS: _delete("factors", _OWN, "id"),
    Part.MEMBERSHIPS: _delete("memberships", _OWN, "identity_id"),
}
MESSAGES = _delete("outbox", f"{_OWN} AND id <> $keep AND id <> $event", "id")
DELIVERIES = _delete("deliveries", "programme_id = $programme_id AND lookup = $lookup", "id")
COUNTS = _delete("attempts", "programme_id = $programme_id AND holder = $holder", "proof")
BUDGET = _delete("budgets", "key = $key", "spent")
IDENTITY = Statement(
    "UPDATE identities SET sealed = $sealed, version = version + 1 "
    "WHERE id = $id AND version = $version AND NOT EXISTS (SELECT 1 FROM memberships m "
    "WHERE m.identity_id = $id AND m.subject_id <> $subject_id) RETURNING id"
)
PERSON = Statement("DELETE FROM subjects WHERE id = $id AND version = $version RETURNING id")

_ANSWERS = Query(
    "SELECT key, sealed FROM idempotency WHERE key > $after AND sealed IS NOT NULL "
    "ORDER BY key LIMIT $most",
    {"after": "bytea", "most": "bigint"},
    gather=False,
)
_ANSWER = _delete("idempotency", "key = $key", "holder")


async def erase_answers(engine: Engine, vault: Vault, marks: Sequence[bytes]) -> int:
    """See `ports.erasure.PersonFiles`."""
    wanted = [mark.lower() for mark in marks]
    count, unreadable, after = 0, 0, b""
    while rows := await engine.read(_ANSWERS, {"after": after, "most": _MOST}):
        for row in rows:
            after = bytes(row["key"])
            try:
                answer = vault.open(bytes(row["sealed"]), f"idempotency:{after.hex()}").lower()
            except ValueError:  # nobody can be answered with it, and it may speak of the person
                unreadable += 1
            else:
                if not any(mark in answer for mark in wanted):
                    continue
            await engine.apply([(_ANSWER, {"key": after})])
            count += 1
    if unreadable:
        log.warning("answers_unreadable", count=unreadable)
    return count
