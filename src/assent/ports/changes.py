"""The changes that a use case may ask of the store, as plain data.

A use case hands over ONE list; it is applied in one transaction, whole or not at all, and the
answer says which condition failed. Contract of every list: no row is changed twice in it, and it
is applied in its order. A change marked *may* has no condition: touching no row is not a failure.
"""

from dataclasses import dataclass, field

from assent.domain.approval import Approval
from assent.domain.challenge import Challenge, ChallengeState, Purpose
from assent.domain.element import Element
from assent.domain.factor import Factor
from assent.domain.facts import Fact
from assent.domain.message import Message
from assent.domain.programme import KeyRole, Programme, ProgrammeKey
from assent.domain.session import Session
from assent.domain.subject import Identity, Membership, Subject
from assent.ports.records import Capture, CaptureKey, DataKey, Delivery, SigningKey

Row = (
    Approval
    | Capture
    | CaptureKey
    | Challenge
    | DataKey
    | Delivery
    | Fact
    | Factor
    | Identity
    | Membership
    | Message
    | Programme
    | ProgrammeKey
    | Session
    | SigningKey
    | Subject
)


@dataclass(frozen=True, slots=True)
class Add:
    """A new row. Fails where a value that must be unique is taken."""

    row: Row


@dataclass(frozen=True, slots=True)
class AddOnce:
    """A new row, or nothing where the like of it is there already (*may*)."""

    row: Message


@dataclass(frozen=True, slots=True)
class ChangeProgramme:
    """Name and settings as given."""

    programme: Programme


@dataclass(frozen=True, slots=True)
class RetireKeys:
    """All keys of one role stop working (*may*)."""

    programme_id: int
    role: KeyRole
    now: int


@dataclass(frozen=True, slots=True)
class ChangeSubject:
    """The subject as given. Fails when its version has moved on, or another has the e-mail."""

    subject: Subject


@dataclass(frozen=True, slots=True)
class RaiseEpoch:
    """Ends all sessions of a person at one stroke. Fails unless the epoch is still this one."""

    subject_id: int
    epoch: int


@dataclass(frozen=True, slots=True)
class ChangeIdentity:
    """The identity as given. Fails when its version has moved on."""

    identity: Identity


@dataclass(frozen=True, slots=True)
class ChangeFactor:
    """The factor as given. Fails when its version has moved on, when its counter would fall, or
    when another has the slot."""

    factor: Factor


@dataclass(frozen=True, slots=True)
class SpendTry:
    """Counts one answer to a challenge, before it is compared. Returns `tries`.

    Fails unless it is pending, unexpired and below `limit`.
    """

    challenge_id: int
    limit: int
    now: int


@dataclass(frozen=True, slots=True)
class SpendAttempt:
    """Counts one answer of a person for one proof, before it is compared.

    Returns `failures`, `blocks`, `blocked_until`. Fails while a block lasts. The answer that
    reaches `limit` sets the block at once, so that a crash leaves it closed; a right answer
    takes it back. `until` is the end of a block begun now, `for_ever` of the last one.
    """

    programme_id: int
    holder: str
    proof: str
    limit: int
    permanent_after: int
    until: int
    for_ever: int
    now: int


@dataclass(frozen=True, slots=True)
class ClearAttempts:
    """Back to none: the right answer was given, or an operator lifted the block (*may*)."""

    programme_id: int
    holder: str
    proof: str


@dataclass(frozen=True, slots=True)
class SpendSend:
    """Counts one code sent in a session for a purpose. Returns `count`.

    Fails at `limit`, and while the last one is younger than `before`.
    """

    session_id: int
    purpose: Purpose
    limit: int
    before: int
    now: int


@dataclass(frozen=True, slots=True)
class DecideChallenge:
    """From pending to a final state, once. Fails when it was decided before, and, where it is to
    pass, when its factor was removed."""

    challenge_id: int
    state: ChallengeState
    now: int


@dataclass(frozen=True, slots=True)
class WithdrawChallenges:
    """A newer code makes the older ones void (*may*)."""

    session_id: int
    purpose: Purpose
    now: int


@dataclass(frozen=True, slots=True)
class WithdrawFactorChallenges:
    """A factor that is changed or removed takes its open challenges along (*may*)."""

    factor_id: int
    now: int


@dataclass(frozen=True, slots=True)
class GrantApproval:
    """Open to granted; granting again is no harm. Fails when it was spent or withdrawn."""

    approval_id: int
    proven: frozenset[Element]
    now: int


@dataclass(frozen=True, slots=True)
class StepUpSession:
    """The session's approval was granted. Fails when the session has ended."""

    session_id: int
    now: int


@dataclass(frozen=True, slots=True)
class EndSession:
    """Log-out. Fails when it had ended before."""

    session_id: int
    why: str
    now: int


@dataclass(frozen=True, slots=True)
class EndSessions:
    """All sessions of a person but one (*may*). `keep` 0 keeps none."""

    subject_id: int
    why: str
    now: int
    keep: int = 0


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


Change = (
    Add
    | AddOnce
    | AddToState
    | ChangeFactor
    | ChangeIdentity
    | ChangeProgramme
    | ChangeSubject
    | ClaimMessage
    | ClearAttempts
    | DecideChallenge
    | EndSession
    | EndSessions
    | FinishMessage
    | GrantApproval
    | HoldCall
    | KeepAnswer
    | RaiseEpoch
    | ReleaseCall
    | RetireKeys
    | RetireSigningKeys
    | RetryMessage
    | SetState
    | SpendAttempt
    | SpendCapture
    | SpendSend
    | SpendTry
    | StepUpSession
    | WithdrawChallenges
    | WithdrawFactorChallenges
)


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of a list."""

    failed: Change | None = None
    """The change whose condition did not hold; nothing of the list was applied then."""
    returned: tuple[tuple[int, ...], ...] = ()
    """For each change what it returns; empty where it returns nothing."""
