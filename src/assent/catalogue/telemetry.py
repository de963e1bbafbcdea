"""What watches a server."""

import platform
from importlib import metadata

from assent.adapters.otel.settings import TelemetrySettings
from assent.adapters.prometheus.metrics import CONTENT_TYPE, Metrics, Readings
from assent.adapters.sql.stores import REVISION
from assent.catalogue.traces import traces
from assent.kernel.clock import Clock
from assent.ports.telemetry import Telemetry


def telemetry(settings: TelemetrySettings, clock: Clock) -> tuple[Telemetry, Metrics]:
    """What watches a server, and the half of it that counts. Traces are looked up by name: their
    libraries are an extra. Raises ModuleNotFoundError where they are wanted and missing."""
    version = metadata.version("assent")
    metrics = Metrics(clock, version, platform.python_version(), REVISION)
    if not settings.otlp_url:
        return metrics, metrics
    return traces().made(settings, metrics, version), metrics


__all__ = [
    "CONTENT_TYPE",
    "Metrics",
    "Readings",
    "telemetry",
]
