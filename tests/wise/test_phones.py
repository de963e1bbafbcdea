"""Phone numbers: one a person, one person a number, under both spellings of the path."""

from dataclasses import replace
from typing import Any

import pytest

from assent.dialects.wise.names import VERSIONS
from tests.support.client import Answer
from tests.support.processes import Sandbox
from tests.support.weavr import Person, new_person
from tests.support.wise import Partner, WiseUser
from tests.wise.people import agreed, another_client, another_programme, asked, enrolled, refused

PATHS = [
    f"/{version}/application/users/{{}}/{name}"
    for version in ("v1", *VERSIONS)
    for name in ("phone-numbers", "phone_numbers")
]
NUMBER, OTHER = "+6588888888", "+6588888889"


def phones(user: WiseUser, path: str = PATHS[0]) -> list[dict[str, Any]]:
    answer = user.partner.call("GET", path.format(user.id))
    assert answer.status == 200, answer.body
    return list(answer.json)


def put(user: WiseUser, number: str, path: str = PATHS[0]) -> Answer:
    id_ = phones(user)[0]["id"]
    return user.partner.call("PUT", f"{path.format(user.id)}/{id_}", {"phoneNumber": number})


@pytest.mark.parametrize("path", PATHS)
def test_from_the_first_to_the_last(ada: WiseUser, path: str):
    bank = ada.partner
    assert phones(ada, path) == []
    made = bank.call("POST", path.format(ada.id), {"phoneNumber": NUMBER})
    assert made.status == 200
    assert made.json == {
        "id": made.json["id"],
        "phoneNumber": NUMBER,
        "type": "PRIMARY",
        "verified": True,
        "clientId": bank.client_id,
    }
    assert all(phones(ada, other) == [made.json] for other in PATHS)
    changed = put(ada, OTHER, path)
    assert (changed.status, changed.json) == (200, {**made.json, "phoneNumber": OTHER})
    assert phones(ada) == [changed.json]
    one = f"{path.format(ada.id)}/{made.json['id']}"
    assert bank.call("DELETE", one).status == 204
    for answer in (
        bank.call("DELETE", one),
        bank.call("PUT", one, {"phoneNumber": NUMBER}),
    ):
        refused(answer, 404, "phone.number.not.found")
    assert phones(ada) == []
    again = bank.call("POST", path.format(ada.id), {"phoneNumber": NUMBER})
    assert again.json["id"] != made.json["id"]


def test_ids_are_int64(ada: WiseUser):
    made = ada.set_phone().json["id"]
    assert type(made) is int
    assert 2**31 < made < 2**63


def test_a_person_has_one(ada: WiseUser):
    first = ada.set_phone(NUMBER)
    same = ada.set_phone("+65 8888 8888")
    assert (same.status, same.json) == (200, first.json), "the same number is the same phone"
    refused(ada.set_phone(OTHER), 409, "phone.number.already.exists")
    assert [one["phoneNumber"] for one in phones(ada)] == [NUMBER]


def test_a_number_has_one_person(bank: Partner, ada: WiseUser):
    owner = bank.sign_up("grace@navy.example")
    assert owner.set_phone(NUMBER).status == 200
    message = "It's linked to an account with the email ****@navy.example"
    for spelling in (NUMBER, "+65 8888 8888", "+65-8888-8888"):
        answer = ada.set_phone(spelling)
        assert (answer.status, answer.json["errors"][0]["message"]) == (422, message)
    assert ada.set_phone(OTHER).status == 200
    answer = put(ada, NUMBER)
    assert (answer.status, answer.json["errors"][0]["message"]) == (422, message)
    assert [one["phoneNumber"] for one in phones(ada)] == [OTHER]
    assert put(owner, "+6588888887").status == 200
    assert put(ada, NUMBER).status == 200, "who gives a number up, gives it free"
    assert another_programme(bank).sign_up().set_phone(NUMBER).status == 200


async def test_whose_it_is_only_their_own_client_hears(box: Sandbox, bank: Partner):
    owner = bank.sign_up("grace@navy.example")
    assert owner.set_phone(NUMBER).status == 200
    stranger = enrolled(await another_client(box, bank), "phone")
    fresh = stranger.partner.sign_up()
    for answer in (fresh.set_phone(NUMBER), put(stranger, NUMBER)):
        assert (answer.status, answer.json) == (
            422,
            {
                "errors": [
                    {
                        "code": "phone.number.repeated",
                        "message": "It's linked to another account",
                        "path": "phoneNumber",
                    }
                ]
            },
        )


