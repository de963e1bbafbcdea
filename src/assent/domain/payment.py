"""What approvals protect: a balance in one currency, and the payments that go out of it."""

from dataclasses import dataclass, field
from enum import StrEnum


class Sort(StrEnum):
    """How the money goes."""

    TRANSFER = "transfer"
    CARD = "card"


class PaymentState(StrEnum):
    """pending -> completed or rejected, once and for good."""

    PENDING = "pending"
    COMPLETED = "completed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Payee:
    """Who gets it: a person with an account, or a merchant, whose account is not ours to know."""

    name: str = field(repr=False)
    account: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An identity's money in one currency; it has one a currency."""

    id: int
    programme_id: int
    identity_id: int
    currency: str
    """ISO 4217."""
    opened_with: int
    """Minor units, like every amount here."""
    amount: int
    """What is left; never below nought."""
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money moves when it is completed, at `decided_at`, out of the balance in its currency."""

    id: int
    programme_id: int
    identity_id: int
    sort: Sort
    reference: str
    """Unique in the programme; what outsiders call it by."""
    payee: Payee
    amount: int
    currency: str
    state: PaymentState = PaymentState.PENDING
    created_at: int
    decided_at: int | None = None
