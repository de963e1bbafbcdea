"""People and their profiles: sign-up, look-up, the address for messages."""

from typing import Any

from assent.dialects.wise import caller, shapes, whose
from assent.dialects.wise.names import TYPE_OF_IDENTITY
from assent.dialects.wise.operation import Operation, calendar
from assent.domain.subject import Acting, Subject
from assent.http.answer import Answer, json_answer
from assent.http.route import Call
from assent.http.shapes import read
from assent.kernel.secret import Secret
from assent.usecases import change_contact_email as contact
from assent.usecases.grant_access import sign_up as register


async def sign_up(call: Call) -> Answer:
    """`POST /v1/user/signup/registration_code`."""
    body = read(await call.request.body(), shapes.SignUp)
    acting = await register(call.world, call.caller, body.email, Secret(body.registration_code))
    return json_answer(_user(acting.subject))


async def exists(call: Call) -> Answer:
    """`POST /v1/users/exists`."""
    body = read(await call.request.body(), shapes.Email)
    found = await call.world.stores.subject_id(call.caller.programme.id, body.email)
    return json_answer({"exists": found is not None})


async def user(call: Call) -> Answer:
    """`GET /v1/me` and `GET /v1/users/{userId}`."""
    return json_answer(_user(await whose.person(call)))


async def contact_email(call: Call) -> Answer:
    """`GET /v1/users/{userId}/contact-email`."""
    return json_answer({"email": contact.contact_email(await whose.person(call))})


async def change_contact_email(call: Call) -> Answer:
    """`PUT /v1/users/{userId}/contact-email`."""
    body = read(await call.request.body(), shapes.Email)
    subject_id = await whose.subject_id(call)
    await contact.change_contact_email(call.world, call.caller, subject_id, body.email)
    return json_answer({"email": body.email})


async def profiles(call: Call) -> Answer:
    """`GET /v2/profiles`."""
    held = await call.world.stores.actings_of(caller.subject_of(call.caller))
    return json_answer([_profile(acting) for acting in held])


async def profile(call: Call) -> Answer:
    """`GET /v2/profiles/{profileId}`."""
    return json_answer(_profile(await whose.profile(call)))


def _user(subject: Subject) -> dict[str, Any]:
    return {
        "id": subject.id,
        "name": None,
        "email": subject.email,
        "active": subject.active,
        "details": None,
    }


def _profile(acting: Acting) -> dict[str, Any]:
    return {
        "id": acting.identity.id,
        "type": TYPE_OF_IDENTITY[acting.identity.type],
        "userId": acting.subject.id,
        "email": acting.subject.email,
    }


OPERATIONS = (
    Operation(
        method="POST",
        paths=(
            "/v1/user/signup/registration_code",
            *calendar("/user/signup/registration_code"),
        ),
        handle=sign_up,
        identify=caller.application,
    ),
    Operation(
        method="POST",
        paths=("/v1/users/exists", *calendar("/users/exists")),
        handle=exists,
        identify=caller.application,
    ),
    Operation(
        method="GET",
        paths=("/v1/me", "/v1/users/{userId}", *calendar("/me"), *calendar("/users/{userId}")),
        handle=user,
        identify=caller.user,
    ),
    Operation(
        method="GET",
        paths=("/v1/users/{userId}/contact-email", *calendar("/users/{userId}/contact-email")),
        handle=contact_email,
        identify=caller.user,
    ),
    Operation(
        method="PUT",
        paths=("/v1/users/{userId}/contact-email", *calendar("/users/{userId}/contact-email")),
        handle=change_contact_email,
        identify=caller.user,
    ),
    Operation(
        method="GET",
        paths=("/v1/profiles", "/v2/profiles", *calendar("/profiles")),
        handle=profiles,
        identify=caller.user,
    ),
    Operation(
        method="GET",
        paths=(
            "/v1/profiles/{profileId}",
            "/v2/profiles/{profileId}",
            *calendar("/profiles/{profileId}"),
        ),
        handle=profile,
        identify=caller.user,
    ),
)
