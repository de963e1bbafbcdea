"""Log-in, log-out, identities and access tokens (Multi API: Access)."""

import re
from typing import Any

from assent.dialects.weavr import caller, names, shapes
from assent.dialects.weavr.persons import display_name
from assent.domain.policy import must_be_full
from assent.domain.session import Scope, Session
from assent.domain.subject import Acting, IdentityType
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.invalid import Invalid, Malformed
from assent.http.route import Call, Route
from assent.http.shapes import read
from assent.kernel.refusals import Code, Refusal
from assent.usecases.choose_identity import choose_identity
from assent.usecases.end_session import end_session
from assent.usecases.open_session import Denied, open_session
from assent.usecases.read_capture import read_capture
from assent.usecases.world import speaking

_LOCKED = Answer(423)
_FORBIDDEN = Answer(403)
_MOST = 100
_NUMBER = re.compile("[0-9]{1,10}")


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
            **_whose(opened.acting),
        }
    )


async def log_out(call: Call) -> Answer:
    """`POST /logout`."""
    await end_session(call.world, call.caller)
    return NO_CONTENT


async def access_token(call: Call) -> Answer:
    """`POST /access_token`: a session for one of the person's identities."""
    body = read(await call.request.body(), shapes.AccessToken)
    wanted = next(type for type in IdentityType if body.identity.type in _spellings(type))
    try:
        opened = await choose_identity(call.world, call.caller, wanted, int(body.identity.id))
    except Refusal as refusal:
        if refusal.code in (Code.PERMISSION_MISSING, Code.SESSION_TOO_NARROW):
            return _FORBIDDEN  # published without a body
        raise
    return json_answer(
        {
            "token": call.house.bearers.mint(opened.session),
            **_whose(opened.acting),
            "status": _status(opened.session),
        }
    )


async def identities(call: Call) -> Answer:
    """`GET /identities`: what the person may choose from."""
    session = speaking(call.caller)
    if session.scope is Scope.CHANGE_PASSWORD:
        must_be_full(session)
    offset, limit = _page(call)
    actings = await call.world.stores.actings_of(session.subject_id)
    shown = actings[offset : offset + limit]
    return json_answer(
        {
            "identities": [
                {"id": _identity(acting), "name": display_name(acting)} for acting in shown
            ],
            "count": len(actings),
            "responseCount": len(shown),
        }
    )


def _page(call: Call) -> tuple[int, int]:
    """`offset` from 0, `limit` from 1 to 100."""
    numbers = []
    wrong = []
    for name, lowest, highest, usual in (("offset", 0, 2**31, 0), ("limit", 1, _MOST, _MOST)):
        text = call.request.query(name)
        if text is None:
            numbers.append(usual)
        elif _NUMBER.fullmatch(text) and lowest <= int(text) <= highest:
            numbers.append(int(text))
        else:
            wrong.append(Invalid(name, "range", (str(lowest), str(highest))))
    if wrong:
        raise Malformed(wrong)
    return numbers[0], numbers[1]


def _spellings(type: IdentityType) -> tuple[str, str]:
    """Resources spell the type in lower-case plurals, tokens in upper-case singulars."""
    return names.IDENTITY_TYPE[type], names.IDENTITY_PATH[type]


def _identity(acting: Acting) -> dict[str, Any]:
    return {"type": names.IDENTITY_TYPE[acting.identity.type], "id": str(acting.identity.id)}


def _whose(acting: Acting) -> dict[str, Any]:
    return {
        "identity": _identity(acting),
        "credentials": {
            "type": names.CREDENTIALS_TYPE[acting.role],
            "id": str(acting.subject.id),
        },
    }


def _status(session: Session) -> str:
    return "STEPPED_UP" if session.stepped_up else "STANDARD"


ROUTES = (
    Route(
        method="POST",
        path="/login_with_password",
        handle=log_in,
        identify=caller.server,
    ),
    Route(method="POST", path="/logout", handle=log_out, identify=caller.person),
    Route(method="POST", path="/access_token", handle=access_token, identify=caller.person),
    Route(
        method="GET",
        path="/identities",
        handle=identities,
        identify=caller.person,
        conflicts=frozenset({"IDENTITY_TYPE_NOT_SUPPORTED"}),
    ),
)
