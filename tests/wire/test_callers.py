"""Who is calling, and which of several refusals is given: 401, 400, 403, then 404 and 409."""

import base64
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from assent.domain.session import Session
from assent.http.bearer import Bearers
from assent.kernel import token
from tests.support.client import Answer, Server
from tests.support.processes import Sandbox
from tests.support.sandboxes import captured, opened
from tests.support.weavr import (
    NEW_PASSWORD,
    OPERATIONS,
    PASSWORD,
    Operation,
    Person,
    enrolled_person,
    log_in,
    new_person,
    set_password,
    validate,
)

NO_SUCH_TOKEN = token.make("cap", bytes(token.OCTETS))
BROKEN = b'{"email": '
BY_PERSON = [operation for operation in OPERATIONS if operation.by_person]
READS_A_BODY = [operation for operation in OPERATIONS if operation.takes_body]


def name(operation: Operation) -> str:
    return operation.name


def nobody(answer: Answer) -> None:
    assert (answer.status, answer.body) == (401, b"")
    assert answer.headers["request-ref"]


def choosing(server: Server) -> Person:
    """Somebody whose session may only choose an identity."""
    server.settings(multi_identity=True)
    person = new_person(server)
    answer = person.log_in()
    assert answer.json["tokenType"] == "AUTH"
    return person


# 401 comes first


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_an_unknown_api_key_comes_before_everything(server: Server, operation: Operation):
    person = new_person(server)
    nobody(operation.call(person, BROKEN, api_key="nobody"))
    nobody(operation.call(person, BROKEN, api_key=""))
    nobody(operation.call(person, BROKEN, api_key=server.credentials["programme"]["ui_key"]))
    nobody(operation.call(person, BROKEN, api_key=server.credentials["simulator_key"]))
    headers = {"authorization": f"Bearer {person.token}"}
    path = operation.path_for(person)
    nobody(server.call(operation.method, path, None, headers, BROKEN))


@pytest.mark.parametrize("operation", BY_PERSON, ids=name)
def test_a_missing_bearer_comes_before_everything(server: Server, operation: Operation):
    person = new_person(server)
    path = operation.path_for(person).replace("/SMS", "/FAX")
    nobody(server.call(operation.method, path, None, server.api, BROKEN))
    for value in ("", "Bearer", "Bearer ", "Basic YTpi", person.token, f"Bearer {person.token}x"):
        headers = {**server.api, "authorization": value}
        nobody(server.call(operation.method, path, None, headers, BROKEN))
    twice = [*server.api.items(), ("idempotency-ref", "a"), ("idempotency-ref", "b")]
    nobody(server.call(operation.method, path, None, twice, BROKEN))


@pytest.mark.parametrize("operation", BY_PERSON, ids=name)
def test_another_programmes_bearer_is_nobodys(server: Server, operation: Operation):
    person = new_person(server)
    foreign = server.isolated()
    headers = foreign.bearer(person.token)
    path = operation.path_for(person)
    nobody(server.call(operation.method, path, operation.body(person), headers))
    assert person.factors().status == 200


# then 400


@pytest.mark.parametrize("operation", READS_A_BODY, ids=name)
def test_a_malformed_body_comes_before_a_narrow_session(server: Server, operation: Operation):
    answer = operation.call(choosing(server), BROKEN)
    assert answer.status == 400


@pytest.mark.parametrize("path", ["/authentication_factors/otp/FAX", "/stepup/challenges/otp/FAX"])
def test_an_unknown_channel_comes_before_a_narrow_session(server: Server, path: str):
    person = choosing(server)
    for call in (path, f"{path}/verify"):
        answer = person.call("POST", call, {"verificationCode": "1"})
        fields = answer.json["syntaxErrors"]["invalidFields"]
        assert answer.status == 400
        assert fields[0] == {"params": ["SMS"], "fieldName": "channel", "error": "IN"}
        assert len(fields) == (2 if call.endswith("verify") else 1)


def test_an_impossible_address_comes_before_step_up(server: Server):
    assert enrolled_person(server).change(email="a..b@example.com").status == 400
    assert choosing(server).change(email="a..b@example.com").status == 400


# then 403

NARROW = [
    operation
    for operation in BY_PERSON
    if operation.path not in ("/logout", "/identities", "/access_token")
]


@pytest.mark.parametrize("operation", NARROW, ids=name)
def test_a_narrow_session_comes_before_conflicts(server: Server, operation: Operation):
    person = choosing(server)
    server.settings(channels=[])
    answer = operation.call(person)
    assert (answer.status, answer.json) == (403, {"errorCode": "ACCESS_TOKEN_REQUIRED"})


