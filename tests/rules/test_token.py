"""Tokens that say what they are, and notice a slip of one character."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.kernel.token import OCTETS, is_one, make

BASE_62 = set(string.digits + string.ascii_letters)
octets = st.binary(min_size=OCTETS, max_size=OCTETS)
ONE = make("as_cap", bytes(range(OCTETS)))


@given(octets)
def test_its_form(chance: bytes):
    text = make("as_cap", chance)
    prefix, body = text[:7], text[7:]
    assert prefix == "as_cap_"
    assert len(text) < 100  # the wire's limit for a password's value
    assert len(body) == 39
    assert set(body) <= BASE_62
    assert is_one("as_cap", text)


@pytest.mark.parametrize("chance", [bytes(OCTETS), b"\xff" * OCTETS])
def test_the_ends_of_the_range_have_the_same_length(chance: bytes):
    assert len(make("k", chance)) == 41
    assert is_one("k", make("k", chance))


@given(octets, octets)
def test_other_octets_other_token(one: bytes, other: bytes):
    assert (make("k", one) == make("k", other)) == (one == other)


@pytest.mark.parametrize("count", [0, 16, OCTETS - 1, OCTETS + 1, 32])
def test_it_is_made_of_24_octets_and_no_other_number(count: int):
    with pytest.raises(ValueError, match="24 octets"):
        make("k", b"\x01" * count)


@given(octets, st.data())
def test_one_wrong_character_is_noticed(chance: bytes, data: st.DataObject):
    text = make("as_cap", chance)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(exclude_characters=text[at]))
    assert not is_one("as_cap", text[:at] + other + text[at + 1 :])


@pytest.mark.parametrize("at", range(len(ONE)))
def test_one_missing_or_doubled_character_is_noticed(at: int):
    assert not is_one("as_cap", ONE[:at] + ONE[at + 1 :])
    assert not is_one("as_cap", ONE[:at] + ONE[at] + ONE[at:])


def test_prefixes_do_not_mix():
    one, other = make("as_cap", bytes(OCTETS)), make("as_key", bytes(OCTETS))
    assert not is_one("as_key", one)
    assert not is_one("as_cap", other)
    assert not is_one("as", one)
    assert not is_one("", one)
    assert not is_one("as_key", "as_key" + one[6:])  # its body and checksum under another name
    assert one[-6:] != other[-6:]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "as_cap_",
        "correct horse battery staple",
        ONE + "\n",
        " " + ONE,
        ONE.upper(),
        ONE.replace("_", "-"),
        ONE[:-1] + "\u0660",  # a digit, but not one of ours
        "as_cap_" + "\ud800" * 39,
    ],
)
def test_what_is_none(text: str):
    assert not is_one("as_cap", text)


@pytest.mark.parametrize("letter", ["'", "\n", " ", "-", "=", "\0"])
def test_a_right_checksum_does_not_excuse_foreign_letters(letter: str):
    checksum = make_checksum("as_cap_" + letter * 33)
    assert not is_one("as_cap", "as_cap_" + letter * 33 + checksum)


@pytest.mark.parametrize("count", [0, 32, 34])
def test_a_right_checksum_does_not_excuse_another_length(count: int):
    body = "as_cap_" + "7" * count
    assert not is_one("as_cap", body + make_checksum(body))


def make_checksum(body: str) -> str:
    """CRC-32 in six base-62 digits, written apart from the module under test."""
    crc = 0xFFFFFFFF
    for octet in body.encode():
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0xEDB88320 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    return "".join(digits[crc // 62**place % 62] for place in range(5, -1, -1))


def test_the_checksum_is_crc_32_as_secret_scanners_expect():
    assert make_checksum(ONE[:-6]) == ONE[-6:]
