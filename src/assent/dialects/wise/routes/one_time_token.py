"""One-time tokens: what is to be cleared, codes for it, and each proof, in every generation."""

from collections.abc import Awaitable, Callable

from assent.dialects.wise import caller, errors, names, shapes, whose
from assent.dialects.wise import one_time_token as shown
from assent.dialects.wise.encrypted import opened, sealed
from assent.dialects.wise.errors import Said
from assent.dialects.wise.operation import Operation, Says, calendar
from assent.dialects.wise.routes.factors import (
    FACE_MAP_BODY,
    FACE_MAP_MISSING,
    FINGERPRINT_MISSING,
    PIN_MISSING,
)
from assent.domain.action import Action
from assent.domain.approval import Approval
from assent.domain.prompt import EnterCode
from assent.http.answer import Answer, json_answer
from assent.http.route import Call, Handler
from assent.http.shapes import read
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.usecases.answer_approval import NotProved, answer_approval
from assent.usecases.require_approval import ask_approval, find_approval
from assent.usecases.send_code import send_code

Render = Callable[[Call, Approval], Awaitable[Answer]]


async def _wrapped(call: Call, approval: Approval) -> Answer:
    """The first generation: what has passed is gone from the list."""
    kinds = names.kinds_of(call.caller.programme)
    properties = await shown.whole(call.world, approval, kinds, with_passed=False)
    return json_answer({"oneTimeTokenProperties": properties})


async def _bare(call: Call, approval: Approval) -> Answer:
    """The second generation: what has passed says so."""
    kinds = names.kinds_of(call.caller.programme)
    return json_answer(await shown.bare(call.world, approval, kinds))


async def approval_of(call: Call) -> Approval:
    """What the header `One-Time-Token` stands for. Refuses APPROVAL_UNKNOWN."""
    return await find_approval(
        call.world, call.caller, call.request.header(b"one-time-token") or ""
    )


async def status(call: Call) -> Answer:
    """`GET .../one-time-token/status`."""
    return await _wrapped(call, await approval_of(call))


async def authorise(call: Call) -> Answer:
    """`POST .../sca-sessions/authorise`: nothing is done with it but to open the five minutes."""
    acting = await whose.profile(call)
    action = Action(
        "IDENTITY__AUTHORISE_SESSION",
        f"see your accounts at {call.caller.programme.name}",
        {"profile": str(acting.identity.id)},
    )
    kinds = names.kinds_of(call.caller.programme)
    approval = await ask_approval(call.world, call.caller, action, kinds, standing=True)
    properties = await shown.whole(call.world, approval, kinds, with_passed=True)
    return json_answer({"oneTimeTokenProperties": properties})


def _trigger(kind: str, fixed_code: str | None) -> Handler:
    async def trigger(call: Call) -> Answer:
        programme = call.caller.programme
        chosen = fixed_code if programme.settings.codes == "fixed" else None
        approval, kinds = await approval_of(call), names.kinds_of(programme)
        begun = await send_code(call.world, call.caller, approval, kind, kinds, chosen)
        sent_to = begun.prompt.ending if isinstance(begun.prompt, EnterCode) else ""
        return json_answer({"obfuscatedPhoneNo": f"*********{sent_to}"})

    return trigger


async def _judged(call: Call, kind: str, answer: str, render: Render, wrong: Said) -> Answer:
    """A right answer shows the token as it is now; a wrong one is 400, and so is a block."""
    approval, kinds = await approval_of(call), names.kinds_of(call.caller.programme)
    if "profileId" in call.request.params:
        await whose.profile(call)
    try:
        result = await answer_approval(
            call.world, call.caller, approval, kind, Secret(answer), kinds
        )
    except Refusal as refusal:
        if refusal.code is Code.ATTEMPTS_BLOCKED:
            return errors.said(_BLOCKED)
        raise
    if isinstance(result, NotProved):
        return errors.said(wrong)
    return await render(call, result.approval)


def _verify_pin(render: Render) -> Handler:
    async def verify(call: Call) -> Answer:
        message = await opened(call)
        pin = read(message.payload, shapes.Pin).pin
        answer = await _judged(call, "pin", pin, render, _WRONG_PIN)
        return sealed(call, message, answer) if answer.status == 200 else answer

    return verify


