"""The protected operations around their guard: what it is asked, and what happens on its word."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from assent.dialects.wise import guard as door
from assent.dialects.wise.routes import protected
from assent.domain.action import Action
from assent.domain.payment import PaymentState, Sort
from assent.domain.session import Caller
from assent.http.answer import Answer
from assent.http.invalid import Malformed
from assent.http.request import Request
from assent.http.route import Call, Handler
from assent.instruments import actions
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Change, EndSession
from assent.usecases.require_approval import Allowed
from assent.usecases.world import World
from tests.contracts.rows import Scene, there

APPROVED = (b"x-2fa-approval-result", b"APPROVED")
FORBIDDEN = Answer(403)
QUERY = {
    "currency": "EUR",
    "intervalStart": "2026-01-01T00:00:00Z",
    "intervalEnd": "2026-01-31T00:00:00Z",
}


@dataclass
class Guard:
    """Says what a test has told it to, and remembers what it was asked."""

    says: Allowed | Answer
    then: Allowed | Answer | None = None
    """From the second time on, if that is something else."""
    asked: list[tuple[Action, bool]] = field(default_factory=list)

    async def __call__(self, call: Call, action: Action, *, standing: bool) -> Allowed | Answer:
        self.asked.append((action, standing))
        return self.then if self.then is not None and len(self.asked) > 1 else self.says


@pytest.fixture
def guard(person: Scene, monkeypatch: pytest.MonkeyPatch) -> Guard:
    """Allows, for a change that can be made once."""
    spend: Change = EndSession(person.session.id, "spent", person.now)
    made = Guard(Allowed((spend,)))
    monkeypatch.setattr(door, "guard", made)
    return made


@dataclass
class Desk:
    """Makes calls for the person of the scene."""

    world: World
    caller: Caller
    person: Scene

    async def __call__(
        self,
        handler: Handler,
        body: Any = None,
        query: dict[str, str] | None = None,
        **params: object,
    ) -> Answer:
        octets = b"" if body is None else json.dumps(body).encode()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": octets}

        scope: dict[str, Any] = {
            "query_string": urlencode(query or {}).encode(),
            "method": "POST",
            "path": "/",
            "headers": [],
        }
        path = {"profileId": str(self.person.identity.id)}
        path.update({name: str(value) for name, value in params.items()})
        house: Any = SimpleNamespace(world=self.world)
        return await handler(Call(house, Request(scope, receive, path, "", ""), self.caller))

    async def facts(self) -> int:
        return len(await self.person.stores.facts(self.person.programme.id))


@pytest.fixture
def desk(world: World, caller: Caller, person: Scene) -> Desk:
    return Desk(world, caller, person)


async def refusal(made: Any) -> Code:
    with pytest.raises(Refusal) as refused:
        await made
    return refused.value.code


async def invalid(made: Any) -> Sequence[str]:
    with pytest.raises(Malformed) as malformed:
        await made
    return [one.field for one in malformed.value.fields]


# funding


async def test_a_transfer_is_funded(desk: Desk, guard: Guard, person: Scene):
    transfer = person.make.payment(person.identity)
    await person.add(person.make.balance(person.identity), transfer)
    answer = await desk(protected.fund, {"type": "BALANCE"}, transferId=transfer.id)
    assert (answer.status, APPROVED in answer.headers) == (200, True)
    expected = {"type": "BALANCE", "status": "COMPLETED", "errorCode": None}
    assert json.loads(answer.body) == expected
    assert guard.asked == [(actions.fund_transfer(transfer), False)]
    again = desk(protected.fund, {"type": "BALANCE"}, transferId=transfer.id)
    assert await refusal(again) is Code.ALREADY_DECIDED
    assert len(guard.asked) == 1, "nobody is asked to approve what cannot happen"


async def test_a_transfer_that_is_not_covered(desk: Desk, guard: Guard, person: Scene):
    transfer = person.make.payment(person.identity)
    await person.add(transfer)
    answer = await desk(protected.fund, {"type": "BALANCE"}, transferId=transfer.id)
    assert (answer.status, APPROVED in answer.headers) == (200, True)
    assert json.loads(answer.body) == {
        "type": "BALANCE",
        "status": "REJECTED",
        "errorCode": "balance.payment-option-unavailable",
    }


async def test_the_guards_no_is_the_answer(desk: Desk, guard: Guard, person: Scene):
    guard.says = FORBIDDEN
    transfer = person.make.payment(person.identity)
    card = person.make.payment(person.identity, sort=Sort.CARD)
    balance = person.make.balance(person.identity)
    await person.add(balance, transfer, card)
    result = {"transactionReference": card.reference, "challengeStatus": "REJECTED"}
    for made in (
        desk(protected.fund, {"type": "BALANCE"}, transferId=transfer.id),
        desk(protected.challenge_result, result),
        desk(protected.statement, query=QUERY, balanceId=balance.id),
    ):
        assert await made is FORBIDDEN
    assert await person.stores.balances_of(person.identity.id) == [balance]
    assert await desk.facts() == 0


async def test_a_used_approval_funds_nothing(desk: Desk, guard: Guard, person: Scene):
    one, other = person.make.payment(person.identity), person.make.payment(person.identity)
    await person.add(person.make.balance(person.identity), one, other)
    await desk(protected.fund, {"type": "BALANCE"}, transferId=one.id)
    made = desk(protected.fund, {"type": "BALANCE"}, transferId=other.id)
    assert await refusal(made) is Code.APPROVAL_UNKNOWN
    assert await desk.facts() == 1


async def test_who_comes_too_late_is_told_what_to_clear(desk: Desk, guard: Guard, person: Scene):
    transfer = person.make.payment(person.identity)
    await person.add(person.make.balance(person.identity), transfer)
    assert isinstance(guard.says, Allowed)
    await person.stores.commit(*guard.says.changes)
    guard.then = FORBIDDEN
    made = await desk(protected.fund, {"type": "BALANCE"}, transferId=transfer.id)
    assert made is FORBIDDEN
    assert await desk.facts() == 0


@pytest.mark.parametrize("body", [None, {}, {"type": "CARD"}, {"type": None}, []])
async def test_funding_by_other_means(desk: Desk, guard: Guard, body: Any):
    with pytest.raises(Malformed):
        await desk(protected.fund, body, transferId=1)
    assert guard.asked == []


async def test_every_invalid_part_is_named(desk: Desk, guard: Guard):
    made = desk(protected.fund, {"type": "CARD"}, transferId="x", profileId="-1")
    assert await invalid(made) == ["profileId", "transferId", "type"]


async def test_nobody_elses(desk: Desk, guard: Guard, person: Scene):
    other = person.make.identity(person.programme.id)
    transfer, balance = person.make.payment(other), person.make.balance(other)
    card = person.make.payment(other, sort=Sort.CARD)
    await person.add(other, balance, transfer, card)
    result = {"transactionReference": card.reference, "challengeStatus": "APPROVED"}
    for profile in (other.id, person.identity.id, 1):
        for made in (
            desk(protected.fund, {"type": "BALANCE"}, profileId=profile, transferId=transfer.id),
            desk(protected.challenge_result, result, profileId=profile),
            desk(protected.statement, query=QUERY, profileId=profile, balanceId=balance.id),
        ):
            assert await refusal(made) is Code.NOT_FOUND
    assert guard.asked == []


# 3-D Secure


@pytest.mark.parametrize(
    ("status", "yes", "state"),
    [("APPROVED", True, PaymentState.COMPLETED), ("REJECTED", False, PaymentState.REJECTED)],
)
async def test_a_card_payment_is_answered(
    desk: Desk, guard: Guard, person: Scene, status: str, yes: bool, state: PaymentState
):
    card = person.make.payment(person.identity, sort=Sort.CARD)
    await person.add(person.make.balance(person.identity), card)
    body = {"transactionReference": card.reference, "challengeStatus": status}
    answer = await desk(protected.challenge_result, body)
    assert (answer.status, answer.body, APPROVED in answer.headers) == (204, b"", True)
    assert guard.asked == [(actions.answer_card_challenge(card, yes), False)]
    held = await person.stores.payment(person.programme.id, person.identity.id, card.id)
    assert there(held).state is state
    assert await refusal(desk(protected.challenge_result, body)) is Code.ALREADY_DECIDED


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["transactionReference", "challengeStatus"]),
        ({"transactionReference": 1, "challengeStatus": "APPROVED"}, ["transactionReference"]),
        ({"transactionReference": "x", "challengeStatus": "MAYBE"}, ["challengeStatus"]),
    ],
)
async def test_answers_that_are_none(desk: Desk, guard: Guard, body: Any, fields: list[str]):
    assert await invalid(desk(protected.challenge_result, body)) == fields


# statements


async def test_a_statement_is_low_risk(desk: Desk, guard: Guard, person: Scene):
    balance = person.make.balance(person.identity)
    await person.add(balance)
    answer = await desk(protected.statement, query=QUERY, balanceId=balance.id)
    assert (answer.status, APPROVED in answer.headers) == (200, True)
    shown = json.loads(answer.body)
    assert shown["endOfStatementBalance"] == {"value": 1000.0, "currency": "EUR"}
    assert shown["query"]["accountId"] == balance.id
    ((action, standing),) = guard.asked
    assert standing
    assert action.parameters["interval_end"] == "1769817600000"
    guard.says = Allowed(())
    assert (await desk(protected.statement, query=QUERY, balanceId=balance.id)).status == 200
    assert await desk.facts() == 2, "each reading is on record"


async def test_a_statement_in_another_currency(desk: Desk, guard: Guard, person: Scene):
    balance = person.make.balance(person.identity)
    await person.add(balance)
    query = {**QUERY, "currency": "GBP"}
    assert await invalid(desk(protected.statement, query=query, balanceId=balance.id)) == [
        "currency"
    ]
    made = desk(protected.statement, query={}, balanceId="x", profileId="y")
    names = ["profileId", "balanceId", "currency", "intervalStart", "intervalEnd"]
    assert await invalid(made) == names
    assert guard.asked == []


# paths


def test_every_operation_is_there_under_the_calendar_too():
    paths = [path for operation in protected.OPERATIONS for path in operation.paths]
    tail = "/profiles/{profileId}/transfers/{transferId}/payments"
    assert [path for path in paths if path.endswith(tail)] == [
        f"/{version}{tail}" for version in ("v3", "2026Q3", "2026Q4", "2027Q1")
    ]
    assert len(paths) == 12
