"""A transfer is paid from a balance."""

from assent.domain.payment import Payment, PaymentState, Sort
from assent.domain.session import Caller
from assent.kernel.refusals import Code, Refusal
from assent.usecases.settle_payment import Settled, Spend, complete
from assent.usecases.world import World


async def transfer_to_fund(
    world: World, caller: Caller, identity_id: int, transfer_id: int
) -> Payment:
    """The transfer, if it still waits; so nobody is asked to approve what cannot happen.

    Refuses NOT_FOUND, and CHANGED_MEANWHILE where it was decided before.
    """
    payment = await world.stores.payment(caller.programme.id, identity_id, transfer_id)
    if payment is None or payment.sort is not Sort.TRANSFER:
        raise Refusal(Code.NOT_FOUND)
    if payment.state is not PaymentState.PENDING:
        raise Refusal(Code.CHANGED_MEANWHILE)
    return payment


async def fund_transfer(world: World, caller: Caller, transfer: Payment, spend: Spend) -> Settled:
    """Once, whoever asks how often. Refuses APPROVAL_UNKNOWN, CHANGED_MEANWHILE."""
    return await complete(world, caller, transfer, spend)
