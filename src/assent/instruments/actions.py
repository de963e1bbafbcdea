"""The actions that approvals are bound to: another amount or payee is another action.

RTS Article 5 (dynamic linking): amount and payee stand in what the person reads and in what the
fingerprint covers. Reading a statement moves no money; its action says which statement.
"""

from datetime import UTC, datetime

from assent.domain.action import Action
from assent.domain.deed import deed
from assent.domain.money import spelled
from assent.domain.payment import Balance, Payment
from assent.domain.phrases import PAY, PAY_BY_CARD, READ_STATEMENT, REFUSE_CARD
from assent.kernel.clock import SECOND

GET_STATEMENT = "BALANCE__GET_STATEMENT"
FUND_TRANSFER = "TRANSFER__FUND"
ANSWER_CARD_CHALLENGE = "CARD__3DS_CHALLENGE"


def get_statement(balance: Balance, start: int, end: int, format_: str) -> Action:
    """`start` and `end` in ms since 1970, both included; `format_` is what the caller wants."""
    first, last = (f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%d}" for at in (start, end))
    return Action(
        GET_STATEMENT,
        deed(READ_STATEMENT, currency=balance.currency, first=first, last=last),
        {
            "profile": str(balance.identity_id),
            "balance": str(balance.id),
            "currency": balance.currency,
            "interval_start": str(start),
            "interval_end": str(end),
            "format": format_,
        },
    )


def fund_transfer(payment: Payment) -> Action:
    """The money goes to the payee."""
    return Action(
        FUND_TRANSFER,
        deed(
            PAY,
            amount=_money(payment),
            payee=payment.payee.name,
            account=payment.payee.account,
        ),
        {
            "profile": str(payment.identity_id),
            "transfer": str(payment.id),
            "amount": spelled(payment.amount, payment.currency),
            "currency": payment.currency,
            "payee_name": payment.payee.name,
            "payee_account": payment.payee.account,
        },
    )


def answer_card_challenge(payment: Payment, approved: bool) -> Action:
    """Yes or no to a card payment. A yes that was approved is no approval of a no, nor the other
    way round."""
    return Action(
        ANSWER_CARD_CHALLENGE,
        deed(
            PAY_BY_CARD if approved else REFUSE_CARD,
            amount=_money(payment),
            payee=payment.payee.name,
        ),
        {
            "profile": str(payment.identity_id),
            "transaction_reference": payment.reference,
            "challenge_status": "APPROVED" if approved else "REJECTED",
            "merchant": payment.payee.name,
            "amount": spelled(payment.amount, payment.currency),
            "currency": payment.currency,
        },
    )


def _money(payment: Payment) -> str:
    return f"{spelled(payment.amount, payment.currency)} {payment.currency}"
