"""Bodies that say more than they are asked for."""

import json
from typing import Any

import pytest

from tests.support.client import Server
from tests.support.weavr import (
    BY_NAME,
    PASSWORD,
    consumer_body,
    enrolled_person,
    log_in,
    new_person,
    set_password,
)

EXTRA: dict[str, Any] = {
    "emailVerified": True,
    "mobileNumberVerified": True,
    "mobile_verified": True,
    "active": False,
    "id": "1",
    "subject_id": 1,
    "version": 99,
    "programme_id": 1,
    "programmeId": "1",
    "steppedUp": True,
    "stepped_up_at": 1,
    "role": "ADMIN",
    "details": {"email": "thief@example.com"},
    "creationTimestamp": 1,
    "profileId": "1",
    "factors": [{"type": "OTP", "channel": "SMS", "status": "ACTIVE"}],
    "password": {"value": "Thiefs-word1"},
    "passwordAlreadySet": True,
    "rootUser": {"emailVerified": True, "active": False},
    "__class__": "Subject",
    "__proto__": {"active": False},
}


def _told(person_answer: Any) -> dict[str, Any]:
    seen: dict[str, Any] = json.loads(person_answer.body)
    return seen


def test_an_update_changes_what_it_may_and_nothing_else(server: Server) -> None:
    """CVE-2026-27946 (ZITADEL): a person marked their own phone and e-mail as verified, through
    the call that updates a name."""
    person = new_person(server)
    before = _told(person.call("GET", "/consumers"))
    changed = person.change(name="Augusta", **EXTRA)
    assert changed.status == 200, changed.body
    after = _told(person.call("GET", "/consumers"))
    expected = {**before, "rootUser": {**before["rootUser"], "name": "Augusta"}}
    assert _told(changed) == after == expected
    assert after["rootUser"]["emailVerified"] is False
    assert after["rootUser"]["mobileNumberVerified"] is False
    assert after["rootUser"]["active"] is True
    assert person.factors().json["factors"] == []
    assert person.log_in().status == 200


def test_a_new_person_is_born_unverified_whatever_they_say(server: Server) -> None:
    """The same through the call that creates."""
    body = consumer_body(server, "born@example.com", "79333333")
    body = {**EXTRA, **body, "rootUser": {**EXTRA, **body["rootUser"]}}
    made = server.call("POST", "/multi/consumers", body, server.api)
    assert made.status == 200, made.body
    root = made.json["rootUser"]
    assert (root["emailVerified"], root["mobileNumberVerified"]) == (False, False)
    assert (root["active"], root["passwordAlreadySet"]) == (True, False)
    assert root["id"]["id"] != "1"
    assert log_in(server, "born@example.com", "Thiefs-word1").status == 403
    assert not {"role", "steppedUp", "details", "version", "__class__"} & set(root)


def test_a_challenge_takes_nothing_from_the_caller_but_the_code(server: Server) -> None:
    """CVE-2026-28787 (OneUptime): what was expected came with the request.
    CVE-2026-46419 (java-webauthn-server): and the result of the check was not looked at."""
    person = enrolled_person(server)
    for body in (
        {**EXTRA, "mobile": {"countryCode": "+356", "number": "79444444"}, "to": "+35679444444"},
        {"expected": "000000", "verificationCode": "000000", "code": "000000"},
    ):
        asked = person.call("POST", "/stepup/challenges/otp/SMS", body)
        assert asked.status == 204, asked.body
        assert server.messages("+35679444444") == []
        more = {**EXTRA, **body, "verificationCode": "000000", "expected": "000000"}
        answer = person.call("POST", "/stepup/challenges/otp/SMS/verify", more)
        assert answer.error == "VERIFICATION_CODE_INVALID"
        server.advance(16)
    assert person.change_password().error == "STEP_UP_REQUIRED"


