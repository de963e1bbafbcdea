"""Tokens that say what they are: a prefix, randomness, and a checksum.

The checksum tells a mistyped or foreign value from one of ours without a look-up, and lets a
secret scanner find lost ones; it protects nothing.
"""

import zlib

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LETTERS = frozenset(_ALPHABET)
_CHECK = 6  # base-62 digits that hold 32 bits
OCTETS = 24
_BODY = 33  # base-62 digits that hold 24 octets


def make(prefix: str, octets: bytes) -> str:
    """`prefix_` + 33 letters and digits + a checksum of 6, from exactly 24 octets (192 bits)."""
    if len(octets) != OCTETS:
        raise ValueError(f"a token is made of {OCTETS} octets, not {len(octets)}")
    body = f"{prefix}_{_base62(int.from_bytes(octets, 'big'), _BODY)}"
    return body + _checksum(body)


def is_one(prefix: str, text: str) -> bool:
    """Whether `text` has the form that `make` gives, checksum and all."""
    if len(text) != len(prefix) + 1 + _BODY + _CHECK or not text.startswith(f"{prefix}_"):
        return False
    letters = text[len(prefix) + 1 :]
    return set(letters) <= _LETTERS and _checksum(text[:-_CHECK]) == text[-_CHECK:]


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK)


def _base62(number: int, digits: int) -> str:
    letters = []
    for _ in range(digits):
        number, rest = divmod(number, 62)
        letters.append(_ALPHABET[rest])
    return "".join(reversed(letters))
