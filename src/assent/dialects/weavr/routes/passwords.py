"""Passwords and passcodes (Multi API: Passwords)."""

from assent.dialects.weavr import caller, replies, shapes
from assent.dialects.weavr.errors import conflict
from assent.dialects.weavr.path_id import path_id
from assent.dialects.weavr.persons import identity_id
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.route import Call, Route
from assent.http.shapes import both, read
from assent.usecases.change_password import OldPasswordWrong, change_password
from assent.usecases.read_capture import Captured, read_capture
from assent.usecases.set_password import PasswordSet, check_candidate, set_password


async def create(call: Call) -> Answer:
    """`POST /passwords/{user_id}/create`: the first secret of its kind, and a token."""
    octets = await call.request.body()
    user_id, body = both(
        lambda: path_id(call, "user_id"),
        lambda: read(octets, shapes.OnePassword),
    )

    async def secret(spend: bool) -> Captured:
        return await _read(call, body.password, spend)

    return _told(call, await set_password(call.world, call.caller, user_id, secret))


async def update(call: Call) -> Answer:
    """`POST /passwords/update`: a new token of the level of the one that asks."""
    body = read(await call.request.body(), shapes.TwoPasswords)

    async def secrets() -> tuple[Captured, Captured]:
        old = await _read(call, body.old_password, spend=True, former=True)
        return old, await _read(call, body.new_password, spend=True)

    done = await change_password(call.world, call.caller, secrets)
    if isinstance(done, OldPasswordWrong):
        return conflict("PASSWORD_INCORRECT")
    return _told(call, done)


async def validate(call: Call) -> Answer:
    """`POST /passwords/validate`: the policy alone; a token is not used up."""
    body = read(await call.request.body(), shapes.OnePassword)
    captured = await _read(call, body.password, spend=False)
    check_candidate(call.world.secret_kind(captured.kind), call.caller, captured.secret, None)
    return NO_CONTENT


async def _read(
    call: Call, value: shapes.SecretValue, spend: bool, former: bool = False
) -> Captured:
    return await read_capture(call.world, call.caller.programme, value.value, spend, former)


def _told(call: Call, done: PasswordSet) -> Answer:
    info = {"identityId": identity_id(done.identity), "expiryDate": done.expires_at}
    return json_answer({"passwordInfo": info, "token": call.house.bearers.mint(done.session)})


_POLICY = {"PASSWORD_TOO_SHORT", "PASSWORD_TOO_LONG", "PASSWORD_TOO_SIMPLE"}

ROUTES = (
    Route(
        method="POST",
        path="/passwords/{user_id}/create",
        handle=create,
        identify=caller.server_or_person,
        body=shapes.OnePassword,
        reply=replies.PasswordSet,
        conflicts=frozenset(
            _POLICY
            | {
                "UNRESOLVED_IDENTITY",
                "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE",
                "PASSWORD_KEY_ALREADY_IN_USE",
                "PASSWORD_ALREADY_CREATED",
            }
        ),
    ),
    Route(
        method="POST",
        path="/passwords/update",
        handle=update,
        identify=caller.person,
        body=shapes.TwoPasswords,
        reply=replies.PasswordSet,
        conflicts=frozenset(_POLICY | {"PASSWORD_ALREADY_USED", "PASSWORD_INCORRECT"}),
    ),
    Route(
        method="POST",
        path="/passwords/validate",
        handle=validate,
        identify=caller.server,
        body=shapes.OnePassword,
        conflicts=frozenset(
            _POLICY | {"UNRESOLVED_IDENTITY", "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE"}
        ),
    ),
)
