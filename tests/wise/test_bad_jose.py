"""Every encrypted operation, with messages that are none: each a 400 that says what is wrong.

What a reader of JWE must not do is tested in `tests/jose/`; here, that no operation reads another
way, that nothing is done or counted, and that the documented 500 comes only where it is wanted.
"""

import base64
import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.jose.made import jwe, with_part
from tests.support.client import Answer
from tests.support.jose_client import JoseClient
from tests.support.wise import Partner, WiseUser
from tests.wise.operations import ENCRYPTED, JOSE_HEADERS, Operation, ids_of
from tests.wise.people import FACTORS, asked, code_of, enrolled, refused

LONGEST = 16_384


class Room:
    """A person with everything, and the server's key in two forms."""

    def __init__(self, user: WiseUser) -> None:
        self.user = user
        self.ids = ids_of(user)
        self.material = user.partner.encryption_key()
        key = load_der_public_key(base64.b64decode(self.material))
        assert isinstance(key, RSAPublicKey)
        self.key = key
        other = user.partner.jose.pair("RSA-OAEP-256", key.key_size)
        theirs = load_der_public_key(other.spki)
        assert isinstance(theirs, RSAPublicKey)
        self.other = theirs

    def send(self, operation: Operation, raw: bytes, **headers: str) -> Answer:
        user = self.user
        bearer = user.bearer if operation.token == "user" else user.partner.bearer
        method = "jws+jwe" if operation.path.endswith("/jwsjwe") else "jwe"
        sent = {**JOSE_HEADERS, "x-tw-jose-method": method, **bearer, **headers}
        return user.server.call("POST", operation.path_for(self.ids), None, sent, raw)


@pytest.fixture
def room(bank: Partner) -> Room:
    bank.server.settings(fingerprint_is_possession=True)
    return Room(enrolled(bank, *FACTORS))


def header(**members: Any) -> Callable[[Room, bytes], str]:
    return lambda room, payload: jwe(room.key, members, payload)


def at(number: int, change: Callable[[bytes], bytes]) -> Callable[[Room, bytes], str]:
    """The right one with one part changed."""

    def made(room: Room, payload: bytes) -> str:
        token = jwe(room.key, None, payload)
        part = token.split(".")[number]
        octets = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        return with_part(token, number, change(octets))

    return made


def flipped(octets: bytes) -> bytes:
    return octets[:-1] + bytes([octets[-1] ^ 1])


