"""The changes that the house asks for on its own account: calls, captures, messages, state."""

from dataclasses import dataclass, field

from assent.domain.facts import Fact
from assent.domain.jose import KeyScope
from assent.domain.message import MessageState
from assent.ports.records import DataKey


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
    """Sent, given up or expired: its content is erased, unless a receipt may still ask for it."""

    message_id: int
    state: MessageState
    now: int
    keep: bool = False


@dataclass(frozen=True, slots=True)
class SettleMessage:
    """The gateway has said what became of one that was sent: its content is erased. Fails when it
    was said before."""

    message_id: int
    state: MessageState
    now: int


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """Marks the facts up to a certain one (by moment, then id) as those of an audit block. Fails
    unless it is so many that stood in none."""

    block: int
    last: Fact
    count: int


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
class RewrapDataKey:
    """The same key under another root."""

    key: DataKey


@dataclass(frozen=True, slots=True)
class ForgetDataKey:
    """Whatever was sealed under it can be opened no more."""

    key_id: int


@dataclass(frozen=True, slots=True)
class RetireJoseKeys:
    """Versions before `version` of this scope and algorithm are used no more (*may*)."""

    scope: KeyScope
    algorithm: str
    version: int
    now: int


@dataclass(frozen=True, slots=True)
class RetireSigningKeys:
    """Older keys sign no more; they verify until `now` plus the longest session (*may*)."""

    keep: str
    now: int
