"""A card payment is approved or refused by whoever holds the card (3-D Secure)."""

from assent.domain.payment import Payment, PaymentState, Sort
from assent.domain.session import Caller
from assent.kernel.refusals import Code, Refusal
from assent.usecases.settle_payment import Settled, Spend, complete, reject
from assent.usecases.world import World


async def card_payment_to_answer(
    world: World, caller: Caller, identity_id: int, reference: str
) -> Payment:
    """The card payment, if it still waits. Refuses NOT_FOUND, and CHANGED_MEANWHILE where it was
    decided before."""
    payment = await world.stores.payment_by_reference(caller.programme.id, identity_id, reference)
    if payment is None or payment.sort is not Sort.CARD:
        raise Refusal(Code.NOT_FOUND)
    if payment.state is not PaymentState.PENDING:
        raise Refusal(Code.CHANGED_MEANWHILE)
    return payment


async def answer_card_challenge(
    world: World, caller: Caller, payment: Payment, approved: bool, spend: Spend
) -> Settled:
    """Approved, the money goes if there is enough of it: authentication is one question and
    cover another, as with any card. Refuses APPROVAL_UNKNOWN, CHANGED_MEANWHILE."""
    settle = complete if approved else reject
    return await settle(world, caller, payment, spend)
