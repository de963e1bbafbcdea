"""A payment and the approval it uses up: both or neither, once, and never more than there is."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from assent.domain.approval import ApprovalState
from assent.domain.payment import Balance, Payee, Payment, PaymentState, Sort
from assent.domain.session import Caller
from assent.domain.subject import Acting, Role
from assent.kernel.clock import HOUR
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Change, Committed, GrantApproval, SpendApproval
from assent.ports.stores import Stores
from assent.usecases.answer_card_challenge import answer_card_challenge, card_payment_to_answer
from assent.usecases.open_account import make_card_payment, make_transfer, open_balance
from assent.usecases.read_statement import balance_to_read, read_statement
from assent.usecases.settle_payment import Settled, complete, transfer_to_fund
from assent.usecases.world import World
from tests.contracts.rows import Scene, there

AT_ONCE = 50
COMPLETED, REJECTED = PaymentState.COMPLETED, PaymentState.REJECTED
PAYEE = Payee("Canary Payee", "GB00CANARY")


async def granted(person: Scene) -> SpendApproval:
    """What uses up an approval that was granted."""
    approval = person.make.approval(
        person.subject, state=ApprovalState.GRANTED, expires_at=person.now + HOUR
    )
    await person.add(approval)
    return SpendApproval(approval.id, person.now)


async def is_spent(person: Scene, spend: SpendApproval) -> bool:
    return (await person.stores.commit(spend)).failed is not None


async def opened(person: Scene, **values: Any) -> Balance:
    balance = person.make.balance(person.identity, **values)
    await person.add(balance)
    return balance


async def made(person: Scene, **values: Any) -> Payment:
    payment = person.make.payment(person.identity, payee=PAYEE, **values)
    await person.add(payment)
    return payment


async def left(person: Scene) -> int:
    (balance,) = await person.stores.balances_of(person.identity.id)
    return balance.amount


async def now_is(person: Scene, payment: Payment) -> Payment:
    return there(await person.stores.payment(person.programme.id, person.identity.id, payment.id))


async def facts(person: Scene) -> list[tuple[str, dict[str, str]]]:
    held = await person.stores.facts(person.programme.id, person.subject.id)
    return [(fact.name, fact.details) for fact in held]


def refused(outcome: object) -> Code | None:
    return outcome.code if isinstance(outcome, Refusal) else None


# funding


async def test_a_transfer_is_funded(world: World, caller: Caller, person: Scene):
    await opened(person)
    transfer, spend = await made(person), await granted(person)
    settled = await complete(world, caller, transfer, (spend,))
    completed = replace(transfer, state=COMPLETED, decided_at=person.now)
    assert settled == Settled(completed, covered=True)
    assert await now_is(person, transfer) == completed
    assert await left(person) == 99_000
    assert await is_spent(person, spend)
    ids = {"payment": str(transfer.id), "identity": str(person.identity.id)}
    assert await facts(person) == [("transfer_payment_completed", ids)]


@pytest.mark.parametrize("balance", [{"amount": 999}, {"currency": "GBP"}])
async def test_a_transfer_that_is_not_covered(
    world: World, caller: Caller, person: Scene, balance: dict[str, Any]
):
    """It ends, and the approval with it: one approval is not good for a second try."""
    before = (await opened(person, **balance)).amount
    transfer, spend = await made(person), await granted(person)
    settled = await complete(world, caller, transfer, (spend,))
    rejected = replace(transfer, state=REJECTED, decided_at=person.now)
    assert settled == Settled(rejected, covered=False)
    assert await now_is(person, transfer) == rejected
    assert await left(person) == before
    assert await is_spent(person, spend)
    ((name, details),) = await facts(person)
    assert (name, details["why"]) == ("transfer_payment_rejected", "not_covered")


@pytest.mark.parametrize("amount", [100_000, 0])
async def test_an_approval_that_was_used_pays_nothing(
    world: World, caller: Caller, person: Scene, amount: int
):
    await opened(person, amount=amount)
    transfer, spend = await made(person), await granted(person)
    await person.stores.commit(spend)
    with pytest.raises(Refusal) as refusal:
        await complete(world, caller, transfer, (spend,))
    assert refusal.value.code is Code.APPROVAL_UNKNOWN
    assert await now_is(person, transfer) == transfer
    assert await left(person) == amount
    assert await facts(person) == []


async def test_a_transfer_decided_meanwhile_takes_no_approval_along(
    world: World, caller: Caller, person: Scene
):
    await opened(person)
    transfer, first, second = await made(person), await granted(person), await granted(person)
    await complete(world, caller, transfer, (first,))
    with pytest.raises(Refusal) as refusal:
        await complete(world, caller, transfer, (second,))
    assert refusal.value.code is Code.ALREADY_DECIDED
    assert await left(person) == 99_000
    assert not await is_spent(person, second)


class Meanwhile:
    """The store, where something happens right after the first list."""

    def __init__(self, stores: Stores, change: Change) -> None:
        self._stores = stores
        self._changes = [change]

    async def commit(self, *changes: Change) -> Committed:
        done = await self._stores.commit(*changes)
        if self._changes:
            await self._stores.commit(self._changes.pop())
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)


async def test_only_want_of_money_rejects_a_transfer(world: World, caller: Caller, person: Scene):
    """An approval that is granted a moment too late pays nothing, and rejects nothing either."""
    await opened(person)
    transfer = await made(person)
    late = person.make.approval(person.subject, expires_at=person.now + HOUR)
    await person.add(late)
    grant = GrantApproval(late.id, frozenset(), person.now)
    meanwhile: Any = Meanwhile(world.stores, grant)
    spend = SpendApproval(late.id, person.now)
    with pytest.raises(Refusal) as refusal:
        await complete(replace(world, stores=meanwhile), caller, transfer, (spend,))
    assert refusal.value.code is Code.APPROVAL_UNKNOWN
    assert await now_is(person, transfer) == transfer


async def test_fifty_fundings_with_one_approval(world: World, caller: Caller, person: Scene):
    await opened(person)
    transfer, spend = await made(person), await granted(person)
    outcomes = await asyncio.gather(
        *(complete(world, caller, transfer, (spend,)) for _ in range(AT_ONCE)),
        return_exceptions=True,
    )
    assert Counter(map(refused, outcomes)) == {None: 1, Code.ALREADY_DECIDED: AT_ONCE - 1}
    assert await left(person) == 99_000
    assert len(await facts(person)) == 1


async def test_fifty_fundings_with_an_approval_each(world: World, caller: Caller, person: Scene):
    await opened(person)
    transfer = await made(person)
    spends = [await granted(person) for _ in range(AT_ONCE)]
    outcomes = await asyncio.gather(
        *(complete(world, caller, transfer, (spend,)) for spend in spends),
        return_exceptions=True,
    )
    assert Counter(map(refused, outcomes)) == {None: 1, Code.ALREADY_DECIDED: AT_ONCE - 1}
    assert await left(person) == 99_000
    used = [await is_spent(person, spend) for spend in spends]
    assert used == [refused(outcome) is None for outcome in outcomes]


async def test_fifty_transfers_against_a_balance_for_ten(
    world: World, caller: Caller, person: Scene
):
    await opened(person, opened_with=10_999, amount=10_999)
    transfers = [await made(person) for _ in range(AT_ONCE)]
    spends = [await granted(person) for _ in range(AT_ONCE)]
    settled = await asyncio.gather(
        *(
            complete(world, caller, transfer, (spend,))
            for transfer, spend in zip(transfers, spends, strict=True)
        )
    )
    assert Counter(one.covered for one in settled) == {True: 10, False: 40}
    assert await left(person) == 999
    assert [await now_is(person, transfer) for transfer in transfers] == [
        one.payment for one in settled
    ]


async def test_what_can_be_funded(world: World, caller: Caller, person: Scene):
    waiting, card = await made(person), await made(person, sort=Sort.CARD)
    paid = await made(person, state=COMPLETED, decided_at=person.now)
    mine = person.identity.id
    assert await transfer_to_fund(world, caller, mine, waiting.id) == waiting
    for identity, payment, code in (
        (mine, card, Code.NOT_FOUND),
        (1, waiting, Code.NOT_FOUND),
        (mine, paid, Code.ALREADY_DECIDED),
    ):
        with pytest.raises(Refusal) as refusal:
            await transfer_to_fund(world, caller, identity, payment.id)
        assert refusal.value.code is code


# cards


@pytest.mark.parametrize(
    ("approved", "amount", "state", "covered", "after"),
    [
        (True, 5_000, COMPLETED, True, 4_000),
        (True, 999, REJECTED, False, 999),
        (False, 5_000, REJECTED, True, 5_000),
        (False, 0, REJECTED, True, 0),
    ],
)
async def test_a_card_payment_is_answered(
    world: World,
    caller: Caller,
    person: Scene,
    approved: bool,
    amount: int,
    state: PaymentState,
    covered: bool,
    after: int,
):
    await opened(person, amount=amount)
    payment, spend = await made(person, sort=Sort.CARD), await granted(person)
    settled = await answer_card_challenge(world, caller, payment, approved, (spend,))
    assert settled == Settled(replace(payment, state=state, decided_at=person.now), covered)
    assert await now_is(person, payment) == settled.payment
    assert await left(person) == after
    assert await is_spent(person, spend)
    ((name, details),) = await facts(person)
    assert name == f"card_payment_{state}"
    assert details.get("why") == {True: None, False: "not_covered"}[covered] or not approved


async def test_yes_and_no_at_once(world: World, caller: Caller, person: Scene):
    """One of them counts, and what it says is what happened."""
    await opened(person)
    payment = await made(person, sort=Sort.CARD)
    spends = [await granted(person) for _ in range(AT_ONCE)]
    outcomes = await asyncio.gather(
        *(
            answer_card_challenge(world, caller, payment, number % 2 == 0, (spend,))
            for number, spend in enumerate(spends)
        ),
        return_exceptions=True,
    )
    (settled,) = [one for one in outcomes if isinstance(one, Settled)]
    assert await now_is(person, payment) == settled.payment
    assert await left(person) == (99_000 if settled.payment.state is COMPLETED else 100_000)


async def test_what_can_be_answered(world: World, caller: Caller, person: Scene):
    waiting, transfer = await made(person, sort=Sort.CARD), await made(person)
    refused_before = await made(person, sort=Sort.CARD, state=REJECTED, decided_at=person.now)
    mine = person.identity.id
    assert await card_payment_to_answer(world, caller, mine, waiting.reference) == waiting
    for identity, payment, code in (
        (mine, transfer, Code.NOT_FOUND),
        (1, waiting, Code.NOT_FOUND),
        (mine, refused_before, Code.ALREADY_DECIDED),
    ):
        with pytest.raises(Refusal) as refusal:
            await card_payment_to_answer(world, caller, identity, payment.reference)
        assert refusal.value.code is code


# statements


async def test_a_statement_is_read_on_record(world: World, caller: Caller, person: Scene):
    balance, transfer = await opened(person), await made(person)
    await complete(world, caller, transfer, (await granted(person),))
    spend = await granted(person)
    read = await read_statement(world, caller, balance, 0, person.now, (spend,))
    assert [one.amount for one in read.movements] == [100_000, -1_000]
    assert read.left == 99_000
    assert await is_spent(person, spend)
    assert (await facts(person))[-1] == ("statement_read", {"balance": str(balance.id)})
    await read_statement(world, caller, balance, 0, person.now, ())
    assert len(await facts(person)) == 3


async def test_a_statement_is_not_read_on_a_used_approval(
    world: World, caller: Caller, person: Scene
):
    balance, spend = await opened(person), await granted(person)
    await person.stores.commit(spend)
    with pytest.raises(Refusal) as refusal:
        await read_statement(world, caller, balance, 0, person.now, (spend,))
    assert refusal.value.code is Code.APPROVAL_UNKNOWN
    assert await facts(person) == []


async def test_whose_balance_can_be_read(world: World, caller: Caller, person: Scene):
    balance = await opened(person)
    assert await balance_to_read(world, caller, person.identity.id, balance.id) == balance
    with pytest.raises(Refusal) as refusal:
        await balance_to_read(world, caller, 1, balance.id)
    assert refusal.value.code is Code.NOT_FOUND


# what a sandbox makes


async def test_an_account_with_payments_that_wait(world: World, caller: Caller, person: Scene):
    acting = Acting(person.subject, person.identity, Role.ROOT)
    balance = there(await open_balance(world, caller, acting, "EUR", 5))
    assert await person.stores.balances_of(person.identity.id) == [balance]
    assert (balance.opened_with, balance.amount) == (5, 5)
    assert await open_balance(world, caller, acting, "EUR", 5) is None
    transfer = await make_transfer(world, caller, acting, 10, "EUR", PAYEE)
    card = there(await make_card_payment(world, caller, acting, 10, "EUR", "Shop"))
    assert await now_is(person, transfer) == transfer
    assert await now_is(person, card) == card
    assert len(card.reference) == 36
    named = there(await make_card_payment(world, caller, acting, 10, "EUR", "Shop", "mine"))
    assert named.reference == "mine"
    assert await make_card_payment(world, caller, acting, 10, "EUR", "Shop", "mine") is None
    names = [name for name, _ in await facts(person)]
    assert names == ["balance_opened", "transfer_payment_made", *["card_payment_made"] * 2]


async def test_nothing_on_record_says_whom_the_money_goes_to(
    world: World, caller: Caller, person: Scene
):
    acting = Acting(person.subject, person.identity, Role.ROOT)
    await open_balance(world, caller, acting, "EUR", 1_000)
    transfer = await make_transfer(world, caller, acting, 10, "EUR", PAYEE)
    await complete(world, caller, transfer, (await granted(person),))
    held = await person.stores.facts(person.programme.id)
    assert len(held) == 3
    assert "canary" not in repr(held).lower()
