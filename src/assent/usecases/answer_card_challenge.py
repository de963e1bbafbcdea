"""A card payment is approved or refused by whoever holds the card (3-D Secure)."""

from assent.domain.payment import Payment, Sort
from assent.domain.session import Caller
from assent.usecases.settle_payment import Settled, Spend, complete, pending_payment, reject
from assent.usecases.world import World


async def card_payment_to_answer(
    world: World, caller: Caller, identity_id: int, reference: str
) -> Payment:
    """The card payment, if it still waits. Refuses NOT_FOUND, and ALREADY_DECIDED."""
    found = await world.stores.payment_by_reference(caller.programme.id, identity_id, reference)
    return pending_payment(found, Sort.CARD)


async def answer_card_challenge(
    world: World, caller: Caller, payment: Payment, approved: bool, spend: Spend
) -> Settled:
    """Approved, the money goes if there is enough of it: authentication is one question and
    cover another, as with any card. Refuses APPROVAL_UNKNOWN, ALREADY_DECIDED."""
    settle = complete if approved else reject
    return await settle(world, caller, payment, spend)
