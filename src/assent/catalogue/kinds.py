"""The kinds of factor, and what they are made from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from assent.adapters.attestation_roots.roots import pems as root_pems
from assent.adapters.attestation_roots.roots import roots as attestation_roots
from assent.adapters.attestation_roots.settings import AttestationSettings
from assent.adapters.face_bytes.matcher import FaceBytes
from assent.adapters.face_vector.matcher import FaceVector, FaceVectorSettings
from assent.catalogue.rooms import FaceSettings
from assent.domain.attempts import AttemptLimits
from assent.domain.device import AUTHY, DEVICE_KEY
from assent.domain.hashed_secret import HashCosts
from assent.domain.kind import Kind
from assent.domain.one_time_code import CodeSettings, OneTimeCode
from assent.domain.programme import PASSCODE, PASSWORD
from assent.factors.authy.kind import Authy
from assent.factors.device_fingerprint.kind import DeviceFingerprint
from assent.factors.device_key.kind import DeviceKey
from assent.factors.face_map.kind import FaceMap
from assent.factors.passcode.kind import Passcode
from assent.factors.password.kind import Password
from assent.factors.pin.kind import Pin
from assent.factors.sms_otp.kind import SmsOtp
from assent.factors.voice_otp.kind import VoiceOtp
from assent.factors.whatsapp_otp.kind import WhatsAppOtp
from assent.kernel.clock import MINUTE
from assent.ports.face_matcher import FaceMatcher
from assent.ports.vault import Vault


def face_matcher(
    settings: FaceSettings,
    vectors: FaceVectorSettings,
    private_keys: Callable[[], Sequence[bytes]],
) -> FaceMatcher | None:
    """The one that the settings name. `private_keys`: what face vectors are encrypted to."""
    if settings.matcher == "vector":
        return FaceVector(vectors, private_keys)
    return FaceBytes() if settings.matcher == "bytes" else None


@dataclass(frozen=True, slots=True)
class Means:
    """What kinds are made from."""

    passwords: HashCosts
    codes: CodeSettings
    limits: AttemptLimits
    vault: Vault
    faces: FaceMatcher | None = None
    """Without one there are no face maps."""
    authy: bool = False
    """Whether somebody carries questions to that app, and brings the answers."""
    attestation: AttestationSettings = field(default_factory=AttestationSettings)
    """Who may vouch for devices."""


def _password(means: Means) -> Kind:
    return Password(means.passwords, means.vault.derived("password pepper"))


def _passcode(means: Means) -> Kind:
    return Passcode(means.passwords, means.vault.derived("passcode pepper"))


def _pin(means: Means) -> Kind:
    return Pin(means.passwords, means.vault.derived("pin pepper"))


def _one_time_code(sort: type[OneTimeCode]) -> Callable[[Means], Kind]:
    def made(means: Means) -> Kind:
        minutes = means.limits.code_life_ms // MINUTE
        return sort(means.codes, means.vault.derived("one-time codes"), minutes)

    return made


def _device_fingerprint(means: Means) -> Kind:
    return DeviceFingerprint(means.vault.derived("device fingerprints"))


def _face_map(means: Means) -> Kind:
    if means.faces is None:
        raise ValueError("no matcher of faces")
    return FaceMap(means.faces)


def _device_key(means: Means) -> Kind:
    return DeviceKey(root_pems(attestation_roots(means.attestation)))


def _authy(means: Means) -> Kind:
    return Authy()


KINDS: dict[str, Callable[[Means], Kind]] = {
    PASSWORD: _password,
    PASSCODE: _passcode,
    "pin": _pin,
    "sms_otp": _one_time_code(SmsOtp),
    "whatsapp_otp": _one_time_code(WhatsAppOtp),
    "voice_otp": _one_time_code(VoiceOtp),
    "device_fingerprint": _device_fingerprint,
    "face_map": _face_map,
    DEVICE_KEY: _device_key,
    AUTHY: _authy,
}
"""Name to maker; each has a key of its own, but for the codes, which share one."""


def kinds(means: Means) -> dict[str, Kind]:
    """One of each; those that rest on something outside only where that is set up."""
    absent = {"face_map": means.faces is None, AUTHY: not means.authy}
    return {name: make(means) for name, make in KINDS.items() if not absent.get(name)}


__all__ = [
    "KINDS",
    "Means",
    "attestation_roots",
    "face_matcher",
    "kinds",
]
