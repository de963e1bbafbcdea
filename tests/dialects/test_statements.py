"""A statement as it is printed: exact amounts, newest first."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from assent.dialects.wise.instants import instant
from assent.dialects.wise.statements import answer
from assent.domain.payment import Balance, Payee, Payment, PaymentState, Sort
from assent.domain.subject import Acting, IdentityType, Role
from assent.instruments.statement import statement
from assent.testing.frozen import NOON, CountingIds, FrozenClock
from tests.contracts.rows import Maker

MAKE = Maker(CountingIds(), FrozenClock())
ACTING = Acting(MAKE.subject(1, details={"name": "Ada"}), MAKE.identity(1), Role.ROOT)
BALANCE = MAKE.balance(ACTING.identity, opened_with=2_000, amount=1_229)
DONE = {"state": PaymentState.COMPLETED, "payee": Payee("Bob", "GB1")}
TRANSFER = MAKE.payment(ACTING.identity, amount=71, decided_at=NOON + 1, **DONE)
CARD = MAKE.payment(
    ACTING.identity, amount=700, decided_at=NOON + 2, sort=Sort.CARD, reference="x", **DONE
)


def text(*payments: Payment, balance: Balance = BALANCE) -> str:
    made = statement(balance, payments, 0, NOON + 5)
    return answer(ACTING, "Demo Bank", made, "FLAT").body.decode()


def test_the_whole_of_it():
    shown = json.loads(text(TRANSFER, CARD), parse_float=Decimal)
    card, transfer, opening = shown["transactions"]
    assert card == {
        "type": "DEBIT",
        "date": "2026-01-01T12:00:00.002Z",
        "amount": {"value": Decimal("-7.00"), "currency": "EUR"},
        "totalFees": {"value": 0, "currency": "EUR"},
        "details": {
            "type": "CARD",
            "description": "Card payment to Bob",
            "amount": {"value": Decimal("7.00"), "currency": "EUR"},
            "merchant": {"name": "Bob"},
        },
        "exchangeDetails": None,
        "runningBalance": {"value": Decimal("12.29"), "currency": "EUR"},
        "referenceNumber": f"CARD-{CARD.id}",
    }
    assert transfer["details"] == {
        "type": "TRANSFER",
        "description": "Sent money to Bob",
        "recipient": {"name": "Bob", "bankAccount": "GB1"},
    }
    assert transfer["referenceNumber"] == f"TRANSFER-{TRANSFER.id}"
    assert transfer["runningBalance"]["value"] == Decimal("19.29")
    assert (opening["type"], opening["amount"]["value"]) == ("CREDIT", Decimal("20.00"))
    assert shown["endOfStatementBalance"] == {"value": Decimal("12.29"), "currency": "EUR"}
    assert shown["query"] == {
        "intervalStart": "1970-01-01T00:00:00.000Z",
        "intervalEnd": "2026-01-01T12:00:00.005Z",
        "type": "FLAT",
        "currency": "EUR",
        "accountId": BALANCE.id,
    }
    assert shown["accountHolder"] == {
        "type": "PERSONAL",
        "address": None,
        "firstName": "Ada",
        "lastName": None,
    }
    assert shown["issuer"] == {"name": "Demo Bank"}


@pytest.mark.parametrize(
    ("currency", "amount", "printed"),
    [("EUR", 2_000, "20.00"), ("JPY", 2_000, "2000"), ("KWD", 1, "0.001"), ("EUR", 0, "0.00")],
)
def test_amounts_are_exact_numbers(currency: str, amount: int, printed: str):
    made = text(balance=replace(BALANCE, currency=currency, opened_with=amount))
    assert f'"runningBalance":{{"value":{printed},' in made


def test_a_cent_below_the_most_there_is_keeps_its_cent():
    most = 10**15 - 2
    assert '"value":9999999999999.98,' in text(balance=replace(BALANCE, opened_with=most))


def test_companies():
    company = replace(ACTING, identity=replace(ACTING.identity, type=IdentityType.CORPORATE))
    made = statement(BALANCE, [], 0, 1)
    assert b'"type":"BUSINESS"' in answer(company, "", made, "FLAT").body


def test_moments():
    assert instant(NOON + 7) == "2026-01-01T12:00:00.007Z"
