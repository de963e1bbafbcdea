"""Balances and payments, on each of the three stores: money goes once, and only what is there."""

import asyncio
from dataclasses import replace

import pytest

from assent.domain.payment import Payee, PaymentState, Sort
from assent.ports.changes import Add, Debit, DecidePayment
from tests.contracts.rows import UNICODE, Scene, applied

AT_ONCE = 50
COMPLETED, REJECTED = PaymentState.COMPLETED, PaymentState.REJECTED


async def test_a_balance_comes_out_as_it_went_in(person: Scene):
    stores, make, mine = person.stores, person.make, person.identity
    yen = make.balance(mine, currency="JPY", opened_with=0, amount=0, created_at=person.now + 1)
    euros = make.balance(mine, opened_with=10**15, amount=10**15 - 1)
    await person.add(yen, euros)
    programme, identity = person.programme.id, mine.id
    assert await stores.balance(programme, identity, euros.id) == euros
    assert await stores.balance(programme, identity, yen.id) == yen
    assert await stores.balances_of(identity) == [euros, yen], "oldest first"
    assert await stores.balances_of(1) == []


async def test_a_strangers_balance_is_as_if_it_were_not(person: Scene):
    balance = person.make.balance(person.identity)
    await person.add(balance)
    read, mine = person.stores.balance, (person.programme.id, person.identity.id)
    assert await read(1, mine[1], balance.id) is None
    assert await read(mine[0], 1, balance.id) is None
    assert await read(*mine, 1) is None


async def test_one_balance_a_currency(person: Scene):
    await person.add(person.make.balance(person.identity))
    again = Add(person.make.balance(person.identity))
    assert (await person.stores.commit(again)).failed == again
    await person.add(person.make.balance(person.identity, currency="GBP"))


@pytest.mark.parametrize(
    ("sort", "payee"),
    [(Sort.TRANSFER, Payee(UNICODE, "'; DROP TABLE payments; --")), (Sort.CARD, Payee("Shop"))],
)
async def test_a_payment_comes_out_as_it_went_in(person: Scene, sort: Sort, payee: Payee):
    stores, mine = person.stores, (person.programme.id, person.identity.id)
    payment = person.make.payment(person.identity, sort=sort, payee=payee, reference="é $id")
    await person.add(payment)
    assert await stores.payment(*mine, payment.id) == payment
    assert await stores.payment_by_reference(*mine, "é $id") == payment
    await applied(stores, DecidePayment(payment.id, REJECTED, person.now + 7))
    decided = replace(payment, state=REJECTED, decided_at=person.now + 7)
    assert await stores.payment(*mine, payment.id) == decided


async def test_a_strangers_payment_is_as_if_it_were_not(person: Scene):
    payment = person.make.payment(person.identity)
    await person.add(payment)
    stores, (programme, identity) = person.stores, (person.programme.id, person.identity.id)
    assert await stores.payment(1, identity, payment.id) is None
    assert await stores.payment(programme, 1, payment.id) is None
    assert await stores.payment(programme, identity, 1) is None
    assert await stores.payment_by_reference(1, identity, payment.reference) is None
    assert await stores.payment_by_reference(programme, 1, payment.reference) is None
    assert await stores.payment_by_reference(programme, identity, "another") is None


async def test_a_reference_is_unique_in_its_programme(person: Scene):
    make = person.make
    await person.add(make.payment(person.identity, reference="one"))
    again = Add(make.payment(person.identity, reference="one"))
    assert (await person.stores.commit(again)).failed == again
    programme = make.programme()
    elsewhere = make.identity(programme.id)
    await person.add(programme, elsewhere, make.payment(elsewhere, reference="one"))


