"""The settings of what is plugged in, and what is wrong with them."""

from dataclasses import dataclass
from typing import Literal

from assent.adapters.apns.settings import ApnsSettings
from assent.adapters.apns.settings import wrong as wrong_with_apns
from assent.adapters.attestation_roots.settings import AttestationSettings
from assent.adapters.attestation_roots.settings import wrong as wrong_with_roots
from assent.adapters.face_vector.matcher import FaceVectorSettings
from assent.adapters.fcm.settings import FcmSettings
from assent.adapters.fcm.settings import wrong as wrong_with_fcm
from assent.adapters.http_gateway.settings import HttpGatewaySettings
from assent.adapters.http_gateway.settings import wrong as wrong_with_gateway
from assent.adapters.otel.settings import TelemetrySettings
from assent.adapters.otel.settings import wrong as wrong_with_telemetry
from assent.adapters.smtp.settings import SmtpSettings
from assent.adapters.smtp.settings import wrong as wrong_with_mail
from assent.adapters.threads.pool import PoolSettings
from assent.adapters.twilio.settings import TwilioSettings
from assent.adapters.twilio.settings import wrong as wrong_with_twilio
from assent.adapters.web_push.settings import WebPushSettings
from assent.adapters.web_push.settings import wrong as wrong_with_web_push
from assent.adapters.webhook.settings import WebhookSettings
from assent.adapters.webhook.settings import wrong as wrong_with_webhooks
from assent.domain.hashed_secret import HashCosts
from assent.domain.one_time_code import CodeSettings


@dataclass(frozen=True, slots=True)
class FaceSettings:
    """Whether faces are compared."""

    matcher: Literal["none", "bytes", "vector"] = "none"
    """What compares them; `none`: there are no face maps. `vector` reads the format of
    docs/factors/face-map.md; `bytes` knows no faces, and is for sandboxes only."""


__all__ = [
    "ApnsSettings",
    "AttestationSettings",
    "CodeSettings",
    "FaceSettings",
    "FaceVectorSettings",
    "FcmSettings",
    "HashCosts",
    "HttpGatewaySettings",
    "PoolSettings",
    "SmtpSettings",
    "TelemetrySettings",
    "TwilioSettings",
    "WebPushSettings",
    "WebhookSettings",
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
