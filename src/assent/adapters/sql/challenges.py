"""Challenges as rows, and the counting that goes with them."""

from dataclasses import replace
from typing import Any

from assent.adapters.sql import factors, sessions
from assent.adapters.sql.statement import Query, Statement
from assent.domain import mailed_code
from assent.domain.attempts import Attempts
from assent.domain.challenge import Challenge, ChallengeState, Purpose
from assent.domain.device import LOGIN_REFUSALS, NOT_ME, REFUSALS
from assent.domain.factor import Factor
from assent.domain.hashed_secret import PROOF
from assent.domain.session import Session
from assent.ports.records import Asked
from assent.ports.vault import Vault

_CHALLENGE = (
    "c.id AS c_id, c.programme_id AS c_programme_id, c.subject_id AS c_subject_id, "
    "c.session_id AS c_session_id, c.approval_id AS c_approval_id, c.factor_id AS c_factor_id, "
    "c.kind AS c_kind, c.holder AS c_holder, c.proof AS c_proof, c.purpose AS c_purpose, "
    "c.state AS c_state, c.tries AS c_tries, c.expected AS c_expected, "
    "c.created_at AS c_created_at, c.expires_at AS c_expires_at, c.sealed AS c_sealed, "
    "c.slot AS c_slot"
)
# Under these names is counted what blocks no answer.
_ASIDE = ", ".join(
    f"'{proof}'" for proof in (PROOF, mailed_code.PROOF, REFUSALS, LOGIN_REFUSALS, NOT_ME)
)
_ATTEMPTS = (
    "COALESCE(a.failures, 0) AS failures, COALESCE(a.blocks, 0) AS blocks, "
    "COALESCE(a.blocked_until, 0) AS blocked_until, "
    "(SELECT COALESCE(MAX(b.blocked_until), 0) FROM attempts b WHERE b.holder = c.holder "
    "AND b.programme_id = c.programme_id "
    f"AND b.proof NOT IN ({_ASIDE})) AS any_until"
)
# The name under which wrong answers are counted stands in the challenge, so that this one read
# brings everything an answer is judged by.
_COUNTS = (
    "LEFT JOIN attempts a ON a.programme_id = c.programme_id AND a.holder = c.holder "
    "AND a.proof = c.proof "
)
_ASKED = (
    f"SELECT {_CHALLENGE}, {factors.COLUMNS}, {_ATTEMPTS} FROM challenges c "
    f"JOIN factors f ON f.id = c.factor_id {_COUNTS}"
)

LATEST = Query(
    _ASKED + "WHERE c.approval_id = $approval_id AND c.purpose = $purpose AND c.proof = $proof "
    "ORDER BY c.created_at DESC, c.id DESC LIMIT 1",
    {"approval_id": "bigint", "purpose": "text", "proof": "text"},
)
BY_ID = Query(
    _ASKED + "WHERE c.id = $id AND c.subject_id = $subject_id AND c.programme_id = $programme_id",
    {"id": "bigint", "subject_id": "bigint", "programme_id": "bigint"},
)
# One read for a device's answer: the session's columns come first, for they are read by position.
PUT_TO_DEVICE = Query(
    f"SELECT {', '.join(f's.{column}' for column in sessions.SESSION_COLUMNS)}, "
    f"{_CHALLENGE}, {_ATTEMPTS} FROM challenges c "
    "LEFT JOIN sessions s ON s.id = c.session_id AND s.ended_at IS NULL "
    f"AND {sessions.STANDS.format('s')} "
    f"{_COUNTS}"
    "WHERE c.id = $id AND c.subject_id = $subject_id AND c.programme_id = $programme_id",
    {"id": "bigint", "subject_id": "bigint", "programme_id": "bigint"},
)
OF_KIND = Query(
    f"SELECT {_CHALLENGE} FROM challenges c WHERE c.subject_id = $subject_id AND c.kind = $kind "
    "AND c.state = 'pending' ORDER BY c.created_at DESC, c.id DESC LIMIT 100",
    {"subject_id": "bigint", "kind": "text"},
)
LAPSED = Query(
    f"SELECT {_CHALLENGE} FROM challenges c WHERE c.state = 'pending' AND c.expires_at <= $now "
    "ORDER BY c.expires_at LIMIT $most",
    {"now": "bigint", "most": "bigint"},
    gather=False,
)
# Those with a place alone: one partial index holds them, and it is as small as they are few.
OPEN_QUESTIONS = Query(
    "SELECT id, subject_id FROM challenges "
    "WHERE state = 'pending' AND slot IS NOT NULL AND kind = $kind",
    {"kind": "text"},
    gather=False,
)
OPEN = Query(
    f"SELECT {_CHALLENGE} FROM challenges c WHERE c.subject_id = $subject_id "
    "AND c.programme_id = $programme_id AND c.state = 'pending' AND c.expires_at > $now "
    "ORDER BY c.created_at DESC, c.id DESC",
    {"subject_id": "bigint", "programme_id": "bigint", "now": "bigint"},
)
ATTEMPTS = Query(
    "SELECT failures, blocks, blocked_until FROM attempts "
    "WHERE programme_id = $programme_id AND holder = $holder AND proof = $proof",
    {"programme_id": "bigint", "holder": "text", "proof": "text"},
)
ATTEMPTS_OF = Query(
    "SELECT proof, failures, blocks, blocked_until FROM attempts "
    "WHERE programme_id = $programme_id AND holder = $holder",
    {"programme_id": "bigint", "holder": "text"},
)
SENDS = Query(
    "SELECT sent, last_at FROM sends WHERE approval_id = $approval_id AND purpose = $purpose",
    {"approval_id": "bigint", "purpose": "text"},
)

