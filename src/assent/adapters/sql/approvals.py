"""Approvals as rows: asked for, proved, granted, used up."""

from typing import Any

import msgspec

from assent.adapters.sql.statement import Query, Statement
from assent.domain.approval import Approval, ApprovalState
from assent.domain.element import from_text, to_text
from assent.ports.vault import Vault

_COLUMNS = (
    "a.id AS id, a.programme_id AS programme_id, a.subject_id AS subject_id, a.client AS client, "
    "a.action AS action, a.fingerprint AS fingerprint, a.state AS state, a.proven AS proven, "
    "a.lookup AS lookup, a.claim AS claim, a.sealed AS sealed, a.standing AS standing, "
    "a.created_at AS created_at, a.granted_at AS granted_at, a.expires_at AS expires_at"
)
# What was proved with a factor that is gone is proved no more. Asked in the very statement that
# uses the approval up: whoever removes the factor at the same moment may not have seen the proof.
_ALL_STILL_THERE = (
    "NOT EXISTS (SELECT 1 FROM challenges c JOIN factors f ON f.id = c.factor_id "
    "WHERE c.approval_id = {0}.id AND c.state = 'passed' AND f.state <> 'active')"
)

BY_LOOKUP = Query(
    f"SELECT {_COLUMNS} FROM approvals a WHERE a.lookup = $lookup", {"lookup": "bytea"}
)
BY_CLAIM = Query(f"SELECT {_COLUMNS} FROM approvals a WHERE a.claim = $claim", {"claim": "bytea"})
STANDING = Query(
    f"SELECT {_COLUMNS} FROM approvals a WHERE a.subject_id = $subject_id "
    "AND a.lookup IS NOT NULL AND a.client = $client AND a.standing = 1 "
    "AND a.state IN ('granted', 'spent') AND a.granted_at > $since "
    f"AND {_ALL_STILL_THERE.format('a')} ORDER BY a.granted_at DESC LIMIT 1",
    {"subject_id": "bigint", "client": "text", "since": "bigint"},
)
PASSED_KINDS = Query(
    "SELECT kind FROM challenges WHERE approval_id = $approval_id AND state = 'passed' "
    "ORDER BY created_at, id",
    {"approval_id": "bigint"},
)

GRANT = Statement(
    "UPDATE approvals SET state = 'granted', proven = $proven, granted_at = $now "
    "WHERE id = $id AND state IN ('open', 'granted') RETURNING id",
    keys=("id",),
)
PROVE = Statement(
    "UPDATE approvals SET state = $state, proven = $proven, granted_at = $granted_at "
    "WHERE id = $id AND state = 'open' AND proven = $before AND expires_at > $now "
    "AND EXISTS (SELECT 1 FROM factors WHERE factors.id = $factor_id "
    "AND factors.state = 'active') RETURNING id",
    keys=("id",),
)
SPEND = Statement(
    "UPDATE approvals SET state = 'spent', claim = NULL WHERE id = $id AND state = 'granted' "
    f"AND expires_at > $now AND {_ALL_STILL_THERE.format('approvals')} RETURNING id"
)
LOCK = Statement(
    "UPDATE approvals SET state = 'withdrawn', claim = NULL "
    "WHERE id = $id AND state IN ('open', 'granted') RETURNING id",
    must=False,
)
STATE = Query("SELECT state FROM approvals WHERE id = $id", {"id": "bigint"})
EXPIRE = Statement(
    "UPDATE approvals SET claim = NULL "  # if it was granted, it stands for as long as it stands
    "WHERE id = $id AND expires_at <= $now AND state IN ('open', 'granted') RETURNING id",
    must=False,
)
WITHDRAW_GRANTED = Statement(
    "UPDATE approvals SET state = 'withdrawn', claim = NULL WHERE subject_id = $subject_id "
    "AND lookup IS NOT NULL AND action = $action AND state = 'granted' AND expires_at > $now "
    "RETURNING id",
    must=False,
)
WITHDRAW_ALL = Statement(
    "UPDATE approvals SET state = 'withdrawn', claim = NULL WHERE subject_id = $subject_id "
    "AND lookup IS NOT NULL AND (expires_at > $now OR granted_at > $since) "
    "AND state <> 'withdrawn' RETURNING id",
    must=False,
)


def to_row(vault: Vault, approval: Approval) -> dict[str, Any]:
    """Every column by name."""
    parts = [approval.text, approval.parameters, approval.words, approval.values]
    content = msgspec.json.encode(parts)
    return {
        "id": approval.id,
        "programme_id": approval.programme_id,
        "subject_id": approval.subject_id,
        "client": approval.client,
        "action": approval.action,
        "fingerprint": approval.fingerprint,
        "state": approval.state,
        "proven": to_text(approval.proven),
        "lookup": approval.lookup,
        "claim": approval.claim,
        "sealed": vault.seal(content, f"approvals:{approval.id}") if approval.client else None,
        "standing": int(approval.standing),
        "created_at": approval.created_at,
        "granted_at": approval.granted_at,
        "expires_at": approval.expires_at,
    }


def from_row(vault: Vault, row: Any) -> Approval:
    """A row of approvals."""
    text, parameters, words, values = "", {}, "", {}
    if row["sealed"] is not None:
        opened = vault.open(row["sealed"], f"approvals:{row['id']}")
        text, parameters, *named = msgspec.json.decode(opened)
        words, values = named or ("", {})  # written before actions had words of their own
    return Approval(
        id=row["id"],
        programme_id=row["programme_id"],
        subject_id=row["subject_id"],
        client=row["client"],
        action=row["action"],
        fingerprint=row["fingerprint"],
        state=ApprovalState(row["state"]),
        proven=from_text(row["proven"]),
        lookup=None if row["lookup"] is None else bytes(row["lookup"]),
        claim=None if row["claim"] is None else bytes(row["claim"]),
        text=text,
        parameters=parameters,
        words=words,
        values=values,
        standing=bool(row["standing"]),
        created_at=row["created_at"],
        granted_at=row["granted_at"],
        expires_at=row["expires_at"],
    )