async def test_the_client_that_gave_it_is_told(box: Sandbox, ada: WiseUser):
    other = await another_client(box, ada.partner)
    assert ada.set_phone(NUMBER).json["clientId"] == ada.partner.client_id
    code = await agreed(box, ada, other, "https://bank.example/")
    given = other.oauth(
        grant_type="authorization_code", code=code, redirect_uri="https://bank.example/"
    )
    theirs = replace(ada, partner=other, token=given.json["access_token"])
    assert phones(theirs)[0]["clientId"] == ada.partner.client_id
    assert put(theirs, OTHER).json["clientId"] == other.client_id


async def begun(box: Sandbox, bank: Partner) -> tuple[Person, WiseUser]:
    """Somebody who began to enrol their phone in the other dialect."""
    person = new_person(bank.server)
    assert person.enrol().status == 204
    user = WiseUser(bank, person.email, int(person.user_id))
    code = await agreed(box, user, bank, "https://bank.example/")
    form = {"grant_type": "authorization_code", "code": code}
    assert bank.oauth(**form, redirect_uri="https://bank.example/").status == 200
    return person, user


async def test_a_number_that_was_never_proved_is_not_verified(box: Sandbox, bank: Partner):
    person, user = await begun(box, bank)
    assert [(one["phoneNumber"], one["verified"]) for one in phones(user)] == [
        (person.phone, False)
    ]
    assert person.verify_enrolment().status == 204
    assert [one["verified"] for one in phones(user)] == [True]


async def test_the_clients_word_ends_what_a_code_was_to_prove(box: Sandbox, bank: Partner):
    person, user = await begun(box, bank)
    answer = user.set_phone(person.phone)
    assert (answer.status, answer.json["verified"]) == (200, True)
    assert phones(user) == [answer.json]


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("+65 8888 8888", 200, ""),
        (" +6588888888", 200, ""),
        ("88888888", 422, "UNEXPECTED"),
        ("006588888888", 422, "UNEXPECTED"),
        ("+658", 400, "Size"),
        ("+6588", 422, "UNEXPECTED"),
        ("+65888888888888888", 422, "UNEXPECTED"),
        ("+99988888888", 422, "UNEXPECTED"),
        ("+" + "6" * 25, 400, "Size"),
        ("not a number", 422, "UNEXPECTED"),
        ("+65888888\x0088", 400, "Pattern"),
        ("+441212345678", 422, "UNEXPECTED"),
        (6588888888, 400, "typeMismatch"),
        (None, 400, "NotNull"),
        ({"e164": NUMBER}, 400, "typeMismatch"),
    ],
)
def test_what_a_number_is(ada: WiseUser, number: Any, status: int, code: str):
    path = PATHS[0].format(ada.id)
    answer = ada.partner.call("POST", path, {"phoneNumber": number})
    if not code:
        assert (answer.status, answer.json["phoneNumber"]) == (status, NUMBER)
        return
    refused(answer, status, code)
    assert answer.json["errors"][0]["path"] == "phoneNumber"
    assert ada.set_phone(OTHER).status == 200
    refused(put(ada, number), status, code)


def test_a_country_without_messages(ada: WiseUser):
    ada.server.settings(countries=["MT"])
    refused(ada.set_phone(NUMBER), 422, "phone.country.not.supported")
    assert ada.set_phone("+35679000001").status == 200
    refused(put(ada, NUMBER), 422, "phone.country.not.supported")


@pytest.mark.parametrize("id_", ["x", "1.5", "-1", "0x10", "9" * 20, "9" * 400, "%00", "%D9%A1"])
def test_ids_that_are_none(ada: WiseUser, id_: str):
    path = PATHS[0].format(ada.id)
    for answer in (
        ada.partner.call("DELETE", f"{path}/{id_}"),
        ada.partner.call("PUT", f"{path}/{id_}", {"phoneNumber": NUMBER}),
        ada.partner.call("GET", PATHS[0].format(id_)),
    ):
        refused(answer, 400, "Pattern")


def test_ids_have_64_bits(ada: WiseUser):
    path = PATHS[0].format(ada.id)
    assert ada.partner.call("DELETE", f"{path}/{2**63 - 1}").status == 404
    refused(ada.partner.call("DELETE", f"{path}/{2**63}"), 400, "Range")


def test_a_change_voids_what_was_asked(grace: WiseUser):
    ott = asked(grace)
    assert grace.trigger(ott).status == 200
    assert put(grace, OTHER).status == 200
    refused(grace.verify_code(ott), 404, "ott.not.found")
    assert asked(grace) != ott
