"""What a vendor says that a person answered in its app. Whoever calls has checked that it is it."""

from dataclasses import dataclass, replace

from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.device import ASKED
from assent.domain.english import FACTOR_ENROLLED
from assent.domain.event import Event, EventName, Outcome
from assent.domain.evidence import Evidence, Said
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Checked, SigningKind, Verdict
from assent.domain.question import Reason
from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import DecideChallenge, LockApproval
from assent.ports.changes import (
    Add,
    Change,
    ChangeFactor,
    ClearAttempts,
    RestOnSession,
    SpendAttempt,
)
from assent.ports.records import Asked
from assent.usecases.answer_on_device import (
    Approved,
    Declined,
    approved,
    declined,
    refuse_closed,
)
from assent.usecases.ask_push import same_phone
from assent.usecases.lapse_challenges import lapse
from assent.usecases.refuse_question import alarm, commit_refusal
from assent.usecases.tell import told
from assent.usecases.world import World


@dataclass(frozen=True, slots=True)
class Expired:
    """Nobody answered in time."""


async def answer_remotely(
    world: World, caller: Caller, subject_id: int, challenge_id: int, evidence: Evidence
) -> Approved | Declined | Expired:
    """Settles a question by the vendor's word, once; what is said again is refused.

    It is not counted as an answer is: nobody can guess one. Refuses NOT_FOUND (another person's,
    or a question of a kind that answers for itself), CHALLENGE_NOT_OPEN, CHALLENGE_EXPIRED,
    ATTEMPTS_BLOCKED, SESSION_GONE, DEVICE_UNKNOWN (unlinked meanwhile), APPROVAL_LOCKED.
    """
    asked = await world.stores.asked_by_id(caller.programme.id, subject_id, challenge_id)
    if asked is None or not _answers_from_afar(world, asked.challenge.kind):
        raise Refusal(Code.NOT_FOUND)
    await refuse_closed(world, asked)
    if evidence.said is Said.EXPIRED:
        if not await lapse(world, asked.challenge):
            raise Refusal(Code.CHALLENGE_NOT_OPEN)
        return Expired()
    about = {"evidence": evidence.source}
    enrols = asked.challenge.purpose is Purpose.ENROL
    if evidence.said is Said.DENIED:
        if enrols:
            return await _rejected(world, caller, asked, evidence.reason, about)
        return await declined(world, caller, asked, asked.factor, evidence.reason, about)
    subject = await world.stores.subject(caller.programme.id, subject_id)
    if subject is None or not subject.active:
        raise Refusal(Code.SUBJECT_INACTIVE)
    if not same_phone(asked.factor, subject):
        raise Refusal(Code.CHALLENGE_NOT_OPEN, "the number has changed")
    if enrols:
        return await _enrolled(world, caller, asked, subject, about)
    elements = world.kind(asked.challenge.kind).elements
    right = Checked(Verdict.RIGHT, asked.factor.counter, elements)
    return await approved(world, caller, asked, asked.factor, right, about)


def _answers_from_afar(world: World, kind_name: str) -> bool:
    return kind_name in ASKED and not isinstance(world.kinds.get(kind_name), SigningKind)


async def _enrolled(
    world: World, caller: Caller, asked: Asked, subject: Subject, about: dict[str, str]
) -> Approved:
    """Active from now on; the person is told by e-mail, for it may not have been them."""
    active = replace(asked.factor, state=FactorState.ACTIVE)
    called = world.called(asked.challenge.kind)
    notice = world.notice(caller, subject, FACTOR_ENROLLED, called)
    alive = RestOnSession(asked.challenge.session_id)
    told_of = (alive, Add(notice), *_event(world, caller, asked, Outcome.ACTIVE))
    passed = ChallengeState.PASSED
    done = await world.commit(*_settled(world, caller, asked, active, passed, about), *told_of)
    if done.failed is alive:
        raise Refusal(Code.SESSION_GONE)
    if done.failed is not None:
        raise Refusal(Code.CHALLENGE_NOT_OPEN)
    return Approved()


async def _rejected(
    world: World, caller: Caller, asked: Asked, reason: Reason | None, about: dict[str, str]
) -> Declined:
    """Suspended: the person said no to it, and may begin anew. Where they asked for nothing of
    the kind, somebody else is in their session: see `alarm`."""
    suspended = replace(asked.factor, state=FactorState.SUSPENDED)
    if reason is not None:
        about = {**about, "reason": reason.value}
    settled = _settled(world, caller, asked, suspended, ChallengeState.DECLINED, about)
    alarmed: tuple[Change, ...] = ()
    if reason is Reason.NOT_ME:
        locked = await _session_locked(world, asked)
        alarmed = (*locked, *await alarm(world, caller, asked.challenge))
    changes = (*settled, *alarmed, *_event(world, caller, asked, Outcome.INACTIVE))
    failed = await commit_refusal(world, caller, asked.challenge, changes)
    if isinstance(failed, SpendAttempt):
        raise Refusal(Code.CHANGED_MEANWHILE)
    if failed is not None:
        raise Refusal(Code.CHALLENGE_NOT_OPEN)
    return Declined()


async def _session_locked(world: World, asked: Asked) -> tuple[Change, ...]:
    """An enrolment's question rests on the session itself, and names no approval to lock."""
    session = await world.stores.session(asked.challenge.session_id)
    return () if session is None else (LockApproval(session.approval_id, world.clock.now()),)


def _settled(
    world: World,
    caller: Caller,
    asked: Asked,
    factor: Factor,
    state: ChallengeState,
    about: dict[str, str],
) -> tuple[Change, ...]:
    """What an enrolment's answer changes, whichever it is."""
    challenge, now = asked.challenge, world.clock.now()
    about = {"challenge": str(challenge.id), "kind": challenge.kind, **about}
    name = f"{challenge.purpose}_{state}"
    return (
        DecideChallenge(challenge.id, state, now),
        ChangeFactor(factor),
        ClearAttempts(challenge.programme_id, challenge.holder, challenge.proof),
        world.fact(caller, name, challenge.subject_id, about),
    )


def _event(world: World, caller: Caller, asked: Asked, outcome: Outcome) -> tuple[Change, ...]:
    event = Event(
        name=EventName.FACTOR_CHANGED,
        subject_id=asked.challenge.subject_id,
        kind=asked.challenge.kind,
        outcome=outcome,
        at=world.clock.now(),
    )
    return told(world, caller.programme, event)
