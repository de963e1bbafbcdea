"""A code for an approval, on its way to the person's phone."""

from collections.abc import Sequence
from dataclasses import replace

from assent.domain.approval import Approval
from assent.domain.attempts import holder_of
from assent.domain.challenge import Challenge, Purpose
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Begun, Kind
from assent.domain.session import Caller
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, SpendSend, WithdrawChallenges
from assent.ports.mailing import SpendBudget
from assent.usecases.budgets import budget_refused, budgets_of
from assent.usecases.count_attempt import refuse_any_block
from assent.usecases.start_challenge import send_refused
from assent.usecases.world import World


async def send_code(
    world: World,
    caller: Caller,
    approval: Approval,
    kind_name: str,
    kinds: Sequence[str],
    chosen: str | None = None,
) -> Begun:
    """Withdraws the code that was sent before and sends a new one.

    Refuses KIND_SWITCHED_OFF, FACTOR_NOT_ENROLLED, ATTEMPTS_BLOCKED, RESEND_TOO_SOON; and
    SENDS_USED_UP until the approval has expired, when there can be another, or until a budget has
    begun anew.
    """
    if kind_name not in kinds:
        raise Refusal(Code.KIND_SWITCHED_OFF, kind_name)
    kind, limits = world.kind(kind_name), world.attempt_limits
    await refuse_any_block(world, approval.programme_id, approval.subject_id, kinds)
    factor = await _phone(world, approval, kind)
    now = world.clock.now()
    begun = kind.begin(factor.details, now, world.randomness, approval.text, chosen)
    challenge = replace(
        challenge_for(world, caller, approval, kind, factor),
        expected=begun.expected,
        expires_at=now + min(limits.code_life_ms, approval.left(now)),
    )
    send = SpendSend(approval.id, Purpose.APPROVE, limits.sends, now - limits.resend_gap_ms, now)
    about = {"approval": str(approval.id), "kind": kind.name}
    done = await world.stores.commit(
        send,
        *budgets_of(world, approval.programme_id, begun.messages),
        WithdrawChallenges(approval.id, Purpose.APPROVE, now),
        Add(challenge),
        *(
            Add(
                world.message(
                    approval.programme_id, approval.subject_id, message, challenge.expires_at
                )
            )
            for message in begun.messages
        ),
        world.fact(caller, "challenge_started", approval.subject_id, about),
    )
    if done.failed is send:
        refusal = await send_refused(world, approval.id, Purpose.APPROVE)
        if refusal.code is Code.SENDS_USED_UP:
            refusal.retry_after = max(1, -(-approval.left(now) // SECOND))
        raise refusal
    if isinstance(done.failed, SpendBudget):
        raise budget_refused(world, done.failed)
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    return begun


async def _phone(world: World, approval: Approval, kind: Kind) -> Factor:
    for factor in await world.stores.factors(approval.subject_id, kind.factor_kind):
        if factor.state is FactorState.ACTIVE:
            return factor
    raise Refusal(Code.FACTOR_NOT_ENROLLED)


def challenge_for(
    world: World, caller: Caller, approval: Approval, kind: Kind, factor: Factor
) -> Challenge:
    """A question for an approval, over as soon as it was asked; what differs is put in after."""
    now = world.clock.now()
    return Challenge(
        id=world.ids.next(),
        programme_id=approval.programme_id,
        subject_id=approval.subject_id,
        session_id=caller.session.id if caller.session else 0,
        approval_id=approval.id,
        factor_id=factor.id,
        kind=kind.name,
        holder=holder_of(approval.subject_id),
        proof=kind.proof,
        purpose=Purpose.APPROVE,
        expected=b"",
        created_at=now,
        expires_at=now,
    )