async def test_completed_payments_of_a_time(person: Scene):
    """In the order in which money moved, both ends included; nothing else."""
    make, stores, now = person.make, person.stores, person.now
    other = make.identity(person.programme.id)
    await person.add(other)
    first, second, third, fourth = [make.payment(person.identity) for _ in range(4)]
    await person.add(first, second, third, fourth)
    waiting, refused = make.payment(person.identity), make.payment(person.identity)
    pounds = make.payment(person.identity, currency="GBP")
    theirs = make.payment(other)
    await person.add(waiting, refused, pounds, theirs)
    for payment, at in ((third, 1), (second, 2), (first, 3), (fourth, 4), (pounds, 2), (theirs, 2)):
        await applied(stores, DecidePayment(payment.id, COMPLETED, now + at))
    await applied(stores, DecidePayment(refused.id, REJECTED, now + 2))

    async def found(since: int, until: int) -> list[int]:
        read = stores.payments_of(person.identity.id, "EUR", now + since, now + until)
        return [payment.id for payment in await read]

    assert await found(1, 3) == [third.id, second.id, first.id]
    assert await found(2, 2) == [second.id]
    assert await found(5, 9) == []


@pytest.mark.parametrize("first", [COMPLETED, REJECTED])
async def test_a_payment_is_decided_once(person: Scene, first: PaymentState):
    payment = person.make.payment(person.identity)
    await person.add(payment)
    await applied(person.stores, DecidePayment(payment.id, first, person.now))
    for state in (COMPLETED, REJECTED):
        again = DecidePayment(payment.id, state, person.now + 1)
        assert (await person.stores.commit(again)).failed == again
    held = await person.stores.payment(person.programme.id, person.identity.id, payment.id)
    assert held == replace(payment, state=first, decided_at=person.now)


async def test_money_goes_as_long_as_there_is_enough(person: Scene):
    balance = person.make.balance(person.identity, amount=100)
    await person.add(balance)
    await applied(person.stores, Debit(balance.id, 60))
    too_much, unknown = Debit(balance.id, 41), Debit(1, 1)
    assert (await person.stores.commit(too_much)).failed == too_much
    assert (await person.stores.commit(unknown)).failed == unknown
    await applied(person.stores, Debit(balance.id, 40))
    assert await person.stores.balances_of(person.identity.id) == [replace(balance, amount=0)]


async def test_what_is_not_covered_is_not_decided(person: Scene):
    """The whole list or nothing of it, whichever half fails."""
    balance = person.make.balance(person.identity, amount=1)
    payment = person.make.payment(person.identity)
    await person.add(balance, payment)
    debit = Debit(balance.id, payment.amount)
    done = await person.stores.commit(DecidePayment(payment.id, COMPLETED, person.now), debit)
    assert done.failed == debit
    read = person.stores.payment(person.programme.id, person.identity.id, payment.id)
    assert await read == payment
    await applied(person.stores, DecidePayment(payment.id, COMPLETED, person.now))
    again = DecidePayment(payment.id, COMPLETED, person.now)
    done = await person.stores.commit(again, Debit(balance.id, 1))
    assert done.failed == again
    assert await person.stores.balances_of(person.identity.id) == [balance]


async def test_fifty_fundings_of_one_transfer(person: Scene):
    balance, payment = person.make.balance(person.identity), person.make.payment(person.identity)
    await person.add(balance, payment)
    done = await asyncio.gather(
        *(
            person.stores.commit(
                DecidePayment(payment.id, COMPLETED, person.now), Debit(balance.id, payment.amount)
            )
            for _ in range(AT_ONCE)
        )
    )
    assert sum(one.failed is None for one in done) == 1
    (held,) = await person.stores.balances_of(person.identity.id)
    assert held.amount == balance.amount - payment.amount


async def test_fifty_transfers_against_a_balance_for_ten(person: Scene):
    payments = [person.make.payment(person.identity) for _ in range(AT_ONCE)]
    balance = person.make.balance(person.identity, amount=10 * payments[0].amount)
    await person.add(balance, *payments)
    done = await asyncio.gather(
        *(
            person.stores.commit(
                DecidePayment(payment.id, COMPLETED, person.now), Debit(balance.id, payment.amount)
            )
            for payment in payments
        )
    )
    assert sum(one.failed is None for one in done) == 10
    (held,) = await person.stores.balances_of(person.identity.id)
    assert held.amount == 0
    paid = await person.stores.payments_of(person.identity.id, "EUR", 0, person.now)
    assert len(paid) == 10
