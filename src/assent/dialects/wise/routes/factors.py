"""PIN, face map and device fingerprints: enrolled, listed and deleted, in every generation."""

from collections.abc import Awaitable, Callable
from typing import Any

from assent.dialects.wise import caller, shapes, whose
from assent.dialects.wise.encrypted import opened, sealed
from assent.dialects.wise.errors import Said
from assent.dialects.wise.instants import instant
from assent.dialects.wise.operation import Operation, calendar
from assent.domain.factor import Factor
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.route import Call, Handler
from assent.http.shapes import check, read
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.usecases.register_factor import register_factor, remove_factor

FACE_MAP_BODY = 1_500_000
"""Octets: 1 MiB in base64, and the braces around it."""


def _pin(answer: Answer) -> Handler:
    async def create(call: Call) -> Answer:
        message = await opened(call)
        pin = read(message.payload, shapes.Pin).presented
        subject_id = await whose.subject_id(call)
        await register_factor(call.world, call.caller, subject_id, "pin", Secret(pin))
        return sealed(call, message, answer)

    return create


async def _fingerprint(call: Call) -> Answer:
    message = await opened(call)
    presented = read(message.payload, shapes.DeviceFingerprint).presented
    factor = await register_factor(
        call.world, call.caller, await whose.subject_id(call), _FINGERPRINT, Secret(presented)
    )
    return sealed(call, message, json_answer(_shown(call, factor)))


async def _face_map(call: Call) -> Answer:
    presented = read(await call.request.body(FACE_MAP_BODY), shapes.FaceMap).presented
    subject_id = await whose.subject_id(call)
    await register_factor(call.world, call.caller, subject_id, "face_map", Secret(presented))
    return NO_CONTENT


_FINGERPRINT = "device_fingerprint"


async def _fingerprints(call: Call) -> Answer:
    held = await call.world.stores.factors(await whose.subject_id(call), _FINGERPRINT)
    return json_answer([_shown(call, factor) for factor in held])


def _delete(find: Callable[[Call], Awaitable[Factor]]) -> Handler:
    async def delete(call: Call) -> Answer:
        await remove_factor(call.world, call.caller, await find(call))
        return NO_CONTENT

    return delete


def _only(kind: str) -> Callable[[Call], Awaitable[Factor]]:
    async def find(call: Call) -> Factor:
        for factor in await call.world.stores.factors(await whose.subject_id(call), kind):
            return factor
        raise Refusal(Code.FACTOR_NOT_ENROLLED)

    return find


async def _named(call: Call) -> Factor:
    name = "deviceFingerprintId"
    wanted = check(call.request.params[name], name, shapes.UUID).lower()
    for factor in await call.world.stores.factors(await whose.subject_id(call), _FINGERPRINT):
        if _uuid(call, factor) == wanted:
            return factor
    raise Refusal(Code.FACTOR_NOT_ENROLLED)


def _uuid(call: Call, factor: Factor) -> str:
    return call.world.uuid(factor.id, "device fingerprint")


def _shown(call: Call, factor: Factor) -> dict[str, Any]:
    return {
        "deviceFingerprintId": _uuid(call, factor),
        "createdAt": instant(factor.created_at, "000000Z"),
    }


PIN_MISSING = Said(404, "pin.not.setup", "PIN has not been setup.")
FACE_MAP_MISSING = Said(404, "facemap.not.setup", "FaceMap has not been setup.")
FINGERPRINT_MISSING = Said(
    404, "device.fingerprint.not.found", "The device fingerprint was not found."
)
_PIN_SAYS = {
    Code.FACTOR_ALREADY_ENROLLED: Said(409, "pin.already.setup", "PIN has already been created."),
    Code.FACTOR_UNFIT: Said(400, "pin.invalid", "A PIN is four digits.", "pin"),
}
_FACE_MAP_SAYS = {
    Code.FACTOR_ALREADY_ENROLLED: Said(
        409, "facemap.already.setup", "FaceMap has already been enrolled."
    ),
    Code.FACTOR_UNFIT: Said(
        400, "facemap.invalid", "A face map is base64 of 1 octet to 1 MiB.", "faceMap"
    ),
}
_FINGERPRINT_SAYS = {
    Code.FACTOR_ALREADY_ENROLLED: Said(
        409, "device.fingerprint.already.exists", "The device fingerprint exists already."
    ),
    Code.FACTORS_USED_UP: Said(
        400, "device.fingerprint.maximum.reached", "There are as many fingerprints as allowed: 3."
    ),
    Code.FACTOR_UNFIT: Said(
        400,
        "device.fingerprint.invalid",
        "A device fingerprint is a text of 1 to 256 characters.",
        "deviceFingerprint",
    ),
}

