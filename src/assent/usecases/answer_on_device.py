"""A device's answer: counted, then its signature checked, then settled."""

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from typing import NoReturn

from assent.domain.approval import enough
from assent.domain.attempts import Attempts, Wrong, after_wrong
from assent.domain.challenge import Challenge, ChallengeState, Purpose
from assent.domain.device import RelyingParty, device_of, refusals_of
from assent.domain.event import Outcome
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Checked, Signature, Verdict
from assent.domain.question import Decision, DeviceAnswer, Reason
from assent.domain.session import Caller, Session
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import DecideChallenge, DecideOnDevice
from assent.ports.changes import (
    Change,
    ChangeFactor,
    ClearAttempts,
    GrantApproval,
    SpendTry,
    StepUpSession,
)
from assent.ports.records import Asked
from assent.usecases.ask_devices import matching_number, signing_kind
from assent.usecases.count_attempt import attempt, refuse_blocked, warning
from assent.usecases.lapse_challenges import decided, lapse
from assent.usecases.login_token import login_token
from assent.usecases.refuse_question import alarm, commit_refusal
from assent.usecases.world import REPEATS, World

_REPEATS = 2 * REPEATS
"""A device may answer as many questions at once as may be open, and renew its address meanwhile."""


@dataclass(frozen=True, slots=True)
class Approved:
    """And what it was for has come about; `token` is good for one session, where one was asked
    for (usecases/log_in_on_device.py)."""

    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Declined:
    """As the person said."""


@dataclass(frozen=True, slots=True)
class NotSigned:
    """The signature, or the number, is wrong; counted."""

    left: Wrong


Result = Approved | Declined | NotSigned


async def answer_on_device(
    world: World,
    caller: Caller,
    device: Factor,
    challenge_id: int,
    answer: DeviceAnswer,
    signature: Signature,
    party: RelyingParty,
) -> Result:
    """Judges what a device of the person who was asked says. The caller is that device.

    Refuses NOT_FOUND (another person's, too), CHALLENGE_NOT_OPEN, CHALLENGE_EXPIRED,
    CHALLENGE_USED_UP, ATTEMPTS_BLOCKED, SESSION_GONE, APPROVAL_LOCKED, DEVICE_UNKNOWN (removed
    meanwhile); none of these costs a try.
    """
    put = await world.stores.put_to_device(caller.programme.id, device, challenge_id)
    if put is None or put[0].challenge.kind != device.kind:
        raise Refusal(Code.NOT_FOUND)
    asked, session = put
    if asked.challenge.purpose not in (Purpose.STEP_UP, Purpose.LOG_IN):
        raise Refusal(Code.NOT_FOUND)
    await refuse_closed(world, asked)
    if answer.decision is Decision.APPROVE:
        _refuse_dead_session(asked.challenge, session)
    octets = answer.octets(asked.challenge.content)
    tries, person = await count_answer(world, asked)
    for _ in range(_REPEATS):
        checked = signing_kind(world, device.kind).signed(
            device_of(device.details), device.counter, octets, signature, answer.counter, party
        )
        if checked.verdict is Verdict.WRONG or not _number_matches(world, asked, answer):
            return await failed(world, caller, asked, tries, person)
        try:
            return await _settled(world, caller, asked, session, device, answer, octets, checked)
        except Refusal as refusal:
            if refusal.code is not Code.CHANGED_MEANWHILE:
                if refusal.code is not Code.DEVICE_UNKNOWN:  # it was right, and costs nothing
                    await world.stores.commit(_cleared(asked.challenge))
                raise
        # It answered another question in the same moment, or renewed its push address: what it
        # signed is judged again, by the count that it has now.
        device = await _as_it_is_now(world, device)
    raise Refusal(Code.CHANGED_MEANWHILE)


async def _settled(
    world: World,
    caller: Caller,
    asked: Asked,
    session: Session | None,
    device: Factor,
    answer: DeviceAnswer,
    octets: bytes,
    checked: Checked,
) -> Approved | Declined:
    details = {**device.details, "last_used_at": world.clock.now()}
    used = replace(device, counter=checked.counter, details=details)
    about = {"signed": hashlib.sha256(octets).hexdigest()}
    if answer.decision is Decision.DECLINE:
        return await declined(world, caller, asked, used, answer.reason, about)
    return await _passed(world, caller, asked, session, used, checked, about)


