"""The changes that the house asks for on its own account: calls, captures, messages, state."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HoldCall:
    """Reserves an idempotency reference, or takes over one whose lease ran out.

    Fails when it is held or answered. `holder` tells this reservation from a later one.
    """

    key: bytes
    fingerprint: bytes
    holder: int
    lease_until: int
    kept_until: int
    now: int


@dataclass(frozen=True, slots=True)
class KeepAnswer:
    """Stores the answer with the result it belongs to. Fails when the reservation was lost."""

    key: bytes
    holder: int
    answer: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReleaseCall:
    """Gives a reservation back: the call was refused and may be repeated (*may*)."""

    key: bytes
    holder: int


@dataclass(frozen=True, slots=True)
class SpendCapture:
    """Uses a captured value up. Fails when it was used, has expired, or never was."""

    capture_id: int
    now: int


@dataclass(frozen=True, slots=True)
class ClaimMessage:
    """Takes one due message for sending. Fails when another worker has it."""

    message_id: int
    lease_until: int
    now: int


@dataclass(frozen=True, slots=True)
class FinishMessage:
    """Sent, given up or expired: its content is erased."""

    message_id: int
    state: str
    now: int


@dataclass(frozen=True, slots=True)
class RetryMessage:
    """Not sent this time; due again at `next_at`."""

    message_id: int
    next_at: int


@dataclass(frozen=True, slots=True)
class SetState:
    """One of the few values the house keeps about itself (*may*)."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class AddToState:
    """Adds to a number the house keeps about itself, from 0 on. Returns the sum."""

    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class RetireSigningKeys:
    """Older keys sign no more; they verify until `now` plus the longest session (*may*)."""

    keep: str
    now: int
