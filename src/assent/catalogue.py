"""THE list of what is plugged in. A new kind or adapter is a folder and a line here."""

import importlib
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

from assent.adapters.face_bytes.matcher import FaceBytes
from assent.adapters.face_vector.matcher import FaceVector, FaceVectorSettings
from assent.adapters.http_gateway.gateway import HttpGateway
from assent.adapters.http_gateway.settings import HttpGatewaySettings
from assent.adapters.http_gateway.settings import tls_context as gateway_tls
from assent.adapters.http_gateway.settings import wrong as wrong_with_gateway
from assent.adapters.otel.settings import HOW_TO_INSTALL as HOW_TO_INSTALL_TRACES
from assent.adapters.otel.settings import TelemetrySettings
from assent.adapters.otel.settings import wrong as wrong_with_telemetry
from assent.adapters.prometheus.metrics import CONTENT_TYPE, Metrics, Readings
from assent.adapters.reach.reach import Reached, reach
from assent.adapters.smtp.gateway import Smtp
from assent.adapters.smtp.settings import SmtpSettings
from assent.adapters.smtp.settings import tls_context as mail_tls
from assent.adapters.smtp.settings import wrong as wrong_with_mail
from assent.adapters.sql.postgres import PostgresEngine
from assent.adapters.sql.sqlite import SqliteEngine
from assent.adapters.sql.stores import REVISION, SqlStores
from assent.adapters.sql.vitals import MOST_WAITING, Unchained, Vitals, Waiting
from assent.adapters.sql.watched import WatchedStores
from assent.adapters.threads.pool import PoolSettings, ThreadPool
from assent.adapters.twilio.gateway import Twilio
from assent.adapters.twilio.settings import TwilioSettings
from assent.adapters.twilio.settings import wrong as wrong_with_twilio
from assent.adapters.vault_file.vault import FileVault
from assent.dialects.weavr.dialect import Weavr
from assent.dialects.weavr.mock import Mock
from assent.dialects.weavr.reference import PATH as REFERENCE_PATH
from assent.dialects.weavr.reference import reference
from assent.dialects.weavr.simulator import FIXED_CODE as WEAVR_CODE
from assent.dialects.weavr.simulator import Simulator
from assent.dialects.wise.approval_page import ApprovalPage
from assent.dialects.wise.consent_page import ConsentPage
from assent.dialects.wise.dialect import Wise
from assent.dialects.wise.hosted import Means as Hosted
from assent.dialects.wise.hosted import Pages
from assent.dialects.wise.names import CHANNELS
from assent.dialects.wise.names import FIXED_CODE as WISE_CODE
from assent.domain.attempts import AttemptLimits
from assent.domain.device import DEVICE_KEY
from assent.domain.hashed_secret import HashCosts
from assent.domain.kind import Kind
from assent.domain.one_time_code import CodeSettings, OneTimeCode
from assent.domain.programme import PASSCODE, PASSWORD, ProgrammeSettings
from assent.factors.device_fingerprint.kind import DeviceFingerprint
from assent.factors.device_key.kind import DeviceKey
from assent.factors.face_map.kind import FaceMap
from assent.factors.passcode.kind import Passcode
from assent.factors.password.kind import Password
from assent.factors.password.settings import PROFILES
from assent.factors.pin.kind import Pin
from assent.factors.sms_otp.kind import SmsOtp
from assent.factors.voice_otp.kind import VoiceOtp
from assent.factors.whatsapp_otp.kind import WhatsAppOtp
from assent.frames.envelope import KIND_OF_FIELD
from assent.kernel.clock import MINUTE, Clock
from assent.ports.face_matcher import FaceMatcher
from assent.ports.telemetry import Telemetry
from assent.ports.vault import Vault


@dataclass(frozen=True, slots=True)
class FaceSettings:
    """Whether faces are compared."""

    matcher: Literal["none", "bytes", "vector"] = "none"
    """What compares them; `none`: there are no face maps. `vector` reads the format of
    docs/factors/face-map.md; `bytes` knows no faces, and is for sandboxes only."""


