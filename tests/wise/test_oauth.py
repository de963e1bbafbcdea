"""`POST /oauth/token` and the life of the tokens that it gives."""

import base64
import re
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

import pytest

from assent.dialects.wise.names import VERSIONS
from tests.support.client import Answer
from tests.support.processes import Sandbox
from tests.support.wise import REGISTRATION_CODE, Partner, WiseUser
from tests.wise.people import agreed, another_client, another_programme

FORM = {"content-type": "application/x-www-form-urlencoded"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TWENTY_YEARS = 628_559_999
URI = "https://bank.example/back"


def registration(user: WiseUser, **other: str) -> dict[str, str]:
    return {
        "grant_type": "registration_code",
        "client_id": user.partner.client_id,
        "email": user.email,
        "registration_code": REGISTRATION_CODE,
        **other,
    }


def wrong(answer: Answer, status: int, error: str, description: str = "") -> None:
    """RFC 6749 5.2."""
    assert answer.status == status, answer.body
    assert set(answer.json) == {"error", "error_description"}
    assert answer.json["error"] == error
    assert description in answer.json["error_description"]


def works(user: WiseUser) -> bool:
    answer = user.call("GET", "/v1/me")
    assert answer.status in (200, 401)
    return answer.status == 200


# what each grant gives


@pytest.mark.parametrize("path", ["/oauth/token", *(f"/{v}/oauth/token" for v in VERSIONS)])
def test_a_client_s_own_token(bank: Partner, path: str):
    form = b"grant_type=client_credentials"
    answer = bank.server.call("POST", path, None, {**bank.basic, **FORM}, raw=form)
    assert answer.status == 200
    given = answer.json
    assert set(given) == {"access_token", "token_type", "expires_in", "expires_at", "scope"}
    assert (given["token_type"], given["expires_in"], given["scope"]) == (
        "bearer",
        43_199,
        "transfers",
    )
    assert INSTANT.fullmatch(given["expires_at"])
    ends = datetime.fromisoformat(given["expires_at"]).timestamp() * 1_000
    assert abs(ends - bank.server.now - 43_200_000) < 5_000
    bank.token = given["access_token"]
    assert bank.call("POST", "/v1/users/exists", {"email": "a@example.com"}).status == 200


def is_user_set(answer: Answer) -> None:
    assert answer.status == 200, answer.body
    given = answer.json
    assert set(given) == {
        *("access_token", "token_type", "refresh_token", "expires_in", "expires_at"),
        *("refresh_token_expires_in", "refresh_token_expires_at", "scope", "created_at"),
    }
    assert (given["token_type"], given["expires_in"], given["scope"]) == (
        "bearer",
        43_199,
        "transfers",
    )
    assert given["refresh_token_expires_in"] > TWENTY_YEARS - 100
    for name in ("expires_at", "refresh_token_expires_at", "created_at"):
        assert INSTANT.fullmatch(given[name])


def test_by_registration_code(ada: WiseUser):
    answer = ada.log_in()
    is_user_set(answer)
    assert ada.call("GET", "/v1/me").json["id"] == ada.id


def test_the_client_s_id_in_the_form_may_be_left_out(ada: WiseUser):
    form = registration(ada)
    del form["client_id"]
    is_user_set(ada.partner.oauth(**form))


async def test_by_authorisation_code(box: Sandbox, ada: WiseUser):
    bank = ada.partner
    code = await agreed(box, ada, bank, URI)
    form = {"grant_type": "authorization_code", "client_id": bank.client_id, "code": code}
    wrong(bank.oauth(**form, redirect_uri=URI + "/"), 401, "invalid_grant")
    answer = bank.oauth(**form, redirect_uri=URI)
    is_user_set(answer)
    ada.token = answer.json["access_token"]
    assert ada.call("GET", "/v1/me").json["id"] == ada.id
    wrong(bank.oauth(**form, redirect_uri=URI), 401, "invalid_grant")
    assert works(ada), "nobody's use of a used code ends what it gave"


async def test_a_code_lives_five_minutes(box: Sandbox, ada: WiseUser):
    bank = ada.partner
    code = await agreed(box, ada, bank, URI)
    bank.server.advance(300)
    wrong(
        bank.oauth(grant_type="authorization_code", code=code, redirect_uri=URI),
        401,
        "invalid_grant",
    )


async def test_a_code_lets_a_client_act_for_a_person_it_did_not_sign_up(
    box: Sandbox, ada: WiseUser
):
    other = await another_client(box, ada.partner)
    code = await agreed(box, ada, other, URI)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": URI}
    wrong(ada.partner.oauth(**form), 401, "invalid_grant")
    answer = other.oauth(**form)
    is_user_set(answer)
    theirs = replace(ada, partner=other, token=answer.json["access_token"])
    assert theirs.call("GET", "/v1/me").json["id"] == ada.id
    assert works(ada), "each client has tokens of its own"
    wrong(other.oauth(**registration(theirs)), 401, "invalid_grant")


def test_a_refresh_token(ada: WiseUser):
    old = ada.token
    answer = ada.partner.oauth(grant_type="refresh_token", refresh_token=ada.refresh_token)
    is_user_set(answer)
    assert answer.json["refresh_token"] == ada.refresh_token
    assert not works(replace(ada, token=old)), "at once"
    ada.token = answer.json["access_token"]
    assert works(ada)


def test_the_grant_run_again_kills_what_it_gave_before(ada: WiseUser):
    before = replace(ada)
    assert ada.log_in().status == 200
    assert ada.refresh_token != before.refresh_token
    wrong(
        ada.partner.oauth(grant_type="refresh_token", refresh_token=before.refresh_token),
        401,
        "invalid_grant",
    )
    assert not works(before)
    assert works(ada)


# twelve hours


@pytest.mark.parametrize("sort", ["application", "user"])
def test_an_access_token_lives_twelve_hours(ada: WiseUser, sort: str):
    def status() -> int:
        if sort == "user":
            return ada.call("GET", "/v1/me").status
        return ada.partner.call("POST", "/v1/users/exists", {"email": ada.email}).status

    server = ada.server
    server.advance(43_190)
    assert status() == 200
    server.advance(10)
    assert status() == 401
    server.advance(1_000_000)
    answer = ada.partner.oauth(grant_type="refresh_token", refresh_token=ada.refresh_token)
    is_user_set_again(answer)
    ada.token = answer.json["access_token"]
    ada.partner.token = ada.partner.oauth(grant_type="client_credentials").json["access_token"]
    assert status() == 200


def is_user_set_again(answer: Answer) -> None:
    """The refresh token's time runs on."""
    assert answer.status == 200
    assert answer.json["refresh_token_expires_in"] < TWENTY_YEARS - 1_000_000


def test_calls_do_not_lengthen_it(ada: WiseUser):
    for _ in range(11):
        ada.server.advance(3_600)
        assert works(ada)
    ada.server.advance(3_600)
    assert not works(ada)


# what is refused


def test_forms_that_are_refused(ada: WiseUser):
    full = registration(ada)

    def without(name: str) -> dict[str, str]:
        return {key: value for key, value in full.items() if key != name}

    for form, description in (
        ({}, "Missing grant type"),
        (without("grant_type"), "Missing grant type"),
        (without("email"), "Missing email"),
        (without("registration_code"), "Missing registration_code"),
        ({**full, "email": ""}, "Missing email"),
        ({**full, "client_id": "another"}, "client_id"),
        ({"grant_type": "refresh_token"}, "Missing refresh_token"),
        ({"grant_type": "authorization_code", "redirect_uri": URI}, "Missing code"),
        ({"grant_type": "authorization_code", "code": "x"}, "Missing redirect_uri"),
    ):
        wrong(ada.partner.oauth(**form), 400, "invalid_request", description)


def test_other_grant_types(bank: Partner):
    for name in ("password", "implicit", "CLIENT_CREDENTIALS", "", "x" * 5_000, "\u00e9\x00"):
        answer = bank.oauth(grant_type=name)
        wrong(answer, 400, "unsupported_grant_type")
        assert len(answer.json["error_description"]) < 100


def test_unknown_fields_are_ignored(ada: WiseUser):
    is_user_set(ada.partner.oauth(**registration(ada, scope="everything", color="blue")))


def test_bodies_that_are_no_form(bank: Partner):
    headers = {**bank.basic, **FORM}
    for raw in (
        b'{"grant_type":"client_credentials"}',
        b"grant_type=client_credentials&grant_type=client_credentials",
        b"grant_type=client_credentials&client_id=a&client_id=b",
        b"grant_type=%ff",
        b"\xff\xfe",
        b"a=1&" * 21,
        b"\x00",
    ):
        wrong(bank.server.call("POST", "/oauth/token", None, headers, raw), 400, "invalid_request")
    assert bank.server.call("POST", "/oauth/token", None, headers, b"a" * 70_000).status == 413


def test_a_form_is_read_whatever_the_content_type(bank: Partner):
    for kind in ("text/plain", "application/json"):
        headers = {**bank.basic, "content-type": kind}
        form = b"grant_type=client_credentials"
        assert bank.server.call("POST", "/oauth/token", None, headers, form).status == 200


def basic(text: str | bytes) -> str:
    return "Basic " + base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def test_who_is_no_client(bank: Partner):
    other = another_programme(bank)
    form = urlencode({"grant_type": "client_credentials"}).encode()
    right = f"{bank.client_id}:{bank.secret}"
    for value in (
        *(None, "", "Basic", "Basic ", "Basic !!!", "Basic \u00e9", basic(""), basic(b"\xff:\xff")),
        *(basic(bank.client_id), basic(f"{bank.client_id}:"), basic(f":{bank.secret}")),
        *(basic(right + "x"), basic(right[:-1]), basic(right + "\n"), basic("\x00" + right)),
        basic(f"{bank.client_id}:{other.secret}"),
        basic(f"{other.client_id}:{bank.secret}"),
        basic(f"{bank.client_id.upper()}x:{bank.secret}"),
        basic(right).replace("Basic", "Bearer"),
        f"Bearer {bank.token}",
    ):
        headers = FORM if value is None else {**FORM, "authorization": value}
        answer = bank.server.call("POST", "/oauth/token", None, headers, form)
        wrong(answer, 401, "invalid_client", "Client authentication failed")
        assert answer.headers["www-authenticate"].startswith("Basic ")
    assert bank.server.call("GET", "/oauth/token", None, bank.basic).status == 405


def test_the_scheme_in_any_case(bank: Partner):
    headers = {**FORM, "authorization": bank.basic["authorization"].replace("Basic", "bAsIc")}
    form = b"grant_type=client_credentials"
    assert bank.server.call("POST", "/oauth/token", None, headers, form).status == 200


def test_who_is_no_person_of_the_client(ada: WiseUser):
    bank = ada.partner
    stranger = another_programme(bank).sign_up()
    for form in (
        registration(ada, registration_code="x" * 32),
        registration(ada, registration_code=REGISTRATION_CODE + "r"),
        registration(ada, email="nobody@example.com"),
        registration(ada, email=stranger.email),
        registration(ada, email="\x00"),
        {"grant_type": "refresh_token", "refresh_token": stranger.refresh_token},
        {"grant_type": "refresh_token", "refresh_token": ada.token},
        {"grant_type": "refresh_token", "refresh_token": "x"},
        {"grant_type": "authorization_code", "code": "x", "redirect_uri": URI},
        {"grant_type": "authorization_code", "code": ada.refresh_token, "redirect_uri": URI},
    ):
        wrong(bank.oauth(**form), 401, "invalid_grant", "Invalid user credentials.")
    assert works(ada)


async def test_another_client_of_the_programme(box: Sandbox, ada: WiseUser):
    other = await another_client(box, ada.partner)
    for form in (
        registration(ada, client_id=other.client_id),
        {"grant_type": "refresh_token", "refresh_token": ada.refresh_token},
    ):
        wrong(other.oauth(**form), 401, "invalid_grant", "Invalid user credentials.")
    body = {"email": ada.email, "registrationCode": "s" * 32}
    answer = other.call("POST", "/v1/user/signup/registration_code", body)
    assert answer.status == 409
    assert works(ada)
