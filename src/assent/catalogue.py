"""THE list of what is plugged in. A new kind or adapter is a folder and a line here."""

import importlib
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Literal

from assent.adapters.apns.gateway import Apns
from assent.adapters.apns.settings import ApnsSettings
from assent.adapters.apns.settings import tls_context as apns_tls
from assent.adapters.apns.settings import wrong as wrong_with_apns
from assent.adapters.attestation_roots.roots import AttestationSettings
from assent.adapters.attestation_roots.roots import pems as root_pems
from assent.adapters.attestation_roots.roots import roots as attestation_roots
from assent.adapters.attestation_roots.roots import wrong as wrong_with_roots
from assent.adapters.face_bytes.matcher import FaceBytes
from assent.adapters.face_vector.matcher import FaceVector, FaceVectorSettings
from assent.adapters.fcm.gateway import Fcm
from assent.adapters.fcm.settings import FcmSettings
from assent.adapters.fcm.settings import account as fcm_account
from assent.adapters.fcm.settings import tls_context as fcm_tls
from assent.adapters.fcm.settings import wrong as wrong_with_fcm
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
from assent.adapters.twilio.verify import TwilioVerify
from assent.adapters.vault_file.vault import FileVault
from assent.adapters.web_push.gateway import WebPush
from assent.adapters.web_push.settings import WebPushSettings
from assent.adapters.web_push.settings import wrong as wrong_with_web_push
from assent.adapters.webhook.poster import Webhooks
from assent.adapters.webhook.settings import WebhookSettings
from assent.adapters.webhook.settings import may_call as may_call_firm
from assent.adapters.webhook.settings import tls_context as webhook_tls
from assent.adapters.webhook.settings import wrong as wrong_with_webhooks
from assent.dialects.device.app import app as device_app
from assent.dialects.device.dialect import DeviceApi
from assent.dialects.device.hub import Hub as DeviceHub
from assent.dialects.device.means import Means as DeviceMeans
from assent.dialects.device.names import FIXED_CODE as DEVICE_CODE
from assent.dialects.device.openapi import PATH as DEVICE_DOCUMENT
from assent.dialects.device.openapi import openapi as device_document
from assent.dialects.weavr.dialect import Weavr
from assent.dialects.weavr.mock import Mock
from assent.dialects.weavr.names import CHANNELS as WEAVR_CHANNELS
from assent.dialects.weavr.reference import PATH as REFERENCE_PATH
from assent.dialects.weavr.reference import reference
from assent.dialects.weavr.simulator import FIXED_CODE as WEAVR_CODE
from assent.dialects.weavr.simulator import Simulator
from assent.dialects.weavr.webhooks import say as say_weavr
from assent.dialects.wise.approval_page import ApprovalPage
from assent.dialects.wise.consent_page import ConsentPage
from assent.dialects.wise.dialect import Wise
from assent.dialects.wise.hosted import Means as Hosted
from assent.dialects.wise.hosted import Pages
from assent.dialects.wise.names import CHANNELS as WISE_CHANNELS
from assent.dialects.wise.names import FIXED_CODE as WISE_CODE
from assent.domain.attempts import AttemptLimits
from assent.domain.capture import EmbeddersOf, origin_of
from assent.domain.device import AUTHY, DEVICE_KEY, DeviceLimits, relying_party
from assent.domain.hashed_secret import HashCosts
from assent.domain.kind import Kind
from assent.domain.one_time_code import CodeSettings, OneTimeCode
from assent.domain.programme import PASSCODE, PASSWORD, ProgrammeSettings
from assent.factors.authy.kind import Authy
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
from assent.http.document import Document
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


CHANNELS = tuple(dict.fromkeys((*WISE_CHANNELS, *WEAVR_CHANNELS)))
"""What a programme may switch on, in either dialect's words."""


def device_api(
    stores: SqlStores,
    limits: DeviceLimits,
    base_url: str,
    embedders_of: EmbeddersOf,
    sandbox: bool,
    web_push_key: str,
) -> tuple[DeviceApi, DeviceHub, dict[str, Document]]:
    """The Device API, the table of the devices that wait, which is to be told of every commit of
    this process, and its OpenAPI document by path."""
    hub = DeviceHub(stores)
    means = DeviceMeans(
        base_url=base_url,
        party=relying_party(limits, origin_of(base_url)),
        limits=limits,
        hub=hub,
        embedders_of=embedders_of,
        fixed_code=DEVICE_CODE if sandbox else None,
        web_push_key=web_push_key,
    )
    made = DeviceApi(means)
    return made, hub, {DEVICE_DOCUMENT: device_document(made)}


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

SAYING = (say_weavr,)
"""The dialects that tell firms' servers what happened. The SCA API's own are not published."""

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
    "SAYING",
    "WEAVR_CODE",
    "WISE_CODE",
    "Apns",
    "ApnsSettings",
    "ApprovalPage",
    "AttestationSettings",
    "CodeSettings",
    "ConsentPage",
    "FaceSettings",
    "FaceVectorSettings",
    "Fcm",
    "FcmSettings",
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
    "TwilioVerify",
    "Unchained",
    "Vitals",
    "Waiting",
    "WatchedStores",
    "Weavr",
    "WebPush",
    "WebPushSettings",
    "WebhookSettings",
    "Webhooks",
    "Wise",
    "apns_tls",
    "attestation_roots",
    "device_api",
    "device_app",
    "face_matcher",
    "fcm_account",
    "fcm_tls",
    "field_rules",
    "gateway_tls",
    "kinds",
    "mail_tls",
    "may_call_firm",
    "missing_for_traces",
    "reach",
    "reference",
    "telemetry",
    "webhook_tls",
    "wrong_with_apns",
    "wrong_with_fcm",
    "wrong_with_gateway",
    "wrong_with_mail",
    "wrong_with_roots",
    "wrong_with_telemetry",
    "wrong_with_twilio",
    "wrong_with_web_push",
    "wrong_with_webhooks",
]
