"""Putting a question to a person: a new code, the older ones void, the message on its way."""

from assent.domain.attempts import holder_of
from assent.domain.challenge import Challenge, Purpose
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Kind
from assent.domain.session import Caller
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, Change, SpendSend, WithdrawChallenges
from assent.ports.mailing import SpendBudget
from assent.usecases.budgets import budget_refused, budgets_of
from assent.usecases.count_attempt import refuse_blocked
from assent.usecases.world import Keep, World, keep_nothing, speaking

_SENDS_COME_BACK = 300
"""Seconds a client is told to wait when a session has no sends left: until it can have expired."""


async def ask_step_up(
    world: World,
    caller: Caller,
    kind_name: str,
    action: str,
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


async def start_challenge(
    world: World,
    caller: Caller,
    purpose: Purpose,
    kind: Kind,
    factor: Factor,
    action: str,
    chosen: str | None,
    before: tuple[Change, ...] = (),
    keep: Keep = keep_nothing,
) -> Challenge:
    """Counts the send, withdraws what was open, and commits challenge and message together.

    `action` completes "is your code to ..."; `before` are changes the challenge rests on, such as
    the factor it enrols. Refuses ATTEMPTS_BLOCKED, RESEND_TOO_SOON, SENDS_USED_UP (also where a
    budget is used up); and CHANGED_MEANWHILE where a change of `before` failed.
    """
    session, now, limits = speaking(caller), world.clock.now(), world.attempt_limits
    holder = holder_of(session.subject_id)
    refuse_blocked(world, await world.stores.attempts(caller.programme.id, holder, kind.proof))
    begun = kind.begin(factor.details, now, world.randomness, action, chosen)
    challenge = Challenge(
        id=world.ids.next(),
        programme_id=caller.programme.id,
        subject_id=session.subject_id,
        session_id=session.id,
        approval_id=session.approval_id,
        factor_id=factor.id,
        kind=kind.name,
        holder=holder,
        proof=kind.proof,
        purpose=purpose,
        expected=begun.expected,
        created_at=now,
        expires_at=now + limits.code_life_ms,
    )
    send = SpendSend(session.approval_id, purpose, limits.sends, now - limits.resend_gap_ms, now)
    done = await world.commit(
        send,
        *budgets_of(world, caller.programme.id, begun.messages),
        *before,
        WithdrawChallenges(session.approval_id, purpose, now),
        Add(challenge),
        *(
            Add(
                world.message(
                    caller.programme.id, session.subject_id, message, challenge.expires_at
                )
            )
            for message in begun.messages
        ),
        world.fact(
            caller, "challenge_started", session.subject_id, {"challenge": str(challenge.id)}
        ),
        *keep(challenge),
    )
    if done.failed is send:
        raise await send_refused(world, session.approval_id, purpose)
    if isinstance(done.failed, SpendBudget):
        raise budget_refused(world, done.failed)
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    return challenge


async def send_refused(world: World, approval_id: int, purpose: Purpose) -> Refusal:
    """Why a code could not be sent: too many, or too soon."""
    limits = world.attempt_limits
    sends = await world.stores.sends(approval_id, purpose)
    if sends.count >= limits.sends:
        return Refusal(Code.SENDS_USED_UP, retry_after=_SENDS_COME_BACK)
    wait = sends.last_at + limits.resend_gap_ms - world.clock.now()
    return Refusal(Code.RESEND_TOO_SOON, retry_after=max(1, -(-wait // 1_000)))
