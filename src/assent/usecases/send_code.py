"""A code for an approval, on its way to the person's phone."""

from collections.abc import Sequence
from dataclasses import replace

from assent.domain.approval import Approval
from assent.domain.challenge import Purpose
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Begun, Kind
from assent.domain.session import Caller
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code, Refusal
from assent.usecases.count_attempt import refuse_any_block
from assent.usecases.start_challenge import challenge_for, put
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
    kind = world.kind(kind_name)
    await refuse_any_block(world, approval.programme_id, approval.subject_id, kinds)
    factor = await _phone(world, approval, kind)
    now = world.clock.now()
    begun = kind.begin(factor.details, now, world.randomness, approval.deed, chosen)
    asked = challenge_for(
        world, caller, approval.id, approval.subject_id, kind, factor, Purpose.APPROVE
    )
    left = approval.left(now)
    expires_at = now + min(world.attempt_limits.code_life_ms, left)
    challenge = replace(asked, expected=begun.expected, expires_at=expires_at)
    about = {"approval": str(approval.id), "kind": kind.name}
    used_up = max(1, -(-left // SECOND))
    await put(world, caller, challenge, begun.messages, about, used_up=used_up)
    return begun


async def _phone(world: World, approval: Approval, kind: Kind) -> Factor:
    for factor in await world.stores.factors(approval.subject_id, kind.factor_kind):
        if factor.state is FactorState.ACTIVE:
            return factor
    raise Refusal(Code.FACTOR_NOT_ENROLLED)
