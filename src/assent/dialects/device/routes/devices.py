"""A person's devices, as they see and remove them in their session."""

from typing import Any

from assent.dialects.device import caller, replies
from assent.dialects.device.path_id import path_id
from assent.domain.device import DEVICE_KEY, device_of
from assent.domain.factor import Factor
from assent.domain.policy import may_look, must_be_full, must_be_stepped_up
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.route import Call, Route
from assent.kernel.refusals import Code, Refusal
from assent.usecases.ask_devices import active_devices
from assent.usecases.register_factor import remove_factor
from assent.usecases.world import looking, speaking


async def _list(call: Call) -> Answer:
    session = looking(call.caller)
    may_look(session)
    found = await active_devices(call.world, session.subject_id, DEVICE_KEY)
    return json_answer({"devices": [shown(one) for one in found]})


async def _remove(call: Call) -> Answer:
    """Whoever holds a stolen bearer must not be able to shut the person's own devices out."""
    session = speaking(call.caller)
    must_be_full(session)
    must_be_stepped_up(session)
    number = path_id(call)
    for device in await active_devices(call.world, session.subject_id, DEVICE_KEY):
        if device.id == number:
            await remove_factor(call.world, call.caller, device)
            return NO_CONTENT
    raise Refusal(Code.FACTOR_NOT_ENROLLED)


def shown(factor: Factor) -> dict[str, Any]:
    """A device, without its keys and its address."""
    device = device_of(factor.details)
    woken = device.transport and device.address and not device.unreachable
    return {
        "id": str(factor.id),
        "name": device.name,
        "scheme": device.scheme,
        "createdAt": factor.created_at,
        "lastUsedAt": device.last_used_at or None,
        "push": device.transport if woken else None,
        "attested": bool(device.attested),
    }


ROUTES = (
    Route(
        method="GET",
        path="/devices",
        handle=_list,
        identify=caller.person,
        reply=replies.DevicesShown,
    ),
    Route(method="DELETE", path="/devices/{id}", handle=_remove, identify=caller.person),
)
