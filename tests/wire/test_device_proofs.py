"""The Device API: which calls are a device's, by the proof that each of them carries."""

import base64
import hmac
import json
import math
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.authenticator import SoftDevice, b64, compact, jwk, private_key
from tests.support.client import Answer, Server
from tests.support.device_client import (
    API,
    Phone,
    asked,
    code_of,
    link_of,
    owner,
    person_headers,
    phone_of,
)
from tests.support.weavr import Person, enrolled_person

READ = "/device"


@pytest.fixture(scope="module")
def pair(box) -> tuple[Person, Phone]:
    """A person and their device, of a programme of their own."""
    return owner(box.server.isolated())


@pytest.fixture
def phone(pair: tuple[Person, Phone]) -> Phone:
    return pair[1]


def wall(server: Server) -> int:
    """Seconds, by the clock that nobody moves."""
    told = server.sandbox("GET", "/clock").json
    return int(told["now"] // 1_000 - told["offset_seconds"])


def made(
    phone: Phone,
    method: str = "GET",
    path: str = READ,
    header: dict[str, Any] | None = None,
    **claims: Any,
) -> str:
    """A proof by the device's own key, with whatever header and claims; None leaves one out."""
    told = {
        "htm": method,
        "htu": f"{phone.base_url}{API}{path}",
        "iat": wall(phone.server),
        "jti": b64(os.urandom(16)),
        **claims,
    }
    named = {"typ": "dpop+jwt", "jwk": phone.soft.proof_jwk, **(header or {})}
    octets = json.dumps({name: one for name, one in told.items() if one is not None}).encode()
    kept = {name: one for name, one in named.items() if one is not None}
    return compact(phone.soft.proof_key, octets, kept)


def sent(phone: Phone, proof: str | None, device: str | None = None, **headers: str) -> Answer:
    named = {"device": phone.id if device is None else device, **headers}
    if proof is not None:
        named["dpop"] = proof
    return phone.server.call("GET", f"{API}{READ}", None, named)


def test_a_proof_opens_its_own_call(phone: Phone):
    assert sent(phone, made(phone)).status == 200
    assert sent(phone, made(phone, header={"jwk": None})).status == 200, "the server has the key"
    again = made(phone)
    assert [sent(phone, again).status for _ in range(2)] == [200, 200], "a read may be repeated"


def test_the_query_is_not_part_of_the_address(phone: Phone):
    path = "/challenges?wait=0&seen=1"
    assert phone.call("GET", path).status == 200
    with_query = made(phone, path="/challenges?wait=0")
    headers = {"device": phone.id, "dpop": with_query}
    answer = phone.server.call("GET", f"{API}{path}", None, headers)
    assert answer.status == 200, "RFC 9449 4.3: query and fragment are ignored"


@pytest.mark.parametrize(
    "claims",
    [
        {"htm": "POST"},
        {"htm": "get"},
        {"htm": None},
        {"htm": 7},
        {"htu": None},
        {"htu": "/device/v1/device"},
        {"htu": "https://evil.example/device/v1/device"},
        {"htu": "http://localhost:1/device/v1/device"},
        {"htu": "http://["},
        {"htu": []},
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
        {"iat": 0},
        {"iat": -1},
        {"iat": 10**30},
        {"iat": 1e300},
        {"jti": None},
        {"jti": "short"},
        {"jti": "x" * 129},
        {"jti": 123456789012345},
    ],
    ids=str,
)
def test_claims_that_are_wrong(phone: Phone, claims: dict[str, Any]):
    answer = sent(phone, made(phone, **claims))
    assert code_of(answer) == (401, "proof_wrong")
    assert answer.headers["www-authenticate"].startswith('DPoP error="invalid_dpop_proof"')


def test_another_path_another_proof(phone: Phone):
    for path in ("/devices", "/device/", "/device/push", "/Device"):
        assert code_of(sent(phone, made(phone, path=path))) == (401, "proof_wrong"), path


@pytest.mark.parametrize(
    "header",
    [
        {"typ": None},
        {"typ": "JWT"},
        {"typ": "jwt"},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS256"},
        {"alg": "ES384"},
        {"alg": ""},
        {"alg": ["ES256"]},
        {"crit": ["exp"]},
        {"crit": []},
        {"jwk": "x"},
        {"jwk": {}},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}},
    ],
    ids=str,
)
def test_headers_that_are_wrong(phone: Phone, header: dict[str, Any]):
    assert code_of(sent(phone, made(phone, header=header))) == (401, "proof_wrong")


