"""People and their profiles."""

from typing import Any

import pytest

from tests.support.client import Answer
from tests.support.wise import Partner, WiseUser
from tests.wise.people import another_programme

SIGN_UP = "/v1/user/signup/registration_code"


def entries(answer: Answer) -> list[tuple[str, str | None]]:
    return [(one["code"], one.get("path")) for one in answer.json["errors"]]


def test_sign_up_and_what_is_known_then(bank: Partner):
    body = {"email": "Ada@Example.com", "registrationCode": "r" * 32, "language": "EN"}
    made = bank.call("POST", SIGN_UP, body)
    assert made.status == 200
    user = {**made.json}
    assert type(user.pop("id")) is int
    assert user == {"name": None, "email": "Ada@Example.com", "active": True, "details": None}
    ada = WiseUser(bank, "ada@example.com", made.json["id"])
    assert ada.log_in().status == 200
    for path in ("/v1/me", f"/v1/users/{ada.id}", f"/2026Q4/users/{ada.id}", "/2026Q3/me"):
        assert ada.call("GET", path).json == made.json
    (profile,) = ada.call("GET", "/v2/profiles").json
    assert profile["type"] == "PERSONAL"
    assert type(profile["id"]) is int
    assert ada.call("GET", f"/v2/profiles/{profile['id']}").json == profile
    assert ada.call("GET", f"/2027Q1/profiles/{profile['id']}").json == profile


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({}, 400, [("NotNull", "email"), ("NotNull", "registrationCode")]),
        ({"email": None}, 400, [("NotNull", "email"), ("NotNull", "registrationCode")]),
        ({"email": "a@example.com"}, 400, [("NotNull", "registrationCode")]),
        (
            {"email": "a@example.com", "registrationCode": "r" * 31},
            400,
            [("Size", "registrationCode")],
        ),
        ({"email": "no address", "registrationCode": "r" * 32}, 422, [("ERROR", "email")]),
        ({"email": "a" * 255, "registrationCode": "r" * 32}, 400, [("Size", "email")]),
        ({"email": 7, "registrationCode": "r" * 32}, 400, [("typeMismatch", "email")]),
        ({"email": "a\n@example.com", "registrationCode": "r" * 32}, 400, [("Pattern", "email")]),
        ([], 400, [("unreadable", None)]),
    ],
)
def test_who_cannot_sign_up(
    bank: Partner, body: Any, status: int, expected: list[tuple[str, str | None]]
):
    answer = bank.call("POST", SIGN_UP, body)
    assert (answer.status, entries(answer)) == (status, expected)


def test_the_documented_words_of_a_short_code(bank: Partner):
    answer = bank.call("POST", SIGN_UP, {"email": "a@example.com", "registrationCode": "r"})
    assert answer.json["errors"] == [
        {
            "code": "Size",
            "message": "size must be between 32 and 2147483647",
            "path": "registrationCode",
            "arguments": ["2147483647", "32"],
        }
    ]


def test_one_account_an_address(ada: WiseUser):
    bank = ada.partner
    for email in (ada.email, ada.email.upper()):
        answer = bank.call("POST", SIGN_UP, {"email": email, "registrationCode": "s" * 32})
        assert (answer.status, answer.json["errors"]) == (
            409,
            [
                {
                    "code": "NOT_UNIQUE",
                    "message": "You're already a member. Please login",
                    "path": "email",
                }
            ],
        )
    assert another_programme(bank).sign_up(ada.email).id != ada.id


def test_exists(ada: WiseUser):
    bank = ada.partner
    other = another_programme(bank)
    for caller, email, expected in (
        (bank, ada.email, True),
        (bank, ada.email.upper(), True),
        (bank, "nobody@example.com", False),
        (other, ada.email, False),
    ):
        answer = caller.call("POST", "/v1/users/exists", {"email": email})
        assert (answer.status, answer.json) == (200, {"exists": expected})


def test_contact_email(ada: WiseUser):
    path = f"/v1/users/{ada.id}/contact-email"
    assert ada.call("GET", path).json == {"email": ada.email}
    assert ada.call("PUT", path, {"email": "new@example.com"}).json == {"email": "new@example.com"}
    assert ada.call("GET", path).json == {"email": "new@example.com"}
    assert ada.call("GET", "/v1/me").json["email"] == ada.email, "it signs nobody in"
    assert ada.call("PUT", path, {"email": "no address"}).status == 422
    assert ada.call("PUT", path, {}).status == 400
    assert ada.call("GET", path).json == {"email": "new@example.com"}
