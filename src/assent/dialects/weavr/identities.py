"""What consumers and corporates have in common: creation, look and change."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec import UNSET, UnsetType

from assent.dialects.weavr import names, shapes
from assent.domain.contact import Mobile
from assent.domain.permissions import is_root, must_manage_users
from assent.domain.policy import may_look
from assent.domain.subject import Acting, IdentityType
from assent.http.answer import Answer, json_answer
from assent.http.route import Call
from assent.kernel.refusals import Code, Refusal
from assent.usecases.change_person import PersonChange, change_person
from assent.usecases.register_identity import NewIdentity, register_identity
from assent.usecases.world import looking

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
    has_secret = await _has_secret(call, new.email)

    def told(acting: Acting) -> Answer:
        answer = printed(acting)
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


async def own(call: Call, type: IdentityType) -> Acting:
    """The identity that the token acts for, with its root.

    Refuses NOT_FOUND where it is of another type; PERMISSION_MISSING to users who manage nobody:
    the root's addresses are not theirs to read.
    """
    session = looking(call.caller)
    may_look(session)
    acting = await call.world.stores.acting(session.subject_id, session.identity_id)
    if acting is None or acting.identity.type is not type:
        raise Refusal(Code.NOT_FOUND)
    must_manage_users(acting)
    if is_root(acting):
        return acting
    root = await call.world.stores.root_of(call.caller.programme.id, acting.identity.id)
    if root is None:
        raise Refusal(Code.NOT_FOUND)
    return root


async def change(call: Call, wanted: PersonChange, printed: Print) -> Answer:
    """A new mobile takes the phone's factors away."""

    def told(acting: Acting) -> Answer:
        return json_answer(printed(acting))

    kinds = tuple(names.KIND_OF_CHANNEL.values())
    return told(await change_person(call.world, call.caller, wanted, kinds, keep=call.keep(told)))
