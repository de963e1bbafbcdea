"""Consumers, corporates and users as the dialect prints them. What was never given is left out."""

from typing import Any, Final

from assent.dialects.weavr import names
from assent.domain.contact import Mobile
from assent.domain.permissions import ROLES
from assent.domain.subject import Acting, Identity, IdentityType

POSITION: Final = "companyPosition"
"""Held by the identity: a person may be the root of several, in another position in each."""
_COMMON: Final = ("name", "surname", "dateOfBirth", "tag", "locale", "brand")
OF_CONSUMER: Final = (*_COMMON, "address", "occupation", "placeOfBirth", "nationality")
OF_CORPORATE: Final = _COMMON
OF_USER: Final = (*_COMMON, "countryOfResidence")
"""Of a person, what is given and given back; whatever else is kept of them is not the dialect's."""
VERIFIED: Final = ("name", "surname", "dateOfBirth")
"""What due diligence vouches for."""


def display_name(acting: Acting) -> str:
    """A company's name, or the person's."""
    if acting.identity.type is IdentityType.CORPORATE:
        return str(acting.identity.details["company"]["name"])
    details = acting.subject.details
    return f"{details.get('name', '')} {details.get('surname', '')}".strip()


def identity_id(identity: Identity) -> dict[str, Any]:
    """As tokens spell it: the type in capitals."""
    return {"type": names.IDENTITY_TYPE[identity.type], "id": str(identity.id)}


def whose(acting: Acting) -> dict[str, Any]:
    """For whom a token acts, and who was given it."""
    credentials = {"type": names.CREDENTIALS_TYPE[acting.role], "id": str(acting.subject.id)}
    return {"identity": identity_id(acting.identity), "credentials": credentials}


def type_named(name: str) -> IdentityType:
    """In either spelling: resources have lower-case plurals, tokens upper-case singulars."""
    return next(
        type
        for type in IdentityType
        if name in (names.IDENTITY_TYPE[type], names.IDENTITY_PATH[type])
    )


def consumer(acting: Acting) -> dict[str, Any]:
    """A consumer with its root user."""
    return _identity(acting, acting.identity.details, OF_CONSUMER)


def corporate(acting: Acting) -> dict[str, Any]:
    """A corporate with its root user."""
    held = acting.identity.details
    details = {name: value for name, value in held.items() if name != POSITION}
    printed = _identity(acting, details, OF_CORPORATE)
    printed["rootUser"][POSITION] = held[POSITION]
    return printed


def user(acting: Acting) -> dict[str, Any]:
    """An authorised user, with the identity they act for."""
    return {
        "id": str(acting.subject.id),
        "identity": {
            "type": names.IDENTITY_PATH[acting.identity.type],
            "id": str(acting.identity.id),
        },
        **_person(acting, OF_USER),
        "roles": acting.subject.details.get(ROLES, []),
        "creationTimestamp": acting.subject.created_at,
    }


def _identity(acting: Acting, details: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    identity = acting.identity
    type = names.IDENTITY_PATH[identity.type]
    root_id = {"type": type, "id": str(acting.subject.id)}
    return {
        "id": {"type": type, "id": str(identity.id)},
        "profileId": str(identity.profile_id),
        **details,
        "rootUser": {"id": root_id, **_person(acting, fields)},
        "creationTimestamp": identity.created_at,
    }


def _person(acting: Acting, fields: tuple[str, ...]) -> dict[str, Any]:
    subject = acting.subject
    held = subject.details
    printed: dict[str, Any] = {
        **{name: held[name] for name in fields if name in held},
        "email": subject.email,
        "active": acting.active,
        "emailVerified": subject.email_verified,
        "mobileNumberVerified": subject.mobile_verified,
    }
    if subject.mobile is not None:
        printed["mobile"] = _mobile(subject.mobile)
    return printed


def _mobile(mobile: Mobile) -> dict[str, str]:
    return {"countryCode": mobile.country_code, "number": mobile.number}
