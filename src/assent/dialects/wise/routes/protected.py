"""What one-time tokens protect: a balance's statement, the funding of a transfer, 3-D Secure."""

from assent.dialects.wise import caller, intervals, shapes, statements, whose
from assent.dialects.wise.errors import Said
from assent.dialects.wise.guard import protected
from assent.dialects.wise.operation import Operation, calendar
from assent.domain.payment import PaymentState
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.invalid import Invalid, Malformed
from assent.http.route import Call
from assent.http.shapes import both, read
from assent.instruments import actions
from assent.kernel.refusals import Code
from assent.usecases.answer_card_challenge import answer_card_challenge, card_payment_to_answer
from assent.usecases.read_statement import balance_to_read, read_statement
from assent.usecases.settle_payment import Settled, Spend, complete, transfer_to_fund

_STATEMENT = "/profiles/{profileId}/balance-statements/{balanceId}/statement.json"
_FUNDING = "/profiles/{profileId}/transfers/{transferId}/payments"
_CHALLENGE = "/spend/profiles/{profileId}/3dsecure/challenge-result"
_NOT_COVERED = "balance.payment-option-unavailable"
"""The published reason for "not enough money"."""


def _ids(call: Call, name: str) -> int:
    """The path's second id; a 400 names both where both are wrong."""
    _, second = both(lambda: whose.number(call, "profileId"), lambda: whose.number(call, name))
    return second


async def statement(call: Call) -> Answer:
    """Low risk: an approval of it stands for a while. 404 for a balance of another profile."""
    balance_id, asked = both(lambda: _ids(call, "balanceId"), lambda: intervals.read(call.request))
    acting = await whose.profile(call)
    balance = await balance_to_read(call.world, call.caller, acting.identity.id, balance_id)
    if asked.currency != balance.currency:
        raise Malformed([Invalid("currency", "one_of", (balance.currency,))])
    action = actions.get_statement(balance, asked.start, asked.end, "json")

    async def act(spend: Spend) -> Answer:
        world = call.world
        made = await read_statement(world, call.caller, balance, asked.start, asked.end, spend)
        return statements.answer(acting, call.caller.programme.name, made, asked.type)

    return await protected(call, action, act, standing=True)


async def fund(call: Call) -> Answer:
    """High risk: one approval, one transfer. Not enough money is a 200 that says so."""
    octets = await call.request.body()
    transfer_id, _ = both(lambda: _ids(call, "transferId"), lambda: read(octets, shapes.Funding))
    acting = await whose.profile(call)
    transfer = await transfer_to_fund(call.world, call.caller, acting.identity.id, transfer_id)

    async def act(spend: Spend) -> Answer:
        return _funded(await complete(call.world, call.caller, transfer, spend))

    return await protected(call, actions.fund_transfer(transfer), act, standing=False)


def _funded(settled: Settled) -> Answer:
    completed = settled.payment.state is PaymentState.COMPLETED
    return json_answer(
        {
            "type": "BALANCE",
            "status": "COMPLETED" if completed else "REJECTED",
            "errorCode": None if settled.covered else _NOT_COVERED,
        }
    )


async def challenge_result(call: Call) -> Answer:
    """High risk. What becomes of an approved payment that is not covered is not told here: the
    challenge was answered all the same."""
    octets = await call.request.body()
    _, body = both(
        lambda: whose.number(call, "profileId"), lambda: read(octets, shapes.ChallengeResult)
    )
    acting = await whose.profile(call)
    payment = await card_payment_to_answer(
        call.world, call.caller, acting.identity.id, body.transaction_reference
    )
    yes = body.challenge_status == "APPROVED"

    async def act(spend: Spend) -> Answer:
        await answer_card_challenge(call.world, call.caller, payment, yes, spend)
        return NO_CONTENT

    action = actions.answer_card_challenge(payment, yes)
    return await protected(call, action, act, standing=False)


OPERATIONS = (
    Operation(
        method="GET",
        paths=(f"/v1{_STATEMENT}", *calendar(_STATEMENT)),
        handle=statement,
        identify=caller.user,
    ),
    Operation(
        method="POST",
        paths=(f"/v3{_FUNDING}", *calendar(_FUNDING)),
        handle=fund,
        identify=caller.user,
        says={
            Code.NOT_FOUND: Said(404, "transfer.not-found", "The transfer was not found."),
            Code.ALREADY_DECIDED: Said(
                422, "transfer.invalid-state", "The transfer was funded or rejected before."
            ),
        },
    ),
    Operation(
        method="POST",
        paths=(f"/v3{_CHALLENGE}", *calendar(_CHALLENGE)),
        handle=challenge_result,
        identify=caller.user,
        says={
            Code.ALREADY_DECIDED: Said(
                409,
                "challenge.already.answered",
                "The card payment was approved or rejected before; there is nothing left to do.",
            ),
        },
    ),
)
