"""Factors as rows: one table for every kind."""

from typing import Any

import msgspec

from assent.adapters.sql.statement import Query, Statement
from assent.domain.factor import Factor, FactorLine, FactorState
from assent.ports.vault import Vault

COLUMNS = (
    "f.id AS f_id, f.programme_id AS f_programme_id, f.subject_id AS f_subject_id, "
    "f.kind AS f_kind, f.state AS f_state, f.sealed AS f_sealed, f.counter AS f_counter, "
    "f.slot AS f_slot, f.claim AS f_claim, f.created_at AS f_created_at, f.version AS f_version"
)

OF_KIND = Query(
    f"SELECT {COLUMNS} FROM factors f "
    "WHERE f.subject_id = $subject_id AND f.kind = $kind AND f.state <> 'removed' "
    "ORDER BY f.slot LIMIT 1",
    {"subject_id": "bigint", "kind": "text"},
)
ALL_OF_KIND = Query(
    f"SELECT {COLUMNS} FROM factors f "
    "WHERE f.subject_id = $subject_id AND f.kind = $kind AND f.state <> 'removed' "
    "ORDER BY f.created_at, f.id",
    {"subject_id": "bigint", "kind": "text"},
)
BY_ID = Query(
    f"SELECT {COLUMNS} FROM factors f WHERE f.id = $id AND f.state <> 'removed'", {"id": "bigint"}
)
BY_CLAIM = Query(f"SELECT {COLUMNS} FROM factors f WHERE f.claim = $claim", {"claim": "bytea"})
LINES = Query(
    "SELECT kind, state FROM factors WHERE subject_id = $subject_id ORDER BY created_at, id",
    {"subject_id": "bigint"},
)

# The counter is a sort of clock of the authenticator: it never goes back (RFC 4226 7.2, WebAuthn
# 6.1.1), whatever two servers believe.
CHANGE = Statement(
    "UPDATE factors SET state = $state, sealed = $sealed, slot = $slot, claim = $claim, "
    "counter = $counter, created_at = $created_at, version = version + 1 "
    "WHERE id = $id AND version = $version AND counter <= $counter "
    "AND NOT EXISTS (SELECT 1 FROM factors o WHERE o.subject_id = factors.subject_id "
    "AND o.kind = factors.kind AND o.slot = $slot AND o.id <> $id) "
    "AND NOT EXISTS (SELECT 1 FROM factors o WHERE o.claim = $claim AND o.id <> $id) RETURNING id",
    # two that take one place in the same batch meet at its index, and are then carried out apart
    keys=("id",),
)


def to_row(vault: Vault, factor: Factor) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": factor.id,
        "programme_id": factor.programme_id,
        "subject_id": factor.subject_id,
        "kind": factor.kind,
        "state": factor.state,
        "sealed": vault.seal(msgspec.json.encode(factor.details), f"factors:{factor.id}"),
        "counter": factor.counter,
        "slot": factor.slot,
        "claim": factor.claim,
        "created_at": factor.created_at,
        "version": factor.version,
    }


def from_row(vault: Vault, row: Any) -> Factor:
    """A row with the `f_` columns."""
    return Factor(
        id=row["f_id"],
        programme_id=row["f_programme_id"],
        subject_id=row["f_subject_id"],
        kind=row["f_kind"],
        state=FactorState(row["f_state"]),
        details=msgspec.json.decode(vault.open(row["f_sealed"], f"factors:{row['f_id']}")),
        counter=row["f_counter"],
        slot=row["f_slot"],
        claim=None if row["f_claim"] is None else bytes(row["f_claim"]),
        created_at=row["f_created_at"],
        version=row["f_version"],
    )


def line_from(row: Any) -> FactorLine:
    """A row of LINES."""
    return FactorLine(row["kind"], _STATES[row["state"]])


_STATES = {str(state): state for state in FactorState}
