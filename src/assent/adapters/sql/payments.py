"""Balances and payments as rows. Who gets the money is sealed."""

from typing import Any

import msgspec

from assent.adapters.sql.statement import Query, Statement
from assent.domain.payment import Balance, Payee, Payment, PaymentState, Sort
from assent.ports.vault import Vault

_BALANCE = (
    "SELECT id, programme_id, identity_id, currency, opened_with, amount, created_at FROM balances "
)
_PAYMENT = (
    "SELECT id, programme_id, identity_id, sort, reference, sealed, amount, currency, state, "
    "created_at, decided_at FROM payments "
)
_OWN = "WHERE programme_id = $programme_id AND identity_id = $identity_id "
_OWNER = {"programme_id": "bigint", "identity_id": "bigint"}

BALANCE = Query(_BALANCE + _OWN + "AND id = $id", {**_OWNER, "id": "bigint"})
BALANCES = Query(
    _BALANCE + "WHERE identity_id = $identity_id ORDER BY created_at, id", {"identity_id": "bigint"}
)
PAYMENT = Query(_PAYMENT + _OWN + "AND id = $id", {**_OWNER, "id": "bigint"})
BY_REFERENCE = Query(
    _PAYMENT + _OWN + "AND reference = $reference", {**_OWNER, "reference": "text"}
)
OF_IDENTITY = Query(
    _PAYMENT + "WHERE identity_id = $identity_id ORDER BY created_at, id",
    {"identity_id": "bigint"},
    gather=False,
)
# Everything that was ever paid may be asked for: it is not put together with other callers' reads.
COMPLETED = Query(
    _PAYMENT + "WHERE identity_id = $identity_id AND currency = $currency "
    "AND state = 'completed' AND decided_at >= $since AND decided_at <= $until "
    "ORDER BY decided_at, id",
    {"identity_id": "bigint", "currency": "text", "since": "bigint", "until": "bigint"},
    gather=False,
)

DECIDE = Statement(
    "UPDATE payments SET state = $state, decided_at = $now "
    "WHERE id = $id AND state = 'pending' RETURNING id"
)
# Whoever waited for the row sees what the one before has left of it: never below nought.
DEBIT = Statement(
    "UPDATE balances SET amount = amount - CAST($amount AS bigint) "
    "WHERE id = $id AND amount >= CAST($amount AS bigint) RETURNING id"
)


def balance_row(balance: Balance) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": balance.id,
        "programme_id": balance.programme_id,
        "identity_id": balance.identity_id,
        "currency": balance.currency,
        "opened_with": balance.opened_with,
        "amount": balance.amount,
        "created_at": balance.created_at,
    }


def balance_from(row: Any) -> Balance:
    """A row of balances."""
    return Balance(
        id=row["id"],
        programme_id=row["programme_id"],
        identity_id=row["identity_id"],
        currency=row["currency"],
        opened_with=row["opened_with"],
        amount=row["amount"],
        created_at=row["created_at"],
    )


def payment_row(vault: Vault, payment: Payment) -> dict[str, Any]:
    """Every column by name."""
    payee = msgspec.json.encode([payment.payee.name, payment.payee.account])
    return {
        "id": payment.id,
        "programme_id": payment.programme_id,
        "identity_id": payment.identity_id,
        "sort": payment.sort,
        "reference": payment.reference,
        "sealed": vault.seal(payee, f"payments:{payment.id}"),
        "amount": payment.amount,
        "currency": payment.currency,
        "state": payment.state,
        "created_at": payment.created_at,
        "decided_at": payment.decided_at,
    }


def payment_from(vault: Vault, row: Any) -> Payment:
    """A row of payments."""
    name, account = msgspec.json.decode(vault.open(row["sealed"], f"payments:{row['id']}"))
    return Payment(
        id=row["id"],
        programme_id=row["programme_id"],
        identity_id=row["identity_id"],
        sort=Sort(row["sort"]),
        reference=row["reference"],
        payee=Payee(name, account),
        amount=row["amount"],
        currency=row["currency"],
        state=PaymentState(row["state"]),
        created_at=row["created_at"],
        decided_at=row["decided_at"],
    )
