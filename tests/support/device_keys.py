"""The kind `device_key`, as tests meet it: devices in software, and what they sign."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from assent.domain.device import Device, RelyingParty
from assent.domain.kind import Checked, OfferedDevice, Signature, Verdict
from assent.domain.programme import ProgrammeSettings
from assent.domain.question import Decision, DeviceAnswer, Question, Reason, canonical
from assent.factors.device_key.kind import DeviceKey
from assent.kernel.refusals import Code, Refusal
from tests.support.authenticator import SoftDevice

PARTY = RelyingParty("localhost", ("http://localhost", "https://device.example.com"))
ENROLMENT = '{"challenge":"4711","nonce":"bm9uY2U","type":"assent/enrolment/1"}'
DEVICE_ID = 1_234_567_890_123_456

QUESTION = Question(
    challenge=4_503_599_627_370_497,
    programme_id=17,
    programme="Banka",
    action="transfer",
    fingerprint="f" * 64,
    text="Pay 10.00 EUR to Ada",
    fields=(("Amount", "10.00 EUR"), ("Payee", "Ada Lovelace")),
    nonce=bytes(range(32)),
    number=True,
    created_at=1_750_000_000_000,
    expires_at=1_750_000_300_000,
)


def offer(device: SoftDevice, body: Mapping[str, Any]) -> OfferedDevice:
    """What a dialect makes of a body."""
    return OfferedDevice(
        name=body["name"],
        proof=device.proof_jwk,
        jws=body.get("jws", ""),
        attestation=body.get("attestation", {}),
    )


def octets_of(offered: OfferedDevice, content: str = ENROLMENT) -> bytes:
    """What the server says must have been signed to be enrolled."""
    told = {**json.loads(content), "name": offered.name, "proof": dict(offered.proof)}
    return canonical(told)


@dataclass(frozen=True)
class Kept:
    """An enrolled device, as the store would have it."""

    soft: SoftDevice
    device: Device
    counter: int


def enrol(
    soft: SoftDevice,
    settings: ProgrammeSettings | None = None,
    roots: Mapping[str, Sequence[bytes]] | None = None,
    body: Mapping[str, Any] | None = None,
) -> Kept:
    """Raises what the kind refuses."""
    offered = offer(soft, body or soft.enrol(ENROLMENT))
    kind = DeviceKey(roots)
    device, counter = kind.enrolled(
        octets_of(offered), offered, PARTY, settings or ProgrammeSettings()
    )
    return Kept(soft, device, counter)


def answer_of(body: Mapping[str, Any], device_id: int = DEVICE_ID) -> DeviceAnswer:
    """What a dialect makes of a body."""
    return DeviceAnswer(
        device=device_id,
        decision=Decision(body["decision"]),
        time=body["time"],
        reason=Reason(body["reason"]) if "reason" in body else None,
        number=body.get("number", ""),
        counter=body.get("counter", 0),
    )


def signature_of(body: Mapping[str, Any]) -> Signature:
    """The same of what stands beside it."""
    return Signature(jws=body.get("jws", ""), assertion=body.get("assertion", {}))


def judge(
    kept: Kept,
    body: Mapping[str, Any],
    question: Question = QUESTION,
    device_id: int = DEVICE_ID,
    counter: int | None = None,
) -> Checked:
    """What the kind says of an answer to a question, for the device that is enrolled."""
    answer = answer_of(body, device_id)
    return DeviceKey().signed(
        kept.device,
        kept.counter if counter is None else counter,
        answer.octets(question.content()),
        signature_of(body),
        answer.counter,
        PARTY,
    )


def right(kept: Kept, body: Mapping[str, Any], **more: Any) -> bool:
    """Whether it is taken."""
    return judge(kept, body, **more).verdict is Verdict.RIGHT


def unfit(soft: SoftDevice, **more: Any) -> str:
    """Why it is not enrolled."""
    with pytest.raises(Refusal) as refused:
        enrol(soft, **more)
    assert refused.value.code is Code.FACTOR_UNFIT
    return refused.value.detail