def face_matcher(
    settings: FaceSettings,
    vectors: FaceVectorSettings,
    private_keys: Callable[[], Sequence[bytes]],
) -> FaceMatcher | None:
    """The one that the settings name. `private_keys`: what face vectors are encrypted to."""
    if settings.matcher == "vector":
        return FaceVector(vectors, private_keys)
    return FaceBytes() if settings.matcher == "bytes" else None


def telemetry(settings: TelemetrySettings, clock: Clock) -> tuple[Telemetry, Metrics]:
    """What watches a server, and the half of it that counts. Traces are looked up by name: their
    libraries are an extra. Raises ModuleNotFoundError where they are wanted and missing."""
    version = metadata.version("assent")
    metrics = Metrics(clock, version, platform.python_version(), REVISION)
    if not settings.otlp_url:
        return metrics, metrics
    return importlib.import_module(_TRACES).made(settings, metrics, version), metrics


_TRACES = "assent.adapters.otel.traces"


def missing_for_traces() -> str:
    """The first library of theirs that is not installed; empty where all are."""
    try:
        importlib.import_module(_TRACES)
    except ModuleNotFoundError as error:
        return str(error.name)
    return ""


@dataclass(frozen=True, slots=True)
class Means:
    """What kinds are made from."""

    passwords: HashCosts
    codes: CodeSettings
    limits: AttemptLimits
    vault: Vault
    faces: FaceMatcher | None = None
    """Without one there are no face maps."""


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
    return DeviceKey()


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
}
"""Name to maker; each has a key of its own, but for the codes, which share one."""


def kinds(means: Means) -> dict[str, Kind]:
    """One of each; face maps only where something compares them."""
    made = (name for name in KINDS if means.faces is not None or name != "face_map")
    return {name: KINDS[name](means) for name in made}


CREDENTIALS = (PASSWORD, PASSCODE)
"""The kinds of secret that a programme may have people log in with."""


def field_rules(settings: ProgrammeSettings) -> dict[str, dict[str, int | bool]]:
    """What new values of the secure fields must be like, for those the programme has."""
    profile = PROFILES[settings.password_profile]
    rules: dict[str, dict[str, int | bool]] = {
        "password": {
            "shortest": profile.shortest,
            "longest": profile.longest,
            "classes": profile.classes,
        },
        "passCode": {"digits": settings.passcode_digits},
    }
    return {
        field: rule for field, rule in rules.items() if KIND_OF_FIELD[field] in settings.credentials
    }


PASSWORD_PROFILES = tuple(PROFILES)

__all__ = [
    "CHANNELS",
    "CONTENT_TYPE",
    "CREDENTIALS",
    "HOW_TO_INSTALL_TRACES",
    "KINDS",
    "MOST_WAITING",
    "PASSWORD_PROFILES",
    "REFERENCE_PATH",
    "REVISION",
    "WEAVR_CODE",
    "WISE_CODE",
    "ApprovalPage",
    "CodeSettings",
    "ConsentPage",
    "FaceSettings",
    "FaceVectorSettings",
    "FileVault",
    "HashCosts",
    "Hosted",
    "HttpGateway",
    "HttpGatewaySettings",
    "Means",
    "Metrics",
    "Mock",
    "Pages",
    "PoolSettings",
    "PostgresEngine",
    "Reached",
    "Readings",
    "Simulator",
    "Smtp",
    "SmtpSettings",
    "SqlStores",
    "SqliteEngine",
    "TelemetrySettings",
    "ThreadPool",
    "Twilio",
    "TwilioSettings",
    "Unchained",
    "Vitals",
    "Waiting",
    "WatchedStores",
    "Weavr",
    "Wise",
    "face_matcher",
    "field_rules",
    "gateway_tls",
    "kinds",
    "mail_tls",
    "missing_for_traces",
    "reach",
    "reference",
    "telemetry",
    "wrong_with_gateway",
    "wrong_with_mail",
    "wrong_with_telemetry",
    "wrong_with_twilio",
]
