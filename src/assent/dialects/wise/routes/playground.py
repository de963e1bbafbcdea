"""Where a client tries its encryption and signatures: each call echoes what was understood."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from assent.dialects.wise import caller
from assent.dialects.wise.encrypted import (
    compact,
    jose_answer,
    opened,
    sealed_to_client,
    unreadable,
    unsealed,
    verified,
)
from assent.dialects.wise.operation import Operation, calendar
from assent.domain.jose import KeyScope
from assent.http.answer import Answer
from assent.http.jose.compact import BadJose
from assent.http.jose.jwe import IV, seal_direct
from assent.http.jose.jws import Verified, sign
from assent.http.route import Call, Handler
from assent.http.shapes import read

_PREFIX: Final = "jose-playground-response-"


class Message(Struct):
    """`{"message": "..."}`."""

    message: Annotated[str, Meta(max_length=100)]


async def jws(call: Call) -> Answer:
    """Signed, and so is the reply, by the same algorithm."""
    token = await compact(call, "jws")
    try:
        signed = await verified(call, token)
    except BadJose as bad:
        raise unreadable(call, bad) from bad
    return _told(await _signed(call, signed, _echo(call, signed.payload)))


async def jwe(call: Call) -> Answer:
    """Encrypted, and so is the reply, to the client's key."""
    message = await opened(call)
    return await _to_client(call, _echo(call, message.payload), message.kid)


async def jwe_of_nothing(call: Call) -> Answer:
    """A GET has no body; its reply is encrypted."""
    return await _to_client(call, _echo(call, b'{"message":""}'))


async def jwe_direct(call: Call) -> Answer:
    """The reply is encrypted with the content key of the request."""
    message = await opened(call)
    iv = call.world.randomness.octets(IV)
    return _told(seal_direct(_echo(call, message.payload), message.content_key, iv))


async def jws_in_jwe(call: Call) -> Answer:
    """Signed and then encrypted, both ways."""
    token = await compact(call, "jws+jwe")
    try:
        message = await unsealed(call, token)
        signed = await verified(call, message.payload.decode("latin-1"))
    except BadJose as bad:
        raise unreadable(call, bad) from bad
    reply = await _signed(call, signed, _echo(call, signed.payload))
    return await _to_client(call, reply.encode(), message.kid)


def _echo(call: Call, body: bytes) -> bytes:
    message = read(body, Message).message
    return msgspec.json.encode({"message": _PREFIX + message, "method": call.request.method})


async def _signed(call: Call, signed: Verified, payload: bytes) -> str:
    key = await call.house.jose.current(call.world, KeyScope.PAYLOAD_SIGNING, signed.algorithm)
    return sign(payload, signed.algorithm, key.private, key.row.version)


async def _to_client(call: Call, payload: bytes, kid: str | None = None) -> Answer:
    try:
        return _told(await sealed_to_client(call, payload, kid))
    except BadJose as bad:
        raise unreadable(call, bad) from bad


def _told(token: str) -> Answer:
    return jose_answer(Answer(200), token)


def _operation(method: str, name: str, handle: Handler) -> Operation:
    path = f"/auth/jose/playground/{name}"
    return Operation(
        method=method,
        paths=(f"/v1{path}", *calendar(path)),
        handle=handle,
        identify=caller.application,
    )


OPERATIONS = (
    _operation("POST", "jws", jws),
    _operation("POST", "jwe", jwe),
    _operation("GET", "jwe", jwe_of_nothing),
    _operation("POST", "jwe-direct-encryption", jwe_direct),
    _operation("POST", "jwsjwe", jws_in_jwe),
)
