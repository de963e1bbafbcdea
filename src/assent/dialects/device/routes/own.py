"""What a device does to itself: its data, its push address, another key, its end."""

from typing import Any

from assent.dialects.device import names, replies, shapes
from assent.dialects.device.caller import Devices, own
from assent.dialects.device.errors import wrong
from assent.dialects.device.means import Means
from assent.dialects.device.offers import offered_by, signature_in
from assent.dialects.device.path_id import path_id
from assent.dialects.device.routes.devices import shown
from assent.dialects.device.routes.enrolments import push_key
from assent.domain.device import device_of
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.route import Call, Route
from assent.http.shapes import read
from assent.usecases.answer_on_device import NotSigned
from assent.usecases.manage_devices import begin_rotation, finish_rotation, renew_push
from assent.usecases.register_factor import remove_factor


class Own:
    """The six calls."""

    def __init__(self, means: Means, devices: Devices) -> None:
        self._means = means
        self.routes = (
            Route(
                method="GET",
                path="/device",
                handle=self._read,
                identify=devices.reads,
                reply=replies.OwnData,
            ),
            Route(method="DELETE", path="/device", handle=_withdraw, identify=devices.changes),
            Route(
                method="PUT",
                path="/device/push",
                handle=_renew_push,
                identify=devices.changes,
                body=shapes.Push,
            ),
            Route(method="DELETE", path="/device/push", handle=_no_push, identify=devices.changes),
            Route(
                method="POST",
                path="/device/rotations",
                handle=_begin_rotation,
                identify=devices.changes,
                reply=replies.RotationBegun,
            ),
            Route(
                method="POST",
                path="/device/rotations/{id}/finish",
                handle=self._finish_rotation,
                identify=devices.changes,
                body=shapes.FinishRotation,
                reply=replies.DeviceNamed,
            ),
        )

    async def _read(self, call: Call) -> Answer:
        device, programme = own(call.caller), call.caller.programme
        more: dict[str, Any] = {
            "programme": {"id": str(programme.id), "name": programme.name},
            "user": {"id": str(device.subject_id)},
            "counter": device.counter - device_of(device.details).base,
            "webPush": push_key(self._means),
        }
        return json_answer(shown(device) | more)

    async def _finish_rotation(self, call: Call) -> Answer:
        device, number = own(call.caller), path_id(call)
        body = read(
            await call.request.body(),
            shapes.FinishRotation,
            shapes.one_of("jws", "attestation"),
            shapes.one_of("jws", "assertion", at="old"),
        )
        proof = device_of(device.details).proof
        done = await finish_rotation(
            call.world,
            call.caller,
            device,
            number,
            offered_by(body, proof),
            signature_in(body.old),
            self._means.party,
        )
        if isinstance(done, NotSigned):
            return wrong(names.ANSWER_WRONG, done.left)
        return json_answer({"device": str(done.id), "name": body.name})


async def _withdraw(call: Call) -> Answer:
    await remove_factor(call.world, call.caller, own(call.caller), {"by": "device"})
    return NO_CONTENT


async def _renew_push(call: Call) -> Answer:
    body = read(await call.request.body(), shapes.Push, shapes.fitting_address)
    device = own(call.caller)
    await renew_push(call.world, call.caller, device, body.transport, body.address)
    return NO_CONTENT


async def _no_push(call: Call) -> Answer:
    await renew_push(call.world, call.caller, own(call.caller), None, "")
    return NO_CONTENT


async def _begin_rotation(call: Call) -> Answer:
    challenge = await begin_rotation(call.world, call.caller, own(call.caller))
    return json_answer(
        {
            "rotation": str(challenge.id),
            "content": challenge.content.decode(),
            "expiresAt": challenge.expires_at,
        }
    )