def test_keys_in_the_header_that_are_wrong(phone: Phone):
    public = phone.soft.proof_jwk
    numbers = phone.soft.proof_key.private_numbers()  # type: ignore[union-attr]
    secret = b64(numbers.private_value.to_bytes(32, "big"))
    for wrong in (
        {**public, "d": secret},
        {**public, "x": public["x"][:-1]},
        {**public, "x": public["x"] + "A"},
        {**public, "x": public["x"] + "="},
        {**public, "y": public["x"]},
        {**public, "crv": "Ed25519"},
        {"kty": "OKP", "crv": "P-256", "x": public["x"]},
        {"kty": "EC", "crv": "P-256", "x": public["x"]},
    ):
        assert code_of(sent(phone, made(phone, header={"jwk": wrong}))) == (401, "proof_wrong")


def test_a_public_key_as_an_hmac_secret(phone: Phone):
    """CVE-2015-9235: what a token says of its own algorithm must choose nothing."""
    octets = json.dumps(phone.soft.proof_jwk).encode()
    header = b64(json.dumps({"alg": "HS256", "typ": "dpop+jwt"}).encode())
    payload = made(phone).split(".")[1]
    mac = hmac.digest(octets, f"{header}.{payload}".encode(), "sha256")
    assert code_of(sent(phone, f"{header}.{payload}.{b64(mac)}")) == (401, "proof_wrong")


def test_the_time_is_the_wall_clocks(phone: Phone):
    now = wall(phone.server)
    for iat in (now - 55, now + 55, now + 0.5):
        assert sent(phone, made(phone, iat=iat)).status == 200, iat - now
    for iat in (now - 65, now + 65):
        answer = sent(phone, made(phone, iat=iat))
        assert code_of(answer) == (401, "proof_wrong")
        assert abs(answer.json["serverTime"] / 1_000 - now) < 5, "so that a device can set its own"
    phone.server.advance(3_600)
    assert sent(phone, made(phone)).status == 200, "a sandbox's clock does not move the wall's"


def test_what_a_host_header_says_decides_nothing(phone: Phone):
    evil = made(phone, htu=f"http://evil.example{API}{READ}")
    assert code_of(sent(phone, evil, host="evil.example")) == (401, "proof_wrong")
    assert sent(phone, made(phone), host="evil.example").status == 200


def test_an_address_may_be_spelt_in_another_way(phone: Phone):
    spelt = phone.base_url.replace("http://localhost", "HTTP://LocalHost")
    assert sent(phone, made(phone, htu=f"{spelt}{API}{READ}#x")).status == 200


@pytest.mark.parametrize(
    "proof",
    ["", "x", "a.b", "a.b.c", "....", "=.=.=", "é.é.é", "e30.e30.e30", "x" * 5_000, "a.b.c.d"],
)
def test_what_is_no_jwt(phone: Phone, proof: str):
    headers = [("device", phone.id), ("dpop", proof.encode("latin-1").decode("latin-1"))]
    answer = phone.server.call("GET", f"{API}{READ}", None, headers)
    assert code_of(answer) == (401, "proof_wrong")


def test_padding_and_stray_bits(phone: Phone):
    """One signature has one spelling."""
    head, payload, signature = made(phone).split(".")
    octets = base64.urlsafe_b64decode(signature + "==")
    assert b64(octets) == signature
    for other in (signature + "==", signature[:-1] + chr(ord(signature[-1]) + 1)):
        assert sent(phone, f"{head}.{payload}.{other}").status == 401


def test_a_proof_twice_in_one_call(phone: Phone):
    headers = [("device", phone.id), ("dpop", made(phone)), ("dpop", made(phone))]
    answer = phone.server.call("GET", f"{API}{READ}", None, headers)
    assert code_of(answer) == (400, "malformed")
    headers = [("device", phone.id), ("device", "1"), ("dpop", made(phone))]
    assert phone.server.call("GET", f"{API}{READ}", None, headers).status == 400


