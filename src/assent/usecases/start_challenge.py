"""Putting a question to a person: a new code, the older ones void, the message on its way."""

from collections.abc import Sequence
from dataclasses import replace

from assent.domain.approval import ApprovalState
from assent.domain.attempts import holder_of
from assent.domain.challenge import Challenge, Purpose
from assent.domain.deed import Deed
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Kind
from assent.domain.message import Outgoing
from assent.domain.session import Caller, Session
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import WithdrawChallenges
from assent.ports.changes import Add, Change, SpendSend
from assent.ports.mailing import SpendBudget, SpendGap
from assent.usecases.budgets import budget_refused, budgets_of
from assent.usecases.count_attempt import refuse_blocked
from assent.usecases.world import Keep, World, keep_nothing, speaking

_SENDS_COME_BACK = 300
"""Seconds a client is told to wait when a session has no sends left: until it can have expired."""


async def ask_step_up(
    world: World,
    caller: Caller,
    kind_name: str,
    action: Deed,
    chosen: str | None = None,
    keep: Keep = keep_nothing,
) -> Challenge:
    """Asks for one more element, so that the session may do more.

    Refuses FACTOR_NOT_ENROLLED, the kind's own reasons, and what `start_challenge` refuses.
    """
    session = speaking(caller)
    kind = world.kind(kind_name)
    factor = await world.stores.factor(session.subject_id, kind_name)
    if factor is None or factor.state is not FactorState.ACTIVE:
        raise Refusal(Code.FACTOR_NOT_ENROLLED)
    subject = await world.stores.subject(caller.programme.id, session.subject_id)
    if subject is None:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    kind.ready(subject, caller.programme.settings.countries)
    return await start_challenge(
        world, caller, Purpose.STEP_UP, kind, factor, action, chosen, keep=keep
    )


async def refuse_locked(world: World, session: Session) -> None:
    """Refuses APPROVAL_LOCKED where the person said on a device that it is not they who ask."""
    state = await world.stores.approval_state(session.approval_id)
    if state not in (ApprovalState.OPEN, ApprovalState.GRANTED):
        raise Refusal(Code.APPROVAL_LOCKED)


async def start_challenge(
    world: World,
    caller: Caller,
    purpose: Purpose,
    kind: Kind,
    factor: Factor,
    action: Deed,
    chosen: str | None,
    before: tuple[Change, ...] = (),
    keep: Keep = keep_nothing,
) -> Challenge:
    """Counts the send, withdraws what was open, and commits challenge and message together.

    `before` are changes the challenge rests on, such as the factor it enrols. Refuses
    ATTEMPTS_BLOCKED, RESEND_TOO_SOON, SENDS_USED_UP (also where a budget is used up); and
    CHANGED_MEANWHILE where a change of `before` failed. Whether the approval was locked is not
    read here: whoever locks it ends the session, and no answer grants it.
    """
    session, now = speaking(caller), world.clock.now()
    holder = holder_of(session.subject_id)
    refuse_blocked(world, await world.stores.attempts(caller.programme.id, holder, kind.proof))
    begun = kind.begin(factor.details, now, world.randomness, action, chosen)
    asked = challenge_for(
        world, caller, session.approval_id, session.subject_id, kind, factor, purpose
    )
    challenge = replace(
        asked, expected=begun.expected, expires_at=now + world.attempt_limits.code_life_ms
    )
    about = {"challenge": str(challenge.id)}
    await put(world, caller, challenge, begun.messages, about, before, keep(challenge))
    return challenge


def challenge_for(
    world: World,
    caller: Caller,
    approval_id: int,
    subject_id: int,
    kind: Kind,
    factor: Factor,
    purpose: Purpose,
) -> Challenge:
    """A question for an approval, over as soon as it was asked; what differs is put in after."""
    now = world.clock.now()
    return Challenge(
        id=world.ids.next(),
        programme_id=caller.programme.id,
        subject_id=subject_id,
        session_id=caller.session.id if caller.session else 0,
        approval_id=approval_id,
        factor_id=factor.id,
        kind=kind.name,
        holder=holder_of(subject_id),
        proof=kind.proof,
        purpose=purpose,
        expected=b"",
        created_at=now,
        expires_at=now,
    )


async def put(
    world: World,
    caller: Caller,
    challenge: Challenge,
    messages: Sequence[Outgoing],
    about: dict[str, str],
    before: Sequence[Change] = (),
    after: Sequence[Change] = (),
    used_up: int = _SENDS_COME_BACK,
) -> None:
    """The commit of a question and the messages that put it, which withdraws what was open.

    `used_up` is how many seconds a client is told to wait for more sends. Refuses RESEND_TOO_SOON,
    SENDS_USED_UP (also where a budget is used up); and CHANGED_MEANWHILE where any other change
    failed.
    """
    limits, now = world.attempt_limits, challenge.created_at
    approval_id, purpose = challenge.approval_id, challenge.purpose
    programme_id, subject_id = challenge.programme_id, challenge.subject_id
    send = SpendSend(approval_id, purpose, limits.sends, now - limits.resend_gap_ms, now)
    written = (
        world.message(programme_id, subject_id, one, challenge.expires_at) for one in messages
    )
    done = await world.commit(
        send,
        *budgets_of(world, programme_id, messages),
        *before,
        WithdrawChallenges(approval_id, purpose, now),
        Add(challenge),
        *map(Add, written),
        world.fact(caller, "challenge_started", subject_id, about),
        *after,
    )
    if done.failed is send:
        raise await _send_refused(world, approval_id, purpose, used_up)
    if isinstance(done.failed, SpendBudget):
        raise budget_refused(world, done.failed)
    if isinstance(done.failed, SpendGap):
        wait = done.failed.until - now
        raise Refusal(Code.RESEND_TOO_SOON, retry_after=max(1, -(-wait // SECOND)))
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)


async def refuse_send(world: World, approval_id: int, purpose: Purpose) -> None:
    """Refuses SENDS_USED_UP and RESEND_TOO_SOON as `put` would, and counts nothing."""
    limits, sends = world.attempt_limits, await world.stores.sends(approval_id, purpose)
    soon = sends.last_at + limits.resend_gap_ms > world.clock.now()
    if sends.count >= limits.sends or (sends.count and soon):
        raise await _send_refused(world, approval_id, purpose, _SENDS_COME_BACK)


async def _send_refused(world: World, approval_id: int, purpose: Purpose, used_up: int) -> Refusal:
    """Why a code could not be sent: too many, or too soon."""
    limits = world.attempt_limits
    sends = await world.stores.sends(approval_id, purpose)
    if sends.count >= limits.sends:
        return Refusal(Code.SENDS_USED_UP, retry_after=used_up)
    wait = sends.last_at + limits.resend_gap_ms - world.clock.now()
    return Refusal(Code.RESEND_TOO_SOON, retry_after=max(1, -(-wait // 1_000)))
