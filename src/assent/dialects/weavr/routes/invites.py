"""Invitations of authorised users (Multi API: Users)."""

from collections.abc import Iterator
from typing import Any

from assent.dialects.weavr import caller, replies, shapes
from assent.dialects.weavr.errors import conflict
from assent.dialects.weavr.identities import mobile_of
from assent.dialects.weavr.path_id import path_id
from assent.dialects.weavr.persons import display_name
from assent.dialects.weavr.sandbox_code import chosen
from assent.domain.contact import Mobile, Reach
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.invalid import Invalid
from assent.http.route import Call, Handler, Route
from assent.http.shapes import at, both, read
from assent.kernel.refusals import Code, Refusal
from assent.usecases.invite_user import (
    Joined,
    Joining,
    consume_invite,
    invite_user,
    validate_invite,
)
from assent.usecases.mailed_codes import WrongCode
from assent.usecases.read_capture import Captured, read_capture

_INVALID = "INVITE_OR_INVITE_CODE_INVALID"


def _possible_mobile(value: dict[str, Any]) -> Iterator[Invalid]:
    """The published table has no name for a number that no numbering plan can have."""
    code, number = at(value, "mobile.countryCode"), at(value, "mobile.number")
    given = isinstance(code, str) and isinstance(number, str)
    if given and Mobile(code, number).reach() is Reach.IMPOSSIBLE:
        yield Invalid("mobile.number", "pattern", ("a number that can be",))


def _invite(fixed_code: str | None) -> Handler:
    async def invite(call: Call) -> Answer:
        await invite_user(
            call.world,
            call.caller,
            path_id(call, "user_id"),
            display_name,
            chosen(call, fixed_code),
            keep=call.keep(lambda sent: NO_CONTENT),
        )
        return NO_CONTENT

    return invite


async def validate(call: Call) -> Answer:
    """`POST /users/{user_id}/invite/validate`: a right code stays good."""
    octets = await call.request.body()
    user_id, body = both(lambda: path_id(call, "user_id"), lambda: read(octets, shapes.InviteCode))
    done = await validate_invite(call.world, call.caller, user_id, body.invite_code)
    return conflict(_INVALID) if isinstance(done, WrongCode) else NO_CONTENT


async def consume(call: Call) -> Answer:
    """`POST /users/{user_id}/invite/consume`: the user's first secret, and a token."""
    octets = await call.request.body()
    user_id, body = both(
        lambda: path_id(call, "user_id"),
        lambda: read(octets, shapes.UsedInvite, _possible_mobile),
    )
    joining = Joining(answer=body.invite_code, mobile=mobile_of(body.mobile))

    async def secret(spend: bool) -> Captured:
        value = body.password.value
        return await read_capture(call.world, call.caller.programme, value, spend)

    def told(done: Joined | WrongCode) -> Answer:
        if isinstance(done, WrongCode):
            return conflict(_INVALID)
        return json_answer({"token": call.house.bearers.mint(done.session)})

    done = await consume_invite(
        call.world, call.caller, user_id, joining, secret, keep=call.keep(told)
    )
    if isinstance(done, WrongCode) and not done.recorded:
        raise Refusal(Code.MAILED_CODE_WRONG)  # which gives the reference back
    return told(done)


def routes(fixed_code: str | None) -> tuple[Route, ...]:
    """`fixed_code` is the sandbox's documented constant; production has none."""
    return (
        Route(
            method="POST",
            path="/users/{user_id}/invite",
            handle=_invite(fixed_code),
            identify=caller.person,
            once=caller.by_user,
            conflicts=frozenset({"INVITE_ALREADY_CONSUMED"}),
        ),
        Route(
            method="POST",
            path="/users/{user_id}/invite/validate",
            handle=validate,
            identify=caller.server,
            body=shapes.InviteCode,
            conflicts=frozenset({_INVALID}),
        ),
        Route(
            method="POST",
            path="/users/{user_id}/invite/consume",
            handle=consume,
            identify=caller.server,
            body=shapes.UsedInvite,
            reply=replies.TokenReply,
            once=caller.by_programme,
            conflicts=frozenset(
                {
                    _INVALID,
                    "UNRESOLVED_IDENTITY",
                    "PASSWORD_ALREADY_USED",
                    "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE",
                    "PASSWORD_TOO_SHORT",
                    "PASSWORD_TOO_LONG",
                    "PASSWORD_TOO_SIMPLE",
                    "PASSWORD_KEY_ALREADY_IN_USE",
                    "PASSWORD_ALREADY_CREATED",
                }
            ),
        ),
    )
