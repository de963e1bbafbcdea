"""Where traces go."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from assent.domain.capture import is_loopback
from assent.kernel.secret import Secret


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """Traces of calls, for a collector of OpenTelemetry's. Metrics are in [admin]."""

    otlp_url: str = ""
    """The collector's address for OTLP over HTTP, as in http://127.0.0.1:4318; without a path,
    /v1/traces is added. Empty: there are no traces. Needs what requirements-telemetry.lock
    lists."""
    authorization: Secret = field(default_factory=lambda: Secret(""))
    """Value of the Authorization header; empty: none is sent."""
    percent: int = 100
    """How many of a hundred calls are followed, by chance."""


HOW_TO_INSTALL = (
    "Install them: pip install --require-hashes --requirement requirements-telemetry.lock"
)
"""Never by the name of a package: whoever registers it would be what is installed."""


def wrong(settings: TelemetrySettings) -> str:
    """What cannot be, in a sentence; empty where all is well."""
    url = settings.otlp_url
    if not url:
        return ""
    told = "telemetry.otlp_url begins with https://, or with http:// on this machine"
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        odd = parts.username is not None or parts.query or parts.fragment or not parts.hostname
        _ = parts.port
    except ValueError:
        return told
    if odd or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(origin))):
        return told
    return ""


def traces_url(settings: TelemetrySettings) -> str:
    """Where spans are posted to."""
    url = settings.otlp_url
    return url if urlsplit(url).path.strip("/") else url.rstrip("/") + "/v1/traces"
