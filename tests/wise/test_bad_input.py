"""Requests that are wrong: ids, bodies, headers, methods; each a 4xx in the dialect's envelopes."""

import copy
import json
from typing import Any

import pytest

from tests.support.client import Answer
from tests.support.wise import Partner, WiseUser
from tests.wise.operations import OPERATIONS, Operation, ids_of
from tests.wise.people import FACTORS, asked, code_of, enrolled, refused

ONE_GENERATION = [one for one in OPERATIONS if not one.path.startswith(("/2026Q4/", "/2027Q1/"))]
"""The calendar versions are one list in the code."""
WITH_BODIES = [one for one in ONE_GENERATION if one.body is not None]
SPRING = {"timestamp", "status", "error", "message", "path"}


@pytest.fixture
def user(bank: Partner) -> WiseUser:
    return enrolled(bank, *FACTORS)


def bearer_of(operation: Operation, user: WiseUser) -> dict[str, str]:
    bank = user.partner
    return {"user": user.bearer, "application": bank.bearer, "basic": bank.basic}[operation.token]


def in_an_envelope(answer: Answer) -> bool:
    """One of the documented three."""
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers["x-trace-id"]) == 32
    if set(answer.json) == {"errors"}:
        return all(
            {"code", "message"} <= set(one) <= {"code", "message", "path", "arguments"}
            for one in answer.json["errors"]
        )
    return set(answer.json) in ({"error", "error_description"}, SPRING)


# ids

NO_IDS = ["x", "1.5", "-1", "+1", "1e3", "0x1", "9" * 19, "9" * 400, "%00", "%D9%A1", "%20", "1%0A"]


@pytest.mark.parametrize("wrong", NO_IDS, ids=[wrong[:20] for wrong in NO_IDS])
def test_ids_that_are_none(user: WiseUser, wrong: str):
    ids = ids_of(user)
    for operation in ONE_GENERATION:
        for name in ids:
            if f"{{{name}}}" in operation.path:
                bearer = bearer_of(operation, user)
                answer = operation.call(user, {**ids, name: wrong}, bearer, one_time_token="x")
                # where the token is looked up first
                assert answer.status in (400, 404), (operation.name, answer.body)
                assert code_of(answer) in ("Pattern", "Range", "ott.not.found"), operation.name
                if code_of(answer) == "Pattern":
                    assert answer.json["errors"][0]["path"] == name


def test_both_ids_of_a_path_are_named(user: WiseUser):
    path = "/v3/profiles/x/transfers/y/payments"
    answer = user.call("POST", path, {"type": "CASH"})
    assert answer.status == 400
    paths = [one["path"] for one in answer.json["errors"]]
    assert paths == ["profileId", "type"] or paths == ["profileId", "transferId", "type"]


# bodies

NO_JSON = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"7",
    b'"x"',
    b"\xff",
    b"\x00",
    b"[" * 10_000,
    b'{"a":' * 2_000,
]


@pytest.mark.parametrize("raw", NO_JSON, ids=lambda raw: repr(raw[:6]))
def test_bodies_that_are_no_object(user: WiseUser, raw: bytes):
    ids = ids_of(user)
    for operation in WITH_BODIES:
        path, bearer = operation.path_for(ids), bearer_of(operation, user)
        for headers in (bearer, {**bearer, "content-type": "text/xml"}):
            answer = user.server.call(operation.method, path, None, headers, raw)
            assert answer.status == 400, (operation.name, answer.body)
            assert in_an_envelope(answer)


WRONG: tuple[Any, ...] = (None, 7, 10**30, 1.5, True, [], ["1234"], {}, {"a": {}}, "\x00", "\ud800")


@pytest.mark.parametrize("value", WRONG, ids=[ascii(value) for value in WRONG])
def test_fields_of_another_type(user: WiseUser, value: Any):
    ids = ids_of(user)
    for operation in WITH_BODIES:
        for name in operation.body:
            body = {**copy.deepcopy(operation.body), name: value}
            answer = operation.call(user, ids, bearer_of(operation, user), body, one_time_token="x")
            assert answer.status == 400, (operation.name, name, answer.body)
            assert in_an_envelope(answer)


