"""Log-in, log-out, identities and access tokens (Multi API: Access)."""

from msgspec import UNSET

from assent.dialects.weavr import caller, names, replies, shapes
from assent.dialects.weavr.channels import refuse_switched_off
from assent.dialects.weavr.paging import PAGE, page
from assent.dialects.weavr.persons import display_name, identity_id, type_named, whose
from assent.domain.deed import deed
from assent.domain.phrases import LOG_IN
from assent.domain.policy import must_be_full
from assent.domain.session import Scope, Session
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.route import Call, Route
from assent.http.shapes import read
from assent.kernel.refusals import Code, Refusal
from assent.usecases.choose_identity import choose_identity
from assent.usecases.end_session import end_session
from assent.usecases.log_in_on_device import redeem_log_in, start_log_in
from assent.usecases.open_session import Denied, open_session
from assent.usecases.read_capture import read_capture
from assent.usecases.world import looking

_LOCKED = Answer(423)
_FORBIDDEN = Answer(403)


async def log_in(call: Call) -> Answer:
    """`POST /login_with_password`, also with a passcode."""
    body = read(await call.request.body(), shapes.Login)
    # Kinds that the programme does not have are refused here, of whomever it is and before
    # anything is counted: the answer depends on what was sent, not on who has an account.
    secret = await read_capture(call.world, call.caller.programme, body.password.value, spend=True)
    try:
        opened = await open_session(call.world, call.caller, body.email, secret)
    except Refusal as refusal:
        if refusal.code is Code.ATTEMPTS_BLOCKED:
            return _LOCKED
        raise
    if isinstance(opened, Denied):
        return _FORBIDDEN
    token = call.house.bearers.mint(opened.session)
    if opened.session.scope is Scope.CHANGE_PASSWORD:
        return json_answer({"token": token}, 409)
    return json_answer(
        {
            "token": token,
            "tokenType": names.TOKEN_TYPE[opened.session.scope],
            **whose(opened.acting),
        }
    )


async def log_in_on_device(call: Call) -> Answer:
    """`POST /login_via_biometrics`: the person's devices are asked."""
    body = read(await call.request.body(), shapes.BiometricLogin)
    refuse_switched_off(call, names.BIOMETRIC)
    identity = None
    if body.identity is not UNSET:
        identity = (type_named(body.identity.type), int(body.identity.id))
    programme = call.caller.programme
    try:
        asked = await start_log_in(
            call.world,
            call.caller,
            body.email,
            identity,
            names.KIND_OF_CHANNEL[names.BIOMETRIC],
            deed(LOG_IN, programme=programme.name),
        )
    except Refusal as refusal:
        if refusal.code is Code.ATTEMPTS_BLOCKED:
            return _LOCKED
        raise
    number = asked.prompt.number
    return json_answer(
        {"challengeId": str(asked.challenge.id)} | ({"number": number} if number else {})
    )


async def log_out(call: Call) -> Answer:
    """`POST /logout`."""
    await end_session(call.world, call.caller)
    return NO_CONTENT


async def access_token(call: Call) -> Answer:
    """`POST /access_token`: a session for one of the person's identities, for their bearer; or,
    for the one-time token that a log-in by device yielded, one that is stepped up."""
    body = read(await call.request.body(), shapes.AccessToken)
    wanted, identity_id = type_named(body.identity.type), int(body.identity.id)
    try:
        if body.token is UNSET:
            opened = await choose_identity(call.world, call.caller, wanted, identity_id)
        else:
            opened = await redeem_log_in(call.world, call.caller, body.token, wanted, identity_id)
    except Refusal as refusal:
        if refusal.code in (Code.PERMISSION_MISSING, Code.SESSION_TOO_NARROW):
            return _FORBIDDEN  # published without a body
        raise
    return json_answer(
        {
            "token": call.house.bearers.mint(opened.session),
            **whose(opened.acting),
            "status": _status(opened.session),
        }
    )


async def identities(call: Call) -> Answer:
    """`GET /identities`: what the person may choose from."""
    session = looking(call.caller)
    if session.scope is Scope.CHANGE_PASSWORD:
        must_be_full(session)
    offset, limit = page(call)
    actings = await call.world.stores.actings_of(session.subject_id)
    shown = actings[offset : offset + limit]
    return json_answer(
        {
            "identities": [
                {"id": identity_id(acting.identity), "name": display_name(acting)}
                for acting in shown
            ],
            "count": len(actings),
            "responseCount": len(shown),
        }
    )


def _status(session: Session) -> str:
    return "STEPPED_UP" if session.stepped_up else "STANDARD"


ROUTES = (
    Route(
        method="POST",
        path="/login_with_password",
        handle=log_in,
        identify=caller.server,
        body=shapes.Login,
        reply=replies.LoggedIn,
    ),
    Route(
        method="POST",
        path="/login_via_biometrics",
        handle=log_in_on_device,
        identify=caller.server,
        body=shapes.BiometricLogin,
        reply=replies.LogInAsked,
        conflicts=frozenset({"CHANNEL_NOT_REGISTERED", "CHANNEL_NOT_SUPPORTED"}),
    ),
    Route(
        method="POST",
        path="/logout",
        handle=log_out,
        identify=caller.bearer,
        deprecated=True,
    ),
    Route(
        method="POST",
        path="/access_token",
        handle=access_token,
        identify=caller.person_or_token,
        body=shapes.AccessToken,
        reply=replies.AccessGranted,
    ),
    Route(
        method="GET",
        path="/identities",
        handle=identities,
        identify=caller.person,
        reply=replies.Identities,
        query=PAGE,
        conflicts=frozenset({"IDENTITY_TYPE_NOT_SUPPORTED"}),
    ),
)
