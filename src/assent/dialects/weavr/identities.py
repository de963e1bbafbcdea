"""What consumers and corporates have in common: creation, look and change."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec import UNSET, UnsetType

from assent.dialects.weavr import names, shapes
from assent.domain.contact import Mobile
from assent.domain.subject import Acting, IdentityType
from assent.http.answer import Answer, json_answer
from assent.http.route import Call
from assent.usecases.change_person import PersonChange, change_person
from assent.usecases.read_identity import read_identity
from assent.usecases.register_identity import NewIdentity, may_log_in, register_identity

Print = Callable[[Acting], dict[str, Any]]
T = TypeVar("T")

NEW_CONFLICTS: Final = frozenset(
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
    }
)
CHANGE_CONFLICTS: Final = frozenset(
    {
        "FEE_GROUP_INVALID",
        "COUNTRY_INVALID",
        "EMAIL_NOT_UNIQUE",
        "MOBILE_OR_COUNTRY_CODE_INVALID",
        "COUNTRY_UNSUPPORTED",
        "MOBILE_NO_CHANGE_LIMIT_EXCEEDED",
        "TOO_FREQUENT_EMAIL_CHANGES",
        "EMAIL_DOMAIN_NOT_ALLOWED",
        "MOBILE_CHANGE_NOT_ALLOWED",
        "TERMINATION_DATE_IN_PAST",
    }
)
"""Which the tables of both have."""


def given(value: T | UnsetType) -> T | None:
    """None where it was not sent."""
    return None if value is UNSET else value


def mobile_of(shape: shapes.Mobile | UnsetType) -> Mobile | None:
    """None where it was not sent."""
    return None if shape is UNSET else Mobile(shape.country_code, shape.number)


async def create(call: Call, new: NewIdentity, printed: Print) -> Answer:
    """With `passwordAlreadySet`, which only the creation tells: whether the root can log in."""
    has_secret = await may_log_in(call.world, call.caller.programme, new.email)

    def told(acting: Acting) -> Answer:
        answer = printed(acting)
        answer["rootUser"]["passwordAlreadySet"] = has_secret
        return json_answer(answer)

    return told(await register_identity(call.world, call.caller, new, keep=call.keep(told)))


async def look(call: Call, type: IdentityType, printed: Print) -> Answer:
    """The one the token acts for."""
    return json_answer(printed(await read_identity(call.world, call.caller, type)))


async def change(call: Call, type: IdentityType, wanted: PersonChange, printed: Print) -> Answer:
    """A new mobile takes the phone's factors away."""

    def told(acting: Acting) -> Answer:
        return json_answer(printed(acting))

    kinds = names.PHONE_KINDS
    keep = call.keep(told)
    return told(await change_person(call.world, call.caller, type, wanted, kinds, keep=keep))