OPERATIONS = (
    Operation(
        method="POST",
        paths=("/v1/user/pin",),
        handle=_pin(NO_CONTENT),
        identify=caller.user,
        says=_PIN_SAYS,
    ),
    Operation(
        method="POST",
        paths=("/v2/profiles/{profileId}/pin", *calendar("/profiles/{profileId}/pin")),
        handle=_pin(json_answer({})),
        identify=caller.user,
        says=_PIN_SAYS,
    ),
    Operation(
        method="DELETE",
        paths=("/v1/users/{userId}/pin",),
        handle=_delete(_only("pin")),
        identify=caller.application,
        says={Code.FACTOR_NOT_ENROLLED: PIN_MISSING},
    ),
    Operation(
        method="DELETE",
        paths=("/v2/profiles/{profileId}/pin", *calendar("/profiles/{profileId}/pin")),
        handle=_delete(_only("pin")),
        identify=caller.user,
        says={Code.FACTOR_NOT_ENROLLED: PIN_MISSING},
    ),
    Operation(
        method="POST",
        paths=(
            "/v1/user/facemap/enrol",
            "/v1/users/facemap/enrol",  # a guide spells it so
            "/v2/profiles/{profileId}/facemaps",
            *calendar("/profiles/{profileId}/facemaps"),
        ),
        handle=_face_map,
        identify=caller.user,
        says=_FACE_MAP_SAYS,
    ),
    Operation(
        method="DELETE",
        paths=("/v1/users/{userId}/facemap/enrol",),
        handle=_delete(_only("face_map")),
        identify=caller.application,
        says={Code.FACTOR_NOT_ENROLLED: FACE_MAP_MISSING},
    ),
    Operation(
        method="DELETE",
        paths=("/v2/profiles/{profileId}/facemaps", *calendar("/profiles/{profileId}/facemaps")),
        handle=_delete(_only("face_map")),
        identify=caller.user,
        says={Code.FACTOR_NOT_ENROLLED: FACE_MAP_MISSING},
    ),
    Operation(
        method="POST",
        paths=(
            "/v1/user/partner-device-fingerprints",
            "/v2/profiles/{profileId}/device-fingerprints",
            *calendar("/profiles/{profileId}/device-fingerprints"),
        ),
        handle=_fingerprint,
        identify=caller.user,
        says=_FINGERPRINT_SAYS,
    ),
    *(
        Operation(
            method=method,  # the documents disagree
            paths=("/v1/users/{userId}/partner-device-fingerprints",),
            handle=_fingerprints,
            identify=caller.application,
        )
        for method in ("GET", "POST")
    ),
    Operation(
        method="DELETE",
        paths=("/v1/users/{userId}/partner-device-fingerprints/{deviceFingerprintId}",),
        handle=_delete(_named),
        identify=caller.application,
        says={Code.FACTOR_NOT_ENROLLED: FINGERPRINT_MISSING},
    ),
    Operation(
        method="DELETE",
        paths=(
            "/v2/profiles/{profileId}/device-fingerprints/{deviceFingerprintId}",
            *calendar("/profiles/{profileId}/device-fingerprints/{deviceFingerprintId}"),
        ),
        handle=_delete(_named),
        identify=caller.user,
        says={Code.FACTOR_NOT_ENROLLED: FINGERPRINT_MISSING},
    ),
)
