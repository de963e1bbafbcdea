"""A device's answer: counted, then its signature checked, then settled."""

import hashlib
import hmac
from dataclasses import dataclass, replace

from assent.domain.approval import enough
from assent.domain.attempts import Attempts, Wrong, after_wrong, block_begun
from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.device import NOT_ME, REFUSALS, RelyingParty, device_of
from assent.domain.english import DEVICE_NOT_ME, DEVICE_REFUSALS
from assent.domain.event import Outcome
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Checked, Signature, Verdict
from assent.domain.question import Decision, DeviceAnswer, Reason
from assent.domain.session import Caller, Session
from assent.kernel import token
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import DecideOnDevice, LockApproval
from assent.ports.changes import (
    Add,
    AddOnce,
    Change,
    ChangeFactor,
    ClearAttempts,
    EndSession,
    GrantApproval,
    SpendTry,
    StepUpSession,
)
from assent.ports.records import Asked
from assent.usecases.ask_devices import matching_number, signing_kind
from assent.usecases.count_attempt import attempt, refuse_blocked, warning
from assent.usecases.lapse_challenges import decided, lapse
from assent.usecases.world import REPEATS, World

LOGIN_TOKEN = "login"
"""What a one-time token for a session begins with."""
_UNCOUNTED = 2**31
"""A limit that is never reached: what is only counted."""


@dataclass(frozen=True, slots=True)
class Approved:
    """And what it was for has come about; `token` is good for one session, where one was asked
    for (usecases/log_in_on_device.py)."""

    token: str = ""


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
    CHALLENGE_USED_UP, ATTEMPTS_BLOCKED, SESSION_GONE, DEVICE_UNKNOWN (removed meanwhile); none of
    these costs a try.
    """
    asked = await world.stores.asked_by_id(caller.programme.id, device.subject_id, challenge_id)
    if asked is None or asked.challenge.kind != device.kind:
        raise Refusal(Code.NOT_FOUND)
    if asked.challenge.purpose not in (Purpose.STEP_UP, Purpose.LOG_IN):
        raise Refusal(Code.NOT_FOUND)
    await refuse_closed(world, asked)
    content = asked.challenge.content
    tries, person = await count_answer(world, asked)
    checked = signing_kind(world, device.kind).signed(
        device_of(device.details),
        device.counter,
        answer.octets(content),
        signature,
        answer.counter,
        party,
    )
    if checked.verdict is Verdict.WRONG or not _number_matches(world, asked, answer):
        return await failed(world, caller, asked, tries, person)
    used = replace(
        device,
        counter=checked.counter,
        details={**device.details, "last_used_at": world.clock.now()},
    )
    about = {"signed": hashlib.sha256(answer.octets(content)).hexdigest()}
    if answer.decision is Decision.DECLINE:
        return await declined(world, caller, asked, used, answer.reason, about)
    return await approved(world, caller, asked, used, checked, about)


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
    if done.failed is None:
        return done.returned[0][0], Attempts(*done.returned[1])
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
    challenge, now = asked.challenge, world.clock.now()
    session = await world.stores.session(challenge.session_id)
    decide = DecideOnDevice(challenge.id, used.id, ChallengeState.PASSED, now)
    done = await world.commit(
        decide,
        ChangeFactor(used),
        ClearAttempts(challenge.programme_id, challenge.holder, challenge.proof),
        ClearAttempts(challenge.programme_id, challenge.holder, REFUSALS),
        *_granted(asked, session, checked, now),
        world.fact(
            caller, f"{challenge.purpose}_passed", challenge.subject_id, _about(asked, used, about)
        ),
        *await decided(world, challenge, Outcome.VERIFIED),
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


def login_token(world: World, approval_id: int) -> str:
    """The one-time token of an approved log-in: worked out anew each time, and kept nowhere."""
    return token.make(
        LOGIN_TOKEN, world.vault.lookup(str(approval_id), "log-in token")[: token.OCTETS]
    )


async def declined(
    world: World,
    caller: Caller,
    asked: Asked,
    used: Factor,
    reason: Reason | None,
    about: dict[str, str],
) -> Declined:
    """The person said no. Where they asked for nothing of the kind, no proof counts for it any
    more, the session that asked is over, and they are told what to do."""
    challenge, now = asked.challenge, world.clock.now()
    not_me = reason is Reason.NOT_ME
    for _ in range(REPEATS):
        session = await world.stores.session(challenge.session_id) if not_me else None
        decide = DecideOnDevice(challenge.id, used.id, ChallengeState.DECLINED, now)
        end = EndSession(session.id, "not_me", now) if session is not None else None
        done = await world.commit(
            decide,
            ChangeFactor(used),
            ClearAttempts(challenge.programme_id, challenge.holder, challenge.proof),
            *((LockApproval(challenge.approval_id, now),) if not_me else ()),
            *((end,) if end is not None else ()),
            world.fact(
                caller,
                f"{challenge.purpose}_declined",
                challenge.subject_id,
                _about(asked, used, about) | ({"reason": reason.value} if reason else {}),
            ),
            *await decided(world, challenge, Outcome.DECLINED),
        )
        if done.failed is None:
            await _count_refusal(world, caller, asked, not_me)
            return Declined()
        if done.failed is not end:
            raise await _not_settled(world, asked, used, done.failed)
    raise Refusal(Code.CHANGED_MEANWHILE)


async def _count_refusal(world: World, caller: Caller, asked: Asked, not_me: bool) -> None:
    """Several in a row keep further questions away for a while; the person is told of that, and
    of what was not theirs at once."""
    challenge, limits = asked.challenge, world.device_limits
    spend = replace(
        attempt(world, challenge.programme_id, challenge.holder, REFUSALS, limits.refused_block_ms),
        limit=limits.refusals,
        permanent_after=_UNCOUNTED,
    )
    counted = await world.stores.commit(spend)
    subject = await world.stores.subject(challenge.programme_id, challenge.subject_id)
    if subject is None:
        return
    changes: list[Change] = []
    if counted.failed is None and block_begun(Attempts(*counted.returned[0])):
        dedupe = f"refusals:{challenge.id}"
        changes.append(AddOnce(world.notice(caller, subject, DEVICE_REFUSALS, dedupe=dedupe)))
        changes.append(world.fact(caller, "push_refusals_blocked", subject.id))
    if not_me:
        risk = attempt(world, challenge.programme_id, challenge.holder, NOT_ME)
        await world.stores.commit(
            replace(risk, limit=_UNCOUNTED), Add(world.notice(caller, subject, DEVICE_NOT_ME))
        )
    await world.stores.commit(*changes)


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
        over = DecideOnDevice(challenge.id, challenge.factor_id, ChallengeState.FAILED, now)
        done = await world.commit(
            over, *changes, *await decided(world, challenge, Outcome.DECLINED)
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