def _refuse_dead_session(challenge: Challenge, session: Session | None) -> None:
    """Nothing is left that could be stepped up: logged out, deactivated, or all sessions ended."""
    if challenge.purpose is Purpose.STEP_UP and session is None:
        raise Refusal(Code.SESSION_GONE)


async def _as_it_is_now(world: World, device: Factor) -> Factor:
    again = await world.stores.factor_by_id(device.id)
    if again is None or again.state is not FactorState.ACTIVE:
        raise Refusal(Code.DEVICE_UNKNOWN, "removed meanwhile")
    return again


def _cleared(challenge: Challenge) -> ClearAttempts:
    return ClearAttempts(challenge.programme_id, challenge.holder, challenge.proof)


async def refuse_closed(world: World, asked: Asked) -> None:
    """Refuses a question that takes no answers."""
    challenge, now = asked.challenge, world.clock.now()
    refuse_blocked(world, asked.attempts)
    if challenge.state is ChallengeState.FAILED:
        raise Refusal(Code.CHALLENGE_USED_UP)
    if challenge.state is ChallengeState.EXPIRED:
        raise Refusal(Code.CHALLENGE_EXPIRED)
    if challenge.state is not ChallengeState.PENDING:
        raise Refusal(Code.CHALLENGE_NOT_OPEN)
    if not challenge.open(now):
        await lapse(world, challenge)
        raise Refusal(Code.CHALLENGE_EXPIRED)
    if challenge.tries >= world.attempt_limits.challenge_tries:
        raise Refusal(Code.CHALLENGE_USED_UP)


async def count_answer(world: World, asked: Asked) -> tuple[int, Attempts]:
    """Counts one, before it is looked at: tries of the question, and where the person stands."""
    challenge, limits = asked.challenge, world.attempt_limits
    spend_try = SpendTry(challenge.id, limits.challenge_tries, world.clock.now())
    spend = attempt(world, challenge.programme_id, challenge.holder, challenge.proof)
    done = await world.commit(spend_try, spend)
    if done.failed is not None:
        await refuse_uncounted(world, asked)
    return done.returned[0][0], Attempts(*done.returned[1])


async def refuse_uncounted(world: World, asked: Asked) -> NoReturn:
    """Why an answer could not be counted: somebody else's came first."""
    challenge = asked.challenge
    again = await world.stores.asked_by_id(
        challenge.programme_id, challenge.subject_id, challenge.id
    )
    if again is not None:
        await refuse_closed(world, again)
    raise Refusal(Code.CHALLENGE_NOT_OPEN)


def _number_matches(world: World, asked: Asked, answer: DeviceAnswer) -> bool:
    """A decline needs none."""
    expected = asked.challenge.expected
    if not expected or answer.decision is Decision.DECLINE:
        return True
    given = matching_number(world, asked.challenge.id, answer.number)
    return hmac.compare_digest(expected, given)


async def approved(
    world: World,
    caller: Caller,
    asked: Asked,
    used: Factor,
    checked: Checked,
    about: dict[str, str],
) -> Approved:
    """Consumes the question and brings about what it was for, in one commit. `used` is the device
    that answered, as it is to be kept."""
    session = await world.stores.session(asked.challenge.session_id)
    return await _passed(world, caller, asked, session, used, checked, about)


async def _passed(
    world: World,
    caller: Caller,
    asked: Asked,
    session: Session | None,
    used: Factor,
    checked: Checked,
    about: dict[str, str],
) -> Approved:
    """The same, of a session that was read before: whether it lives still is asked again by the
    statement that steps it up."""
    challenge, now = asked.challenge, world.clock.now()
    decide = DecideOnDevice(challenge.id, used.id, ChallengeState.PASSED, now)
    done = await world.commit(
        decide,
        ChangeFactor(used),
        _cleared(challenge),
        ClearAttempts(challenge.programme_id, challenge.holder, refusals_of(challenge.purpose)),
        *_granted(asked, session, checked, now),
        world.fact(
            caller, f"{challenge.purpose}_passed", challenge.subject_id, _about(asked, used, about)
        ),
        *await decided(world, caller.programme, challenge, Outcome.VERIFIED, session),
    )
    if done.failed is not None:
        raise await _not_settled(world, asked, used, done.failed)
    if challenge.purpose is Purpose.LOG_IN:
        return Approved(login_token(world, challenge.approval_id))
    return Approved()