def unknowns(pair: tuple[Person, Phone]) -> dict[str, Callable[[], Answer]]:
    person, phone = pair
    stranger = Phone(phone.server, SoftDevice(), phone.id)
    gone = phone_of(person.elsewhere())
    assert gone.call("DELETE", "/device").status == 204
    begun = Phone(phone.server, SoftDevice())
    assert begun.begin(link_of(person.elsewhere())).status == 200
    return {
        "never there": lambda: sent(phone, made(phone), device="1"),
        "no number": lambda: sent(phone, made(phone), device="x"),
        "none named": lambda: sent(phone, made(phone), device=""),
        "too long": lambda: sent(phone, made(phone), device="1" * 19),
        "another's key": lambda: stranger.call("GET", READ),
        "removed": lambda: gone.call("GET", READ),
        "not enrolled yet": lambda: begun.call("GET", READ),
    }


def test_who_is_unknown_is_told_the_same_whatever_the_reason(pair: tuple[Person, Phone]):
    answers = {why: call() for why, call in unknowns(pair).items()}
    assert {why: code_of(one) for why, one in answers.items()} == dict.fromkeys(
        answers, (401, "device_unknown")
    )
    assert len({one.body for one in answers.values()}) == 1
    assert len({one.headers["www-authenticate"] for one in answers.values()}) == 1


def test_a_signature_of_another_algorithm_than_the_keys(pair: tuple[Person, Phone]):
    """Ed25519 for a device whose key is of P-256: unknown, like any other."""
    _, phone = pair
    other = SoftDevice()
    other.proof_key = private_key("Ed25519")
    answer = Phone(phone.server, other, phone.id).call("GET", READ)
    assert code_of(answer) == (401, "device_unknown")


def test_the_key_in_the_header_is_not_the_devices_though_the_signature_is(phone: Phone):
    other = {"jwk": jwk(private_key())}
    assert code_of(sent(phone, made(phone, header=other))) == (401, "device_unknown")


def test_a_proof_for_a_change_is_good_once(pair: tuple[Person, Phone]):
    person, phone = pair
    headers = phone.headers("DELETE", "/device/push")
    path = f"{API}/device/push"
    assert phone.server.call("DELETE", path, None, headers).status == 204
    again = phone.server.call("DELETE", path, None, headers)
    assert code_of(again) == (401, "proof_wrong")
    assert "used before" in again.json["detail"]
    challenge = asked(person.elsewhere())
    body, answer = phone.said(challenge), f"/challenges/{challenge}/answer"
    headers = phone.headers("POST", answer)
    assert phone.server.call("POST", f"{API}{answer}", body, headers).status == 200
    assert code_of(phone.server.call("POST", f"{API}{answer}", body, headers)) == (
        401,
        "proof_wrong",
    )


def test_one_jti_of_two_devices(server: Server):
    """What one device has used is no other's."""
    (_, first), (_, second) = owner(server), owner(server)
    for phone in (first, second):
        headers = phone.headers("DELETE", "/device/push", jti="the same for both")
        answer = server.call("DELETE", f"{API}/device/push", None, headers)
        assert answer.status == 204


def test_the_rest_of_a_person_is_not_opened_by_a_proof(server: Server):
    person, phone = owner(server)
    proof = phone.headers("GET", "/devices")
    assert code_of(server.call("GET", f"{API}/devices", None, proof)) == (401, "caller_unknown")
    session = person_headers(person)
    assert code_of(server.call("GET", f"{API}/device", None, session)) == (401, "proof_wrong")


def test_it_takes_as_long_to_find_nobody(phone: Phone):
    """A look-up and the check of a signature, whoever is named: medians of calls in turn. Other
    work on the machine may spoil a round, but not each of five."""
    stranger, rounds = SoftDevice(), []
    for _ in range(5):
        times: dict[str, list[float]] = {phone.id: [], "1000000000000001": []}
        for _ in range(60):
            for number, held in times.items():
                headers = Phone(phone.server, stranger, number).headers("GET", READ)
                start = time.perf_counter()
                answer = phone.server.call("GET", f"{API}{READ}", None, headers)
                held.append(time.perf_counter() - start)
                assert answer.status == 401
        known, nobody = (statistics.median(held) for held in times.values())
        rounds.append(nobody / known)
    assert any(math.isclose(one, 1, rel_tol=0.2) for one in rounds), rounds


def test_an_ed25519_proof_key_is_as_good(server: Server):
    person = enrolled_person(server).stepped_up()
    soft = SoftDevice()
    soft.proof_key = private_key("Ed25519")
    phone = phone_of(person, soft)
    assert phone.call("GET", READ).status == 200
    for alg in ("Ed25519", "EdDSA"):
        proof = made(phone, header={"alg": alg})
        assert sent(phone, proof).status == 200, alg
