"""Consumers (Multi API: Consumers)."""

from msgspec import UNSET

from assent.dialects.weavr import caller, replies, shapes
from assent.dialects.weavr.identities import (
    CHANGE_CONFLICTS,
    NEW_CONFLICTS,
    change,
    create,
    given,
    look,
    mobile_of,
)
from assent.dialects.weavr.persons import OF_CONSUMER, VERIFIED, consumer
from assent.dialects.weavr.rules import date_at, email_at
from assent.domain.subject import IdentityType
from assent.http.answer import Answer
from assent.http.route import Call, Route
from assent.http.shapes import read
from assent.usecases.change_person import PersonChange
from assent.usecases.register_identity import NewIdentity

_IDENTITY = ("ipAddress", "tag", "baseCurrency", "feeGroup", "acceptedTerms")
_CHANGED_PERSON = tuple(name for name in OF_CONSUMER if name not in {"tag", "locale", "brand"})


async def create_consumer(call: Call) -> Answer:
    """`POST /consumers`."""
    body = read(
        await call.request.body(),
        shapes.NewConsumer,
        email_at("rootUser.email"),
        date_at("rootUser.dateOfBirth"),
    )
    root = body.root_user
    new = NewIdentity(
        type=IdentityType.CONSUMER,
        profile_id=int(body.profile_id),
        email=root.email,
        mobile=mobile_of(root.mobile),
        country=root.address.country,
        subject_details=shapes.plain(root, *OF_CONSUMER),
        identity_details=shapes.plain(body, *_IDENTITY),
    )
    return await create(call, new, consumer)


async def get(call: Call) -> Answer:
    """`GET /consumers`: the one the token acts for."""
    return await look(call, IdentityType.CONSUMER, consumer)


async def patch(call: Call) -> Answer:
    """`PATCH /consumers`."""
    body = read(
        await call.request.body(),
        shapes.ConsumerChange,
        email_at("email"),
        date_at("dateOfBirth"),
    )
    wanted = PersonChange(
        email=given(body.email),
        mobile=mobile_of(body.mobile),
        country=None if body.address is UNSET else given(body.address.country),
        subject_details=shapes.plain(body, *_CHANGED_PERSON),
        identity_details=shapes.plain(body, "tag", "baseCurrency", "feeGroup"),
        verified=(*VERIFIED, "placeOfBirth", "nationality"),
        laid_over=("address",),
    )
    return await change(call, IdentityType.CONSUMER, wanted, consumer)


ROUTES = (
    Route(
        method="POST",
        path="/consumers",
        handle=create_consumer,
        identify=caller.server,
        body=shapes.NewConsumer,
        reply=replies.Consumer,
        once=caller.by_programme,
        conflicts=NEW_CONFLICTS | {"CONSUMER_ALREADY_EXISTS"},
    ),
    Route(
        method="GET",
        path="/consumers",
        handle=get,
        identify=caller.person,
        reply=replies.Consumer,
    ),
    Route(
        method="PATCH",
        path="/consumers",
        handle=patch,
        identify=caller.person,
        body=shapes.ConsumerChange,
        reply=replies.Consumer,
        conflicts=CHANGE_CONFLICTS | {"CONSUMER_VERIFIED"},
    ),
)