def _verify_fingerprint(render: Render) -> Handler:
    async def verify(call: Call) -> Answer:
        message = await opened(call)
        presented = read(message.payload, shapes.DeviceFingerprint).device_fingerprint
        answer = await _judged(call, "device_fingerprint", presented, render, _WRONG_FINGERPRINT)
        return sealed(call, message, answer) if answer.status == 200 else answer

    return verify


def _verify_face_map(render: Render) -> Handler:
    async def verify(call: Call) -> Answer:
        presented = read(await call.request.body(FACE_MAP_BODY), shapes.FaceMap).face_map
        return await _judged(call, "face_map", presented, render, _WRONG_FACE_MAP)

    return verify


def _verify_code(kind: str) -> Handler:
    async def verify(call: Call) -> Answer:
        code = read(await call.request.body(), shapes.OtpCode).otp_code
        return await _judged(call, kind, code, _wrapped, _WRONG_CODE)

    return verify


_BLOCKED = Said(
    400, "verification.blocked", "Too many wrong answers. Request a new token in a while."
)
_WRONG_PIN = Said(400, "pin.invalid", "The PIN is not right.", "pin")
_WRONG_FACE_MAP = Said(400, "facemap.invalid", "The face map does not match.", "faceMap")
_WRONG_FINGERPRINT = Said(
    400, "device.fingerprint.invalid", "The device fingerprint is not known.", "deviceFingerprint"
)
_WRONG_CODE = Said(400, "otp.invalid", "The code is not right.", "otpCode")
_NO_PHONE = Said(404, "phone.number.not.setup", "No phone number has been setup.")

OTT = "/one-time-token"
_VERIFIED: tuple[tuple[str, str, Callable[[Render], Handler], Said], ...] = (
    ("/pin/verify", "/pin/verify", _verify_pin, PIN_MISSING),
    (
        "/partner-device-fingerprint/verify",
        "/device-fingerprints/verify",
        _verify_fingerprint,
        FINGERPRINT_MISSING,
    ),
    ("/facemap/verify", "/facemaps/verify", _verify_face_map, FACE_MAP_MISSING),
)
"""Path in the first generation, path under a profile in the later ones, handler, nothing there."""


def _verify(path: str, handle: Handler, missing: Said, *others: str) -> Operation:
    says: Says = {Code.FACTOR_NOT_ENROLLED: missing}
    return Operation(
        method="POST", paths=(path, *others), handle=handle, identify=caller.user, says=says
    )


def operations(fixed_code: str | None) -> tuple[Operation, ...]:
    """`fixed_code` is the sandbox's documented constant; production has none."""
    profile = "/profiles/{profileId}"
    return (
        Operation(
            method="GET",
            paths=(
                f"/v1{OTT}/status",
                f"/v1/identity{OTT}/status",
                *calendar(f"{OTT}/status"),
            ),
            handle=status,
            identify=caller.user,
        ),
        Operation(
            method="POST",
            paths=(
                f"/v2{profile}/sca-sessions/authorise",
                *calendar(f"{profile}/sca-sessions/authorise"),
            ),
            handle=authorise,
            identify=caller.user,
        ),
        *(
            _verify(f"/v1{OTT}{first}", make(_wrapped), missing)
            for first, _, make, missing in _VERIFIED
        ),
        *(
            _verify(f"/v2{profile}{later}", make(_bare), missing, *calendar(f"{profile}{later}"))
            for _, later, make, missing in _VERIFIED
        ),
        *(
            Operation(
                method="POST",
                paths=(f"/v1{OTT}/{channel}/trigger", *calendar(f"{OTT}/{channel}/trigger")),
                handle=_trigger(kind, fixed_code),
                identify=caller.user,
                says={Code.FACTOR_NOT_ENROLLED: _NO_PHONE},
            )
            for channel, kind in _CHANNELS
        ),
        *(
            _verify(
                f"/v1{OTT}/{channel}/verify",
                _verify_code(kind),
                _NO_PHONE,
                *calendar(f"{OTT}/{channel}/verify"),
            )
            for channel, kind in _CHANNELS
        ),
    )


_CHANNELS = tuple((one.lower(), names.KIND_OF_TYPE[one]) for one in names.CHANNELS)
