"""Codes sent by e-mail, and budgets of messages, as rows."""

from typing import Any

from assent.adapters.sql.statement import Query, Statement
from assent.domain.attempts import Attempts
from assent.domain.challenge import ChallengeState
from assent.domain.mailed_code import MailedCode, MailPurpose
from assent.ports.records import Mailed

LATEST = Query(
    "SELECT m.id, m.programme_id, m.subject_id, m.purpose, m.state, m.tries, m.expected, "
    "m.created_at, m.expires_at, COALESCE(a.failures, 0) AS failures, "
    "COALESCE(a.blocks, 0) AS blocks, COALESCE(a.blocked_until, 0) AS blocked_until "
    "FROM mailed_codes m LEFT JOIN attempts a ON a.programme_id = m.programme_id "
    "AND a.holder = $holder AND a.proof = $proof "
    "WHERE m.subject_id = $subject_id AND m.purpose = $purpose "
    "ORDER BY m.created_at DESC, m.id DESC LIMIT 1",
    {"subject_id": "bigint", "purpose": "text", "holder": "text", "proof": "text"},
)

SPEND_TRY = Statement(
    "UPDATE mailed_codes SET tries = tries + 1 WHERE id = $id AND state = 'pending' "
    "AND tries < $most AND expires_at > $now RETURNING tries",
    returns=("tries",),
)
DECIDE = Statement(
    "UPDATE mailed_codes SET state = $state, decided_at = $now "
    "WHERE id = $id AND state = 'pending' RETURNING id"
)
WITHDRAW = Statement(
    "UPDATE mailed_codes SET state = 'withdrawn', decided_at = $now "
    "WHERE subject_id = $subject_id AND purpose = $purpose AND state = 'pending' RETURNING id",
    must=False,
)
GIVE_BACK = Statement(
    "UPDATE mailed_codes SET tries = tries - 1 WHERE id = $id AND state = 'pending' "
    "AND tries > 0 RETURNING tries",
    must=False,
)
# A row serves one period after the other: what was spent in an older one is as none. A server whose
# clock is behind counts into the newer period; it never leads the row back. One that is further
# ahead than the next was written before a clock was put right, and is as none.
_OVER = "(budgets.period < CAST($period AS bigint) OR budgets.period > CAST($period AS bigint) + 1)"
SPEND_BUDGET = Statement(
    "INSERT INTO budgets (key, period, spent, until) VALUES ($key, $period, 1, $until) "
    "ON CONFLICT (key) DO UPDATE SET "
    f"spent = CASE WHEN {_OVER} THEN 1 ELSE budgets.spent + 1 END, "
    f"period = CASE WHEN {_OVER} THEN CAST($period AS bigint) ELSE budgets.period END, "
    f"until = CASE WHEN {_OVER} THEN CAST($until AS bigint) ELSE budgets.until END "
    f"WHERE {_OVER} OR budgets.spent < CAST($most AS bigint) RETURNING spent",
    returns=("spent",),
)
# The same table, other keys: its period is the moment of the last one. A moment that is further
# ahead than a gap is long was written before a clock was put right; less is another server's clock.
SPEND_GAP = Statement(
    "INSERT INTO budgets (key, period, spent, until) VALUES ($key, $now, 1, $until) "
    "ON CONFLICT (key) DO UPDATE SET period = $now, until = $until "
    "WHERE budgets.period <= CAST($before AS bigint) OR budgets.period - CAST($now AS bigint) "
    "> CAST($now AS bigint) - CAST($before AS bigint) RETURNING period",
    returns=("period",),
)


def to_row(code: MailedCode) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": code.id,
        "programme_id": code.programme_id,
        "subject_id": code.subject_id,
        "purpose": code.purpose,
        "state": code.state,
        "tries": code.tries,
        "expected": code.expected,
        "created_at": code.created_at,
        "expires_at": code.expires_at,
    }


def mailed_from(row: Any) -> Mailed:
    """A row of mailed_codes with the person's counts."""
    code = MailedCode(
        id=row["id"],
        programme_id=row["programme_id"],
        subject_id=row["subject_id"],
        purpose=MailPurpose(row["purpose"]),
        state=ChallengeState(row["state"]),
        tries=row["tries"],
        expected=bytes(row["expected"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )
    return Mailed(code, Attempts(row["failures"], row["blocks"], row["blocked_until"]))
