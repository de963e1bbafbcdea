"""Envelopes, made by another hand than the one that opens them; and all that is none."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.capture import CaptureLimits
from assent.frames.envelope import LONGEST, BadEnvelope, EnvelopeKey, key_of, new_capture_key
from assent.testing.frozen import NOON, ScriptedRandomness
from tests.support.frames import (
    coded,
    concat_kdf,
    content,
    decoded,
    jwk_of,
    private_of,
    public_of,
    sealed,
)

LIMITS = CaptureLimits()
KEY = EnvelopeKey(new_capture_key(ScriptedRandomness(), NOON, LIMITS))
OTHER = EnvelopeKey(new_capture_key(ScriptedRandomness("other"), NOON, LIMITS))
DEEP = b"[" * 3_000

# RFC 7518, Appendix C
ALICE = {
    "kty": "EC",
    "crv": "P-256",
    "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
    "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
    "d": "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
}
BOB = {
    "kty": "EC",
    "crv": "P-256",
    "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
    "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
    "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
}
AGREED = (
    *(158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156),
    *(251, 49, 110, 163, 218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196),
)


@pytest.mark.parametrize(("mine", "theirs"), [(ALICE, BOB), (BOB, ALICE)])
def test_the_published_key_agreement(mine: dict[str, str], theirs: dict[str, str]):
    shared = private_of(mine).exchange(ec.ECDH(), public_of(theirs))
    assert shared == bytes(AGREED)
    assert coded(concat_kdf(shared, "A128GCM", 128, b"Alice", b"Bob")) == "VqqN6vgjbSBcIijNcacQGg"


def test_what_was_put_in_comes_out():
    opened = KEY.open(sealed(content("uik", "Pass-word1"), KEY.public))
    assert (opened.ui_key, opened.kind) == ("uik", "password")
    assert opened.secret.reveal() == "Pass-word1"
    assert "Pass-word1" not in repr(opened)
    assert key_of(sealed(b"", KEY.public)) == KEY.row.kid


def test_the_public_key_is_all_that_a_page_is_told():
    assert set(KEY.public) == {"kty", "crv", "x", "y", "kid"}
    assert KEY.public["kid"] == KEY.row.kid


def test_keys_differ():
    assert KEY.public["x"] != OTHER.public["x"]
    assert KEY.row.kid != OTHER.row.kid
    assert (KEY.row.created_at, KEY.row.expires_at) == (NOON, NOON + 2 * LIMITS.key_ms)


def test_each_envelope_has_a_mark_of_its_own():
    one, other = content("uik", "a"), content("uik", "a")
    marks = [KEY.open(sealed(plain, KEY.public)).mark for plain in (one, one, other)]
    assert marks[0] == marks[1], "however often it is encrypted"
    assert marks[0] != marks[2]


@pytest.mark.parametrize("value", ["x", "x" * 256, "p\u00e4ss \U0001f511", "0" * 256, " ", '"\\'])
def test_what_may_be_typed(value: str):
    assert KEY.open(sealed(content("uik", value), KEY.public)).secret.reveal() == value


@pytest.mark.parametrize("value", ["1234", "12345", "123456"])
def test_what_may_be_typed_as_a_passcode(value: str):
    opened = KEY.open(sealed(content("uik", value, "passCode"), KEY.public))
    assert (opened.kind, opened.secret.reveal()) == ("passcode", value)


PLAIN = {
    "no JSON": b"Pass-word1",
    "nothing": b"",
    "a list": b"[]",
    "null": b"null",
    "no object": b'"Pass-word1"',
    "too deep": b'{"x":' + DEEP,
    "no text": b"\xff\xfe",
    "half a character": b'{"ui_key":"uik","field":"password","value":"\\ud800","nonce":"'
    + b"a" * 22
    + b'"}',
    "no value": content("uik", None),
    "an empty value": content("uik", ""),
    "257 characters": content("uik", "x" * 257),
    "a number": content("uik", 1234, "passCode"),
    "a list of values": content("uik", ["a"]),
    "an unknown field": content("uik", "a", "cardPin"),
    "the confirm field": content("uik", "a", "confirmPassword"),
    "the kind's name for the field": content("uik", "1234", "passcode"),
    "three digits": content("uik", "123", "passCode"),
    "seven digits": content("uik", "1234567", "passCode"),
    "letters": content("uik", "12a4", "passCode"),
    "another alphabet's digits": content("uik", "\u0661\u0662\u0663\u0664", "passCode"),
    "a line behind the digits": content("uik", "1234\n", "passCode"),
    "a sign": content("uik", "+123", "passCode"),
    "a long key": content("u" * 101, "a"),
    "a short nonce": content("uik", "a", nonce="a" * 21),
    "a long nonce": content("uik", "a", nonce="a" * 23),
    "a nonce of other letters": content("uik", "a", nonce="a" * 21 + "="),
    "a nonce and a line": content("uik", "a", nonce="a" * 22 + "\n"),
    "no nonce": content("uik", "a", nonce=None),
}


@pytest.mark.parametrize("plain", PLAIN.values(), ids=PLAIN)
def test_a_content_that_is_none(plain: bytes):
    with pytest.raises(BadEnvelope) as refused:
        KEY.open(sealed(plain, KEY.public))
    assert str(refused.value) == ""
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


_P384 = {
    "kty": "EC",
    "crv": "P-384",
    **{
        name: coded(number.to_bytes(48, "big"))
        for name, number in zip(
            "xy",
            [
                getattr(ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers(), axis)
                for axis in "xy"
            ],
            strict=True,
        )
    },
}
_ON = jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())
ALGS: tuple[Any, ...] = (
    *("ECDH-ES+A256KW", "ECDH-ES+A128KW", "dir", "RSA-OAEP", "RSA1_5", "A256KW", "none"),
    *("PBES2-HS256+A128KW", "ecdh-es", "", "A256GCM", 1, ["ECDH-ES"], {}),
)
ENCS: tuple[Any, ...] = (
    *("A128GCM", "A192GCM", "A128CBC-HS256", "A256CBC-HS512", "a256gcm", "none", ""),
    *("ECDH-ES", 256, ["A256GCM"], {}),
)
HEADERS: dict[str, dict[str, Any]] = {
    "no algorithm": {"alg": None},
    "no encryption": {"enc": None},
    **{f"alg {alg!r}": {"alg": alg} for alg in ALGS},
    **{f"enc {enc!r}": {"enc": enc} for enc in ENCS},
    "compressed": {"zip": "DEF"},
    "compressed somehow": {"zip": 1},
    "an extension we must know": {"crit": ["exp"], "exp": 1},
    "another key's parties": {"apu": coded(b"Alice")},
    "parties of another sort": {"apv": 1},
    "no point": {"epk": None},
    "a point of another sort": {"epk": "a"},
    "nowhere": {"epk": {}},
    "infinity": {"epk": {**_ON, "x": coded(bytes(32)), "y": coded(bytes(32))}},
    "off the curve": {"epk": {**_ON, "y": coded((7).to_bytes(32, "big"))}},
    "beyond the field": {"epk": {**_ON, "x": coded(b"\xff" * 32)}},
    "a long point": {"epk": {**_ON, "x": coded(bytes(1) + decoded(_ON["x"]))}},
    "half a point": {"epk": {"kty": "EC", "crv": "P-256", "x": _ON["x"]}},
    "numbers for a point": {"epk": {**_ON, "x": 1, "y": 2}},
    "another curve": {"epk": _P384},
    "another curve's name": {"epk": {**_ON, "crv": "P-384"}},
    "a curve nobody knows": {"epk": {**_ON, "crv": "P-257"}},
    "Montgomery's": {"epk": {"kty": "OKP", "crv": "X25519", "x": coded(bytes(32))}},
    "a shared secret": {"epk": {"kty": "oct", "k": coded(bytes(32))}},
    "an RSA key": {"epk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}},
    "more than a header": {"note": "x" * 2_000},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_of_another_sort_opens_nothing(header: dict[str, Any]):
    with pytest.raises(BadEnvelope):
        KEY.open(sealed(content("uik", "Pass-word1"), KEY.public, header))


def test_an_envelope_to_another_key_does_not_open():
    envelope = sealed(content("uik", "a"), {**OTHER.public, "kid": KEY.row.kid})
    assert key_of(envelope) == KEY.row.kid
    with pytest.raises(BadEnvelope):
        KEY.open(envelope)


def test_every_part_is_authenticated():
    good = sealed(content("uik", "Pass-word1"), KEY.public)
    parts = good.split(".")
    assert KEY.open(good).value == "Pass-word1"
    for place in (0, 2, 3, 4):
        for at in (0, len(parts[place]) // 2):
            bent = list(parts)
            letter = "A" if bent[place][at] != "A" else "B"
            bent[place] = bent[place][:at] + letter + bent[place][at + 1 :]
            with pytest.raises(BadEnvelope):
                KEY.open(".".join(bent))


def test_a_tag_is_never_shortened():
    """A reader that takes any length lets the tag be guessed octet by octet."""
    parts = sealed(content("uik", "a"), KEY.public).split(".")
    whole = decoded(parts[4])
    for length in (0, 1, 4, 8, 12, 15):
        with pytest.raises(BadEnvelope):
            KEY.open(".".join([*parts[:4], coded(whole[:length])]))


def test_pieces_that_are_no_envelope():
    good = sealed(content("uik", "a"), KEY.public)
    parts = good.split(".")
    for text in (
        *("", ".", "....", "a.b.c.d.e", good + ".", "." + good, good.replace(".", ""), parts[0]),
        *(".".join(parts[:4]), ".".join([*parts, parts[4]]), good + "\u00e9", "\u00e9" + good),
        *(".".join(["W10", *parts[1:]]), ".".join([coded(b"null"), *parts[1:]])),
        *(".".join([coded(b"{"), *parts[1:]]), ".".join([coded(b'{"a":' + DEEP), *parts[1:]])),
        *(json.dumps({"protected": parts[0], "ciphertext": parts[3]}), good.replace(".", "..")),
    ):
        with pytest.raises(BadEnvelope):
            KEY.open(text)


@pytest.mark.parametrize(
    "header",
    [
        *(b"", b"{}", b"[]", b"null", b"1", b"{", b"\xff", b'{"kid":1}', b'{"kid":null}'),
        *(b'{"kid":["a"]}', b'{"kid":"' + b"a" * 65 + b'"}', b'{"x":' + DEEP, b'{"kid":' + DEEP),
    ],
)
def test_a_header_that_names_no_key(header: bytes):
    with pytest.raises(BadEnvelope):
        key_of(coded(header) + ".a.b.c.d")


def test_an_envelope_that_is_too_long_is_not_looked_at():
    whole = coded(b'{"alg":"ECDH-ES","enc":"A256GCM","epk":{},"kid":"a"}')
    assert key_of(whole + "." * (LONGEST - len(whole))) == "a"
    with pytest.raises(BadEnvelope):
        key_of(whole + "." * (LONGEST - len(whole) + 1))


_PART = st.one_of(
    st.binary(max_size=60).map(coded),
    st.text(max_size=20),
    st.dictionaries(
        st.sampled_from(["alg", "enc", "kid", "epk", "zip", "crit", "apu", "p2c"]),
        st.one_of(
            st.sampled_from(["ECDH-ES", "A256GCM", KEY.row.kid]),
            st.integers(),
            st.none(),
            st.lists(st.text(max_size=3), max_size=2),
            st.fixed_dictionaries({"kty": st.just("EC"), "crv": st.text(max_size=6)}),
        ),
    ).map(lambda held: coded(json.dumps(held).encode())),
)


@given(st.one_of(st.text(max_size=60), st.lists(_PART, min_size=1, max_size=6).map(".".join)))
def test_whatever_comes_it_is_an_envelope_or_it_is_none(text: str):
    for look in (key_of, KEY.open):
        try:
            look(text)
        except BadEnvelope:
            continue
        assert look is key_of, "nobody made this"


@given(st.binary(max_size=200))
def test_whatever_is_inside_it_is_a_content_or_it_is_none(plain: bytes):
    with pytest.raises(BadEnvelope):
        KEY.open(sealed(plain, KEY.public))


def test_padding_and_other_letters_are_read_as_what_they_are():
    """Two spellings of one envelope have one mark: the second is a replay."""
    good = sealed(content("uik", "a"), KEY.public)
    parts = good.split(".")
    padded = base64.urlsafe_b64encode(decoded(parts[4])).decode()
    assert padded != parts[4]
    try:
        again = KEY.open(".".join([*parts[:4], padded]))
    except BadEnvelope:
        return
    assert again.mark == KEY.open(good).mark
