"""Authorised users (Multi API: Authorised Users)."""

from typing import Final

from assent.dialects.weavr import caller, names, replies, shapes
from assent.dialects.weavr.identities import given, mobile_of
from assent.dialects.weavr.paging import PAGE, page
from assent.dialects.weavr.path_id import path_id
from assent.dialects.weavr.persons import OF_USER, VERIFIED, user
from assent.dialects.weavr.rules import country_at, date_at, email_at
from assent.domain.subject import Acting
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.invalid import Invalid, Malformed
from assent.http.route import Call, Handler, Parameter, Route
from assent.http.shapes import both, read
from assent.usecases.change_person import PersonChange
from assent.usecases.manage_users import (
    NewUser,
    change_user,
    create_user,
    list_users,
    read_user,
    set_user_active,
)

_ACTIVE: Final = {"true": True, "false": False}


async def create(call: Call) -> Answer:
    """`POST /users`."""
    body = read(
        await call.request.body(), shapes.NewUser, email_at("email"), date_at("dateOfBirth")
    )
    new = NewUser(
        email=body.email,
        mobile=mobile_of(body.mobile),
        country=given(body.country_of_residence),
        details=shapes.plain(body, *OF_USER),
        roles=given(body.roles) or (),
    )
    return _told(await create_user(call.world, call.caller, new, keep=call.keep(_told)))


async def list_(call: Call) -> Answer:
    """`GET /users`: those of the identity that the token acts for."""
    offset, limit = page(call)
    text = call.request.query("active")
    if text is not None and text not in _ACTIVE:
        raise Malformed([Invalid("active", "one_of", tuple(_ACTIVE))])
    active = None if text is None else _ACTIVE[text]
    shown, count = await list_users(call.world, call.caller, offset, limit, active)
    return json_answer(
        {"users": [user(one) for one in shown], "count": count, "responseCount": len(shown)}
    )


async def get(call: Call) -> Answer:
    """`GET /users/{user_id}`."""
    return _told(await read_user(call.world, call.caller, path_id(call, "user_id")))


async def patch(call: Call) -> Answer:
    """`PATCH /users/{user_id}`."""
    octets = await call.request.body()
    user_id, body = both(
        lambda: path_id(call, "user_id"),
        lambda: read(
            octets,
            shapes.UserChange,
            email_at("email"),
            date_at("dateOfBirth"),
            country_at("countryOfResidence"),
        ),
    )
    change = PersonChange(
        email=given(body.email),
        mobile=mobile_of(body.mobile),
        subject_details=shapes.plain(body, *OF_USER),
        verified=VERIFIED,
    )
    changed = await change_user(
        call.world,
        call.caller,
        user_id,
        change,
        given(body.roles),
        names.PHONE_KINDS,
        keep=call.keep(_told),
    )
    return _told(changed)


def _setting(active: bool) -> Handler:
    async def set_(call: Call) -> Answer:
        await set_user_active(call.world, call.caller, path_id(call, "user_id"), active)
        return NO_CONTENT

    return set_


def _told(acting: Acting) -> Answer:
    return json_answer(user(acting))


_ROLES = {"ROLE_NOT_FOUND", "CANNOT_MODIFY_OWN_ROLES", "ADMIN_ROLE_REMOVAL_NOT_ALLOWED"}
_ADDRESSES = {"EMAIL_NOT_UNIQUE", "MOBILE_OR_COUNTRY_CODE_INVALID", "EMAIL_DOMAIN_NOT_ALLOWED"}

ROUTES = (
    Route(
        method="POST",
        path="/users",
        handle=create,
        identify=caller.person,
        body=shapes.NewUser,
        reply=replies.User,
        once=caller.by_user,
        conflicts=frozenset(_ROLES | _ADDRESSES | {"COUNTRY_OF_RESIDENCE_INVALID"}),
    ),
    Route(
        method="GET",
        path="/users",
        handle=list_,
        identify=caller.person,
        reply=replies.Users,
        query=(*PAGE, Parameter("active", bool, "Only those who are active, or who are not.")),
    ),
    Route(
        method="GET",
        path="/users/{user_id}",
        handle=get,
        identify=caller.person,
        reply=replies.User,
    ),
    Route(
        method="PATCH",
        path="/users/{user_id}",
        handle=patch,
        identify=caller.person,
        body=shapes.UserChange,
        reply=replies.User,
        once=caller.by_user,
        conflicts=frozenset(
            _ROLES
            | _ADDRESSES
            | {
                "MOBILE_NO_CHANGE_LIMIT_EXCEEDED",
                "TOO_FREQUENT_EMAIL_CHANGES",
                "MOBILE_CHANGE_NOT_ALLOWED",
                "UNSUPPORTED_CURRENCY",
            }
        ),
    ),
    *(
        Route(
            method="POST",
            path=f"/users/{{user_id}}/{verb}",
            handle=_setting(active),
            identify=caller.person,
        )
        for verb, active in (("activate", True), ("deactivate", False))
    ),
)