@pytest.mark.parametrize(
    "value",
    [
        ["a@example.com", "thief@example.com"],
        {"0": "a@example.com"},
        {"$ne": ""},
        None,
        True,
        0,
        "a@example.com,thief@example.com",
        "a@example.com\nBcc: thief@example.com",
        "a@example.com\r\n",
        "a@example.com thief@example.com",
    ],
    ids=str,
)
def test_one_address_is_one_address(server: Server, value: Any) -> None:
    """CVE-2023-7028 (GitLab): an array of addresses, and the mail went to the second one too."""
    person = new_person(server)
    body = {"email": value, "password": {"value": PASSWORD}}
    path = "/multi/login_with_password"
    answer = server.call("POST", path, body, server.api)
    assert answer.status == 400
    assert answer.json["syntaxErrors"]["invalidFields"][0]["fieldName"] == "email"
    assert person.change(email=value).status == 400 if value is not None else True
    assert person.call("GET", "/consumers").json["rootUser"]["email"] == person.email


def test_the_same_field_twice_is_not_two_answers(server: Server) -> None:
    """Two readers of one body, each with its own idea of which of two values counts."""
    person = new_person(server)
    raw = (
        f'{{"email":"{person.email}","password":{{"value":"Wrong-word1"}},'
        f'"password":{{"value":"Wrong-word2"}}}}'
    )
    answer = server.call("POST", "/multi/login_with_password", None, server.api, raw.encode())
    assert answer.status in (400, 403)


def test_no_end_of_a_long_password_is_cut_off(server: Server) -> None:
    """Okta AD/LDAP delegated authentication, October 2024: bcrypt saw the first 72 octets, and
    with a name long enough no password was needed at all."""
    server.settings(password_profile="modern")
    person = new_person(server, password="")
    stem = "correct horse battery staple " * 3  # 87
    assert set_password(server, person.user_id, f"{stem}mainsail").status == 200
    for wrong in (f"{stem}topsail", stem.strip(), f"{stem}mainsai", f"{stem}mainsail "):
        assert log_in(server, person.email, wrong).status == 403, wrong
    assert log_in(server, person.email, f"{stem}mainsail").status == 200


def test_a_nul_does_not_end_a_password(server: Server) -> None:
    """What stands after a NUL must not be thrown away by some library below."""
    person = new_person(server)
    assert log_in(server, person.email, f"{PASSWORD}\x00anything").status in (400, 403)
    assert log_in(server, person.email, f"{PASSWORD}\u0000").status in (400, 403)


def test_the_host_header_goes_nowhere(server: Server) -> None:
    """CVE-2025-64101 (ZITADEL), CVE-2025-25198 (mailcow): links were built from what the request
    said of its host. No message of ours has a link yet; nor may a redirect have one."""
    person = new_person(server)
    evil = {
        "host": "evil.example",
        "x-forwarded-host": "evil.example",
        "forwarded": "host=evil.example;proto=https",
        "x-original-url": "/health/live",
        "x-rewrite-url": "/health/live",
    }
    for path in ("/multi/login_with_password/", "/multi", "/health/live/", "//evil.example/"):
        answer = server.call("GET", path, None, evil)
        assert answer.status in (404, 405), path
        assert "location" not in answer.headers
        assert b"evil" not in answer.body
    headers = {**server.bearer(person.token), **evil}
    assert server.call("POST", "/multi/authentication_factors/otp/SMS", None, headers).status == 204
    assert "evil" not in json.dumps(server.messages(person.phone))
    assert "evil" not in server.call("GET", "/.well-known/jwks.json", None, evil).body.decode()


def test_no_operation_answers_without_its_key(server: Server) -> None:
    """Authy, July 2024: a call without credentials told whose phone numbers were known."""
    person = enrolled_person(server)
    for operation in BY_NAME.values():
        path = operation.path_for(person)
        for headers in (
            {},
            {"api-key": ""},
            {"api-key": server.credentials["programme"]["ui_key"]},
            {"api-key": server.credentials["sandbox_key"]},
            {"api-key": server.credentials["simulator_key"]},
            {"programme-key": server.credentials["programme"]["api_key"]},
            {"authorization": f"Bearer {person.token}"},
        ):
            answer = server.call(operation.method, path, operation.body(person), headers)
            assert answer.status == 401, (operation.name, headers)
