"""People and their profiles: sign-up, look-up, the address for messages."""

from dataclasses import replace
from typing import Any

from assent.dialects.wise import caller, shapes, whose
from assent.dialects.wise.operation import Operation, calendar
from assent.domain.contact import email_is_valid
from assent.domain.subject import Acting, IdentityType, Subject
from assent.http.answer import Answer, json_answer
from assent.http.route import Call
from assent.http.shapes import read
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import ChangeSubject
from assent.usecases.grant_access import sign_up as register

_TYPES = {IdentityType.CONSUMER: "PERSONAL", IdentityType.CORPORATE: "BUSINESS"}


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
    subject = await whose.person(call)
    return json_answer({"email": subject.details.get(_CONTACT, subject.email)})


async def change_contact_email(call: Call) -> Answer:
    """`PUT /v1/users/{userId}/contact-email`."""
    body = read(await call.request.body(), shapes.Email)
    if not email_is_valid(body.email):
        raise Refusal(Code.EMAIL_INVALID)
    subject = await whose.person(call)
    changed = replace(subject, details={**subject.details, _CONTACT: body.email})
    done = await call.world.stores.commit(
        ChangeSubject(changed),
        call.world.fact(call.caller, "contact_email_changed", subject.id),
    )
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    return json_answer({"email": body.email})


_CONTACT = "contactEmail"


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
        "type": _TYPES[acting.identity.type],
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
