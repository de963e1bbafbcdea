"""The compact form that both share: segments, strict base64url, headers of listed members only."""

import json
from collections.abc import Collection
from enum import StrEnum
from typing import Any, Final

from assent.kernel import base64url

LONGEST: Final = 16_384
"""Octets of a compact form, looked at before anything else. A PIN's has some 750, of which 512 are
the encrypted key; there are 10,000 left for what a client wants to say."""
_LONGEST_HEADER: Final = 512


class Why(StrEnum):
    """What is wrong, as far as a dialect must tell it apart."""

    MALFORMED = "malformed"
    """Its form. No key was touched, and the detail says what to change."""
    ENCRYPTION = "encryption"
    """It does not open with the key. Never says how far it came (RFC 7516 11.5)."""
    SIGNATURE = "signature"


class BadJose(Exception):
    """Refused. `detail` may go over the wire."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(why, detail)
        self.why = why
        self.detail = detail


def malformed(detail: str) -> BadJose:
    """To be raised."""
    return BadJose(Why.MALFORMED, detail)


def decoded(segment: str, what: str) -> bytes:
    """Base64url, in one spelling. Raises BadJose."""
    try:
        return base64url.decoded(segment)
    except ValueError:
        raise malformed(f"{what} must be base64url without padding.") from None


def segments(token: str, count: int, what: str) -> list[str]:
    """The parts between the dots. Bounded before they are looked into."""
    if len(token) > LONGEST:
        raise malformed(f"A {what} has at most {LONGEST} characters here.")
    found = token.split(".", count)  # never more than one too many, whatever is sent
    if len(found) != count:
        raise malformed(f"A compact {what} has {count} parts with dots between them.")
    return found


def header(segment: str, what: str, members: Collection[str]) -> dict[str, str]:
    """The protected header. All members are text, each is listed and stands there once.

    So `jku`, `jwk`, `x5u` and `x5c` (a key of the sender's choice), `zip`, `crit`, `p2c` and
    whatever else could have a reader do more than these members say is refused with its name.
    """
    if len(segment) > _LONGEST_HEADER:
        raise malformed(f"The header of a {what} has at most {_LONGEST_HEADER} characters here.")
    octets = decoded(segment, f"The header of the {what}")
    try:
        read = json.loads(octets.decode(), object_pairs_hook=_once)
    except ValueError:
        raise malformed(f"The header of the {what} must be a JSON object.") from None
    if not isinstance(read, dict):
        raise malformed(f"The header of the {what} must be a JSON object.")
    for name, value in read.items():
        if name not in members:
            allowed = ", ".join(members)
            raise malformed(f"The header of the {what} may hold these members only: {allowed}.")
        if not isinstance(value, str):
            raise malformed(f'"{name}" in the header of the {what} must be text.')
    return read


def here(held: dict[str, str], what: str, paths: Collection[str]) -> None:
    """Checks `url`, where it stands: what was made for one call opens no other. Without query,
    since no operation with an encrypted or signed body takes one."""
    if "url" in held and held["url"] not in paths:
        raise malformed(f'"url" in the header of the {what} must be the path that is called.')


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values for one name: which is meant depends on who reads (RFC 7515 4)."""
    held = dict(pairs)
    if len(held) != len(pairs):
        raise ValueError("a name stands there twice")
    return held
