"""What approvals are bound to, and what a statement says."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.payment import Balance, Payee, Payment, PaymentState, Sort
from assent.instruments import actions
from assent.instruments.statement import LONGEST_DAYS, Movement, fits, statement
from assent.kernel.clock import DAY
from assent.testing.frozen import NOON

BALANCE = Balance(
    id=1,
    programme_id=2,
    identity_id=3,
    currency="EUR",
    opened_with=10_000,
    amount=7_000,
    created_at=100,
)
TRANSFER = Payment(
    id=4,
    programme_id=2,
    identity_id=3,
    sort=Sort.TRANSFER,
    reference="TRANSFER-4",
    payee=Payee("Ada Lovelace", "GB33BUKB20201555555555"),
    amount=1_000,
    currency="EUR",
    created_at=150,
)
CARD = replace(TRANSFER, id=5, sort=Sort.CARD, reference="abc", payee=Payee("Bookshop"))


def done(payment: Payment, at: int, number: int | None = None) -> Payment:
    state = PaymentState.COMPLETED
    return replace(payment, id=number or payment.id, state=state, decided_at=at)


OPENING = Movement(100, 10_000, 10_000)
FIRST = done(TRANSFER, 200)
SECOND = done(replace(CARD, amount=2_000), 300)


# statements


def test_the_opening_credit_comes_first_and_the_balance_runs_on():
    made = statement(BALANCE, [SECOND, FIRST], 0, 1_000)
    assert made.movements == (
        OPENING,
        Movement(200, -1_000, 9_000, FIRST),
        Movement(300, -2_000, 7_000, SECOND),
    )
    assert made.left == BALANCE.amount


@pytest.mark.parametrize(
    ("start", "end", "times", "left"),
    [
        (0, 99, [], 0),
        (0, 100, [100], 10_000),
        (100, 100, [100], 10_000),
        (101, 199, [], 10_000),
        (101, 200, [200], 9_000),
        (200, 300, [200, 300], 7_000),
        (201, 300, [300], 7_000),
        (301, 999, [], 7_000),
    ],
)
def test_both_ends_belong_to_the_interval(start: int, end: int, times: list[int], left: int):
    """What came before counts for what is left, and what comes after does not."""
    made = statement(BALANCE, [FIRST, SECOND], start, end)
    assert [movement.at for movement in made.movements] == times
    assert made.left == left


@pytest.mark.parametrize("state", [PaymentState.PENDING, PaymentState.REJECTED])
def test_only_what_was_completed_moved_money(state: PaymentState):
    decided = None if state is PaymentState.PENDING else 200
    other = replace(TRANSFER, state=state, decided_at=decided)
    assert statement(BALANCE, [other], 0, 1_000).movements == (OPENING,)


@given(st.lists(st.tuples(st.integers(100, 120), st.integers(1, 50)), max_size=12))
def test_each_line_leaves_what_the_line_before_left_less_its_amount(paid: list[tuple[int, int]]):
    payments = [
        done(replace(TRANSFER, amount=amount), at, number)
        for number, (at, amount) in enumerate(paid, start=10)
    ]
    made = statement(BALANCE, payments, 0, 1_000)
    pairs = zip(made.movements, made.movements[1:], strict=False)
    assert all(before.left + after.amount == after.left for before, after in pairs)
    assert all(
        before.at <= after.at
        for before, after in zip(made.movements, made.movements[1:], strict=False)
    )
    assert made.left == 10_000 - sum(amount for _, amount in paid)


def test_how_long_an_interval_may_be():
    longest = LONGEST_DAYS * DAY
    assert fits(NOON, NOON)
    assert fits(NOON, NOON + longest)
    assert not fits(NOON, NOON + longest + 1)
    assert not fits(NOON, NOON - 1)


# actions


def test_what_a_person_reads():
    assert actions.fund_transfer(TRANSFER).deed.text == (
        "pay 10.00 EUR to Ada Lovelace (account GB33BUKB20201555555555)"
    )
    yen = replace(TRANSFER, currency="JPY")
    assert actions.fund_transfer(yen).deed.text.startswith("pay 1000 JPY to ")
    assert (
        actions.answer_card_challenge(CARD, True).deed.text == "pay 10.00 EUR to Bookshop by card"
    )
    assert actions.answer_card_challenge(CARD, False).deed.text == (
        "refuse to pay 10.00 EUR to Bookshop by card"
    )
    assert actions.get_statement(BALANCE, NOON, NOON + 31 * DAY, "json").deed.text == (
        "read the EUR statement of 2026-01-01 to 2026-02-01"
    )


@pytest.mark.parametrize(
    "changed",
    [
        replace(TRANSFER, id=9),
        replace(TRANSFER, identity_id=9),
        replace(TRANSFER, amount=1_001),
        replace(TRANSFER, currency="GBP"),
        replace(TRANSFER, payee=Payee("Ada Lovelace", "GB33BUKB20201555555556")),
        replace(TRANSFER, payee=Payee("Ada Lovelacf", "GB33BUKB20201555555555")),
    ],
)
def test_another_payment_is_another_action(changed: Payment):
    one, other = actions.fund_transfer(TRANSFER), actions.fund_transfer(changed)
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("changed", "approved"),
    [
        (CARD, False),
        (replace(CARD, identity_id=9), True),
        (replace(CARD, reference="abd"), True),
        (replace(CARD, amount=1_001), True),
        (replace(CARD, currency="GBP"), True),
        (replace(CARD, payee=Payee("Bookshoq")), True),
    ],
)
def test_another_card_payment_or_answer_is_another_action(changed: Payment, approved: bool):
    one = actions.answer_card_challenge(CARD, True)
    other = actions.answer_card_challenge(changed, approved)
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("balance", "start", "end", "format_"),
    [
        (replace(BALANCE, id=9), 0, 1, "json"),
        (replace(BALANCE, identity_id=9), 0, 1, "json"),
        (replace(BALANCE, currency="GBP"), 0, 1, "json"),
        (BALANCE, 1, 1, "json"),
        (BALANCE, 0, 2, "json"),
        (BALANCE, 0, 1, "csv"),
    ],
)
def test_another_statement_is_another_action(balance: Balance, start: int, end: int, format_: str):
    one = actions.get_statement(BALANCE, 0, 1, "json")
    assert actions.get_statement(balance, start, end, format_).fingerprint != one.fingerprint


def test_a_payment_is_the_same_action_until_it_is_decided():
    """A repeat of the call finds the approval that the first one asked for."""
    again = replace(TRANSFER, created_at=151, reference="x")
    assert actions.fund_transfer(again) == actions.fund_transfer(TRANSFER)


def test_whom_it_goes_to_is_not_in_a_log():
    assert "Ada" not in repr(TRANSFER)
    assert "GB33" not in repr(TRANSFER)