FORMS: dict[str, Callable[[Room, bytes], str | bytes]] = {
    "nothing": lambda room, payload: b"",
    "plain JSON": lambda room, payload: payload,
    "JSON serialisation": lambda room, payload: json.dumps({"ciphertext": "a", "iv": "b"}),
    "garbage": lambda room, payload: bytes(range(256)),
    "dots": lambda room, payload: "....",
    "many dots": lambda room, payload: "." * LONGEST,
    "four parts": lambda room, payload: jwe(room.key, None, payload).rpartition(".")[0],
    "six parts": lambda room, payload: jwe(room.key, None, payload) + ".",
    "a JWS": lambda room, payload: "e30.e30.e30",
    "padding": lambda room, payload: jwe(room.key, None, payload) + "==",
    "base64 of another alphabet": lambda room, payload: "+/+/." + jwe(room.key, None, payload),
    "a header that is no JSON": lambda room, payload: jwe(room.key, b"{", payload),
    "a header that is a list": lambda room, payload: jwe(room.key, b"[]", payload),
    "a header with a name twice": lambda room, payload: jwe(
        room.key, b'{"alg":"dir","alg":"RSA-OAEP-256","enc":"A256GCM"}', payload
    ),
    "a deep header": lambda room, payload: jwe(room.key, b"[" * 300, payload),
    "RSA1_5": header(alg="RSA1_5"),
    "RSA-OAEP": header(alg="RSA-OAEP"),
    "alg dir": header(alg="dir"),
    "alg none": header(alg="none"),
    "no alg": header(alg=None),
    "A128GCM": header(enc="A128GCM"),
    "A256CBC-HS512": header(enc="A256CBC-HS512"),
    "no enc": header(enc=None),
    "zip": header(zip="DEF"),
    "crit": header(crit=["exp"]),
    "jku": header(jku="https://evil.example/keys"),
    "x5u": header(x5u="https://evil.example/chain"),
    "jwk": header(jwk={"kty": "RSA"}),
    "p2c": header(p2c=1_000_000_000),
    "kid unknown": header(kid="1c9d8c1e-5fd0-4a55-9b6e-0f7a3a3a8f10"),
    "kid of another type": header(kid=7),
    "url of another path": header(url="/v1/cases"),
    "a tag of 12 octets": at(4, lambda tag: tag[:12]),
    "no tag": at(4, lambda tag: b""),
    "an IV of 8 octets": at(2, lambda iv: iv[:8]),
    "an encrypted key cut short": at(1, lambda key: key[:-1]),
}
"""Wrong in their form: no key is needed to see it."""
CLOSED: dict[str, Callable[[Room, bytes], str | bytes]] = {
    "another tag": at(4, flipped),
    "another ciphertext": at(3, flipped),
    "another IV": at(2, flipped),
    "another encrypted key": at(1, flipped),
    "a random encrypted key": at(1, lambda key: b"\x00" + os.urandom(len(key) - 1)),
    "another header": lambda room, payload: bent_header(room, payload),
    "a key that is not ours": lambda room, payload: jwe(room.other, None, payload),
    "a content key of 16 octets": lambda room, payload: jwe(
        room.key, None, payload, content_key=bytes(16)
    ),
    "nothing in it, and its tag": at(3, lambda content: b""),
}
"""They do not open; which step failed is not told."""


def bent_header(room: Room, payload: bytes) -> str:
    """The same members in another order: the tag is over the octets."""
    token = jwe(room.key, None, payload)
    swapped = base64.urlsafe_b64encode(b'{"enc":"A256GCM","alg":"RSA-OAEP-256"}').rstrip(b"=")
    return swapped.decode() + token[token.index(".") :]


def octets_of(made: str | bytes) -> bytes:
    return made if isinstance(made, bytes) else made.encode()


def by_name(cases: dict[str, Any]) -> Any:
    return pytest.mark.parametrize("make", cases.values(), ids=cases)


@by_name(FORMS)
def test_wrong_in_its_form(room: Room, make: Callable[[Room, bytes], str | bytes]):
    for operation in ENCRYPTED:
        payload = json.dumps(operation.body).encode()
        answer = room.send(operation, octets_of(make(room, payload)))
        assert (answer.status, operation.name) == (400, operation.name), answer.body
        assert code_of(answer) == "jose.malformed"


@by_name(CLOSED)
def test_it_does_not_open(room: Room, make: Callable[[Room, bytes], str | bytes]):
    messages = set()
    for operation in ENCRYPTED:
        payload = json.dumps(operation.body).encode()
        answer = room.send(operation, octets_of(make(room, payload)))
        assert (answer.status, operation.name) == (400, operation.name), answer.body
        assert code_of(answer) == "jose.encryption"
        messages.add(answer.json["errors"][0]["message"])
    assert len(messages) == 1


def test_whichever_step_failed_the_answer_is_the_same(room: Room):
    operation = ENCRYPTED[0]
    payload = json.dumps(operation.body).encode()
    bodies = {room.send(operation, octets_of(make(room, payload))).body for make in CLOSED.values()}
    assert len(bodies) == 1


def test_the_documented_500_where_it_is_wanted(room: Room):
    room.user.server.settings(faithful_errors=True)
    for operation in ENCRYPTED:
        payload = json.dumps(operation.body).encode()
        answer = room.send(operation, octets_of(jwe(room.other, None, payload)))
        assert answer.status == 500, operation.name
        assert answer.json == {
            "message": "An unexpected error occurred",
            "request_id": answer.headers["x-trace-id"],
        }
        refused(room.send(operation, payload), 400, "jose.malformed")


