"""CBOR (RFC 8949) as authenticators write it, and in one spelling only (CTAP2 6, message encoding).

Short integers, lengths that are known, no tags, no fractions, nothing behind it, no name twice.
"""

from typing import Any, Final, NoReturn

import cbor2

from assent.factors.device_key.keys import Unfit

_DEEPEST: Final = 4
"""Levels; attestation objects have three, CTAP2 allows four."""


def _refuse(value: object, immutable: bool) -> NoReturn:
    """Before anything is made of it: numbers of 30,000 octets take their time."""
    raise Unfit("no tags")


_TAGS: Final = dict.fromkeys(range(64), _refuse)
"""Those of numbers are among them; what any other leads to is no plain value."""


def plain_map(octets: bytes) -> dict[Any, Any]:
    """What it holds, in any order: clients do not keep to one. Raises Unfit."""
    try:
        found = cbor2.loads(octets, semantic_decoders=_TAGS, allow_duplicate_keys=False)
        if isinstance(found, dict) and _plain(found, _DEEPEST) and cbor2.dumps(found) == octets:
            return found
    # tags lead into parsers of dates, numbers and expressions, each with errors of its own
    except Exception as error:
        raise Unfit("not CBOR") from error
    raise Unfit("not a map in plain CBOR")


def _plain(value: object, deepest: int) -> bool:
    if isinstance(value, dict):
        return deepest > 0 and all(
            isinstance(name, int | str) and _plain(one, deepest - 1) for name, one in value.items()
        )
    if isinstance(value, list):
        return deepest > 0 and all(_plain(one, deepest - 1) for one in value)
    return isinstance(value, bytes | str | int)
