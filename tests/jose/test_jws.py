"""Signed bodies, in both directions, and what is no signature."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.jose import SIGNING
from assent.http.jose.compact import LONGEST, BadJose, Why
from assent.http.jose.jwe import open_jwe, read_jwe, seal_to
from assent.http.jose.jws import UNVERIFIED, Verified, VerifyingKey, sign, verify
from assent.http.jose.keys import public_key, spki
from assent.kernel.base64url import encoded
from assent.usecases.find_jose_key import new_private_key
from tests.jose.made import CONTENT_KEY, IV, bent, jwe, part, with_part, written
from tests.support.jose_client import JoseClient, KeyPair, Refused

PATH = "/v1/auth/jose/playground/jws"
PATHS = (PATH,)
KID = "1c9d8c1e-5fd0-4a55-9b6e-0f7a3a3a8f10"
BODY = b'{"message":"hello"}'


def key_of(pair: KeyPair, kid: str = KID) -> VerifyingKey:
    return VerifyingKey(kid, pair.algorithm, public_key(pair.spki, pair.algorithm))


def refused(token: str, *keys: VerifyingKey) -> BadJose:
    with pytest.raises(BadJose) as bad:
        verify(token, keys, PATHS)
    return bad.value


@pytest.fixture
def pair(partner: JoseClient) -> KeyPair:
    return partner.pair("ES512")


@pytest.fixture
def token(partner: JoseClient, pair: KeyPair) -> str:
    return partner.sign(BODY, pair, url=PATH, typ="JWT")


@pytest.fixture(scope="module")
def whole(partner: JoseClient) -> str:
    return partner.sign(BODY, partner.pair("ES256"), url=PATH, kid=KID)


@pytest.mark.parametrize("algorithm", SIGNING)
def test_a_partner_s_signature(partner: JoseClient, algorithm: str):
    pair = partner.pair(algorithm)
    token = partner.sign(BODY, pair, url=PATH, typ="JWT", kid=KID)
    assert verify(token, [key_of(pair)], PATHS) == Verified(BODY, algorithm)
    other = partner.pair(algorithm, name="other")
    assert refused(token, key_of(other)).why is Why.SIGNATURE
    assert verify(token, [key_of(other), key_of(pair)], PATHS).payload == BODY


@pytest.mark.parametrize("algorithm", SIGNING)
def test_our_signature(partner: JoseClient, algorithm: str):
    private: Any = load_der_private_key(new_private_key(algorithm), None)
    public = material(private)
    token = sign(BODY, algorithm, private, 1)
    read = partner.verify(token, public, algorithm)
    assert (read.payload, read.header) == (BODY, {"version": 1, "alg": algorithm})
    assert part(token, 0) == b'{"version":1,"alg":"%s"}' % algorithm.encode()
    with pytest.raises(Refused):
        partner.verify(bent(token, token.index(".") + 3, 0), public, algorithm)


def material(private: Any) -> str:
    return base64.b64encode(spki(private.public_key())).decode()


def test_a_key_id_of_another_key_is_refused(partner: JoseClient, pair: KeyPair):
    token = partner.sign(BODY, pair, url=PATH, kid="2c9d8c1e-5fd0-4a55-9b6e-0f7a3a3a8f10")
    assert refused(token, key_of(pair)).why is Why.SIGNATURE
    named = partner.sign(BODY, pair, url=PATH, kid=KID.upper())
    assert verify(named, [key_of(pair)], PATHS).payload == BODY


def test_without_a_key_nothing_is_verified(token: str):
    assert refused(token).why is Why.SIGNATURE


@pytest.mark.parametrize(
    "url", ["/v1/auth/jose/playground/jwe", PATH + "?a=b", PATH + "/", "", None]
)
def test_what_was_signed_for_another_call(partner: JoseClient, pair: KeyPair, url: str | None):
    header = {} if url is None else {"url": url}
    assert refused(partner.sign(BODY, pair, **header), key_of(pair)).why is Why.MALFORMED


def test_no_algorithm_is_none(pair: KeyPair):
    for algorithm in ("none", "None", "NONE", ""):
        head = encoded(written({"alg": algorithm, "url": PATH}))
        for signature in ("", "AAAA"):
            bad = refused(f"{head}.{encoded(BODY)}.{signature}", key_of(pair))
            assert bad.why is Why.MALFORMED


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("theirs", ["ES256", "PS256"])
def test_the_public_key_is_no_shared_secret(partner: JoseClient, algorithm: str, theirs: str):
    """CVE-2016-5431: whoever knows the public key, which everybody does, signs with HMAC."""
    pair = partner.pair(theirs)
    digest = getattr(hashlib, f"sha{algorithm[2:]}")
    text = f"{encoded(written({'alg': algorithm, 'url': PATH}))}.{encoded(BODY)}"
    pem = f"-----BEGIN PUBLIC KEY-----\n{pair.public}\n-----END PUBLIC KEY-----\n"
    for secret in (pair.spki, pair.public.encode(), pem.encode()):
        signature = hmac.new(secret, text.encode(), digest).digest()
        assert refused(f"{text}.{encoded(signature)}", key_of(pair)).why is Why.MALFORMED


def test_a_key_serves_the_algorithm_it_was_registered_for(partner: JoseClient):
    pair = partner.pair("PS256")
    as_512 = KeyPair("PS512", pair.public, pair.private)
    token = partner.sign(BODY, as_512, url=PATH)
    assert refused(token, key_of(pair)).why is Why.SIGNATURE
    assert verify(token, [key_of(as_512)], PATHS).payload == BODY


@pytest.mark.parametrize(
    "algorithm", ["RS256", "EdDSA", "ES256K", "es512", "PS-256", 1, None, ["ES512"]]
)
def test_other_algorithms(pair: KeyPair, token: str, algorithm: Any):
    header = written({"alg": algorithm, "url": PATH})
    assert refused(with_part(token, 0, header), key_of(pair)).why is Why.MALFORMED


@pytest.mark.parametrize(
    "name", ["jku", "jwk", "x5u", "x5c", "x5t", "crit", "b64", "zip", "enc", "cty"]
)
def test_members_that_are_refused(pair: KeyPair, token: str, name: str):
    values: dict[str, Any] = {
        "jwk": {"kty": "EC"},
        "x5c": ["AAAA"],
        "crit": ["b64"],
        "b64": False,
    }
    members = {"alg": "ES512", "url": PATH, name: values.get(name, "https://evil.example")}
    bad = refused(with_part(token, 0, written(members)), key_of(pair))
    assert (bad.why, "evil" in bad.detail) == (Why.MALFORMED, False)


def test_ecdsa_signatures_of_another_form(pair: KeyPair, token: str):
    """DER in place of the two numbers, the two numbers cut, nothing, and nought."""
    signature = part(token, 2)
    for wrong in (b"\x30" + signature, signature[:-1], signature + b"\0", b"", bytes(132)):
        assert refused(with_part(token, 2, wrong), key_of(pair)).why is Why.SIGNATURE


def test_a_payload_that_was_taken_out(pair: KeyPair, token: str):
    assert refused(with_part(token, 1, b""), key_of(pair)).why is Why.SIGNATURE


@pytest.mark.parametrize(
    "text", ["", ".", "..", "...", "a.b", "a.b.c.d", "{}", "\u00e9.\u00e9.\u00e9"]
)
def test_no_jws_at_all(pair: KeyPair, text: str):
    assert refused(text, key_of(pair)).why is Why.MALFORMED


def test_the_size_is_looked_at_first(partner: JoseClient, pair: KeyPair):
    token = partner.sign(b"a" * LONGEST, pair, url=PATH)
    assert refused(token, key_of(pair)).detail.endswith(f"at most {LONGEST} characters here.")


def test_of_many_keys_ten_are_tried(partner: JoseClient, pair: KeyPair, token: str):
    other = key_of(partner.pair("ES512", name="other"))
    assert verify(token, [*[other] * 9, key_of(pair)], PATHS).payload == BODY
    assert refused(token, *[other] * 10, key_of(pair)).why is Why.SIGNATURE
    elsewhere = key_of(partner.pair("ES256"))
    assert verify(token, [*[elsewhere] * 10, key_of(pair)], PATHS).payload == BODY


@given(st.integers(min_value=0), st.integers(0, 6))
def test_one_bit_anywhere(whole: str, partner: JoseClient, at: int, bit: int):
    with pytest.raises(BadJose):
        verify(bent(whole, at % len(whole), bit), [key_of(partner.pair("ES256"))], PATHS)


def test_signed_then_encrypted(partner: JoseClient, pair: KeyPair, token: str):
    ours: Any = load_der_private_key(new_private_key("RSA-OAEP-256"), None)
    public = ours.public_key()
    sent = partner.encrypt(token.encode(), material(ours))
    opened = open_jwe(read_jwe(sent.token, PATHS), [ours], bytes(32))
    assert verify(opened.payload.decode(), [key_of(pair)], PATHS).payload == BODY
    for nested in (sent.token.encode(), b"\xff\xfe..", b"", BODY, b"..", jwe(public).encode()):
        inner = open_jwe(
            read_jwe(jwe(public, payload=nested), PATHS),
            [ours],
            bytes(32),
        ).payload
        assert refused(inner.decode("latin-1"), key_of(pair)).why is Why.MALFORMED


def test_our_reply_signed_then_encrypted(partner: JoseClient):
    private: Any = load_der_private_key(new_private_key("ES512"), None)
    theirs = partner.pair("RSA-OAEP-256")
    key: Any = public_key(theirs.spki, "RSA-OAEP-256")
    reply = seal_to(sign(BODY, "ES512", private, 3).encode(), key, KID, CONTENT_KEY, IV)
    inner = partner.decrypt(reply, theirs).payload.decode()
    read = partner.verify(inner, material(private), "ES512")
    assert (json.loads(read.payload), read.header["version"]) == ({"message": "hello"}, 3)


def test_what_an_unverified_signature_is_called():
    assert UNVERIFIED == "Unable to verify the request signature"