def test_too_long(room: Room):
    for operation in ENCRYPTED:
        refused(room.send(operation, b"a" * (LONGEST + 1)), 413, "payload.too.large")
        refused(room.send(operation, b"a" * 3_000_000), 413, "payload.too.large")


@pytest.mark.parametrize(
    "payload",
    [b"", b"null", b"[]", b'"1234"', b"1234", b"{", b"\xff", b"{}", b"[" * 5_000, b'{"a":' * 500],
    ids=lambda payload: repr(payload[:9]),
)
def test_what_is_inside_is_no_body(room: Room, payload: bytes):
    for operation in ENCRYPTED:
        answer = room.send(operation, octets_of(jwe(room.key, None, payload)))
        assert answer.status == 400, operation.name
        assert "errors" in answer.json


def test_a_message_in_a_message(room: Room):
    for operation in ENCRYPTED:
        inner = jwe(room.key, None, json.dumps(operation.body).encode())
        answer = room.send(operation, octets_of(jwe(room.key, {"cty": "JWT"}, inner.encode())))
        assert answer.status == 400, operation.name


@pytest.mark.parametrize(
    "headers",
    [
        {"x-tw-jose-method": "jws"},
        {"x-tw-jose-method": "none"},
        {"x-tw-jose-method": "\u00e9"},
        {"x-tw-jose-method": "", "content-type": "application/json"},
        {"x-tw-jose-method": "", "content-type": ""},
    ],
)
def test_headers_that_promise_something_else(room: Room, headers: dict[str, str]):
    for operation in ENCRYPTED:
        body = json.dumps(operation.body).encode()
        answer = room.send(operation, octets_of(jwe(room.key, None, body)), **headers)
        refused(answer, 400, "jose.malformed")


def test_nothing_of_it_counts_as_a_wrong_answer(room: Room):
    user = room.user
    ott = asked(user)
    verify = [one for one in ENCRYPTED if one.path == "/v1/one-time-token/pin/verify"]
    for _ in range(2):
        for make in (*CLOSED.values(), *FORMS.values()):
            room.send(
                verify[0], octets_of(make(room, b'{"pin":"9999"}')), **{"one-time-token": ott}
            )
    assert user.verify_pin(ott).status == 200


def test_a_url_and_a_key_id_that_are_right(room: Room):
    """The same as above, but for what is wrong there."""
    user = room.user
    query = "algorithm=RSA_OAEP_256&scope=PAYLOAD_ENCRYPTION"
    kid = user.partner.call("GET", f"/v1/auth/jose/response/public-keys?{query}").json["keyId"]
    ott = asked(user)
    path = "/v1/one-time-token/pin/verify"
    (verify,) = [one for one in ENCRYPTED if one.path == path]
    token = jwe(room.key, {"kid": kid, "url": path}, b'{"pin":"1234"}')
    assert room.send(verify, octets_of(token), **{"one-time-token": ott}).status == 200


def test_an_answer_comes_back_the_way_it_was_asked_for(room: Room, partner: JoseClient):
    """Sealed with the key of the request, or plain for who takes only that."""
    user, path = room.user, "/v1/one-time-token/pin/verify"
    (verify,) = [one for one in ENCRYPTED if one.path == path]
    ott = asked(user)
    for accept, sealed in (
        ("application/jose+json", True),
        ("*/*", True),
        ("application/json", False),
        ("application/json, application/jose+json;q=0", False),
    ):
        sent = partner.encrypt(b'{"pin":"1234"}', room.material)
        headers = {"one-time-token": ott, "accept": accept}
        answer = room.send(verify, sent.token.encode(), **headers)
        assert answer.status == 200
        kind = "application/jose+json" if sealed else "application/json"
        assert answer.headers["content-type"] == kind
        if sealed:
            read = partner.decrypt_direct(answer.body.decode(), sent.content_key)
            assert read.header == {"enc": "A256GCM", "alg": "dir"}
            assert read.json["oneTimeTokenProperties"]["oneTimeToken"] == ott
