"""A balance's statement as the dialect prints it."""

from typing import Any

import msgspec

from assent.dialects.wise.instants import instant
from assent.dialects.wise.names import TYPE_OF_IDENTITY
from assent.domain.money import decimal
from assent.domain.payment import Payment, Sort
from assent.domain.subject import Acting
from assent.http.answer import Answer
from assent.instruments.statement import Movement, Statement

_NUMBERS = msgspec.json.Encoder(decimal_format="number")
"""Amounts are JSON numbers with all the currency's decimals, written without a float between."""


def answer(acting: Acting, issuer: str, statement: Statement, kind: str) -> Answer:
    """200. The newest movement comes first, as published."""
    balance = statement.balance
    currency = balance.currency
    value: dict[str, Any] = {
        "accountHolder": _holder(acting),
        "issuer": {"name": issuer},
        "bankDetails": None,
        "transactions": [
            _transaction(statement, movement) for movement in reversed(statement.movements)
        ],
        "endOfStatementBalance": _money(statement.left, currency),
        "query": {
            "intervalStart": instant(statement.start),
            "intervalEnd": instant(statement.end),
            "type": kind,
            "currency": currency,
            "accountId": balance.id,
        },
    }
    return Answer(200, _NUMBERS.encode(value))


def _holder(acting: Acting) -> dict[str, Any]:
    details = acting.subject.details
    return {
        "type": TYPE_OF_IDENTITY[acting.identity.type],
        "address": None,
        "firstName": details.get("name"),
        "lastName": details.get("surname"),
    }


def _money(amount: int, currency: str) -> dict[str, Any]:
    return {"value": decimal(amount, currency), "currency": currency}


def _transaction(statement: Statement, movement: Movement) -> dict[str, Any]:
    currency, payment = statement.balance.currency, movement.payment
    return {
        "type": "CREDIT" if payment is None else "DEBIT",
        "date": instant(movement.at),
        "amount": _money(movement.amount, currency),
        "totalFees": _money(0, currency),
        "details": {"type": "MONEY_ADDED", "description": "Opening balance"}
        if payment is None
        else _details(payment),
        "exchangeDetails": None,
        "runningBalance": _money(movement.left, currency),
        "referenceNumber": _reference(statement, payment),
    }


def _details(payment: Payment) -> dict[str, Any]:
    payee = payment.payee
    if payment.sort is Sort.TRANSFER:
        return {
            "type": "TRANSFER",
            "description": f"Sent money to {payee.name}",
            "recipient": {"name": payee.name, "bankAccount": payee.account},
        }
    return {
        "type": "CARD",
        "description": f"Card payment to {payee.name}",
        "amount": _money(payment.amount, payment.currency),
        "merchant": {"name": payee.name},
    }


def _reference(statement: Statement, payment: Payment | None) -> str:
    if payment is None:
        return f"BALANCE-{statement.balance.id}"
    return payment.reference if payment.sort is Sort.TRANSFER else f"CARD-{payment.id}"
