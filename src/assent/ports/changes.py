"""The changes that a use case may ask of the store, as plain data.

A use case hands over ONE list; it is applied in one transaction, whole or not at all, and the
answer says which condition failed. Contract of every list: no row is changed twice in it, and it
is applied in its order. A change marked *may* has no condition: touching no row is not a failure.
"""

from dataclasses import dataclass

from assent.domain.approval import Approval, ApprovalState
from assent.domain.attempts import Attempts
from assent.domain.challenge import Challenge, Purpose
from assent.domain.element import Element
from assent.domain.factor import Factor
from assent.domain.facts import Fact
from assent.domain.grant import Grant
from assent.domain.mailed_code import MailedCode
from assent.domain.message import Message
from assent.domain.payment import Balance, Payment, PaymentState
from assent.domain.programme import KeyRole, Programme, ProgrammeKey
from assent.domain.record import Block
from assent.domain.session import Session
from assent.domain.subject import Identity, Membership, Subject
from assent.ports.admission import Admission
from assent.ports.asking import Asking
from assent.ports.erasure import Erasure
from assent.ports.mailing import (
    DecideMailedCode,
    GiveBackMailedTry,
    SpendBudget,
    SpendGap,
    SpendMailedTry,
    WithdrawMailedCodes,
)
from assent.ports.records import (
    Capture,
    CaptureKey,
    ClientKey,
    DataKey,
    Delivery,
    JoseKey,
    SigningKey,
)
from assent.ports.upkeep import (
    AddToState,
    ChainFacts,
    ClaimMessage,
    FinishMessage,
    ForgetDataKey,
    HoldCall,
    KeepAnswer,
    ReleaseCall,
    RetireJoseKeys,
    RetireSigningKeys,
    RetryMessage,
    RewrapDataKey,
    SetState,
    SettleMessage,
    SpendCapture,
)
from assent.ports.webhooks import EventChange

Row = (
    Approval
    | Block
    | Balance
    | Capture
    | CaptureKey
    | Challenge
    | ClientKey
    | DataKey
    | Delivery
    | Fact
    | Factor
    | Grant
    | Identity
    | JoseKey
    | MailedCode
    | Membership
    | Message
    | Payment
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
    """A new row, or nothing where the like of it is there or its person was erased (*may*)."""

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
class RetireKey:
    """One key stops working. Fails when it had stopped before."""

    key_id: int
    now: int


@dataclass(frozen=True, slots=True)
class ChangeSubject:
    """The subject as given. Fails when its version has moved on, or another has the e-mail."""

    subject: Subject


@dataclass(frozen=True, slots=True)
class RaiseEpoch:
    """Ends all sessions of a person at one stroke, also those whose opening is under way; a change
    of the person that was read before it fails. Fails unless the epoch is still this one; where
    none is named, only if the person is gone."""

    subject_id: int
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeIdentity:
    """The identity as given. Fails when its version has moved on."""

    identity: Identity


@dataclass(frozen=True, slots=True)
class ChangeFactor:
    """The factor as given. Fails when its version has moved on, when its counter would fall, or
    when another has the slot or the claim."""

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
    takes it back. `block_ms` is how long a block begun now lasts, `for_ever` the end of the last.
    With `before` it fails also where the person stands otherwise by now: whoever must know what it
    will return before it is committed.
    """

    programme_id: int
    holder: str
    proof: str
    limit: int
    permanent_after: int
    block_ms: int
    for_ever: int
    now: int
    before: Attempts | None = None


@dataclass(frozen=True, slots=True)
class ClearAttempts:
    """Back to none: the right answer was given, or an operator lifted the block (*may*)."""

    programme_id: int
    holder: str
    proof: str


@dataclass(frozen=True, slots=True)
class SpendSend:
    """Counts one code sent for an approval and a purpose. Returns `count`.

    Fails at `limit`, and while the last one is younger than `before`.
    """

    approval_id: int
    purpose: Purpose
    limit: int
    before: int
    now: int


@dataclass(frozen=True, slots=True)
class GrantApproval:
    """Open to granted; granting again is no harm. Fails when it was spent or withdrawn."""

    approval_id: int
    proven: frozenset[Element]
    now: int


@dataclass(frozen=True, slots=True)
class ProveApproval:
    """One more element of an open approval, which may grant it.

    Fails unless it is open, unexpired and has proved exactly `before` (another proof came first:
    read again), and unless the factor is still there.
    """

    approval_id: int
    factor_id: int
    before: frozenset[Element]
    proven: frozenset[Element]
    state: ApprovalState
    now: int


@dataclass(frozen=True, slots=True)
class SpendApproval:
    """Granted to spent, once. Fails unless it is granted and unexpired, and unless all factors it
    rests on are still there."""

    approval_id: int
    now: int


@dataclass(frozen=True, slots=True)
class ExpireApproval:
    """Frees the claim of one whose time is over (*may*). What stands goes on to stand."""

    approval_id: int
    now: int


@dataclass(frozen=True, slots=True)
class WithdrawApprovals:
    """Whatever clients asked of a person and has not expired is void, and whatever was granted
    after `since`: it may stand for others (*may*)."""

    subject_id: int
    now: int
    since: int


@dataclass(frozen=True, slots=True)
class ChangeGrant:
    """The grant as given. Fails when its version has moved on."""

    grant: Grant


@dataclass(frozen=True, slots=True)
class DecidePayment:
    """From pending to completed or rejected, once. Fails when it was decided before."""

    payment_id: int
    state: PaymentState
    now: int


@dataclass(frozen=True, slots=True)
class Debit:
    """Takes money out. Fails where there is not enough."""

    balance_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class StepUpSession:
    """The session's approval was granted. Fails when the session has ended, by itself or with all
    others of its person, or the person may not act for its identity any more."""

    session_id: int
    now: int


@dataclass(frozen=True, slots=True)
class RestOnSession:
    """What else is in the list was begun in this session. Fails when the session has ended."""

    session_id: int


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


Change = (
    Add
    | AddOnce
    | AddToState
    | Admission
    | Asking
    | ChainFacts
    | ChangeFactor
    | ChangeGrant
    | ChangeIdentity
    | ChangeProgramme
    | ChangeSubject
    | ClaimMessage
    | ClearAttempts
    | Debit
    | DecideMailedCode
    | DecidePayment
    | EndSession
    | EndSessions
    | Erasure
    | EventChange
    | ExpireApproval
    | FinishMessage
    | ForgetDataKey
    | GiveBackMailedTry
    | GrantApproval
    | HoldCall
    | KeepAnswer
    | ProveApproval
    | RaiseEpoch
    | ReleaseCall
    | RestOnSession
    | RetireKey
    | RetireJoseKeys
    | RetireKeys
    | RetireSigningKeys
    | RetryMessage
    | RewrapDataKey
    | SetState
    | SettleMessage
    | SpendApproval
    | SpendAttempt
    | SpendBudget
    | SpendCapture
    | SpendGap
    | SpendMailedTry
    | SpendSend
    | SpendTry
    | StepUpSession
    | WithdrawApprovals
    | WithdrawMailedCodes
)


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of a list."""

    failed: Change | None = None
    """The change whose condition did not hold; nothing of the list was applied then."""
    returned: tuple[tuple[int, ...], ...] = ()
    """For each change what it returns; empty where it returns nothing."""