# By its key, never by the index of all that is pending: until the next vacuum that one holds also
# what was pending a minute ago, and PostgreSQL, which counts the living, would go through all of
# it for a batch. An expression keeps the index out.
_STILL_PENDING = "id = $id AND COALESCE(state, '') = 'pending'"

SPEND_TRY = Statement(
    f"UPDATE challenges SET tries = tries + 1 WHERE {_STILL_PENDING} "
    "AND tries < $most AND expires_at > $now RETURNING tries",
    returns=("tries",),
    keys=("id",),
)
# The row counts up to the limit and is blocked by the very statement that reaches it, even if it
# is the first. A row whose block is over begins again at one; the number of blocks in a row stays
# until a right answer. "Reaches" is >=, and a block is known by its end, not by its count: a limit
# that was lowered or raised meanwhile lets nobody slip past it.
_COUNTED = "CASE WHEN attempts.blocked_until > 0 THEN 1 ELSE attempts.failures + 1 END"
_BLOCK_AFTER = (
    "CASE WHEN {counted} < CAST($most AS bigint) THEN 0 "
    "WHEN {blocks} + 1 >= CAST($permanent_after AS bigint) THEN CAST($for_ever AS bigint) "
    "ELSE CAST($now AS bigint) + CAST($block_ms AS bigint) END"
)
_SPEND_ATTEMPT = (
    "INSERT INTO attempts (programme_id, holder, proof, failures, blocks, blocked_until, last_at) "
    "VALUES ($programme_id, $holder, $proof, 1, "
    "CASE WHEN 1 < CAST($most AS bigint) THEN 0 ELSE 1 END, "
    f"{_BLOCK_AFTER.format(counted='1', blocks='0')}, CAST($now AS bigint)) "
    "ON CONFLICT (programme_id, holder, proof) DO UPDATE SET "
    f"failures = {_COUNTED}, "
    f"blocks = attempts.blocks + CASE WHEN {_COUNTED} < CAST($most AS bigint) THEN 0 ELSE 1 END, "
    f"blocked_until = {_BLOCK_AFTER.format(counted=_COUNTED, blocks='attempts.blocks')}, "
    "last_at = $now "
    "WHERE attempts.blocked_until <= $now{stands} RETURNING failures, blocks, blocked_until"
)
_STANDS = (
    " AND attempts.failures = $had_failures AND attempts.blocks = $had_blocks "
    "AND attempts.blocked_until = $had_blocked_until"
)
SPEND_ATTEMPT = Statement(
    _SPEND_ATTEMPT.replace("{stands}", ""),
    returns=("failures", "blocks", "blocked_until"),
    keys=("programme_id", "holder", "proof"),
    settled=("most", "permanent_after", "block_ms", "for_ever", "now"),
)
SPEND_ATTEMPT_FROM = Statement(
    _SPEND_ATTEMPT.replace("{stands}", _STANDS), returns=SPEND_ATTEMPT.returns
)
CLEAR_ATTEMPTS = Statement(
    "UPDATE attempts SET failures = 0, blocks = 0, blocked_until = 0 "
    "WHERE programme_id = $programme_id AND holder = $holder AND proof = $proof "
    "RETURNING failures",
    must=False,
    keys=("programme_id", "holder", "proof"),
)
# A last one further ahead than a gap is long was sent before a clock was put right.
SPEND_SEND = Statement(
    "INSERT INTO sends (approval_id, purpose, sent, last_at) "
    "VALUES ($approval_id, $purpose, 1, $now) "
    "ON CONFLICT (approval_id, purpose) DO UPDATE SET sent = sends.sent + 1, last_at = $now "
    "WHERE sends.sent < $most AND (sends.last_at <= CAST($before AS bigint) "
    "OR sends.last_at - CAST($now AS bigint) > CAST($now AS bigint) - CAST($before AS bigint)) "
    "RETURNING sent",
    returns=("sent",),
)
# A code that was on its way when its phone was removed proves nothing any more.
PASS = Statement(
    "UPDATE challenges SET state = $state, decided_at = $now, sealed = NULL "
    f"WHERE {_STILL_PENDING} AND EXISTS (SELECT 1 FROM factors "
    "WHERE factors.id = challenges.factor_id AND factors.state <> 'removed') RETURNING id",
    keys=("id",),
)
DECIDE = Statement(
    "UPDATE challenges SET state = $state, decided_at = $now, sealed = NULL "
    f"WHERE {_STILL_PENDING} RETURNING id",
    keys=("id",),
)
DECIDE_ON_DEVICE = Statement(
    "UPDATE challenges SET state = $state, decided_at = $now, sealed = NULL, "
    "factor_id = $factor_id "
    f"WHERE {_STILL_PENDING} AND EXISTS (SELECT 1 FROM factors "
    "WHERE factors.id = $factor_id AND factors.subject_id = challenges.subject_id "
    "AND factors.state = 'active') RETURNING id",
    keys=("id",),
)
WITHDRAW_OF_KIND = Statement(
    "UPDATE challenges SET state = 'withdrawn', decided_at = $now, sealed = NULL "
    "WHERE subject_id = $subject_id AND kind = $kind AND id <> $but AND state = 'pending' "
    "RETURNING id",
    must=False,
)
WITHDRAW = Statement(
    "UPDATE challenges SET state = 'withdrawn', decided_at = $now, sealed = NULL "
    "WHERE approval_id = $approval_id AND purpose = $purpose AND state = 'pending' RETURNING id",
    must=False,
)
WITHDRAW_OF_FACTOR = Statement(
    "UPDATE challenges SET state = 'withdrawn', decided_at = $now, sealed = NULL "
    "WHERE factor_id = $factor_id AND state = 'pending' RETURNING id",
    must=False,
)