def _granted(
    asked: Asked, session: Session | None, checked: Checked, now: int
) -> tuple[Change, ...]:
    challenge = asked.challenge
    if challenge.purpose is Purpose.LOG_IN:
        if not enough(checked.elements):
            raise Refusal(Code.STEP_UP_REQUIRED, "one element opens no session")
        return (GrantApproval(challenge.approval_id, checked.elements, now),)
    if session is None:
        raise Refusal(Code.SESSION_GONE)
    proven = session.elements | checked.elements
    if not enough(proven):
        return ()
    return (GrantApproval(session.approval_id, proven, now), StepUpSession(session.id, now))


async def declined(
    world: World,
    caller: Caller,
    asked: Asked,
    used: Factor,
    reason: Reason | None,
    about: dict[str, str],
) -> Declined:
    """The person said no. Where they asked for nothing of the kind, what `alarm` says comes about
    in the same commit."""
    challenge, now = asked.challenge, world.clock.now()
    alarmed = await alarm(world, caller, challenge) if reason is Reason.NOT_ME else ()
    about = _about(asked, used, about) | ({"reason": reason.value} if reason else {})
    changes = (
        DecideOnDevice(challenge.id, used.id, ChallengeState.DECLINED, now),
        ChangeFactor(used),
        _cleared(challenge),
        *alarmed,
        world.fact(caller, f"{challenge.purpose}_declined", challenge.subject_id, about),
        *await decided(world, caller.programme, challenge, Outcome.DECLINED),
    )
    failed = await commit_refusal(world, caller, challenge, changes)
    if failed is not None:
        raise await _not_settled(world, asked, used, failed)
    return Declined()


async def failed(
    world: World, caller: Caller, asked: Asked, tries: int, person: Attempts
) -> NotSigned:
    """A wrong answer, which was counted; the last one decides the question."""
    challenge, now = asked.challenge, world.clock.now()
    result = NotSigned(after_wrong(tries, person, world.attempt_limits))
    about = {"challenge": str(challenge.id), "kind": challenge.kind}
    changes: tuple[Change, ...] = (
        world.fact(caller, f"{challenge.purpose}_denied", challenge.subject_id, about),
    )
    subject = await world.stores.subject(challenge.programme_id, challenge.subject_id)
    if subject is not None:
        changes += warning(world, caller, subject, challenge.proof, person)
    if result.left is Wrong.USED_UP:
        over = DecideChallenge(challenge.id, ChallengeState.FAILED, now)
        done = await world.commit(
            over, *changes, *await decided(world, caller.programme, challenge, Outcome.DECLINED)
        )
        if done.failed is None:
            return result
    await world.commit(*changes)
    return result


async def _not_settled(world: World, asked: Asked, used: Factor, change: Change | None) -> Refusal:
    """Why an answer that was right came too late."""
    if isinstance(change, DecideOnDevice):
        device = await world.stores.factor_by_id(used.id)
        if device is None or device.state is not FactorState.ACTIVE:
            return Refusal(Code.DEVICE_UNKNOWN, "removed meanwhile")
        return Refusal(Code.CHALLENGE_NOT_OPEN)
    if isinstance(change, GrantApproval):
        if asked.challenge.purpose is Purpose.LOG_IN:  # shut out, or all that was asked is void
            return Refusal(Code.CHALLENGE_NOT_OPEN)
        return Refusal(Code.APPROVAL_LOCKED)
    if isinstance(change, StepUpSession):
        return Refusal(Code.SESSION_GONE)
    return Refusal(Code.CHANGED_MEANWHILE)


def _about(asked: Asked, used: Factor, more: dict[str, str]) -> dict[str, str]:
    challenge = asked.challenge
    return {
        "challenge": str(challenge.id),
        "kind": challenge.kind,
        "device": str(used.id),
        **more,
    }
