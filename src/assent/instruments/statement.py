"""What moved on a balance in an interval, and how much was left after each movement."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assent.domain.payment import Balance, Payment, PaymentState
from assent.kernel.clock import DAY

LONGEST_DAYS = 469
"""Of an interval; the second dialect's documented limit, about fifteen months."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One line. `payment` is what moved it; none: the credit that the balance was opened with."""

    at: int
    amount: int
    """Minor units; a debit is below nought."""
    left: int
    """On the balance, after it."""
    payment: Payment | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of an interval, oldest first, and what was on the balance at its end."""

    balance: Balance
    start: int
    end: int
    movements: tuple[Movement, ...]
    left: int


def fits(start: int, end: int) -> bool:
    """Whether an interval (ms since 1970) runs forward and is not too long."""
    return start <= end and end - start <= LONGEST_DAYS * DAY


def statement(balance: Balance, payments: Iterable[Payment], start: int, end: int) -> Statement:
    """The statement from `start` to `end`, both included.

    `payments` are those of the balance's identity and currency from the beginning on, because
    what was left at `start` is worked out from what the balance was opened with.
    """
    movements = [one for one in _all(balance, payments) if one.at <= end]
    within = tuple(one for one in movements if one.at >= start)
    return Statement(balance, start, end, within, movements[-1].left if movements else 0)


def _all(balance: Balance, payments: Iterable[Payment]) -> Iterator[Movement]:
    left = balance.opened_with
    yield Movement(balance.created_at, left, left)
    done = [
        (payment.decided_at, payment.id, payment)
        for payment in payments
        if payment.state is PaymentState.COMPLETED and payment.decided_at is not None
    ]
    for at, _, payment in sorted(done, key=lambda one: one[:2]):
        left -= payment.amount
        yield Movement(at, -payment.amount, left, payment)
