"""Who is calling: a client by its id and secret, or by its token; a person by a client's token."""

import base64
import binascii
from dataclasses import replace

from assent.domain.session import Caller, SessionLimits
from assent.http.bearer import Claims
from assent.http.request import Request
from assent.http.route import House
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code, Refusal
from assent.usecases.world import speaking


async def basic(house: House, request: Request) -> Caller:
    """`client_id:client_secret` by HTTP Basic (RFC 7617). Refuses CLIENT_UNKNOWN."""
    scheme, _, encoded = (request.header(b"authorization") or "").partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        text = ""
    client = await house.world.stores.client_by_key(text) if ":" in text else None
    if client is None or scheme.lower() != "basic":
        raise Refusal(Code.CLIENT_UNKNOWN)
    return Caller(
        programme=client.programme,
        client=client.id,
        client_key=client.key_id,
        address=request.address,
        request_ref=request.ref,
    )


async def application(house: House, request: Request) -> Caller:
    """A client that speaks for itself. Refuses CALLER_UNKNOWN, PERMISSION_MISSING (a person's)."""
    claims, caller = await _client(house, request)
    if claims.session_id:
        raise Refusal(Code.PERMISSION_MISSING)
    age = house.world.clock.now() - claims.given_at
    if age >= house.world.grant_limits.access_ms:
        raise Refusal(Code.CALLER_UNKNOWN, "expired")
    return caller


async def user(house: House, request: Request) -> Caller:
    """A client that acts for a person. Refuses CALLER_UNKNOWN, PERMISSION_MISSING (its own)."""
    claims, caller = await _client(house, request)
    if not claims.session_id:
        raise Refusal(Code.PERMISSION_MISSING)
    # No five minutes here: what they protect asks for an approval each time, or stands for five.
    limits = SessionLimits(idle_seconds=house.world.grant_limits.access_ms // SECOND)
    now = house.world.clock.now()
    session = await house.world.stores.touch(claims.session_id, now, limits)
    if session is None or session.programme_id != caller.programme.id:
        raise Refusal(Code.CALLER_UNKNOWN)
    return replace(caller, session=session)


async def _client(house: House, request: Request) -> tuple[Claims, Caller]:
    try:
        claims = house.bearers.claims(request.header(b"authorization"))
    except Refusal as refusal:
        if refusal.code is not Code.SESSION_GONE:
            raise
        raise Refusal(Code.CALLER_UNKNOWN, refusal.detail) from refusal
    client = await house.world.stores.client(claims.client_key) if claims.client_key else None
    if client is None or client.programme.id != claims.programme_id:
        raise Refusal(Code.CALLER_UNKNOWN, "no client")
    return claims, Caller(
        programme=client.programme,
        client=client.id,
        client_key=client.key_id,
        address=request.address,
        request_ref=request.ref,
    )


def subject_of(caller: Caller) -> int:
    """The person the client acts for."""
    return speaking(caller).subject_id
