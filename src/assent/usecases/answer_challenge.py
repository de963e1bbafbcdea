"""A person's answer: counted, then compared, then settled."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from assent.domain.approval import enough
from assent.domain.attempts import Attempts, Wrong, after_wrong
from assent.domain.challenge import Challenge, ChallengeState, Purpose
from assent.domain.element import Element
from assent.domain.english import FACTOR_ENROLLED
from assent.domain.event import Event, EventName, Outcome
from assent.domain.factor import FactorState
from assent.domain.kind import Checked, Verdict
from assent.domain.session import Caller, Session
from assent.domain.subject import Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import DecideChallenge
from assent.ports.changes import (
    Add,
    Change,
    ChangeFactor,
    ChangeSubject,
    ClearAttempts,
    GrantApproval,
    SpendTry,
    StepUpSession,
)
from assent.ports.records import Asked
from assent.usecases.count_attempt import attempt, refuse_blocked, warning
from assent.usecases.lapse_challenges import decided
from assent.usecases.tell import told
from assent.usecases.world import Keep, World, keep_nothing, speaking

Judge = Callable[[], Checked]


@dataclass(frozen=True, slots=True)
class Right:
    """The challenge has passed, and what it was for has come about."""


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """Counted; `left` says how near the limits are."""

    left: Wrong


Answered = Right | WrongAnswer


async def answer_challenge(
    world: World,
    caller: Caller,
    purpose: Purpose,
    kind_name: str,
    answer: str,
    keep: Keep = keep_nothing,
) -> Answered:
    """Judges the answer to the session's latest challenge for a purpose.

    Refuses CHALLENGE_NOT_OPEN, APPROVAL_ALREADY_GRANTED (nothing open on a stepped-up session),
    CHALLENGE_EXPIRED, CHALLENGE_USED_UP, ATTEMPTS_BLOCKED, FACTOR_ALREADY_ENROLLED,
    FACTOR_NOT_ENROLLED (removed meanwhile); none of these costs a try.
    """
    session = speaking(caller)
    kind = world.kind(kind_name)
    asked = await world.stores.asked(session.approval_id, purpose, kind.proof)
    if asked is None:
        raise _nothing_open(session, purpose)
    _refuse_closed(world, session, asked)
    challenge, now = asked.challenge, world.clock.now()
    return await judge(
        world,
        caller,
        session,
        asked,
        lambda: kind.check(
            asked.factor.details, asked.factor.counter, challenge.expected, answer, now
        ),
        keep,
    )


async def judge(
    world: World,
    caller: Caller,
    session: Session,
    asked: Asked,
    check: Judge,
    keep: Keep = keep_nothing,
) -> Answered:
    """Count, then compare, then consume: the order is what no number of servers can get round."""
    tries, person = await _count(world, session, asked)
    checked = check()
    if checked.verdict is Verdict.RIGHT:
        return await settle(world, caller, session, asked, checked, keep)
    return await _wrong(world, caller, asked, tries, person, keep)


async def _count(world: World, session: Session, asked: Asked) -> tuple[int, Attempts]:
    challenge, limits = asked.challenge, world.attempt_limits
    spend_try = SpendTry(challenge.id, limits.challenge_tries, world.clock.now())
    spend = attempt(world, challenge.programme_id, challenge.holder, challenge.proof)
    done = await world.commit(spend_try, spend)
    if done.failed is None:
        return done.returned[0][0], Attempts(*done.returned[1])
    # Somebody else's answer came first: say what it made of the challenge.
    again = await world.stores.asked_by_id(
        challenge.programme_id, challenge.subject_id, challenge.id
    )
    if again is not None:
        _refuse_closed(world, session, again)
    raise Refusal(Code.CHALLENGE_NOT_OPEN)


def _refuse_closed(world: World, session: Session, asked: Asked) -> None:
    challenge, now = asked.challenge, world.clock.now()
    refuse_blocked(world, asked.attempts)
    if challenge.state in (ChallengeState.PASSED, ChallengeState.WITHDRAWN):
        raise _nothing_open(session, challenge.purpose)
    if (
        challenge.state is ChallengeState.FAILED
        or challenge.tries >= world.attempt_limits.challenge_tries
    ):
        raise Refusal(Code.CHALLENGE_USED_UP)
    if not challenge.open(now):
        raise Refusal(Code.CHALLENGE_EXPIRED)
    if challenge.purpose is Purpose.ENROL and asked.factor.state is not FactorState.PENDING:
        raise Refusal(Code.FACTOR_ALREADY_ENROLLED)
    if challenge.purpose is Purpose.STEP_UP and asked.factor.state is not FactorState.ACTIVE:
        raise Refusal(Code.FACTOR_NOT_ENROLLED)


def _nothing_open(session: Session, purpose: Purpose) -> Refusal:
    if purpose is Purpose.STEP_UP and session.stepped_up:
        return Refusal(Code.APPROVAL_ALREADY_GRANTED)
    return Refusal(Code.CHALLENGE_NOT_OPEN)


async def settle(
    world: World,
    caller: Caller,
    session: Session,
    asked: Asked,
    checked: Checked,
    keep: Keep = keep_nothing,
) -> Right:
    """Consumes the challenge and brings about what it was for, in one commit.

    Refuses CHALLENGE_NOT_OPEN to all but the first of several right answers.
    """
    challenge, now = asked.challenge, world.clock.now()
    result = Right()
    person: Subject | None = None
    if challenge.purpose is Purpose.ENROL:
        person = await world.stores.subject(challenge.programme_id, challenge.subject_id)
    passed = DecideChallenge(challenge.id, ChallengeState.PASSED, now)
    stepped_up = _stepped_up(session, checked.elements, now)
    done = await world.commit(
        passed,
        ClearAttempts(challenge.programme_id, challenge.holder, challenge.proof),
        *_proved(world, asked, person, checked.counter),
        *stepped_up,
        *_told(world, caller, person, challenge.kind),
        *_announced(world, caller, session, challenge, bool(stepped_up)),
        world.fact(caller, f"{challenge.purpose}_passed", challenge.subject_id, _about(asked)),
        *keep(result),
    )
    if done.failed is passed:
        raise _nothing_open(session, challenge.purpose)
    if isinstance(done.failed, StepUpSession):
        raise Refusal(Code.SESSION_GONE)
    if isinstance(done.failed, GrantApproval):
        raise Refusal(Code.APPROVAL_LOCKED)
    if isinstance(done.failed, ChangeFactor) and challenge.purpose is Purpose.ENROL:
        raise Refusal(Code.FACTOR_ALREADY_ENROLLED)
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    return result


def _proved(world: World, asked: Asked, person: Subject | None, counter: int) -> tuple[Change, ...]:
    """What a right answer makes of the factor: active, its counter moved on.

    An enrolment that began before the person's number changed proves the old number only.
    """
    challenge, factor = asked.challenge, replace(asked.factor, counter=counter)
    if challenge.purpose is not Purpose.ENROL:
        return () if counter == asked.factor.counter else (ChangeFactor(factor),)
    active = ChangeFactor(replace(factor, state=FactorState.ACTIVE))
    kind = world.kind(challenge.kind)
    if not kind.verifies_mobile:
        return (active,)
    if person is None or kind.ready(person, ()) != factor.details:
        raise Refusal(Code.CHALLENGE_NOT_OPEN, "the number has changed")
    # Changed whatever it said before: its version holds the number still until this commits.
    return (active, ChangeSubject(replace(person, mobile_verified=True)))


def _told(world: World, caller: Caller, person: Subject | None, kind: str) -> tuple[Change, ...]:
    """Whoever enrolled a phone is told by e-mail: it may not have been the person."""
    if person is None:
        return ()
    return (Add(world.notice(caller, person, FACTOR_ENROLLED, world.called(kind))),)


def _announced(
    world: World, caller: Caller, session: Session, challenge: Challenge, stepped_up: bool
) -> tuple[Change, ...]:
    """For the firm's server: the phone that was enrolled, and the step-up that this amounts to."""
    enrolment = challenge.purpose is Purpose.ENROL
    event = Event(
        name=EventName.FACTOR_CHANGED,
        subject_id=challenge.subject_id,
        identity_id=session.identity_id,
        kind=challenge.kind,
        challenge_id=challenge.id,
        outcome=Outcome.ACTIVE,
        at=world.clock.now(),
    )
    verified = replace(event, name=EventName.STEP_UP_DECIDED, outcome=Outcome.VERIFIED)
    news = stepped_up and not (enrolment and session.stepped_up)
    events = (*((event,) if enrolment else ()), *((verified,) if news else ()))
    return told(world, caller.programme, *events)