def test_bodies_that_are_too_large(user: WiseUser):
    ids = ids_of(user)
    for operation in WITH_BODIES:
        raw = json.dumps({**operation.body, "more": "a" * 1_500_000}).encode()
        bearer = bearer_of(operation, user)
        answer = user.server.call(operation.method, operation.path_for(ids), None, bearer, raw)
        if "encrypted" in operation.name or operation.encrypted or operation.path.endswith("jws"):
            assert answer.status in (400, 413), operation.name
        else:
            refused(answer, 413, "payload.too.large")


def test_a_body_is_read_whatever_its_type(grace: WiseUser):
    ott = asked(grace)
    assert grace.trigger(ott).status == 200
    path, raw = "/v1/one-time-token/sms/verify", b'{"otpCode":"111111","more":[1]}'
    headers = {
        **grace.bearer,
        "one-time-token": ott,
        "content-type": "application/x-www-form-urlencoded",
    }
    assert grace.server.call("POST", path, None, headers, raw).status == 200


# headers


@pytest.mark.parametrize("name", ["authorization", "one-time-token", "x-2fa-approval"])
def test_a_header_twice(grace: WiseUser, name: str):
    """Which of the two is meant depends on who reads."""
    grace.new_balance()
    transfer = grace.new_transfer()
    ott = grace.fund(transfer).headers["x-2fa-approval"]
    grace.clear(ott)
    value = {"authorization": grace.bearer["authorization"]}.get(name, ott)
    path = f"/v3/profiles/{grace.profile_id}/transfers/{transfer}/payments"
    for other in (value, "x", ""):
        for pair in ((value, other), (other, value)):
            sent = [(name, one) for one in pair]
            if name != "authorization":
                sent.append(("authorization", grace.bearer["authorization"]))
            answer = grace.server.call("POST", path, {"type": "BALANCE"}, sent)
            refused(answer, 400, "Repeated")
            assert answer.json["errors"][0]["path"] == name
    assert grace.fund(transfer, ott).status == 200


@pytest.mark.parametrize("value", ["\u00e9" * 36, "a" * 8_000, "{}", "' OR 1=1 --", "%00", "a,b"])
def test_odd_headers(grace: WiseUser, value: str):
    transfer = grace.new_transfer()
    for name in ("x-2fa-approval", "one-time-token", "x-tw-jose-method", "accept", "content-type"):
        path = f"/v3/profiles/{grace.profile_id}/transfers/{transfer}/payments"
        answer = grace.call("POST", path, {"type": "BALANCE"}, headers={name: value})
        assert answer.status == 403, name
        assert in_an_envelope(answer)
    answer = grace.server.call("GET", "/v1/me", None, {"authorization": f"Bearer {value}"})
    assert (answer.status, answer.json["error"]) == (401, "invalid_token")
    assert value not in answer.body.decode()


# paths and methods


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/", "/v1/nothing", "/v1/user/pin/", "/v1//user/pin", "/v1/user/PIN"),
        *("/v2/user/pin", "/v9/user/pin", "/2026Q3/user/pin", "/2026Q2/profiles", "/2026q3/me"),
        *("/v1/user/pin%2f", "/v1/../v1/me", "/oauth/token/", "/v1/users/1/pin/x", "/v3/%00"),
    ],
)
def test_paths_that_are_not_there(grace: WiseUser, path: str):
    for method in ("GET", "POST", "DELETE"):
        answer = grace.call(method, path)
        assert answer.status == 404, method
        assert answer.json


def test_methods_that_a_path_does_not_know(user: WiseUser):
    ids = ids_of(user)
    known: dict[str, set[str]] = {}  # OPTIONS apart: browsers ask with it, of every path
    for operation in OPERATIONS:
        known.setdefault(operation.path_for(ids).partition("?")[0], set()).add(operation.method)
    for path, methods in known.items():
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE"} - methods:
            answer = user.call(method, path)
            assert answer.status == 405, (method, path)
            assert set(answer.headers["allow"].split(", ")) >= methods
            assert answer.json["errors"][0]["arguments"] == answer.headers["allow"].split(", ")
        assert user.call("HEAD", path).status == 405
