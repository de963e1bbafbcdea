"""Face vectors: the format of docs/factors/face-map.md, written here anew, and its refusals."""

import hashlib
import math
import re
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.adapters.face_vector.matcher import FaceVector, FaceVectorSettings
from assent.ports.face_matcher import FaceMatcher

SIZES = (2_048, 3_072)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "factors" / "face-map.md"


def made(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, bits)


def der(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


KEYS = {bits: made(bits) for bits in SIZES}
DERS = {bits: der(key) for bits, key in KEYS.items()}
KEY, OURS = KEYS[2_048], DERS[2_048]


def matcher(threshold: int = 800, private: Sequence[bytes] = (OURS,)) -> FaceVector:
    return FaceVector(FaceVectorSettings(threshold), lambda: private)


MATCHER: FaceMatcher = matcher()


# The sender's side, with no code of the server's: OAEP by hand (RFC 8017, 7.1.1) and raw RSA.


def mgf1(seed: bytes, length: int) -> bytes:
    rounds = -(-length // 32)
    made = b"".join(hashlib.sha256(seed + n.to_bytes(4, "big")).digest() for n in range(rounds))
    return made[:length]


def xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def raw(block: bytes, key: rsa.RSAPrivateKey) -> bytes:
    numbers = key.public_key().public_numbers()
    return pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(len(block), "big")


def wrapped(message: bytes, key: rsa.RSAPrivateKey = KEY, seed: bytes = b"s" * 32) -> bytes:
    size = key.key_size // 8
    label = hashlib.sha256(b"").digest()
    block = label + bytes(size - len(message) - 66) + b"\x01" + message
    masked = xor(block, mgf1(seed, len(block)))
    return raw(b"\0" + xor(seed, mgf1(masked, 32)) + masked, key)


def sealed(plain: bytes, head: bytes, key: bytes = b"k" * 32, nonce: bytes = b"n" * 12) -> bytes:
    """Head, nonce, ciphertext, tag."""
    encryptor = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(head)
    return head + nonce + encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def floats(vector: Sequence[float]) -> bytes:
    return b"".join(struct.pack("<f", number) for number in vector)


def envelope(plain: bytes, key: rsa.RSAPrivateKey = KEY, version: bytes = b"\x01") -> bytes:
    return sealed(plain, version + wrapped(b"k" * 32, key))


def unit(vector: Sequence[float]) -> list[float]:
    length = math.sqrt(sum(number * number for number in vector))
    return [number / length for number in vector]


def face(*numbers: float, size: int = 128) -> list[float]:
    """Some numbers first, and noughts up to the size; of length 1."""
    return unit([*numbers, *[0.0] * (size - len(numbers))])


ADA = face(3, 1, 4, 1, 5, 9, 2, 6)
HEAD = b"\x01" + wrapped(b"k" * 32)


@pytest.mark.parametrize("bits", SIZES)
def test_what_is_written_by_the_page_is_read(bits: int):
    plain = floats(ADA)
    blob = envelope(plain, KEYS[bits])
    assert len(blob) == 1 + bits // 8 + 12 + len(plain) + 16
    ours = matcher(private=(DERS[bits],))
    assert ours.template(blob) == plain
    assert ours.matches(plain, blob)


def test_the_page_s_own_example_is_read():
    """Whoever writes an app copies it."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    room: dict = {}
    exec(code, room)  # our own page
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    blobs = [room["face_map"](ADA, pem) for _ in range(2)]
    assert blobs[0] != blobs[1]
    assert [MATCHER.template(blob) for blob in blobs] == [floats(ADA)] * 2


@pytest.mark.parametrize("size", [64, 65, 127, 512, 1_024])
def test_from_64_to_1024_numbers(size: int):
    vector = face(1, -2, 3, size=size)
    assert MATCHER.matches(MATCHER.template(envelope(floats(vector))), envelope(floats(vector)))


@pytest.mark.parametrize(("length", "fits"), [(0.9991, 1), (1.0009, 1), (0.9989, 0), (1.0011, 0)])
def test_a_length_of_one_within_a_thousandth(length: float, fits: int):
    blob = envelope(floats([length * number for number in ADA]))
    assert MATCHER.matches(floats(ADA), blob) is bool(fits)
    if not fits:
        with pytest.raises(ValueError, match="no face vector"):
            MATCHER.template(blob)


NO_VECTOR = {
    "nothing": b"",
    "one number too few": floats(face(1, size=63)),
    "one number too many": floats(face(1, size=1_025)),
    "half a number": floats(ADA) + b"\0\0",
    "float64": struct.pack("<128d", *ADA),
    "big-endian": struct.pack(">128f", *ADA),
    "zero": bytes(512),
    "not of length 1": floats([2 * number for number in ADA]),
    "NaN": floats([math.nan, *ADA[1:]]),
    "infinite": floats([math.inf, *ADA[1:]]),
    "minus infinite": floats([-math.inf, *ADA[1:]]),
}
NO_ENVELOPE = {
    "nothing": b"",
    "a version": b"\x01",
    "plain": floats(ADA),
    "version 0": envelope(floats(ADA), version=b"\0"),
    "version 2": envelope(floats(ADA), version=b"\x02"),
    "a version exchanged": b"\x02" + envelope(floats(ADA))[1:],
    "no version": envelope(floats(ADA))[1:],
    "to another key": envelope(floats(ADA), made(2_048)),
    "to a longer key": envelope(floats(ADA), KEYS[3_072]),
    "an AES-128 key": sealed(floats(ADA), b"\x01" + wrapped(b"k" * 16), b"k" * 16),
    "a key too long": sealed(floats(ADA), b"\x01" + wrapped(b"k" * 33)),
    "an empty key": sealed(floats(ADA), b"\x01" + wrapped(b"")),
    "no padding": sealed(floats(ADA), b"\x01" + raw(bytes(224) + b"k" * 32, KEY)),
    "a key of noughts": sealed(floats(ADA), b"\x01" + bytes(256), bytes(32)),
    "nothing authenticated": HEAD + sealed(floats(ADA), b""),
    "only the version authenticated": HEAD + sealed(floats(ADA), b"\x01")[1:],
    "too much of it": envelope(bytes(4 * 1_025)),
    "a mebibyte": HEAD + bytes(1_048_576),
}


@pytest.mark.parametrize(
    "blob",
    [
        *(pytest.param(envelope(plain), id=name) for name, plain in NO_VECTOR.items()),
        *(pytest.param(blob, id=f"envelope: {name}") for name, blob in NO_ENVELOPE.items()),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_way(blob: bytes):
    with pytest.raises(ValueError, match="no face vector") as refused:
        MATCHER.template(blob)
    assert refused.value.args == ("no face vector",)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
    assert not MATCHER.matches(floats(ADA), blob)


def test_no_octet_can_be_altered_or_left_out():
    blob = envelope(floats(ADA))
    for place in (
        0,
        1,
        128,
        256,
        257,
        268,
        269,
        600,
        len(blob) - 17,
        len(blob) - 16,
        len(blob) - 1,
    ):
        altered = bytearray(blob)
        altered[place] ^= 1
        assert not MATCHER.matches(floats(ADA), bytes(altered)), place
        assert not MATCHER.matches(floats(ADA), blob[:place]), place
        assert not MATCHER.matches(floats(ADA), blob[:place] + blob[place + 1 :]), place
    assert not MATCHER.matches(floats(ADA), blob + b"\0")


@given(st.binary(max_size=1_000))
def test_no_octets_at_all_bring_it_down(blob: bytes):
    assert not MATCHER.matches(floats(ADA), blob)
    with pytest.raises(ValueError, match="no face vector"):
        MATCHER.template(b"\x01" + blob)


def test_who_cannot_unwrap_is_not_told_by_the_seal():
    """An AES key that fails to unwrap is replaced by one that nobody can guess. Had it a known
    value, a sender could see which wrapped keys open, and so open other people's (Manger 2001)."""
    broken = b"\x01" + bytes(range(256))
    guesses = (bytes(32), b"\xff" * 32, hashlib.sha256(broken[1:]).digest(), b"k" * 32)
    for guess in (*guesses, hashlib.sha256(OURS).digest()):
        assert not MATCHER.matches(floats(ADA), sealed(floats(ADA), broken, guess))


@pytest.mark.parametrize(
    ("degrees", "same"), [(0, True), (10, True), (36.8, True), (36.9, False), (90, False), (180, 0)]
)
def test_two_are_one_face_up_to_the_angle_of_the_threshold(degrees: float, same: bool):
    """The cosine is 0.8 at 36.87 degrees."""
    turned = [math.cos(math.radians(degrees)), math.sin(math.radians(degrees))]
    assert MATCHER.matches(floats(face(1)), envelope(floats(face(*turned)))) is bool(same)


@pytest.mark.parametrize("threshold", [400, 600, 999])
def test_the_threshold_is_in_thousandths(threshold: int):
    ours = matcher(threshold)
    for nudge, same in ((1e-4, True), (-1e-4, False)):
        cosine = threshold / 1_000 + nudge
        near = face(cosine, math.sqrt(1 - cosine * cosine))
        assert ours.matches(floats(face(1)), envelope(floats(near))) is same


def test_a_little_too_long_is_not_a_little_more_alike():
    """The slack in the length must not carry anybody over the threshold."""
    cosine = 0.8 - 1e-4
    near = [1.0009 * number for number in face(cosine, math.sqrt(1 - cosine * cosine))]
    assert not MATCHER.matches(floats(face(1.0)), envelope(floats(near)))


@settings(max_examples=30)
@given(st.lists(st.floats(-1, 1, width=32), min_size=64, max_size=200))
def test_every_face_is_its_own(numbers: list[float]):
    if math.sqrt(sum(number * number for number in numbers)) < 1e-3:
        return
    blob = envelope(floats(unit(numbers)))
    assert matcher(999).matches(MATCHER.template(blob), blob)
    opposite = envelope(floats([-number for number in unit(numbers)]))
    assert not matcher(400).matches(MATCHER.template(blob), opposite)


def test_vectors_of_two_models_do_not_match():
    assert not MATCHER.matches(floats(face(1, size=128)), envelope(floats(face(1, size=256))))


@pytest.mark.parametrize("damaged", [b"", b"\0" * 32, b"\0" * 512, b"\xff" * 512, b"\0" * 513])
def test_a_template_of_another_matcher_lets_nobody_in(damaged: bytes):
    assert not MATCHER.matches(damaged, envelope(floats(ADA)))
    assert not MATCHER.matches(damaged, b"")


def test_keys_come_and_go_while_it_runs():
    keys: list[bytes] = []
    ours = FaceVector(FaceVectorSettings(), lambda: keys)
    old, new = envelope(floats(ADA)), envelope(floats(ADA), KEYS[3_072])
    found = []
    for held in ([], [OURS], [DERS[3_072], OURS], [DERS[3_072]]):
        keys[:] = held
        found.append((ours.matches(floats(ADA), old), ours.matches(floats(ADA), new)))
    assert found == [(False, False), (True, False), (True, True), (False, True)]


@pytest.mark.parametrize(
    "private", [b"", b"x", DERS[2_048][:-1], der(ec.generate_private_key(ec.SECP256R1()))]
)
def test_what_is_no_such_key_is_the_house_s_own_mistake(private: bytes):
    with pytest.raises(ValueError, match=r".") as refused:
        matcher(private=(private,)).matches(floats(ADA), envelope(floats(ADA)))
    assert "no face vector" not in str(refused.value)


def test_short_keys_are_not_taken():
    weak = rsa.generate_private_key(65_537, 1_024)
    with pytest.raises(ValueError, match="2048 or 3072"):
        matcher(private=(der(weak),)).template(envelope(floats(ADA), weak))