def _stepped_up(session: Session, elements: frozenset[Element], now: int) -> tuple[Change, ...]:
    """An enrolment proves the element too, so that it steps the session up like a step-up."""
    proven = session.elements | elements
    if not enough(proven):
        return ()
    return (GrantApproval(session.approval_id, proven, now), StepUpSession(session.id, now))


async def _wrong(
    world: World, caller: Caller, asked: Asked, tries: int, person: Attempts, keep: Keep
) -> WrongAnswer:
    challenge = asked.challenge
    result = WrongAnswer(after_wrong(tries, person, world.attempt_limits))
    changes: tuple[Change, ...] = (
        world.fact(caller, f"{challenge.purpose}_denied", challenge.subject_id, _about(asked)),
    )
    subject = await world.stores.subject(challenge.programme_id, challenge.subject_id)
    if subject is not None:
        changes += warning(world, caller, subject, challenge.proof, person)
    if result.left is Wrong.USED_UP:
        failed = DecideChallenge(challenge.id, ChallengeState.FAILED, world.clock.now())
        over = await decided(world, caller.programme, challenge, Outcome.DECLINED)
        done = await world.commit(failed, *changes, *over, *keep(result))
        if done.failed is None:
            return result
    await world.commit(*changes, *keep(result))
    return result


def _about(asked: Asked) -> dict[str, str]:
    return {"challenge": str(asked.challenge.id), "kind": asked.challenge.kind}
