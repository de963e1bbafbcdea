"""Consumers (Multi API: Consumers)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from msgspec import UNSET

from assent.dialects.weavr import caller, names, shapes
from assent.dialects.weavr.persons import consumer
from assent.domain.contact import Mobile, email_is_valid
from assent.domain.policy import must_be_full
from assent.domain.subject import Acting, IdentityType
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Invalid
from assent.http.route import Call, Route
from assent.http.shapes import Rule, at, read
from assent.kernel.refusals import Code, Refusal
from assent.usecases.change_person import PersonChange, change_person
from assent.usecases.register_identity import NewIdentity, register_identity
from assent.usecases.world import speaking

_PERSON = (
    "name",
    "surname",
    "dateOfBirth",
    "address",
    "occupation",
    "placeOfBirth",
    "nationality",
    "tag",
    "locale",
    "brand",
)
_IDENTITY = ("ipAddress", "tag", "baseCurrency", "feeGroup", "acceptedTerms")
_CHANGED_PERSON = tuple(name for name in _PERSON if name not in {"tag", "locale", "brand"})


async def create(call: Call) -> Answer:
    """`POST /consumers`."""
    body = read(
        await call.request.body(),
        shapes.NewConsumer,
        _email_at("rootUser.email"),
        _date_at("rootUser.dateOfBirth"),
    )
    root = body.root_user
    new = NewIdentity(
        type=IdentityType.CONSUMER,
        profile_id=int(body.profile_id),
        email=root.email,
        mobile=Mobile(root.mobile.country_code, root.mobile.number),
        country=root.address.country,
        subject_details=shapes.plain(root, *_PERSON),
        identity_details=shapes.plain(body, *_IDENTITY),
    )
    has_secret = await _has_secret(call, root.email)

    def told(acting: Acting) -> Answer:
        answer = consumer(acting)
        answer["rootUser"]["passwordAlreadySet"] = has_secret
        return json_answer(answer)

    return told(await register_identity(call.world, call.caller, new, keep=call.keep(told)))


async def _has_secret(call: Call, email: str) -> bool:
    """Whether this address belongs to somebody who can log in, by any of the programme's kinds."""
    programme = call.caller.programme
    for kind in programme.settings.credentials:
        held = await call.world.stores.credentials(programme.id, email, kind)
        if held is not None and held.factor is not None:
            return True
    return False


async def get(call: Call) -> Answer:
    """`GET /consumers`: the one the token acts for."""
    return json_answer(consumer(await _own(call)))


async def patch(call: Call) -> Answer:
    """`PATCH /consumers`."""
    body = read(
        await call.request.body(),
        shapes.ConsumerChange,
        _email_at("email"),
        _date_at("dateOfBirth"),
    )
    acting = await _own(call)
    details = shapes.plain(body, *_CHANGED_PERSON)
    if "address" in details:
        details["address"] = {**acting.subject.details.get("address", {}), **details["address"]}
    change = PersonChange(
        email=None if body.email is UNSET else body.email,
        mobile=None
        if body.mobile is UNSET
        else Mobile(body.mobile.country_code, body.mobile.number),
        country=None
        if body.address is UNSET or body.address.country is UNSET
        else body.address.country,
        subject_details=details,
        identity_details=shapes.plain(body, "tag", "baseCurrency", "feeGroup"),
    )
    changed = await change_person(
        call.world, call.caller, change, tuple(names.KIND_OF_CHANNEL.values())
    )
    return json_answer(consumer(changed))


async def _own(call: Call) -> Acting:
    session = speaking(call.caller)
    must_be_full(session)
    acting = await call.world.stores.acting(session.subject_id, session.identity_id)
    if acting is None or acting.identity.type is not IdentityType.CONSUMER:
        raise Refusal(Code.NOT_FOUND)
    return acting


def _email_at(path: str) -> Rule:
    """An address that looks like one may still be none (RFC 5321)."""

    def wrong(value: dict[str, Any]) -> Iterator[Invalid]:
        email = at(value, path)
        if isinstance(email, str) and not email_is_valid(email):
            yield Invalid(path, "pattern", ("email",))

    return wrong


def _date_at(path: str) -> Rule:
    """Each part may be right and there still be no such day."""

    def wrong(value: dict[str, Any]) -> Iterator[Invalid]:
        year, month, day = (at(value, f"{path}.{part}") for part in ("year", "month", "day"))
        if type(year) is type(month) is type(day) is int:
            try:
                date(year, month, day)
            except (ValueError, OverflowError):
                yield Invalid(path, "range")

    return wrong


ROUTES = (
    Route(
        method="POST",
        path="/consumers",
        handle=create,
        identify=caller.server,
        once=caller.by_programme,
        conflicts=frozenset(
            {
                "PAYMENT_MODEL_CONSTRAINTS_VIOLATED",
                "PROFILE_NOT_FOUND",
                "PROFILE_INACTIVE",
                "ROOT_EMAIL_NOT_UNIQUE",
                "CURRENCY_UNSUPPORTED",
                "FEE_GROUP_INVALID",
                "COUNTRY_INVALID",
                "MOBILE_OR_COUNTRY_CODE_INVALID",
                "COUNTRY_UNSUPPORTED",
                "EMAIL_DOMAIN_NOT_ALLOWED",
                "CONSUMER_ALREADY_EXISTS",
            }
        ),
    ),
    Route(method="GET", path="/consumers", handle=get, identify=caller.person),
    Route(
        method="PATCH",
        path="/consumers",
        handle=patch,
        identify=caller.person,
        conflicts=frozenset(
            {
                "FEE_GROUP_INVALID",
                "COUNTRY_INVALID",
                "CONSUMER_VERIFIED",
                "EMAIL_NOT_UNIQUE",
                "MOBILE_OR_COUNTRY_CODE_INVALID",
                "COUNTRY_UNSUPPORTED",
                "MOBILE_NO_CHANGE_LIMIT_EXCEEDED",
                "TOO_FREQUENT_EMAIL_CHANGES",
                "EMAIL_DOMAIN_NOT_ALLOWED",
                "MOBILE_CHANGE_NOT_ALLOWED",
                "TERMINATION_DATE_IN_PAST",
            }
        ),
    ),
)
