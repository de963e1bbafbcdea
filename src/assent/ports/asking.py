"""What becomes of a question, as changes; what is read of devices and of what they are asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from assent.domain.approval import ApprovalState
from assent.domain.challenge import Challenge, ChallengeState, Purpose
from assent.domain.factor import Factor
from assent.domain.session import Session
from assent.ports.records import Asked


@dataclass(frozen=True, slots=True)
class DecideChallenge:
    """From pending to a final state, once. Fails when it was decided before, and, where it is to
    pass, when its factor was removed."""

    challenge_id: int
    state: ChallengeState
    now: int


@dataclass(frozen=True, slots=True)
class DecideOnDevice:
    """The same, by one of the devices that were asked: the challenge is that factor's from now
    on. Fails also when the device is not active, whatever the state."""

    challenge_id: int
    factor_id: int
    state: ChallengeState
    now: int


@dataclass(frozen=True, slots=True)
class WithdrawChallenges:
    """A newer code makes the older ones void (*may*)."""

    approval_id: int
    purpose: Purpose
    now: int


@dataclass(frozen=True, slots=True)
class WithdrawFactorChallenges:
    """A factor that is changed or removed takes its open challenges along (*may*)."""

    factor_id: int
    now: int


@dataclass(frozen=True, slots=True)
class WithdrawKindChallenges:
    """The same for all open challenges of one kind to a person, whichever device they name
    (*may*). `but` 0 leaves none out."""

    subject_id: int
    kind: str
    now: int
    but: int = 0


@dataclass(frozen=True, slots=True)
class LockApproval:
    """No proof counts for it any more (*may*)."""

    approval_id: int
    now: int


@dataclass(frozen=True, slots=True)
class WithdrawGranted:
    """What a person granted of one action, and nobody has used, is void (*may*)."""

    subject_id: int
    action: str
    now: int


Asking = (
    DecideChallenge
    | DecideOnDevice
    | LockApproval
    | WithdrawChallenges
    | WithdrawFactorChallenges
    | WithdrawGranted
    | WithdrawKindChallenges
)


class DeviceReads(Protocol):
    """A part of `ports.stores.Stores`."""

    async def factor_by_id(self, factor_id: int) -> Factor | None:
        """Whatever state it is in but removed."""
        ...

    async def put_to_device(
        self, programme_id: int, device: Factor, challenge_id: int
    ) -> tuple[Asked, Session | None] | None:
        """What the device's person was asked, with the device in the place of the factor, and the
        session that asks, while it lives; none for another person's question."""
        ...

    async def asked_of(self, subject_id: int, kind: str) -> Sequence[Challenge]:
        """What is pending of a kind, with its content, newest first; also what has expired and was
        not recorded as such."""
        ...

    async def approval_state(self, approval_id: int) -> ApprovalState | None:
        """Where an approval stands; none for one that is not there."""
        ...

    async def lapsed(self, now: int, most: int) -> Sequence[Challenge]:
        """Pending, and expired: the oldest first. Without their content."""
        ...

    async def open_questions(self, kind: str) -> Mapping[int, int]:
        """The questions of a kind that wait in the whole house, and the person whom each was put
        to; also what has expired and was not recorded as such."""
        ...
