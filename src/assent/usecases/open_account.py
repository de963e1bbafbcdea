"""A balance with money on it, and payments that wait for their approval: what a sandbox makes."""

from uuid import UUID

from assent.domain.payment import Balance, Payee, Payment, Sort
from assent.domain.session import Caller
from assent.domain.subject import Acting
from assent.ports.changes import Add
from assent.usecases.world import World


async def open_balance(
    world: World, caller: Caller, acting: Acting, currency: str, amount: int
) -> Balance | None:
    """Opened with `amount` minor units; nothing where the identity has one in this currency."""
    balance = Balance(
        id=world.ids.next(),
        programme_id=caller.programme.id,
        identity_id=acting.identity.id,
        currency=currency,
        opened_with=amount,
        amount=amount,
        created_at=world.clock.now(),
    )
    details = {"balance": str(balance.id), "identity": str(balance.identity_id)}
    done = await world.stores.commit(
        Add(balance), world.fact(caller, "balance_opened", acting.subject.id, details)
    )
    return balance if done.failed is None else None


async def make_transfer(
    world: World, caller: Caller, acting: Acting, amount: int, currency: str, payee: Payee
) -> Payment:
    """A transfer that waits to be funded. Its reference is made from its id."""
    number = world.ids.next()
    payment = Payment(
        id=number,
        programme_id=caller.programme.id,
        identity_id=acting.identity.id,
        sort=Sort.TRANSFER,
        reference=f"TRANSFER-{number}",
        payee=payee,
        amount=amount,
        currency=currency,
        created_at=world.clock.now(),
    )
    await _add(world, caller, acting, payment)
    return payment


async def make_card_payment(
    world: World,
    caller: Caller,
    acting: Acting,
    amount: int,
    currency: str,
    merchant: str,
    reference: str | None = None,
) -> Payment | None:
    """A card payment whose 3-D Secure challenge waits; nothing where the reference is taken.

    Without a reference it gets a random one (a UUID's form).
    """
    payment = Payment(
        id=world.ids.next(),
        programme_id=caller.programme.id,
        identity_id=acting.identity.id,
        sort=Sort.CARD,
        reference=reference or str(UUID(bytes=world.randomness.octets(16), version=4)),
        payee=Payee(merchant),
        amount=amount,
        currency=currency,
        created_at=world.clock.now(),
    )
    return payment if await _add(world, caller, acting, payment) else None


async def _add(world: World, caller: Caller, acting: Acting, payment: Payment) -> bool:
    details = {"payment": str(payment.id), "identity": str(payment.identity_id)}
    fact = world.fact(caller, f"{payment.sort}_payment_made", acting.subject.id, details)
    done = await world.stores.commit(Add(payment), fact)
    return done.failed is None
