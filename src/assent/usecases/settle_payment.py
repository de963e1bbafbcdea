"""A payment that waits, and its end, in one commit with the approval it uses up."""

from dataclasses import dataclass, replace

from assent.domain.payment import Balance, Payment, PaymentState, Sort
from assent.domain.session import Caller
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Change, Committed, Debit, DecidePayment
from assent.usecases.world import World, speaking

Spend = tuple[Change, ...]
"""The changes that use an approval up."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A payment as it ended. `covered` is false where there was not enough money for it."""

    payment: Payment
    covered: bool = True


async def transfer_to_fund(
    world: World, caller: Caller, identity_id: int, transfer_id: int
) -> Payment:
    """The transfer, if it still waits; so nobody is asked to approve what cannot happen.

    Refuses NOT_FOUND, and ALREADY_DECIDED.
    """
    found = await world.stores.payment(caller.programme.id, identity_id, transfer_id)
    return pending_payment(found, Sort.TRANSFER)


def pending_payment(found: Payment | None, sort: Sort) -> Payment:
    """What was found, if it is of this sort and still waits. Refuses NOT_FOUND, and
    ALREADY_DECIDED."""
    if found is None or found.sort is not sort:
        raise Refusal(Code.NOT_FOUND)
    if found.state is not PaymentState.PENDING:
        raise Refusal(Code.ALREADY_DECIDED)
    return found


async def complete(world: World, caller: Caller, payment: Payment, spend: Spend) -> Settled:
    """The money goes, out of the balance in the payment's currency.

    Where there is not enough of it the payment is rejected, for good; the approval is used up all
    the same, or one would do for as many tries as it takes. Refuses ALREADY_DECIDED where the
    payment was decided before, else APPROVAL_UNKNOWN where `spend` fails: nothing happens then.
    """
    balance = await _balance(world, payment)
    if balance is not None:
        debit = Debit(balance.id, payment.amount)
        done = await _decide(world, caller, payment, PaymentState.COMPLETED, spend, debit)
        if done.failed is None:
            return Settled(_ended(world, payment, PaymentState.COMPLETED))
        if done.failed is not debit:
            raise await _refusal(world, payment, done, spend)
    settled = await reject(world, caller, payment, spend, "not_covered")
    return replace(settled, covered=False)


async def reject(
    world: World, caller: Caller, payment: Payment, spend: Spend, why: str = "refused"
) -> Settled:
    """No money goes. Refuses as `complete` does; `why` is kept on record."""
    done = await _decide(world, caller, payment, PaymentState.REJECTED, spend, why=why)
    if done.failed is not None:
        raise await _refusal(world, payment, done, spend)
    return Settled(_ended(world, payment, PaymentState.REJECTED))


async def _balance(world: World, payment: Payment) -> Balance | None:
    held = await world.stores.balances_of(payment.identity_id)
    return next((balance for balance in held if balance.currency == payment.currency), None)


async def _decide(
    world: World,
    caller: Caller,
    payment: Payment,
    state: PaymentState,
    spend: Spend,
    *debits: Debit,
    why: str = "",
) -> Committed:
    """The fact names the payment; whom it goes to stands in its own sealed row."""
    details = {"payment": str(payment.id), "identity": str(payment.identity_id)}
    return await world.stores.commit(
        *spend,
        DecidePayment(payment.id, state, world.clock.now()),
        *debits,
        world.fact(
            caller,
            f"{payment.sort}_payment_{state}",
            speaking(caller).subject_id,
            {**details, "why": why} if why else details,
        ),
    )


async def _refusal(world: World, payment: Payment, done: Committed, spend: Spend) -> Refusal:
    """What a moment later would be the answer, too: where this approval was used for this very
    payment, a new one would be asked for in vain."""
    if any(done.failed is change for change in spend):
        held = await world.stores.payment(payment.programme_id, payment.identity_id, payment.id)
        if held is not None and held.state is PaymentState.PENDING:
            return Refusal(Code.APPROVAL_UNKNOWN)
    return Refusal(Code.ALREADY_DECIDED)


def _ended(world: World, payment: Payment, state: PaymentState) -> Payment:
    return replace(payment, state=state, decided_at=world.clock.now())
