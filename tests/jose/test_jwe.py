"""Encrypted bodies: what another implementation makes opens here and the other way round; all else
is refused."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from assent.http.jose.compact import LONGEST, BadJose, Why
from assent.http.jose.jwe import Opened, open_jwe, read_jwe, seal_direct, seal_to
from assent.http.jose.keys import public_key, spki
from assent.kernel.base64url import encoded
from tests.jose.made import (
    CONTENT_KEY,
    GOOD,
    IV,
    OAEP_256,
    PIN,
    bent,
    jwe,
    part,
    with_part,
    written,
)
from tests.support.jose_client import JoseClient, Refused

KEY = rsa.generate_private_key(65_537, 2_048)
OTHER = rsa.generate_private_key(65_537, 2_048)
LARGER = rsa.generate_private_key(65_537, 3_072)
PUBLIC = KEY.public_key()
PATHS = ("/v1/user/pin", "/wise/v1/user/pin")
STAND_IN = b"s" * 32
KID = "1c9d8c1e-5fd0-4a55-9b6e-0f7a3a3a8f10"
DEEP = b"[" * 250 + b"]" * 250


def opened(token: str, *keys: rsa.RSAPrivateKey) -> Opened:
    return open_jwe(read_jwe(token, PATHS), keys or (KEY,), STAND_IN)


def refused(token: str, *keys: rsa.RSAPrivateKey) -> BadJose:
    with pytest.raises(BadJose) as bad:
        opened(token, *keys)
    return bad.value


def material(key: rsa.RSAPrivateKey) -> str:
    return base64.b64encode(spki(key.public_key())).decode()


@pytest.mark.parametrize("key", [KEY, LARGER], ids=["2048", "3072"])
def test_a_partner_s_request_opens(partner: JoseClient, key: rsa.RSAPrivateKey):
    sent = partner.encrypt(PIN, material(key))
    assert opened(sent.token, key) == Opened(PIN, sent.content_key, None)


@pytest.mark.parametrize("payload", [b"", b"\x00\xff" * 4_000, "Zo\u00eb \U0001f511".encode()])
def test_any_octets_come_through(partner: JoseClient, payload: bytes):
    assert opened(partner.encrypt(payload, material(KEY)).token).payload == payload


@pytest.mark.parametrize("url", PATHS)
def test_what_a_header_may_say_besides(partner: JoseClient, url: str):
    sent = partner.encrypt(PIN, material(KEY), kid=KID, url=url, typ="JOSE", cty="JWT")
    assert opened(sent.token).kid == KID


def test_a_direct_reply_opens_with_the_request_s_key(partner: JoseClient):
    sent = partner.encrypt(PIN, material(KEY))
    reply = seal_direct(b'{"ok":true}', opened(sent.token).content_key, IV)
    assert reply.split(".")[1] == ""
    read = partner.decrypt_direct(reply, sent.content_key)
    assert (read.json, read.header) == ({"ok": True}, {"enc": "A256GCM", "alg": "dir"})
    with pytest.raises(Refused):
        partner.decrypt_direct(reply, bytes(32))


def test_a_reply_to_a_partner_s_key(partner: JoseClient):
    pair, other = partner.pair("RSA-OAEP-256"), partner.pair("RSA-OAEP-256", name="other")
    key = public_key(pair.spki, "RSA-OAEP-256")
    assert isinstance(key, rsa.RSAPublicKey)
    reply = seal_to(b"{}", key, KID, CONTENT_KEY, IV)
    read = partner.decrypt(reply, pair)
    assert (read.payload, read.header) == (b"{}", {**GOOD, "kid": KID})
    with pytest.raises(Refused):
        partner.decrypt(reply, other)


def test_any_of_several_keys_opens():
    assert opened(jwe(PUBLIC), LARGER, OTHER, KEY).payload == PIN


def test_nothing_secret_is_printed():
    held = opened(jwe(PUBLIC))
    assert "1234" not in repr(held)
    assert repr(CONTENT_KEY) not in repr(held)


ALGS: tuple[Any, ...] = (
    *("RSA-OAEP", "RSA1_5", "RSA-OAEP-512", "RSA_OAEP_256", "rsa-oaep-256", "dir", "none"),
    *("A256KW", "ECDH-ES", "PBES2-HS256+A128KW", "", 1, True, ["RSA-OAEP-256"], {}, None),
)
ENCS: tuple[Any, ...] = (
    *("A128GCM", "A192GCM", "A128CBC-HS256", "A256CBC-HS512", "a256gcm", "none", ""),
    *(256, ["A256GCM"], {}, None),
)
MEMBERS: dict[str, dict[str, Any]] = {
    **{f"alg {alg!r}": {"alg": alg} for alg in ALGS},
    **{f"enc {enc!r}": {"enc": enc} for enc in ENCS},
    "a set of keys elsewhere": {"jku": "https://evil.example/keys"},
    "a certificate elsewhere": {"x5u": "https://evil.example/cert"},
    "a key": {"jwk": {"kty": "oct", "k": "AAAA"}},
    "a chain": {"x5c": ["AAAA"]},
    "a thumbprint": {"x5t": "AAAA"},
    "another thumbprint": {"x5t#S256": "AAAA"},
    "compressed": {"zip": "DEF"},
    "an extension": {"crit": ["exp"], "exp": 1},
    "no extension": {"crit": []},
    "rounds": {"p2c": 2_000_000_000, "p2s": "AAAA"},
    "a point": {"epk": {"kty": "EC"}},
    "parties": {"apu": "AAAA"},
    "a member nobody knows": {"note": "a"},
    "a number for a key id": {"kid": 1},
    "a list for a key id": {"kid": [KID]},
    "a number for a url": {"url": 1},
    "another path": {"url": "/v1/one-time-token/pin/verify"},
    "another query": {"url": "/v1/user/pin?a=b"},
    "another host": {"url": "https://evil.example/v1/user/pin"},
    "an empty url": {"url": ""},
    "a long key id": {"kid": "a" * 400},
}
HEADERS = {
    **{name: written({**GOOD, **members}) for name, members in MEMBERS.items()},
    "an algorithm twice": b'{"alg":"RSA-OAEP-256","enc":"A256GCM","alg":"RSA-OAEP-256"}',
    "a key id twice": b'{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"a","kid":"b"}',
    "another spelling of it": b'{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"a","\\u006bid":"b"}',
    "nothing": b"",
    "no object": b"[]",
    "null": b"null",
    "text": b'"RSA-OAEP-256"',
    "half": b'{"alg":"RSA-OAEP-256","enc":"A256GCM"',
    "two": written(GOOD) * 2,
    "no text": b"\xff\xfe",
    "UTF-16": written(GOOD).decode().encode("utf-16-le"),
    "a mark before it": b"\xef\xbb\xbf" + written(GOOD),
    "too deep": b'{"alg":' + DEEP + b"}",
    "not a number": b'{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":NaN}',
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_that_is_refused(header: bytes):
    bad = refused(jwe(PUBLIC, header))
    assert bad.why is Why.MALFORMED
    assert bad.detail
    assert "evil" not in bad.detail


def test_the_header_is_bounded():
    room = 512 // 4 * 3 - len(written({**GOOD, "typ": ""}))
    assert opened(jwe(PUBLIC, {"typ": "a" * room})).payload == PIN
    assert refused(jwe(PUBLIC, {"typ": "a" * (room + 1)})).why is Why.MALFORMED


def test_a_tag_is_never_shortened():
    token = jwe(PUBLIC)
    tag = part(token, 4)
    for short in (tag[:length] for length in (0, 1, 4, 8, 12, 15)):
        assert refused(with_part(token, 4, short)).why is Why.MALFORMED
    assert refused(with_part(token, 4, tag + b"\0")).why is Why.MALFORMED


def test_octets_do_not_move_between_ciphertext_and_tag():
    token = jwe(PUBLIC)
    moved = with_part(token, 3, part(token, 3) + part(token, 4)[:4])
    assert refused(with_part(moved, 4, part(token, 4)[4:])).why is Why.MALFORMED


@pytest.mark.parametrize("iv", [b"", bytes(8), bytes(11), bytes(13), bytes(16)])
def test_an_initialization_vector_of_another_length(iv: bytes):
    whole = jwe(PUBLIC) if len(iv) < 8 else jwe(PUBLIC, iv=iv)
    assert refused(with_part(whole, 2, iv)).why is Why.MALFORMED


def test_an_encrypted_key_is_as_long_as_the_modulus():
    token = jwe(PUBLIC)
    key = part(token, 1)
    for wrong in (b"", key[:-1], key + b"\0", b"\0" + key, bytes(384)):
        assert refused(with_part(token, 1, wrong)).why is Why.MALFORMED


def test_every_way_of_not_opening_looks_the_same():
    """RSA fails, or the content key has another length, or is another, or the content is bent."""
    token = jwe(PUBLIC)
    oaep_1 = OAEP(MGF1(hashes.SHA1()), hashes.SHA1(), None)
    encrypted = part(token, 1)
    short = PUBLIC.encrypt(bytes(16), OAEP_256)
    tokens = (
        with_part(token, 1, bytes(255) + b"\x02"),
        with_part(token, 1, b"\xff" * 256),
        with_part(token, 1, encrypted[:-1] + bytes([encrypted[-1] ^ 1])),
        with_part(token, 1, short),
        jwe(PUBLIC, content_key=bytes(16)),
        jwe(PUBLIC, content_key=bytes(24)),
        with_part(token, 1, PUBLIC.encrypt(bytes(33), OAEP_256)),
        jwe(PUBLIC, padding=PKCS1v15()),
        jwe(PUBLIC, padding=oaep_1),
        jwe(OTHER.public_key()),
        with_part(token, 2, bytes(12)),
        with_part(token, 3, b"\0" + part(token, 3)[1:]),
        with_part(token, 3, b""),
        with_part(token, 4, bytes(16)),
        with_part(token, 0, written({**GOOD, "kid": KID})),
    )
    said = {(bad.why, bad.detail, str(bad.__cause__)) for bad in map(refused, tokens)}
    assert len(said) == 1
    assert said.pop()[0] is Why.ENCRYPTION


def test_a_failed_decryption_goes_on_with_the_stand_in(monkeypatch: pytest.MonkeyPatch):
    """RFC 7516 11.5: the content is opened all the same, with a key that nobody knows."""
    used: list[bytes] = []

    def watched(key: bytes) -> AESGCM:
        used.append(key)
        return AESGCM(key)

    monkeypatch.setattr("assent.http.jose.jwe.AESGCM", watched)
    token = jwe(PUBLIC)
    refused(with_part(token, 1, bytes(256)))
    refused(token, OTHER)
    assert used == [STAND_IN, STAND_IN]
    opened(token)
    assert used[-1] == CONTENT_KEY


def test_parts_that_change_places():
    head, key, iv, content, tag = jwe(PUBLIC).split(".")
    for parts in (
        *((key, head, iv, content, tag), (head, iv, key, content, tag)),
        *(
            (head, key, content, iv, tag),
            (head, key, iv, tag, content),
            (tag, content, iv, key, head),
        ),
    ):
        refused(".".join(parts))


def test_two_requests_do_not_mix():
    one, other = jwe(PUBLIC).split("."), jwe(PUBLIC, content_key=bytes(32)).split(".")
    for number in (1, 3, 4):
        mixed = [*one[:number], other[number], *one[number + 1 :]]
        assert refused(".".join(mixed)).why is Why.ENCRYPTION


@pytest.mark.parametrize(
    "token",
    [
        *("", ".", "....", ".....", "a.b.c.d.e", "a.b.c.d", "{}", "null", '{"pin":"1234"}'),
        *(".".join("a" * 6), "." * LONGEST, "\u00e9.\u00e9.\u00e9.\u00e9.\u00e9", "\0.\0.\0.\0.\0"),
    ],
)
def test_no_jwe_at_all(token: str):
    assert refused(token).why is Why.MALFORMED


def test_spellings_that_other_readers_let_through():
    token = jwe(PUBLIC)
    parts = token.split(".")
    for number, text in enumerate(parts):
        for wrong in (text + "=", text + "==", text + "\n", " " + text, text + "A", text + "*"):
            refused(".".join([*parts[:number], wrong, *parts[number + 1 :]]))
    for text in (token + "\n", " " + token, token + ".", token.replace("-", "+").replace("_", "/")):
        if text != token:
            assert refused(text).why is Why.MALFORMED


def test_other_bits_behind_the_last_octet_are_refused():
    head, key, iv, content, tag = jwe(PUBLIC).split(".")
    assert tag[-1] in "AQgw"
    refused(".".join((head, key, iv, content, tag[:-1] + chr(ord(tag[-1]) + 1))))


def test_json_serialization_is_no_compact_one():
    head, key, iv, content, tag = jwe(PUBLIC).split(".")
    flat = {"protected": head, "encrypted_key": key, "iv": iv, "ciphertext": content, "tag": tag}
    assert refused(json.dumps(flat)).why is Why.MALFORMED


def test_the_size_is_looked_at_first():
    room = LONGEST - len(jwe(PUBLIC, payload=b""))
    whole = jwe(PUBLIC, payload=b"a" * (room * 3 // 4))
    assert LONGEST - 2 <= len(whole) <= LONGEST
    assert opened(whole).payload
    assert refused(whole + "A" * 4).detail == f"A JWE has at most {LONGEST} characters here."


def test_what_is_inside_is_not_looked_at():
    inner = jwe(PUBLIC)
    assert opened(jwe(PUBLIC, payload=inner.encode())).payload == inner.encode()


def test_a_direct_jwe_is_no_request():
    """Whoever saw a reply could send it back."""
    assert refused(seal_direct(PIN, CONTENT_KEY, IV)).why is Why.MALFORMED
    refused(with_part(seal_direct(PIN, STAND_IN, IV), 1, bytes(256)))


def test_a_stand_in_that_is_known_would_open():
    """Why it must be chance: this one is in the test."""
    forged = jwe(OTHER.public_key(), content_key=STAND_IN)
    assert opened(forged).payload == PIN


def test_without_keys_nothing_opens():
    with pytest.raises(BadJose):
        open_jwe(read_jwe(jwe(PUBLIC), PATHS), (), STAND_IN)


WHOLE = jwe(PUBLIC, {"kid": KID, "url": PATHS[0]})


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 6))
def test_one_bit_anywhere(at: int, bit: int):
    with pytest.raises(BadJose):
        opened(bent(WHOLE, at, bit))


@given(
    st.text(max_size=80) | st.lists(st.binary(max_size=40).map(encoded), max_size=6).map(".".join)
)
def test_whatever_comes_is_refused_by_name(text: str):
    with pytest.raises(BadJose):
        opened(text)
