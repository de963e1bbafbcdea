"""A balance's statement is read, on record."""

from assent.domain.payment import Balance
from assent.domain.session import Caller
from assent.instruments.statement import Statement, statement
from assent.kernel.refusals import Code, Refusal
from assent.usecases.settle_payment import Spend
from assent.usecases.world import World, speaking


async def balance_to_read(
    world: World, caller: Caller, identity_id: int, balance_id: int
) -> Balance:
    """Refuses NOT_FOUND."""
    balance = await world.stores.balance(caller.programme.id, identity_id, balance_id)
    if balance is None:
        raise Refusal(Code.NOT_FOUND)
    return balance


async def read_statement(
    world: World, caller: Caller, balance: Balance, start: int, end: int, spend: Spend
) -> Statement:
    """From `start` to `end`, both included (ms since 1970).

    `spend` may be empty where an approval stands for a while. Refuses APPROVAL_UNKNOWN where it
    fails; nothing is read then.
    """
    done = await world.stores.commit(
        *spend,
        world.fact(
            caller, "statement_read", speaking(caller).subject_id, {"balance": str(balance.id)}
        ),
    )
    if done.failed is not None:
        raise Refusal(Code.APPROVAL_UNKNOWN)
    payments = await world.stores.payments_of(
        balance.identity_id, balance.currency, balance.created_at, end
    )
    return statement(balance, payments, start, end)
