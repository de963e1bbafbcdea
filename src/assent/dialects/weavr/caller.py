"""Who is calling: the programme by its `api-key`, the person by the bearer."""

from assent.domain.programme import KeyRole, Programme
from assent.domain.session import Caller
from assent.http.invalid import Malformed
from assent.http.request import Request
from assent.http.route import House
from assent.http.shapes import at, raw
from assent.kernel.refusals import Code, Refusal
from assent.usecases.resume_session import resume_session
from assent.usecases.world import speaking


async def server(house: House, request: Request) -> Caller:
    """`api-key` alone."""
    return _caller(request, await programme_of(house, request, b"api-key", KeyRole.API))


async def person(house: House, request: Request) -> Caller:
    """`api-key` and bearer. Refuses PERMISSION_MISSING to the back office, which only reads:
    here, so that no operation can forget it, and before any stored answer is given again."""
    caller = await bearer(house, request)
    if request.method != "GET":
        speaking(caller)
    return caller


async def bearer(house: House, request: Request) -> Caller:
    """The same for any session: it ends itself. Its five minutes begin anew, whatever the call
    answers."""
    programme = await programme_of(house, request, b"api-key", KeyRole.API)
    session_id = house.bearers.session_id(request.header(b"authorization"), programme.id)
    session = await resume_session(house.world, programme, session_id)
    return Caller(
        programme=programme, session=session, address=request.address, request_ref=request.ref
    )


async def server_or_person(house: House, request: Request) -> Caller:
    """`api-key`, and the person where a living bearer stands beside it. A dead one is as good as
    none, and not 401: clients send theirs with calls that need none."""
    if request.header(b"authorization") is not None:
        try:
            return await person(house, request)
        except Refusal as refusal:
            if refusal.code is not Code.SESSION_GONE:
                raise
    return await server(house, request)


async def person_or_token(house: House, request: Request) -> Caller:
    """`api-key`, and the person by their bearer; or, without one, whoever brings the `token` of a
    log-in on a device in the body. Refuses SESSION_GONE where neither is there."""
    found = await server_or_person(house, request)
    if found.session is None and not _names_token(await request.body()):
        raise Refusal(Code.SESSION_GONE)
    return found


def _names_token(body: bytes) -> bool:
    try:
        return at(raw(body), "token") is not None
    except Malformed:
        return False


async def simulator(house: House, request: Request) -> Caller:
    """`programme-key`: the simulator's own key, or the API key, which published samples send."""
    for role in (KeyRole.SIMULATOR, KeyRole.API):
        try:
            programme = await programme_of(house, request, b"programme-key", role)
        except Refusal:
            continue
        return _caller(request, programme)
    raise Refusal(Code.CALLER_UNKNOWN)


async def programme_of(house: House, request: Request, header: bytes, role: KeyRole) -> Programme:
    """Refuses CALLER_UNKNOWN for a key that is missing, retired, or of another role."""
    key = request.header(header)
    programme = await house.world.stores.programme_by_key(role, key) if key else None
    if programme is None:
        raise Refusal(Code.CALLER_UNKNOWN)
    return programme


def _caller(request: Request, programme: Programme) -> Caller:
    return Caller(programme=programme, address=request.address, request_ref=request.ref)


def by_programme(caller: Caller) -> str:
    """Idempotency: one reference is one call of this programme."""
    return ""


def by_user(caller: Caller) -> str:
    """Idempotency: one reference is one call of this person."""
    return f"user:{caller.session.subject_id}" if caller.session else ""


def by_session(caller: Caller) -> str:
    """Idempotency: a step-up belongs to its session, and so does its reference."""
    return f"session:{caller.session.id}" if caller.session else ""
