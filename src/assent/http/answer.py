"""What goes back over the wire."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

_JSON = b"application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body (none where the status has none) and headers beyond the usual ones."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: tuple[tuple[bytes, bytes], ...] = ()
    type: bytes = _JSON


NO_CONTENT = Answer(204)


def json_answer(
    value: Any, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Answer:
    """`value` is anything msgspec encodes."""
    return Answer(status, msgspec.json.encode(value), headers)


ONLY_GET = json_answer(
    {"code": "METHOD_NOT_ALLOWED", "message": "This page can only be read."},
    405,
    ((b"allow", b"GET, HEAD"),),
)
"""To whoever would change what is only to be read."""


def packed(answer: Answer) -> bytes:
    """For the store: an answer that is to be given again, to the letter."""
    return msgspec.msgpack.encode((answer.status, answer.body, answer.headers, answer.type))


def unpacked(octets: bytes) -> Answer:
    """Reads what `packed` wrote."""
    status, body, headers, kind = msgspec.msgpack.decode(
        octets, type=tuple[int, bytes, tuple[tuple[bytes, bytes], ...], bytes]
    )
    return Answer(status, body, headers, kind)
