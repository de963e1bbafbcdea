"""The sandbox's calls that make balances, transfers and card payments."""

import re
from collections.abc import Mapping

import pytest

from tests.support.client import Answer, Server
from tests.support.weavr import Person, new_person

TRANSFER = {
    "amount": "10.00",
    "currency": "EUR",
    "payee": {"name": "Ada Lovelace", "account": "GB33BUKB20201555555555"},
}
CARD = {"amount": "7.5", "currency": "EUR", "merchant": "Bookshop"}
BALANCE = {"currency": "EUR", "amount": "1000.00"}
BODIES: dict[str, Mapping[str, object]] = {
    "balances": BALANCE,
    "transfers": TRANSFER,
    "card-payments": CARD,
}
AN_ID = re.compile(r"[0-9]{16}")


def make(person: Person, what: str, **values: object) -> Answer:
    body = {**BODIES[what], **values}
    return person.server.sandbox("POST", f"/users/{person.user_id}/{what}", body)


def wrong(answer: Answer) -> list[str]:
    assert answer.status == 400, answer.body
    return [field["field"] for field in answer.json["fields"]]


def test_a_balance(server: Server):
    person = new_person(server)
    answer = make(person, "balances")
    balance_id = answer.json["balance_id"]
    assert AN_ID.fullmatch(balance_id)
    assert (answer.status, answer.json) == (
        200,
        {
            "profile_id": person.identity_id,
            "balance_id": balance_id,
            "currency": "EUR",
            "amount": "1000.00",
        },
    )
    again = make(person, "balances")
    expected = {"message": "The profile has a balance in EUR already."}
    assert (again.status, again.json) == (409, expected)
    assert make(person, "balances", currency="JPY", amount="0").json["amount"] == "0"
    assert make(person, "balances", currency="KWD", amount="1.5").json["amount"] == "1.500"


def test_a_transfer(server: Server):
    person = new_person(server)
    answer = make(person, "transfers")
    transfer_id = answer.json["transfer_id"]
    assert AN_ID.fullmatch(transfer_id)
    assert (answer.status, answer.json) == (
        200,
        {
            "profile_id": person.identity_id,
            "transfer_id": transfer_id,
            "currency": "EUR",
            "amount": "10.00",
            "state": "pending",
        },
    )
    assert make(person, "transfers").json["transfer_id"] != transfer_id


def test_a_card_payment(server: Server):
    person = new_person(server)
    answer = make(person, "card-payments")
    reference = answer.json["transaction_reference"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", reference)
    assert (answer.status, answer.json) == (
        200,
        {
            "profile_id": person.identity_id,
            "transaction_reference": reference,
            "currency": "EUR",
            "amount": "7.50",
            "state": "pending",
        },
    )
    assert make(person, "card-payments").json["transaction_reference"] != reference
    again = make(person, "card-payments", transaction_reference=reference)
    assert (again.status, again.json) == (409, {"message": "The transaction_reference is taken."})
    named = make(person, "card-payments", transaction_reference="order 7")
    assert named.json["transaction_reference"] == "order 7"
    elsewhere = new_person(server.isolated())
    assert make(elsewhere, "card-payments", transaction_reference="order 7").status == 200


@pytest.mark.parametrize("what", BODIES)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", 10),
        ("amount", None),
        ("amount", "-1"),
        ("amount", "1.001"),
        ("amount", "1e3"),
        ("amount", ""),
        ("amount", "9" * 300),
        ("amount", "99999999999999.00"),
        ("currency", "eur"),
        ("currency", "XXX"),
        ("currency", None),
        ("profile_id", "x"),
        ("profile_id", []),
        ("profile_id", "1"),
        ("profile_id", 1),
        ("nothing", 1),
    ],
)
def test_what_cannot_be(server: Server, what: str, name: str, value: object):
    assert wrong(make(new_person(server), what, **{name: value})) == [name]


@pytest.mark.parametrize(
    ("what", "name", "value", "field"),
    [
        ("transfers", "amount", "0", "amount"),
        ("card-payments", "amount", "0.00", "amount"),
        ("transfers", "payee", None, "payee"),
        ("transfers", "payee", {"name": "Ada"}, "payee.account"),
        ("transfers", "payee", {"name": "", "account": "1"}, "payee.name"),
        ("transfers", "payee", {"name": "A\n", "account": "1"}, "payee.name"),
        ("transfers", "payee", {"name": "A" * 141, "account": "1"}, "payee.name"),
        ("card-payments", "merchant", "", "merchant"),
        ("card-payments", "merchant", "\x00", "merchant"),
        ("card-payments", "transaction_reference", "", "transaction_reference"),
        ("card-payments", "transaction_reference", 5, "transaction_reference"),
    ],
)
def test_whom_and_for_what(server: Server, what: str, name: str, value: object, field: str):
    assert wrong(make(new_person(server), what, **{name: value})) == [field]


@pytest.mark.parametrize("what", BODIES)
def test_for_whom(server: Server, what: str):
    body = BODIES[what]
    elsewhere = new_person(server.isolated())
    for user_id in ("1", "9" * 16, elsewhere.user_id):
        answer = server.sandbox("POST", f"/users/{user_id}/{what}", body)
        assert (answer.status, answer.json) == (404, {"message": "not_found"})
    for user_id in ("x", "9" * 17, "%D9%A1"):
        assert wrong(server.sandbox("POST", f"/users/{user_id}/{what}", body)) == ["user_id"]


@pytest.mark.parametrize("what", BODIES)
def test_one_of_several_profiles(server: Server, what: str):
    server.settings(multi_identity=True)
    first = new_person(server)
    assert server.simulate(f"/consumers/{first.identity_id}/verify").status == 204
    second = new_person(server, first.email, "")
    assert first.user_id == second.user_id
    assert wrong(make(first, what)) == ["profile_id"]
    for held in (first, second):
        answer = make(first, what, profile_id=held.identity_id)
        assert (answer.status, answer.json["profile_id"]) == (200, held.identity_id)
    answer = make(first, what, profile_id=int(second.identity_id), currency="GBP")
    assert answer.json["profile_id"] == second.identity_id
    stranger = new_person(server)
    assert wrong(make(first, what, profile_id=stranger.identity_id)) == ["profile_id"]
