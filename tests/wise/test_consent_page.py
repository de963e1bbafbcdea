"""The sandbox's page on which a person lets a client act for them."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.support.approval_page import FORM
from tests.support.client import Answer
from tests.support.wise import Partner, WiseUser

PATH = "/oauth/authorize"
BACK = "http://localhost:3000/wise/back?shop=1"
SAME = {"sec-fetch-site": "same-origin"}


def asked(bank: Partner, path: str = PATH, **changes: str) -> Answer:
    """The link that the client's page has."""
    query = {"client_id": bank.client_id, "redirect_uri": BACK, "state": "s/&=é", **changes}
    return bank.server.call("GET", f"{path}?{urlencode(query)}")


def hidden(answer: Answer) -> dict[str, str]:
    """What the form carries on."""
    found = re.findall('type="hidden" name="([^"]*)" value="([^"]*)"', answer.body.decode())
    return {name: unescape(value) for name, value in found}


def decided(bank: Partner, form: dict[str, str], headers: Any = SAME, **changes: str) -> Answer:
    body = urlencode({**form, "decision": "allow", **changes}).encode()
    return bank.server.call("POST", PATH, None, {**FORM, **headers}, raw=body)


def query_of(answer: Answer) -> dict[str, str]:
    assert answer.status == 302, answer.body
    location = answer.headers["location"]
    assert location.startswith(f"{BACK}&")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


@pytest.mark.parametrize("path", [PATH, f"{PATH}/"])
def test_the_page(bank: Partner, path: str):
    answer = asked(bank, path)
    assert answer.status == 200
    page = answer.body.decode()
    assert f"May {bank.client_id} act for you?" in page
    assert bank.server.credentials["programme"]["name"] in page
    assert "<script" not in page
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://localhost:3000;" in policy
    assert hidden(answer) == {
        "client_id": bank.client_id,
        "redirect_uri": BACK,
        "state": "s/&=é",
    }


def test_allowed(bank: Partner, ada: WiseUser):
    told = query_of(decided(bank, hidden(asked(bank)), email=ada.email))
    assert (told["state"], told["profileId"], told["shop"]) == ("s/&=é", str(ada.profile_id), "1")
    grant = {"grant_type": "authorization_code", "client_id": bank.client_id}
    elsewhere = bank.oauth(**grant, code=told["code"], redirect_uri="http://localhost:3000/")
    assert elsewhere.status == 401
    token = bank.oauth(**grant, code=told["code"], redirect_uri=BACK)
    assert token.status == 200, token.body
    ada.token = token.json["access_token"]
    assert ada.call("GET", "/v1/me").json["id"] == ada.id
    again = bank.oauth(**grant, code=told["code"], redirect_uri=BACK)
    assert again.status == 401


def test_denied(bank: Partner, ada: WiseUser):
    form = hidden(asked(bank))
    for decision in ("deny", "", "ALLOW"):
        told = query_of(decided(bank, form, email=ada.email, decision=decision))
        assert told == {"shop": "1", "error": "access_denied", "state": "s/&=é"}


def test_without_a_state_there_is_none(bank: Partner):
    told = query_of(decided(bank, hidden(asked(bank, state="")), decision="deny"))
    assert told == {"shop": "1", "error": "access_denied"}


def test_a_state_that_is_too_long(bank: Partner, ada: WiseUser):
    answer = asked(bank, state="s" * 1_001)
    assert answer.status == 400
    assert b"The state is too long" in answer.body
    assert b"redirect_uri" not in answer.body
    decision = decided(bank, {**hidden(asked(bank)), "state": "s" * 1_001}, email=ada.email)
    assert (decision.status, "location" in decision.headers) == (400, False)
    assert hidden(asked(bank, state="s" * 1_000))


def test_nobody_of_that_address(bank: Partner, ada: WiseUser):
    other = Partner(bank.server.isolated(), bank.jose).sign_up()
    form = hidden(asked(bank))
    for email in ("", "nobody@example.com", other.email, '"><script>'):
        answer = decided(bank, form, email=email)
        assert (answer.status, hidden(answer)) == (422, form)
        assert b"has no active user with that" in answer.body
        assert b"<script" not in answer.body


@pytest.mark.parametrize(
    "redirect_uri",
    [
        *("", "back", "/back", "//evil.example", "https://evil.example/", "javascript:alert(1)"),
        *("data:text/html,x", "http://localhost@evil.example/", "http://localhost.evil.example"),
        *("http://localhost:3000@evil.example", "http://ada@localhost:3000/", "ftp://localhost/"),
        *(
            "http://localhost:3000/#code",
            "http://localhost:3000\\@evil.example",
            "http://[::1]:3000/",
        ),
        *(
            "http://localhost:3000/\r\nset-cookie: a=b",
            "http://localhost:3000/é",
            "http://10.0.0.1/",
        ),
        "http://localhost:3000/" + "a" * 2_000,
        "http://localhost:99999/",
    ],
)
def test_a_code_goes_to_no_other_address(bank: Partner, ada: WiseUser, redirect_uri: str):
    shown = asked(bank, redirect_uri=redirect_uri)
    form = {**hidden(asked(bank)), "redirect_uri": redirect_uri}
    for answer in (
        shown,
        decided(bank, form, email=ada.email),
        decided(bank, form, decision="deny"),
    ):
        assert answer.status == 400, answer.body
        assert "location" not in answer.headers
        assert b"is not an address of a registered page" in answer.body


def test_only_registered_pages_where_there_are_any(bank: Partner, ada: WiseUser):
    form = hidden(asked(bank))
    bank.server.settings(origins=["https://bank.example"])
    assert decided(bank, form, email=ada.email).status == 400
    form["redirect_uri"] = "https://bank.example/back"
    answer = decided(bank, form, email=ada.email)
    assert answer.headers["location"].startswith("https://bank.example/back?code=asz_")


@pytest.mark.parametrize(
    "client",
    ["", "x", "1-00", "{programme}", "{programme}-", "{programme}-00ff", "{id}:", "{id}0", "{cut}"],
)
def test_a_client_that_is_none(bank: Partner, ada: WiseUser, client: str):
    programme = bank.server.credentials["programme"]["id"]
    named = client.format(programme=programme, id=bank.client_id, cut=bank.client_id[:-1])
    form = {**hidden(asked(bank)), "client_id": named}
    for answer in (asked(bank, client_id=named), decided(bank, form, email=ada.email)):
        assert answer.status == 400
        assert b"There is no client with this client_id." in answer.body


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_nobody_else_sends_the_form(bank: Partner, ada: WiseUser, headers: dict[str, str]):
    answer = decided(bank, hidden(asked(bank)), headers, email=ada.email)
    assert answer.status == 400
    assert "location" not in answer.headers


def test_a_browser_without_fetch_metadata(bank: Partner, ada: WiseUser):
    headers = {"origin": bank.server.base_url}
    assert decided(bank, hidden(asked(bank)), headers, email=ada.email).status == 302


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"{}", b"client_id=a&client_id=b", b"a=" + b"1" * 9_000]
)
def test_a_form_that_is_none(bank: Partner, body: bytes):
    answer = bank.server.call("POST", PATH, None, {**FORM, **SAME}, raw=body)
    assert answer.status == 400
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_other_methods(bank: Partner, method: str):
    answer = bank.server.call(method, PATH)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")
    assert bank.server.call("GET", f"{PATH}/more").status == 404
