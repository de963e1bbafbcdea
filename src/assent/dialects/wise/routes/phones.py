"""Phone numbers that the client has verified; one a person, one person a number."""

from typing import Any

from assent.dialects.wise import caller, errors, shapes, whose
from assent.dialects.wise.errors import Said
from assent.dialects.wise.operation import Operation, calendar
from assent.domain.contact import Mobile, masked_local, mobile_of
from assent.domain.factor import Factor, FactorState
from assent.domain.one_time_code import PHONE
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.route import Call
from assent.http.shapes import read
from assent.kernel.refusals import Code, Refusal
from assent.usecases.register_factor import (
    change_phone,
    phone_claim,
    register_phone,
    remove_factor,
)


async def listed(call: Call) -> Answer:
    """`GET .../phone-numbers`."""
    held = await call.world.stores.factors(await whose.subject_id(call), PHONE)
    return json_answer([_shown(factor) for factor in held])


async def create(call: Call) -> Answer:
    """`POST .../phone-numbers`. The same number again is the same phone."""
    mobile = await _mobile(call)
    subject_id = await whose.subject_id(call)
    try:
        return json_answer(
            _shown(await register_phone(call.world, call.caller, subject_id, mobile))
        )
    except Refusal as refusal:
        return await _taken(call, mobile, refusal)


async def update(call: Call) -> Answer:
    """`PUT .../phone-numbers/{phoneNumberId}`."""
    mobile, factor = await _mobile(call), await _named(call)
    try:
        return json_answer(_shown(await change_phone(call.world, call.caller, factor, mobile)))
    except Refusal as refusal:
        return await _taken(call, mobile, refusal)


async def delete(call: Call) -> Answer:
    """`DELETE .../phone-numbers/{phoneNumberId}`."""
    await remove_factor(call.world, call.caller, await _named(call))
    return NO_CONTENT


async def _mobile(call: Call) -> Mobile:
    text = read(await call.request.body(), shapes.PhoneNumber).phone_number
    mobile = mobile_of(text)
    if mobile is None:
        raise Refusal(Code.MOBILE_IMPOSSIBLE)
    return mobile


async def _named(call: Call) -> Factor:
    wanted = whose.number(call, "phoneNumberId")
    for factor in await call.world.stores.factors(await whose.subject_id(call), PHONE):
        if factor.id == wanted:
            return factor
    raise Refusal(Code.FACTOR_NOT_ENROLLED)


async def _taken(call: Call, mobile: Mobile, refusal: Refusal) -> Answer:
    """Whose number it is, as far as that person is this client's own; strangers learn nothing."""
    if refusal.code is not Code.MOBILE_TAKEN:
        raise refusal
    world = call.world
    claim = phone_claim(world, call.caller.programme.id, mobile)
    factor = await world.stores.factor_by_claim(claim)
    mine = factor and await world.stores.grant(call.caller.client, factor.subject_id)
    owner = mine and await world.stores.subject(call.caller.programme.id, mine.subject_id)
    if not owner:
        raise refusal
    message = f"It's linked to an account with the email {masked_local(owner.email)}"
    return errors.said(Said(422, "phone.number.repeated", message))


def _shown(factor: Factor) -> dict[str, Any]:
    return {
        "id": factor.id,
        "phoneNumber": factor.details["mobile"],
        "type": "PRIMARY",
        "verified": factor.state is FactorState.ACTIVE,
        "clientId": factor.details.get("client", ""),
    }


_SAYS = {
    Code.FACTOR_NOT_ENROLLED: Said(
        404, "phone.number.not.found", "The phone number was not found."
    ),
    Code.FACTOR_ALREADY_ENROLLED: Said(
        409,
        "phone.number.already.exists",
        "The user has a phone number already. Update or delete it.",
        "phoneNumber",
    ),
}
_USER = "/application/users/{userId}"


def _paths(ending: str) -> tuple[str, ...]:
    """The documents spell it with a hyphen and with an underscore."""
    return tuple(
        path
        for name in ("phone-numbers", "phone_numbers")
        for path in (f"/v1{_USER}/{name}{ending}", *calendar(f"{_USER}/{name}{ending}"))
    )


OPERATIONS = tuple(
    Operation(
        method=method,
        paths=_paths(ending),
        handle=handle,
        identify=caller.application,
        says=_SAYS,
    )
    for method, ending, handle in (
        ("GET", "", listed),
        ("POST", "", create),
        ("PUT", "/{phoneNumberId}", update),
        ("DELETE", "/{phoneNumberId}", delete),
    )
)
