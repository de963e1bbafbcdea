"""One-time tokens: what is to be cleared, codes for it, and each proof, in every generation."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

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
from assent.domain.deed import deed
from assent.domain.phrases import SEE_ACCOUNTS
from assent.domain.prompt import EnterCode
from assent.http.answer import Answer, json_answer
from assent.http.request import BODY_LIMIT
from assent.http.route import Call, Handler
from assent.http.shapes import read
from assent.kernel.refusals import Code
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
        deed(SEE_ACCOUNTS, programme=call.caller.programme.name),
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


@dataclass(frozen=True, slots=True)
class _Proof:
    """How a kind is presented here, and what is said where it is wrong or not enrolled."""

    kind: str
    shape: type[shapes.Presented]
    wrong: Said
    missing: Said
    longest: int = BODY_LIMIT
    """Octets of a body that is not encrypted."""


async def _proved(call: Call, proof: _Proof, body: bytes) -> Approval | None:
    """The token's approval with one more proof; none for a wrong answer, which was counted."""
    answer = Secret(read(body, proof.shape).presented)
    approval, kinds = await approval_of(call), names.kinds_of(call.caller.programme)
    if "profileId" in call.request.params:
        await whose.profile(call)
    result = await answer_approval(call.world, call.caller, approval, proof.kind, answer, kinds)
    return None if isinstance(result, NotProved) else result.approval


def _verify_sealed(proof: _Proof, render: Render) -> Handler:
    async def verify(call: Call) -> Answer:
        message = await opened(call)
        approval = await _proved(call, proof, message.payload)
        if approval is None:
            return errors.said(proof.wrong)
        return sealed(call, message, await render(call, approval))

    return verify


def _verify_plain(proof: _Proof, render: Render) -> Handler:
    async def verify(call: Call) -> Answer:
        approval = await _proved(call, proof, await call.request.body(proof.longest))
        return errors.said(proof.wrong) if approval is None else await render(call, approval)

    return verify


_BLOCKED = Said(
    400,
    "verification.blocked",
    "There were too many wrong answers, so none is looked at now. Try again later; a trigger or "
    "the protected operation says when, in Retry-After.",
)
_PIN = _Proof(
    "pin", shapes.Pin, Said(400, "pin.invalid", "The PIN is not right.", "pin"), PIN_MISSING
)
_FACE_MAP = _Proof(
    "face_map",
    shapes.FaceMap,
    Said(400, "facemap.invalid", "The face map does not match.", "faceMap"),
    FACE_MAP_MISSING,
    FACE_MAP_BODY,
)
_FINGERPRINT = _Proof(
    "device_fingerprint",
    shapes.DeviceFingerprint,
    Said(
        400,
        "device.fingerprint.invalid",
        "The device fingerprint is not known.",
        "deviceFingerprint",
    ),
    FINGERPRINT_MISSING,
)
_WRONG_CODE = Said(400, "otp.invalid", "The code is not right.", "otpCode")
_NO_PHONE = Said(404, "phone.number.not.setup", "No phone number has been setup.")

OTT = "/one-time-token"
_PROFILE = "/profiles/{profileId}"
_VERIFIED: tuple[tuple[str, str, Callable[[_Proof, Render], Handler], _Proof], ...] = (
    ("/pin/verify", "/pin/verify", _verify_sealed, _PIN),
    (
        "/partner-device-fingerprint/verify",
        "/device-fingerprints/verify",
        _verify_sealed,
        _FINGERPRINT,
    ),
    ("/facemap/verify", "/facemaps/verify", _verify_plain, _FACE_MAP),
)
"""Path in the first generation, path under a profile in the later ones, handler, proof."""
_CHANNELS = tuple((one.lower(), names.KIND_OF_TYPE[one]) for one in names.CHANNELS)


def operations(fixed_code: str | None) -> tuple[Operation, ...]:
    """`fixed_code` is the sandbox's documented constant; production has none."""
    return (*_TOKENS, *_proofs(), *_triggers(fixed_code), *_codes())


_TOKENS = (
    Operation(
        method="GET",
        paths=(f"/v1{OTT}/status", f"/v1/identity{OTT}/status", *calendar(f"{OTT}/status")),
        handle=status,
        identify=caller.user,
    ),
    Operation(
        method="POST",
        paths=(
            f"/v2{_PROFILE}/sca-sessions/authorise",
            *calendar(f"{_PROFILE}/sca-sessions/authorise"),
        ),
        handle=authorise,
        identify=caller.user,
    ),
)


def _proofs() -> Iterator[Operation]:
    for first, later, verify, proof in _VERIFIED:
        yield _verifying(proof, verify(proof, _wrapped), f"/v1{OTT}{first}")
        paths = (f"/v2{_PROFILE}{later}", *calendar(f"{_PROFILE}{later}"))
        yield _verifying(proof, verify(proof, _bare), *paths)


def _triggers(fixed_code: str | None) -> Iterator[Operation]:
    for channel, kind in _CHANNELS:
        path = f"{OTT}/{channel}/trigger"
        yield Operation(
            method="POST",
            paths=(f"/v1{path}", *calendar(path)),
            handle=_trigger(kind, fixed_code),
            identify=caller.user,
            says={Code.FACTOR_NOT_ENROLLED: _NO_PHONE},
        )


def _codes() -> Iterator[Operation]:
    for channel, kind in _CHANNELS:
        proof = _Proof(kind, shapes.OtpCode, _WRONG_CODE, _NO_PHONE)
        path = f"{OTT}/{channel}/verify"
        yield _verifying(proof, _verify_plain(proof, _wrapped), f"/v1{path}", *calendar(path))


def _verifying(proof: _Proof, handle: Handler, *paths: str) -> Operation:
    """A block is 400 here, as a wrong answer is."""
    says: Says = {Code.FACTOR_NOT_ENROLLED: proof.missing, Code.ATTEMPTS_BLOCKED: _BLOCKED}
    return Operation(method="POST", paths=paths, handle=handle, identify=caller.user, says=says)