def test_step_up_comes_before_conflicts(server: Server):
    person, other = enrolled_person(server), new_person(server)
    for new in ("short", PASSWORD, NO_SUCH_TOKEN):
        assert person.change_password(new=new).error == "STEP_UP_REQUIRED"
    for change in (
        {"email": other.email},
        {"mobile": {"countryCode": "+356", "number": "1"}},
        {"email": "b@example.com", "address": {"country": "XX"}},
    ):
        assert person.change(**change).error == "STEP_UP_REQUIRED", change


# captured passwords: 404 and 410, wherever a password is taken


def is_token_error(answer: Answer, status: int) -> bool:
    name = {404: "TOKEN_NOT_FOUND", 410: "TOKEN_EXPIRED"}[status]
    return (answer.status, answer.json) == (status, {"errorCode": name})


async def test_a_captured_password_works_once(box: Sandbox, server: Server):
    server.settings(plaintext_passwords=False)
    person = new_person(server, password="")
    value = await captured(box, server, PASSWORD)
    assert validate(server, value).status == 204, "a check does not use it up"
    assert validate(server, value).status == 204
    assert set_password(server, person.user_id, value).status == 200
    assert is_token_error(log_in(server, person.email, value), 410)
    assert is_token_error(validate(server, value), 410)
    assert is_token_error(set_password(server, person.user_id, value), 410)
    assert log_in(server, person.email, await captured(box, server, PASSWORD)).status == 200


async def test_a_captured_password_lives_five_minutes(box: Sandbox, server: Server):
    value = await captured(box, server, PASSWORD)
    server.advance(301)
    assert is_token_error(validate(server, value), 410)


async def test_a_captured_password_is_its_programmes_alone(box: Sandbox, server: Server):
    value = await captured(box, server, PASSWORD)
    assert is_token_error(validate(server.isolated(), value), 404)


async def test_update_with_captured_passwords(box: Sandbox, server: Server):
    person = enrolled_person(server).stepped_up()
    server.settings(plaintext_passwords=False)
    old, new = [await captured(box, server, value) for value in (PASSWORD, NEW_PASSWORD)]
    assert is_token_error(person.change_password(old, NO_SUCH_TOKEN), 404)
    assert is_token_error(person.change_password(old, new), 410), "the old one is used up"
    old = await captured(box, server, PASSWORD)
    assert person.change_password(old, new).status == 200


@pytest.mark.parametrize("plaintext", [True, False])
def test_what_has_the_form_of_a_token_is_one(server: Server, plaintext: bool):
    person = new_person(server)
    server.settings(plaintext_passwords=plaintext)
    for answer in (
        log_in(server, person.email, NO_SUCH_TOKEN),
        set_password(server, person.user_id, NO_SUCH_TOKEN),
        validate(server, NO_SUCH_TOKEN),
    ):
        assert is_token_error(answer, 404)


def test_anything_else_is_plain_text_where_that_is_allowed(server: Server):
    person = new_person(server)
    mistyped = NO_SUCH_TOKEN[:-1] + "z"
    assert log_in(server, person.email, mistyped).status == 403
    server.settings(plaintext_passwords=False)
    for answer in (
        log_in(server, person.email),
        log_in(server, person.email, mistyped),
        log_in(server, "nobody@example.com"),
        set_password(server, person.user_id, PASSWORD),
        validate(server, PASSWORD),
    ):
        assert is_token_error(answer, 404)


# another programme's people do not exist


def test_another_programmes_ids_do_not_exist(server: Server):
    person = new_person(server, password="")
    foreign = server.isolated()
    nowhere = set_password(foreign, "1", PASSWORD)
    there = set_password(foreign, person.user_id, PASSWORD)
    assert (there.status, there.body) == (nowhere.status, nowhere.body)
    stranger = new_person(foreign)
    mine = new_person(server)
    for identity in ("1", stranger.identity_id):
        body = {"identity": {"type": "CONSUMER", "id": identity}}
        answer = mine.call("POST", "/access_token", body)
        assert (answer.status, answer.body) == (403, b"")
    answers = [log_in(foreign, email, PASSWORD) for email in (mine.email, "nobody@example.com")]
    assert {(answer.status, answer.body) for answer in answers} == {(403, b"")}


# bearers that are not ours


def octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text_of(value: Any) -> str:
    part = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def forged(server: Server, token: str) -> dict[str, str]:
    """What people have tried with other libraries."""
    header, payload, signature = token.split(".")
    read, claims = json.loads(octets(header)), json.loads(octets(payload))
    (public,) = server.call("GET", "/.well-known/jwks.json").json["keys"]

    def keyed(head: dict, body: str, key: bytes) -> str:
        signed = f"{text_of(head)}.{body}"
        return f"{signed}.{text_of(hmac.digest(key, signed.encode(), 'sha256'))}"

    mine = Ed25519PrivateKey.generate()
    by_me = f"{header}.{payload}"
    embedded = {**read, "jwk": {**public, "x": text_of(mine.public_key().public_bytes_raw())}}
    spoken = f"{text_of(embedded)}.{payload}"
    return {
        "alg none": f"{text_of({**read, 'alg': 'none'})}.{payload}.",
        "alg None": f"{text_of({**read, 'alg': 'None'})}.{payload}.{signature}",
        "no signature": f"{header}.{payload}.",
        "no parts": f"{header}.{payload}",
        "other key": f"{by_me}.{text_of(mine.sign(by_me.encode()))}",
        "key in the header": f"{spoken}.{text_of(mine.sign(spoken.encode()))}",
        "HS256 with the public key": keyed({**read, "alg": "HS256"}, payload, octets(public["x"])),
        "HS256 with the JWK": keyed({**read, "alg": "HS256"}, payload, json.dumps(public).encode()),
        "other session": f"{header}.{text_of({**claims, 'sid': '1'})}.{signature}",
        "other issuer": f"{header}.{text_of({**claims, 'iss': 'x'})}.{signature}",
        "signature cut": token[:-2],
        "signature longer": f"{token}AA",
        "unknown kid": f"{text_of({**read, 'kid': 'x'})}.{payload}.{signature}",
        "kid no text": f"{text_of({**read, 'kid': [1]})}.{payload}.{signature}",
        "no kid": f"{text_of({'alg': 'EdDSA'})}.{payload}.{signature}",
        "critical": f"{text_of({**read, 'crit': ['b64'], 'b64': False})}.{payload}.{signature}",
        "header no object": f"{text_of([1])}.{payload}.{signature}",
        "header not JSON": f"{text_of(b'{')}.{payload}.{signature}",
        "header deep": f"{text_of(b'[' * 700)}.{payload}.{signature}",
        "header not base64": f"!!!.{payload}.{signature}",
        "oversized": f"{header}.{payload * 20}.{signature}",
        "very oversized": "a" * 20_000,
        "Latin-1": "\u00e9" * 10,
        "JSON serialisation": json.dumps(
            {"payload": payload, "protected": header, "signature": signature}
        ),
    }


def test_forged_bearers(server: Server):
    person = new_person(server)
    for how, bearer in forged(server, person.token).items():
        answer = server.call("GET", "/multi/consumers", None, server.bearer(bearer))
        assert (answer.status, answer.body) == (401, b""), how
    assert person.factors().status == 200, "and the true one still works"


async def test_a_bearer_of_our_keys_but_another_issuer(box: Sandbox, server: Server):
    person = new_person(server)
    claims = json.loads(octets(person.token.split(".")[1]))
    async with opened(box) as base:
        session = await base.stores.session(int(claims["sid"]))
        keys = await base.stores.signing_keys()
        wall = base.world.clock.wall()
    assert isinstance(session, Session)
    person.token = Bearers("https://elsewhere.example", keys, wall).mint(session)
    nobody(person.factors())
    person.token = Bearers(claims["iss"], keys, wall).mint(session)
    assert person.factors().status == 200


def test_the_scheme_is_read_in_any_case(server: Server):
    person = new_person(server)
    headers = {**server.api, "authorization": f"bEARER {person.token}"}
    assert server.call("GET", "/multi/consumers", None, headers).status == 200


def test_a_call_that_is_answered_401_is_no_activity(server: Server):
    person = new_person(server)
    foreign = server.isolated()
    for _ in range(2):
        server.advance(150)
        nobody(server.call("GET", "/multi/consumers", None, foreign.bearer(person.token)))
    server.advance(2)
    nobody(person.factors())


def test_a_call_that_is_refused_is_activity(server: Server):
    person = new_person(server)
    for path, body in (
        ("/authentication_factors/otp/FAX", None),
        ("/stepup/challenges/otp/SMS", None),
        ("/passwords/update", {}),
    ):
        server.advance(200)
        assert person.call("POST", path, body).status in (400, 409)
    server.advance(200)
    assert person.factors().status == 200


def test_an_absolute_limit_of_twelve_hours(server: Server):
    person = new_person(server)
    for _ in range(146):
        server.advance(295)
        assert person.factors().status == 200
    server.advance(140)
    nobody(person.factors())
