"""Who may call what: every path of the dialect's table, with every sort of token."""

import re
from dataclasses import replace

import pytest

from tests.support.client import Answer
from tests.support.processes import Sandbox
from tests.support.weavr import OPERATIONS as OTHERS
from tests.support.weavr import new_person
from tests.support.wise import Partner, WiseUser
from tests.wise.operations import OPERATIONS, Operation, ids_of
from tests.wise.people import (
    FACTORS,
    agreed,
    another_client,
    another_programme,
    asked,
    enrolled,
)

ANY = {
    **dict.fromkeys(("userId", "profileId", "phoneNumberId", "balanceId", "transferId"), 1),
    "deviceFingerprintId": "636a5514-aa86-4719-8700-e9a9a0ae7ea7",
}
NAMED = [one for one in OPERATIONS if "{userId}" in one.path or "{profileId}" in one.path]


def is_unknown(answer: Answer, name: str) -> None:
    assert answer.status == 401, name
    assert set(answer.json) == {"error", "error_description"}, name
    assert answer.headers["www-authenticate"] == 'Bearer realm="assent"', name


def test_the_table_is_whole():
    assert len(OPERATIONS) > 150
    assert {one.token for one in OPERATIONS} == {"basic", "application", "user"}


def test_without_a_token_that_is_known(ada: WiseUser):
    bank = ada.partner
    weavr = new_person(ada.server)
    cut = ada.token.rpartition(".")[0]
    bearers: tuple[dict[str, str], ...] = (
        {},
        bank.basic,
        {"authorization": "Bearer "},
        {"authorization": "Bearer x"},
        {"authorization": f"Bearer {cut}."},
        {"authorization": f"Bearer {ada.refresh_token}"},
        {"authorization": f"Bearer {bank.secret}"},
        {"authorization": f"Bearer {weavr.token}"},
        ada.server.bearer(weavr.token),
        ada.server.api,
    )
    for operation in OPERATIONS:
        if operation.token != "basic":
            for bearer in bearers:
                is_unknown(operation.call(ada, ANY, bearer), operation.name)


def test_the_wrong_sort_of_token(ada: WiseUser):
    """A person's where the client must speak for itself, and the other way round."""
    for operation in OPERATIONS:
        if operation.token == "basic":
            for bearer in (ada.bearer, ada.partner.bearer):
                answer = operation.call(ada, ANY, bearer)
                assert (answer.status, answer.json["error"]) == (401, "invalid_client")
            continue
        bearer = ada.bearer if operation.token == "application" else ada.partner.bearer
        answer = operation.call(ada, ANY, bearer)
        assert (answer.status, answer.json["error"]) == (403, "access_denied"), operation.name
        wanted = "a user's" if operation.token == "user" else "the application's"
        assert f"takes {wanted} token" in answer.json["error_description"]


def test_tokens_of_this_dialect_in_the_other(ada: WiseUser):
    person = new_person(ada.server)
    for token in (ada.token, ada.partner.token):
        bearer = ada.server.bearer(token)
        for operation in OTHERS:
            if operation.by_person:
                path = operation.path_for(person)
                answer = ada.server.call(operation.method, path, operation.body(person), bearer)
                assert (answer.status, answer.body) == (401, b""), operation.name


# somebody else's ids do not exist


@pytest.fixture
def owner(bank: Partner) -> WiseUser:
    return enrolled(bank, *FACTORS)


def walk(operations: list[Operation], caller: WiseUser, ids: dict, others: dict) -> None:
    """Every id that is another's, beside ids of one's own and alone: 404, as one that is nobody's
    is. Only whose an id is differs; body and token are right."""
    for operation in operations:
        names = re.findall(r"\{(\w+)\}", operation.path)
        for name in (*names, ""):
            swapped = (
                {**ids, name: others[name]} if name else {**ids, **{n: others[n] for n in names}}
            )
            nobodys = {**ids, **{n: ANY[n] for n in names if swapped[n] != ids[n]}}
            bearer = caller.bearer if operation.token == "user" else caller.partner.bearer
            answer = operation.call(caller, swapped, bearer)
            assert answer.status == 404, (operation.name, name, answer.body)
            assert answer.json == operation.call(caller, nobodys, bearer).json, operation.name


def intact(user: WiseUser, ids: dict) -> None:
    """Whatever was tried, nothing of theirs is gone or changed."""
    phones = user.partner.call("GET", f"/v1/application/users/{user.id}/phone-numbers").json
    assert [(one["id"], one["phoneNumber"]) for one in phones] == [
        (ids["phoneNumberId"], user.phone)
    ]
    for created in (user.set_pin(), user.set_face(), user.set_fingerprint()):
        assert created.status == 409
    assert user.call("GET", f"/v1/users/{user.id}/contact-email").json == {"email": user.email}


def test_another_person_of_the_same_client(bank: Partner, owner: WiseUser):
    mallory = enrolled(bank, *FACTORS)
    ids, others = ids_of(mallory), ids_of(owner)
    by_user = [one for one in NAMED if one.token == "user"]
    walk(by_user, mallory, ids, others)
    # the client itself may act for both; but what belongs to one is not found under the other
    for operation in NAMED:
        for name in ("phoneNumberId", "deviceFingerprintId"):
            if operation.token == "application" and name in operation.path:
                answer = operation.call(mallory, {**ids, name: others[name]}, bank.bearer)
                assert answer.status == 404, operation.name
    intact(owner, others)


async def test_another_client_of_the_programme(box: Sandbox, bank: Partner, owner: WiseUser):
    other = await another_client(box, bank)
    mallory = enrolled(other, *FACTORS)
    others = ids_of(owner)
    walk(NAMED, mallory, ids_of(mallory), others)
    intact(owner, others)


def test_another_programme(bank: Partner, owner: WiseUser):
    mallory = enrolled(another_programme(bank), *FACTORS)
    others = ids_of(owner)
    walk(NAMED, mallory, ids_of(mallory), others)
    intact(owner, others)


async def test_a_client_that_was_let_act_for_a_person_too(box: Sandbox, owner: WiseUser):
    """One person, two clients: they share the person's factors, and no token."""
    bank = owner.partner
    other = await another_client(box, bank)
    from_other = replace(owner, partner=other)
    assert other.call("DELETE", f"/v1/users/{owner.id}/pin").status == 404
    code = await agreed(box, owner, other, "https://bank.example/")
    form = {"grant_type": "authorization_code", "code": code}
    given = other.oauth(**form, redirect_uri="https://bank.example/").json
    from_other.token = given["access_token"]
    assert from_other.set_pin().status == 409
    ott = asked(owner)
    assert from_other.status(ott).status == 404
    assert from_other.verify_pin(ott).status == 404
    assert asked(from_other) != ott
    assert other.call("DELETE", f"/v1/users/{owner.id}/pin").status == 204
    assert owner.status(ott).status == 404, "a factor that is gone voids what was asked"
