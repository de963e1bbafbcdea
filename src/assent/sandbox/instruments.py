"""The sandbox's calls that make what approvals protect: balances, transfers, card payments."""

import msgspec

from assent.domain.money import currency_is_known, minor_units, spelled
from assent.domain.payment import Payee, Payment
from assent.domain.subject import Acting
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Invalid, Malformed
from assent.http.route import Call, Handler
from assent.http.shapes import check
from assent.kernel.refusals import Code, Refusal
from assent.sandbox import shapes
from assent.usecases.open_account import make_card_payment, make_transfer, open_balance


async def new_balance(call: Call) -> Answer:
    """`POST /users/{user_id}/balances`: one a profile and currency, with money on it."""
    body = shapes.known(await call.request.body(), shapes.NewMoney)
    amount = _amount(body, least=0)
    acting = await _acting(call, body)
    balance = await open_balance(call.world, call.caller, acting, body.currency, amount)
    if balance is None:
        return _taken(f"The profile has a balance in {body.currency} already.")
    return json_answer(
        {
            "profile_id": str(balance.identity_id),
            "balance_id": str(balance.id),
            "currency": balance.currency,
            "amount": spelled(balance.amount, balance.currency),
        }
    )


async def new_transfer(call: Call) -> Answer:
    """`POST /users/{user_id}/transfers`: it waits to be funded."""
    body = shapes.known(await call.request.body(), shapes.NewTransfer)
    amount = _amount(body)
    acting = await _acting(call, body)
    payee = Payee(body.payee.name, body.payee.account)
    payment = await make_transfer(call.world, call.caller, acting, amount, body.currency, payee)
    return json_answer({**_payment(payment), "transfer_id": str(payment.id)})


async def new_card_payment(call: Call) -> Answer:
    """`POST /users/{user_id}/card-payments`: its 3-D Secure challenge waits for an answer."""
    body = shapes.known(await call.request.body(), shapes.NewCardPayment)
    amount = _amount(body)
    acting = await _acting(call, body)
    reference = None if body.transaction_reference is msgspec.UNSET else body.transaction_reference
    payment = await make_card_payment(
        call.world, call.caller, acting, amount, body.currency, body.merchant, reference
    )
    if payment is None:
        return _taken("The transaction_reference is taken.")
    return json_answer({**_payment(payment), "transaction_reference": payment.reference})


def _payment(payment: Payment) -> dict[str, str]:
    return {
        "profile_id": str(payment.identity_id),
        "currency": payment.currency,
        "amount": spelled(payment.amount, payment.currency),
        "state": payment.state,
    }


def _taken(message: str) -> Answer:
    return json_answer({"message": message}, 409)


def _amount(body: shapes.NewMoney, least: int = 1) -> int:
    """In minor units."""
    if not currency_is_known(body.currency):
        raise Malformed([Invalid("currency", "pattern", ("an ISO 4217 code, such as EUR",))])
    amount = minor_units(body.amount, body.currency)
    if amount is None or amount < least:
        example = spelled(1050, body.currency)
        raise Malformed([Invalid("amount", "pattern", (f"decimal text, such as {example}",))])
    return amount


async def _acting(call: Call, body: shapes.NewMoney) -> Acting:
    """The person with the profile that is meant; the only one, where none is named."""
    user_id = int(check(call.request.params["user_id"], "user_id", "[0-9]{1,16}"))
    programme_id = call.caller.programme.id
    held = {
        acting.identity.id: acting
        for acting in await call.world.stores.actings_of(user_id)
        if acting.identity.programme_id == programme_id
    }
    if not held:
        raise Refusal(Code.NOT_FOUND)
    if body.profile_id is msgspec.UNSET and len(held) == 1:
        return next(iter(held.values()))
    chosen = None if body.profile_id is msgspec.UNSET else held.get(int(body.profile_id))
    if chosen is None:
        raise Malformed([Invalid("profile_id", "one_of", tuple(str(one) for one in held))])
    return chosen


INSTRUMENTS: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/users/{user_id}/balances", new_balance),
    ("POST", "/users/{user_id}/transfers", new_transfer),
    ("POST", "/users/{user_id}/card-payments", new_card_payment),
)
"""Method, path, handler."""
