"""The key that apps encrypt face maps to."""

import base64
from textwrap import wrap

from assent.dialects.wise import caller
from assent.dialects.wise.operation import Operation, calendar
from assent.domain.jose import RSA_OAEP_256, KeyScope
from assent.http.answer import Answer
from assent.http.route import Call

_LINE = 64
"""Characters of a line (RFC 7468 2)."""


async def public_key(call: Call) -> Answer:
    """`GET /v1/facetec/public-key`, as PEM. Refuses KIND_SWITCHED_OFF without face maps."""
    call.world.kind("face_map")
    key = await call.house.jose.current(call.world, KeyScope.FACE_MAP, RSA_OAEP_256)
    lines = wrap(base64.b64encode(key.public).decode(), _LINE)
    text = "\n".join(("-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""))
    return Answer(200, text.encode(), type=b"text/plain; charset=utf-8")


OPERATIONS = (
    Operation(
        method="GET",
        paths=("/v1/facetec/public-key", *calendar("/facetec/public-key")),
        handle=public_key,
        identify=caller.user,
    ),
)
