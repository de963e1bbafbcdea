"""What nobody should send: answered in the dialect's own shape, every invalid field at once."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from assent.http.request import BODY_LIMIT
from tests.support.client import Answer, Server
from tests.support.weavr import (
    BY_NAME,
    OPERATIONS,
    Operation,
    consumer_body,
    enrolled_person,
    new_person,
)

LOG_IN = "/multi/login_with_password"
READS_A_BODY = [operation for operation in OPERATIONS if operation.takes_body]
TOO_LARGE = {"code": "PAYLOAD_TOO_LARGE", "message": "The request is too large."}


def name(operation: Operation) -> str:
    return operation.name


def invalid(answer: Answer) -> dict[str, str]:
    """Every field that a 400 names, with what is wrong about it."""
    assert answer.status == 400, answer.body
    assert set(answer.json) == {"message", "syntaxErrors"}
    assert len(answer.json["message"]) <= 255
    fields = answer.json["syntaxErrors"]["invalidFields"]
    assert all(set(field) == {"params", "fieldName", "error"} for field in fields)
    named = {field["fieldName"]: field["error"] for field in fields}
    assert len(named) == len(fields), "each field once"
    return named


def post(server: Server, path: str, raw: bytes, **headers: str) -> Answer:
    return server.call("POST", path, None, {**server.api, **headers}, raw)


def log_in_with(server: Server, **fields: Any) -> dict[str, str]:
    body = {"email": "a@example.com", "password": {"value": "x"}, **fields}
    return invalid(server.call("POST", LOG_IN, body, server.api))


# no JSON object


@pytest.mark.parametrize("operation", READS_A_BODY, ids=name)
def test_bodies_that_are_no_json_object(server: Server, operation: Operation):
    person = new_person(server)
    for raw in (
        b"",
        b"{",
        b"[]",
        b"null",
        b"1",
        b'"text"',
        b"{}{}",
        b"{'a': 1}",
        b'{"a": NaN}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b'{"a": "\xff"}',
        b'{"a": "\n"}',
        b"[" * 30_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"a": ' + b"9" * 6_000 + b"}",
    ):
        answer = operation.call(person, raw)
        assert answer.status == 400, raw[:40]
        assert "syntaxErrors" in answer.json, raw[:40]


def test_deep_nesting_in_a_field_that_is_ignored(server: Server):
    deep = b"[" * 15 + b"]" * 15
    raw = b'{"email": "a@example.com", "password": {"value": "x"}, "deep": ' + deep + b"}"
    assert post(server, LOG_IN, raw).status == 403, "unknown fields are ignored"


# fields


@pytest.mark.parametrize("operation", READS_A_BODY, ids=name)
def test_every_missing_field_is_named(server: Server, operation: Operation):
    person = new_person(server)
    body = operation.body(person)
    answer = operation.call(person, b"{}")
    if operation.method == "PATCH":
        served = operation is BY_NAME["PATCH /consumers"]  # the others are no consumer's
        assert answer.status == (200 if served else 404), "a change may change nothing"
        return
    required = set(body)
    if operation is BY_NAME["POST /consumers"]:
        required = {"profileId", "rootUser", "ipAddress"}
    assert invalid(answer) == dict.fromkeys(required, "REQUIRED")


def test_every_invalid_field_of_a_large_body_is_named_at_once(server: Server):
    body = consumer_body(server, "a..b@example.com", "7912345\n")
    body["profileId"] = "\u0661\u0662"
    body["ipAddress"] = "x"
    body["baseCurrency"] = "eur"
    body["acceptedTerms"] = "yes"
    body["rootUser"] |= {
        "name": "",
        "surname": "x" * 51,
        "dateOfBirth": {"year": "1990", "month": 13, "day": True},
        "address": {"country": "MLT", "city": 7},
        "nationality": None,
        "tag": "nul \x00",
        "placeOfBirth": ["x"],
    }
    body["rootUser"]["mobile"]["countryCode"] = "356"
    assert invalid(server.call("POST", "/multi/consumers", body, server.api)) == {
        "profileId": "REGEX",
        "ipAddress": "SIZE",
        "baseCurrency": "REGEX",
        "acceptedTerms": "REQUIRES",
        "rootUser.name": "SIZE",
        "rootUser.surname": "SIZE",
        "rootUser.email": "REGEX",
        "rootUser.mobile.countryCode": "REGEX",
        "rootUser.mobile.number": "REGEX",
        "rootUser.dateOfBirth.year": "REQUIRES",
        "rootUser.dateOfBirth.month": "RANGE",
        "rootUser.dateOfBirth.day": "REQUIRES",
        "rootUser.address.country": "SIZE",
        "rootUser.address.city": "REQUIRES",
        "rootUser.nationality": "REQUIRES",
        "rootUser.tag": "REGEX",
        "rootUser.placeOfBirth": "REQUIRES",
    }


@pytest.mark.parametrize(
    "value", [None, 1, 1.5, True, [], {}, "x" * 101, "", "a\x00b", "a\nb", "a\tb", "\x7f", "\x85"]
)
def test_a_password_that_is_none(server: Server, value: Any):
    assert list(log_in_with(server, password={"value": value})) == ["password.value"]


@pytest.mark.parametrize(
    "value",
    [
        *(None, 1, True, [], {}, "", "x", "x" * 255 + "@example.com", "a@b", "@example.com"),
        *("a b@example.com", "a@example.com\n", "\na@example.com", "a@exa\x00mple.com"),
    ],
)
def test_an_email_that_is_none(server: Server, value: Any):
    assert list(log_in_with(server, email=value)) == ["email"]


def test_halves_of_surrogate_pairs_are_named(server: Server):
    for half in ("\\ud800", "\\udfff", "\\ude00\\ud83d", "a\\ud83dz"):
        raw = f'{{"email": "a@example.com", "password": {{"value": "{half}"}}, "{half}": 1}}'
        assert invalid(post(server, LOG_IN, raw.encode())) == {
            "password.value": "REGEX",
            half.replace("\\ude00", "?")
            .replace("\\ud83d", "?")
            .replace("\\ud800", "?")
            .replace("\\udfff", "?"): "REGEX",
        }
    whole = b'{"email": "a@example.com", "password": {"value": "\\ud83d\\ude00"}}'
    assert post(server, LOG_IN, whole).status == 403


def test_control_characters_in_names_of_fields(server: Server):
    raw = b'{"email": "a@example.com", "password": {"value": "x", "a\\u0000b": 1}, "\\n": 1}'
    assert invalid(post(server, LOG_IN, raw)) == {"password.a?b": "REGEX", "?": "REGEX"}


def test_two_fields_of_one_name(server: Server):
    """The last one counts, everywhere alike."""
    raw = b'{"email": "a", "email": "a@example.com", "password": {"value": "x"}}'
    assert post(server, LOG_IN, raw).status == 403


def test_an_unknown_type_of_identity(server: Server):
    person = new_person(server)
    body = {"identity": {"type": "BUYER", "id": "12x"}}
    answer = person.call("POST", "/access_token", body)
    assert invalid(answer) == {"identity.type": "REGEX", "identity.id": "REGEX"}


@pytest.mark.parametrize(
    "user_id",
    ["0x1", "1e3", "-1", "9" * 19, "9" * 5_000, "%00", "1%0A", "%D9%A1", "%FF", "%F0%9F%98%80"],
)
def test_ids_that_are_none(server: Server, user_id: str):
    path = f"/multi/passwords/{user_id}/create"
    assert list(invalid(server.call("POST", path, {}, server.api))) == ["user_id", "password"]


def test_the_largest_id_there_can_be(server: Server):
    answer = server.call(
        "POST", f"/multi/passwords/{'9' * 18}/create", {"password": {"value": "x"}}, server.api
    )
    assert (answer.status, answer.error) == (409, "UNRESOLVED_IDENTITY")


@pytest.mark.parametrize(
    "query",
    [
        *("offset=-1", "offset=x", "offset=", "offset=%D9%A1", "offset=1.0", "offset=2147483649"),
        *("offset=" + "0" * 5_000, "offset=" + "9" * 5_000, "offset=1%0A"),
    ],
)
def test_pages_that_are_none(server: Server, query: str):
    answer = new_person(server).call("GET", f"/identities?{query}&limit=101")
    assert invalid(answer) == {"offset": "RANGE", "limit": "RANGE"}


def test_too_many_parameters(server: Server):
    query = "&".join(f"a{number}=1" for number in range(60))
    answer = new_person(server).call("GET", f"/identities?{query}")
    assert invalid(answer) == {"query": "SIZE"}


# sizes


@pytest.mark.parametrize("operation", READS_A_BODY, ids=name)
def test_a_body_over_64_kib(server: Server, operation: Operation):
    person = new_person(server)
    answer = operation.call(person, b'{"x": "' + b"a" * BODY_LIMIT + b'"}')
    assert (answer.status, answer.json) == (413, TOO_LARGE)


def test_a_body_of_64_kib(server: Server):
    body = json.dumps({"email": "a@example.com", "password": {"value": "x"}}).encode()
    assert post(server, LOG_IN, body.ljust(BODY_LIMIT)).status == 403
    assert post(server, LOG_IN, body.ljust(BODY_LIMIT + 1)).status == 413


def test_a_chunked_body_over_64_kib(server: Server):
    key = server.credentials["programme"]["api_key"]
    head = (
        f"POST {LOG_IN} HTTP/1.1\r\nhost: x\r\napi-key: {key}\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    status, body = exchange(server, head.encode() + chunk * 17 + b"0\r\n\r\n")
    assert (status, json.loads(body)) == (413, TOO_LARGE)


# requests that are hardly HTTP


def exchange(server: Server, octets: bytes) -> tuple[int, bytes]:
    """Sends exactly this and reads one answer, which must have a reference."""
    port = urlsplit(server.base_url).port
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(octets)
        stream = link.makefile("rb")
        status = int(stream.readline().split()[1])
        headers: dict[bytes, bytes] = {}
        while (line := stream.readline()) not in (b"\r\n", b""):
            label, _, value = line.partition(b":")
            headers[label.strip().lower()] = value.strip()
        assert headers[b"request-ref"]
        return status, stream.read(int(headers.get(b"content-length", b"0")))


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("-1", 400),
        ("two", 400),
        ("1.0", 400),
        ("0x10", 400),
        ("9" * 40, 400),
        ("5\r\ncontent-length: 6", 400),
        ("999999999999", 413),
        ("65537", 413),
    ],
)
def test_absurd_content_lengths(server: Server, length: str, expected: int):
    key = server.credentials["programme"]["api_key"]
    head = (
        f"POST {LOG_IN} HTTP/1.1\r\nhost: x\r\napi-key: {key}\r\ncontent-length: {length}\r\n\r\n"
    )
    status, body = exchange(server, head.encode() + b"{}")
    assert status == expected
    if status == 400:
        assert set(json.loads(body)) == {"message", "syntaxErrors"}
    else:
        assert json.loads(body) == TOO_LARGE


@pytest.mark.parametrize(
    "octets",
    [
        b"NONSENSE\r\n\r\n",
        b"POST /multi/logout\xc3\xa9 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /multi/logout HTTP/9.9\r\nhost: x\r\n\r\n",
        b"POST /multi/logout HTTP/1.1\r\nhost: x\r\napi-key: a\x00b\r\n\r\n",
        b"POST /multi/logout HTTP/1.1\r\nhost: x\r\nidempotency-ref: \x7f\r\n\r\n",
        b"POST /multi/logout HTTP/1.1\r\nhost: x\r\n folded: y\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http(server: Server, octets: bytes):
    status, body = exchange(server, octets)
    assert status == 400
    assert set(json.loads(body)) == {"message", "syntaxErrors"}


@pytest.mark.parametrize("header", ["api-key", "authorization", "idempotency-ref"])
def test_headers_sent_twice(server: Server, header: str):
    person = enrolled_person(server)
    headers = [*server.bearer(person.token).items(), ("idempotency-ref", "a")]
    twice = [*headers, *(pair for pair in headers if pair[0] == header)]
    answer = server.call("POST", "/multi/stepup/challenges/otp/SMS", None, twice)
    assert invalid(answer) == {header: "EXACTLY"}
    assert len(server.messages(person.phone)) == 1, "that of the enrolment"


@pytest.mark.parametrize(
    "query", ["offset=1&offset=2", "offset=1&limit=2&offset=1", "limit=&limit="]
)
def test_parameters_sent_twice(server: Server, query: str):
    """Which of them is meant depends on who reads: the gateway in front may read the other."""
    person = new_person(server)
    answer = server.call("GET", f"/multi/identities?{query}", None, server.bearer(person.token))
    assert invalid(answer) == {query.partition("=")[0]: "EXACTLY"}
    once = server.call("GET", "/multi/identities?x=1&x=2", None, server.bearer(person.token))
    assert once.status == 200, "one that nobody reads has no meaning"


# paths and methods


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/multi/",
            "/multi/nothing",
            "/multi/Consumers",
            "/multi/consumers/",
            "/multi//consumers",
        ),
        *(
            "/multi/consumers%00",
            "/multi/%0A",
            "/multi/consumers%0A",
            "/multi/%ff%fe",
            "/multi/../x",
        ),
        *("/multi/passwords//create", "/multi/passwords/1%2F2/create", "/multi/" + "a" * 5_000),
        "/multi/challenges/push/AUTHY",
    ],
)
def test_unknown_paths(server: Server, path: str):
    for method in ("GET", "POST", "DELETE"):
        answer = server.call(method, path, None, server.api)
        assert (answer.status, answer.json["code"]) == (404, "NOT_FOUND")
        assert answer.headers["request-ref"]


@pytest.mark.parametrize("path", ["/nothing", "/multi", "/sandbox", "/health/live/", "/%ff"])
def test_paths_of_no_dialect(server: Server, path: str):
    answer = server.call("GET", path, None, {"host": "attacker.example"})
    assert (answer.status, answer.json["code"]) == (404, "NOT_FOUND")
    assert answer.headers["request-ref"]
    assert "location" not in answer.headers


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_unknown_methods(server: Server, operation: Operation):
    person = new_person(server, password="")
    path = operation.path_for(person)
    known = {one.method for one in OPERATIONS if one.path == operation.path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - known:
        answer = server.call(method, path, None, server.api)
        assert (answer.status, answer.json["code"]) == (405, "METHOD_NOT_ALLOWED"), method
        assert answer.headers["allow"] == ", ".join(sorted(known))


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/.well-known/jwks.json"])
def test_pages_are_only_read(server: Server, path: str):
    answer = server.call("POST", path, {})
    assert (answer.status, answer.json["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET, HEAD"
    assert server.call("HEAD", path).status == 200


@pytest.mark.parametrize(
    "day",
    [
        {"year": 2023, "month": 2, "day": 29},
        {"year": 1990, "month": 4, "day": 31},
    ],
)
def test_a_date_of_birth_is_a_day_of_the_calendar(server: Server, day: dict[str, int]):
    body = consumer_body(server, "leap@example.com", "79999999")
    body["rootUser"]["dateOfBirth"] = day
    answer = server.call("POST", "/multi/consumers", body, server.api)
    fields = answer.json["syntaxErrors"]["invalidFields"]
    assert (answer.status, [(one["fieldName"], one["error"]) for one in fields]) == (
        400,
        [("rootUser.dateOfBirth", "RANGE")],
    )