def to_row(vault: Vault, challenge: Challenge) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": challenge.id,
        "programme_id": challenge.programme_id,
        "subject_id": challenge.subject_id,
        "session_id": challenge.session_id,
        "approval_id": challenge.approval_id,
        "factor_id": challenge.factor_id,
        "kind": challenge.kind,
        "holder": challenge.holder,
        "proof": challenge.proof,
        "purpose": challenge.purpose,
        "state": challenge.state,
        "tries": challenge.tries,
        "expected": challenge.expected,
        "created_at": challenge.created_at,
        "expires_at": challenge.expires_at,
        "sealed": _sealed(vault, challenge),
        "slot": challenge.slot,
    }


def _sealed(vault: Vault, challenge: Challenge) -> bytes | None:
    content = challenge.content
    return vault.seal(content, _about(challenge.id)) if content else None


def _about(challenge_id: int) -> str:
    return f"challenges:{challenge_id}"


def from_row(row: Any) -> Challenge:
    """A row with the `c_` columns."""
    return Challenge(
        id=row["c_id"],
        programme_id=row["c_programme_id"],
        subject_id=row["c_subject_id"],
        session_id=row["c_session_id"],
        approval_id=row["c_approval_id"],
        factor_id=row["c_factor_id"],
        kind=row["c_kind"],
        holder=row["c_holder"],
        proof=row["c_proof"],
        purpose=Purpose(row["c_purpose"]),
        state=ChallengeState(row["c_state"]),
        tries=row["c_tries"],
        expected=bytes(row["c_expected"]),
        created_at=row["c_created_at"],
        expires_at=row["c_expires_at"],
        slot=row["c_slot"],
    )


def opened(vault: Vault, row: Any) -> Challenge:
    """The same, with what a device was asked."""
    sealed = row["c_sealed"]
    if sealed is None:
        return from_row(row)
    return replace(from_row(row), content=vault.open(bytes(sealed), _about(row["c_id"])))


def attempts_from(row: Any) -> Attempts:
    """A row with the three counts."""
    return Attempts(row["failures"], row["blocks"], row["blocked_until"])


def asked_from(vault: Vault, row: Any) -> Asked:
    """A row of the three tables joined."""
    return Asked(
        opened(vault, row), factors.from_row(vault, row), attempts_from(row), row["any_until"]
    )


def put_from(vault: Vault, device: Factor, row: Any) -> tuple[Asked, Session | None]:
    """A row of PUT_TO_DEVICE."""
    asked = Asked(opened(vault, row), device, attempts_from(row), row["any_until"])
    return asked, sessions.from_row(row) if row[0] is not None else None
