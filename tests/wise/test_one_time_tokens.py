"""One-time tokens: the refusal that brings one, its status, and what it asks for."""

import re
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from assent.dialects.wise.names import VERSIONS
from tests.support.client import Answer
from tests.support.processes import Sandbox
from tests.support.wise import Partner, WiseUser, ott_of
from tests.wise.people import (
    FACTORS,
    agreed,
    another_client,
    another_programme,
    asked,
    enrolled,
    refused,
)

UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STATUS = [
    f"{v}/one-time-token/status" for v in ("/v1", "/v1/identity", *map("/{}".format, VERSIONS))
]
PHONE = ["SMS", "WHATSAPP", "VOICE"]
DEVICE = "PARTNER_DEVICE_FINGERPRINT"


def properties(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    assert set(answer.json) == {"oneTimeTokenProperties"}
    return dict(answer.json["oneTimeTokenProperties"])


def offered(user: WiseUser, ott: str) -> list[list[str]]:
    """Types by status: the primary, then the alternatives, of each challenge."""
    challenges = properties(user.status(ott))["challenges"]
    assert all((one["required"], one["passed"]) == (True, False) for one in challenges)
    shown = [[one["primaryChallenge"], *one["alternatives"]] for one in challenges]
    for one in (one for entry in shown for one in entry):
        assert one["viewData"] == {"attributes": {"userId": user.id}}
        assert set(one) == {"type", "viewData"}
    return [[one["type"] for one in entry] for entry in shown]


# the refusal


def test_a_protected_call_is_refused_with_a_token(grace: WiseUser):
    transfer = grace.new_transfer()
    answer = grace.fund(transfer)
    assert answer.status == 403
    assert answer.headers["x-2fa-approval-result"] == "REJECTED"
    assert UUID.fullmatch(answer.headers["x-2fa-approval"])
    body = answer.json
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", body.pop("timestamp"))
    assert body == {
        "status": 403,
        "error": "Forbidden",
        "message": "You are forbidden to send this request",
        "path": f"/v3/profiles/{grace.profile_id}/transfers/{transfer}/payments",
    }


def test_the_same_call_again_has_the_same_token(grace: WiseUser):
    transfer, balance = grace.new_transfer(), grace.new_balance()
    first = ott_of(grace.fund(transfer))
    assert ott_of(grace.fund(transfer)) == first
    assert grace.verify_pin(first).status == 200
    assert ott_of(grace.fund(transfer)) == first, "what was proved so far is not lost"
    others = {ott_of(grace.fund(grace.new_transfer())), ott_of(grace.statement(balance))}
    assert len(others | {first}) == 3
    grace.clear(first)
    assert ott_of(grace.fund(transfer)) == first, "granted, and not presented"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_call_is_the_same_in_every_generation(grace: WiseUser, version: str):
    grace.new_balance()
    transfer = grace.new_transfer()
    path = f"/{version}/profiles/{grace.profile_id}/transfers/{transfer}/payments"
    ott = ott_of(grace.fund(transfer))
    assert ott_of(grace.call("POST", path, {"type": "BALANCE"})) == ott
    grace.clear(ott)
    assert grace.call("POST", path, {"type": "BALANCE"}, approval=ott).status == 200


@pytest.mark.parametrize("path", STATUS)
def test_status(grace: WiseUser, path: str):
    ott = asked(grace)
    status = properties(grace.call("GET", path, ott=ott))
    challenges = status.pop("challenges")
    assert status.pop("validity") in (3_599, 3_600)
    assert status == {"oneTimeToken": ott, "actionType": "TRANSFER__FUND", "userId": grace.id}
    about = {"viewData": {"attributes": {"userId": grace.id}}}
    assert challenges == [
        {
            "primaryChallenge": {"type": "PIN", **about},
            "alternatives": [],
            "required": True,
            "passed": False,
        },
        {
            "primaryChallenge": {"type": "SMS", **about},
            "alternatives": [{"type": "WHATSAPP", **about}, {"type": "VOICE", **about}],
            "required": True,
            "passed": False,
        },
    ]


def test_action_types(grace: WiseUser):
    body = {"currency": "EUR", "amount": "9.99", "merchant": "A shop"}
    made = grace.server.sandbox("POST", f"/users/{grace.id}/card-payments", body).json
    path = f"/v3/spend/profiles/{grace.profile_id}/3dsecure/challenge-result"
    result = {"transactionReference": made["transaction_reference"], "challengeStatus": "APPROVED"}
    authorise = grace.call("POST", f"/v2/profiles/{grace.profile_id}/sca-sessions/authorise")
    for ott, expected in (
        (asked(grace), "TRANSFER__FUND"),
        (ott_of(grace.statement(grace.new_balance())), "BALANCE__GET_STATEMENT"),
        (ott_of(grace.call("POST", path, result)), "CARD__3DS_CHALLENGE"),
        (properties(authorise)["oneTimeToken"], "IDENTITY__AUTHORISE_SESSION"),
    ):
        assert properties(grace.status(ott))["actionType"] == expected


# what must be cleared

P, S, F, D = FACTORS  # PIN, phone, face, device
ENOUGH: list[tuple[str, bool, list[list[str]]]] = [
    (f"{P} {S}", False, [["PIN"], PHONE]),
    (f"{P} {F}", False, [["PIN"], ["FACE_MAP"]]),
    (f"{S} {F}", False, [PHONE, ["FACE_MAP"]]),
    (f"{P} {S} {D}", False, [["PIN"], PHONE]),
    (f"{P} {F} {D}", False, [["PIN"], ["FACE_MAP"]]),
    (f"{P} {S} {F}", False, [["PIN", "FACE_MAP"], [*PHONE, "FACE_MAP"]]),
    (f"{P} {S} {F} {D}", False, [["PIN", "FACE_MAP"], [*PHONE, "FACE_MAP"]]),
    (f"{P} {D}", True, [["PIN"], [DEVICE]]),
    (f"{F} {D}", True, [[DEVICE], ["FACE_MAP"]]),
    (f"{P} {S} {D}", True, [["PIN"], [*PHONE, DEVICE]]),
    (f"{S} {F} {D}", True, [[*PHONE, DEVICE], ["FACE_MAP"]]),
    (f"{P} {F} {D}", True, [["PIN", "FACE_MAP"], [DEVICE, "FACE_MAP"]]),
    (f"{P} {S} {F} {D}", True, [["PIN", "FACE_MAP"], [*PHONE, DEVICE, "FACE_MAP"]]),
]
"""Enrolled; whether the programme takes a fingerprint for possession; each challenge's types."""
TOO_LITTLE: list[tuple[str, bool, list[str]]] = [
    ("", True, ["PIN", *PHONE, DEVICE, "FACE_MAP"]),
    (P, True, [*PHONE, DEVICE, "FACE_MAP"]),
    (S, True, ["PIN", "FACE_MAP"]),
    (F, True, ["PIN", *PHONE, DEVICE]),
    (D, True, ["PIN", "FACE_MAP"]),
    (f"{S} {D}", True, ["PIN", "FACE_MAP"]),
    (f"{P} {D}", False, [*PHONE, "FACE_MAP"]),
    (f"{F} {D}", False, ["PIN", *PHONE]),
]
"""The same; and what the refusal names to be enrolled."""


def having(bank: Partner, factors: str, counts: bool) -> WiseUser:
    bank.server.settings(fingerprint_is_possession=counts)
    return enrolled(bank, *factors.split()) if factors else bank.sign_up()


@pytest.mark.parametrize(("factors", "counts", "expected"), ENOUGH)
def test_what_is_asked_for(bank: Partner, factors: str, counts: bool, expected: list[list[str]]):
    user = having(bank, factors, counts)
    assert offered(user, asked(user)) == expected


@pytest.mark.parametrize(("factors", "counts", "named"), TOO_LITTLE)
def test_under_two_categories_nothing_can_be_granted(
    bank: Partner, factors: str, counts: bool, named: list[str]
):
    user = having(bank, factors, counts)
    authorise = f"/v2/profiles/{user.profile_id}/sca-sessions/authorise"
    for answer in (
        user.fund(user.new_transfer()),
        user.statement(user.new_balance()),
        user.call("POST", authorise),
    ):
        refused(answer, 403, "sca.factors.missing")
        assert answer.json["errors"][0]["arguments"] == named
        assert answer.headers["x-2fa-approval-result"] == "REJECTED"
        assert "x-2fa-approval" not in answer.headers, "there is nothing to clear"


def prove(user: WiseUser, ott: str, type_: str) -> None:
    if type_ in PHONE:
        user.server.advance(15)
        assert user.trigger(ott, type_.lower()).status == 200
        assert user.verify_code(ott, channel=type_.lower()).status == 200
    else:
        name = {"PIN": "pin", "FACE_MAP": "face"}.get(type_, "fingerprint")
        assert getattr(user, f"verify_{name}")(ott).status == 200


CATEGORY = {"PIN": "knowledge", "SMS": "possession", "VOICE": "possession", "FACE_MAP": "inherence"}


@pytest.mark.parametrize(("first", "second"), list(permutations([*CATEGORY, DEVICE], 2)))
def test_two_categories_grant_and_one_never(bank: Partner, first: str, second: str):
    bank.server.settings(fingerprint_is_possession=True)
    user = enrolled(bank, *FACTORS)
    user.new_balance()
    transfer = user.new_transfer()
    ott = ott_of(user.fund(transfer))
    for type_ in (first, second):
        assert ott_of(user.fund(transfer, approval=ott)) == ott
        prove(user, ott, type_)
    different = CATEGORY.get(first, "possession") != CATEGORY.get(second, "possession")
    answer = user.fund(transfer, approval=ott)
    assert answer.status == (200 if different else 403)
    assert answer.headers["x-2fa-approval-result"] == ("APPROVED" if different else "REJECTED")
    if not different:
        assert offered(user, ott) == [["PIN", "FACE_MAP"]]
        prove(user, ott, "PIN")
        assert user.fund(transfer, approval=ott).status == 200


def test_the_same_factor_twice_is_one(grace: WiseUser):
    transfer = grace.new_transfer()
    ott = ott_of(grace.fund(transfer))
    for _ in range(2):
        assert grace.verify_pin(ott).status == 200
    assert ott_of(grace.fund(transfer, approval=ott)) == ott


def test_a_fingerprint_that_does_not_count_is_not_taken(bank: Partner):
    user = enrolled(bank, "pin", "phone", "fingerprint")
    ott = asked(user)
    refused(user.verify_fingerprint(ott), 400, "challenge.not.offered")
    bank.server.settings(fingerprint_is_possession=True)
    assert user.verify_fingerprint(ott).status == 200


# how what has passed is shown


def test_the_first_generation_drops_it(grace: WiseUser):
    ott = asked(grace)
    assert [one["primaryChallenge"]["type"] for one in cleared(grace.verify_pin(ott))] == ["SMS"]
    assert offered(grace, ott) == [PHONE]
    assert grace.trigger(ott).status == 200
    assert cleared(grace.verify_code(ott)) == []
    assert offered(grace, ott) == []


def cleared(answer: Answer) -> list[Any]:
    return list(properties(answer)["challenges"])


@pytest.mark.parametrize("version", ["v2", *VERSIONS])
def test_the_second_generation_keeps_it(grace: WiseUser, version: str):
    home = f"/{version}/profiles/{grace.profile_id}"

    def authorised() -> tuple[str, list[tuple[str, bool]]]:
        held = properties(grace.call("POST", f"{home}/sca-sessions/authorise"))
        shown = [(one["primaryChallenge"]["type"], one["passed"]) for one in held["challenges"]]
        return held["oneTimeToken"], shown

    ott, shown = authorised()
    assert shown == [("PIN", False), ("SMS", False)]
    verified = grace.encrypted(f"{home}/pin/verify", {"pin": "1234"}, ott).json
    assert verified["challenges"] == [
        {"primaryChallenge": {"type": "PIN"}, "passed": True},
        {"primaryChallenge": {"type": "SMS"}, "passed": False},
    ]
    assert authorised() == (ott, [("PIN", True), ("SMS", False)])
    grace.clear(ott)
    assert authorised() == (ott, [("PIN", True), ("SMS", True)])


# whose it is


async def test_nobody_else_s(box: Sandbox, grace: WiseUser):
    bank = grace.partner
    ott = asked(grace)
    other = await another_client(box, bank)
    code = await agreed(box, grace, other, "https://bank.example/")
    form = {"grant_type": "authorization_code", "redirect_uri": "https://bank.example/"}
    given = other.oauth(**form, code=code)
    strangers = {
        "another person": enrolled(bank),
        "another client, the same person": replace(
            grace, partner=other, token=given.json["access_token"]
        ),
        "another programme": enrolled(another_programme(bank)),
    }
    for name, stranger in strangers.items():
        for answer in (
            stranger.status(ott),
            stranger.trigger(ott),
            stranger.verify_code(ott),
            stranger.verify_pin(ott),
            stranger.encrypted(
                f"/v2/profiles/{stranger.profile_id}/pin/verify", {"pin": "1234"}, ott
            ),
        ):
            assert (answer.status, name) == (404, name)
            refused(answer, 404, "ott.not.found")
    assert offered(grace, ott) == [["PIN"], PHONE]


@pytest.mark.parametrize(
    "ott", ["", "x", "636a5514-aa86-4719-8700-e9a9a0ae7ea7", "a" * 4_000, "\u00e9"]
)
def test_tokens_that_are_none(grace: WiseUser, ott: str):
    for answer in (
        grace.call("GET", "/v1/one-time-token/status", headers={"one-time-token": ott}),
        grace.trigger(ott),
        grace.verify_code(ott),
        grace.verify_pin(ott),
    ):
        refused(answer, 404, "ott.not.found")
    balance = grace.new_balance()
    answer = grace.call("GET", grace_statement(grace, balance), headers={"x-2fa-approval": ott})
    assert ott_of(answer)


def grace_statement(user: WiseUser, balance: int) -> str:
    interval = "intervalStart=2026-01-01T00:00:00Z&intervalEnd=2026-02-01T00:00:00Z"
    home = f"/v1/profiles/{user.profile_id}/balance-statements/{balance}"
    return f"{home}/statement.json?currency=EUR&{interval}"
