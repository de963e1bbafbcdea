"""`ports.telemetry.Telemetry` that follows calls, and hands them to a collector (OTLP over HTTP).

Imported only where a collector is set, because its libraries are an extra and cost 8 MiB. Spans
wait in a bounded queue that a thread empties: a collector that is away costs spans, never calls.
"""

import asyncio
import logging
import re
import threading
from collections.abc import Sequence
from contextvars import ContextVar

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from assent.adapters.otel.settings import TelemetrySettings, traces_url
from assent.kernel.log import Log
from assent.ports.changes import Change, Committed
from assent.ports.telemetry import CallWork, Telemetry, Work

log = Log()

_QUEUE = 2_048
_BATCH = 512
_EVERY_MS = 2_000
_TIMEOUT_SECONDS = 5
_LAST_SECONDS = 3.0
"""How long the end of the process waits for the collector."""

_TRACEPARENT = re.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")  # W3C Trace Context 3.2
_NOBODY = Context()

# They would write a line of their own, which is no JSON, for each batch that is lost.
for _talkative in ("opentelemetry", "urllib3", "requests"):
    logging.getLogger(_talkative).setLevel(logging.CRITICAL + 1)

_current: ContextVar[Span | None] = ContextVar("assent_span", default=None)
"""The call that is under way here."""


class _Said(SpanExporter):
    """Says once that the collector is away, and once that it is back."""

    def __init__(self, exporter: SpanExporter, url: str) -> None:
        self._exporter = exporter
        self._url = url
        self._away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        except Exception:  # whatever it is: a thread that dies would take no span any more
            result = SpanExportResult.FAILURE
        away = result is not SpanExportResult.SUCCESS
        if away and not self._away:
            log.warning("traces_not_taken", url=self._url)
        elif self._away and not away:
            log.info("traces_taken_again", url=self._url)
        self._away = away
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def exporter(settings: TelemetrySettings) -> SpanExporter:
    """To the collector alone: no proxy of the environment, no redirect."""
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0
    url, authorization = traces_url(settings), settings.authorization.reveal()
    return _Said(
        OTLPSpanExporter(
            url,
            headers={"authorization": authorization} if authorization else {},
            timeout=_TIMEOUT_SECONDS,
            compression=Compression.Gzip,
            session=session,
        ),
        url,
    )


class _Call:
    __slots__ = ("_before", "_inner", "_span")

    def __init__(self, span: Span, inner: CallWork) -> None:
        self._span, self._inner = span, inner
        self._before = _current.get()
        _current.set(span)

    def end(self, status: int, why: str = "") -> None:
        self._inner.end(status, why)
        span = self._span
        if status:
            span.set_attribute("http.response.status_code", status)
        if why:
            span.set_attribute("assent.refusal", why)
        if not status or status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        _current.set(self._before)


class _Part:
    __slots__ = ("_inner", "_name", "_span")

    def __init__(self, span: Span, inner: Work, name: str) -> None:
        self._span, self._inner, self._name = span, inner, name

    def end(self, outcome: str = "") -> None:
        self._inner.end(outcome)
        if outcome:
            self._span.set_attribute(self._name, outcome)
        if outcome == "failed":
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class Traces:
    """Around another that counts; `percent` of calls and messages are followed."""

    def __init__(
        self, inner: Telemetry, exporter: SpanExporter, version: str, percent: int
    ) -> None:
        self._inner = inner
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(percent / 100)),
            resource=Resource({"service.name": "assent", "service.version": version}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                max_queue_size=_QUEUE,
                schedule_delay_millis=_EVERY_MS,
                max_export_batch_size=_BATCH,
            )
        )
        self._tracer = self._provider.get_tracer("assent", version)

    def call(self, operation: str, ref: str, parent: str | None) -> CallWork:
        """A trace of its own. The caller's is a link and not the parent: anybody may send that
        header, before we know who they are, and would choose our trace ids, write into other
        people's traces and decide which calls are followed."""
        method, _, route = operation.partition(" ")
        span = self._tracer.start_span(
            operation,
            _NOBODY,
            SpanKind.SERVER,
            {"http.request.method": method, "http.route": route, "assent.request_ref": ref},
            _links(parent),
        )
        return _Call(span, self._inner.call(operation, ref, parent))

    def store(self, what: str, text: str = "") -> Work:
        """A part of the call that is under way. What the house does by itself is not followed."""
        inner = self._inner.store(what, text)
        call = _current.get()
        if call is None or not call.is_recording():
            return inner
        span = self._tracer.start_span(
            f"store {what}",
            set_span_in_context(call, _NOBODY),
            SpanKind.CLIENT,
            {"db.query.text": text} if text else None,
        )
        return _Part(span, inner, "error.type")

    def message(self, channel: str, tries: int) -> Work:
        """A trace of its own: it is sent after the call was answered, maybe by another process."""
        span = self._tracer.start_span(
            f"send {channel}",
            _NOBODY,
            SpanKind.PRODUCER,
            {"assent.channel": channel, "assent.tries": tries},
        )
        return _Part(span, self._inner.message(channel, tries), "assent.state")

    def committed(self, changes: Sequence[Change], done: Committed) -> None:
        """Counted only."""
        self._inner.committed(changes, done)

    def clock_jumped(self, by_ms: int) -> None:
        """Counted only."""
        self._inner.clock_jumped(by_ms)

    def worker_broken(self, part: str) -> None:
        """Counted only."""
        self._inner.worker_broken(part)

    async def close(self) -> None:
        """In a thread that nobody waits for longer than `_LAST_SECONDS`."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def last() -> None:
            self._provider.shutdown()
            loop.call_soon_threadsafe(done.set)

        threading.Thread(target=last, name="assent-traces", daemon=True).start()
        try:
            await asyncio.wait_for(done.wait(), _LAST_SECONDS)
        except TimeoutError:
            log.warning("traces_lost_at_the_end")
        await self._inner.close()


def _links(parent: str | None) -> list[Link] | None:
    found = _TRACEPARENT.fullmatch(parent) if parent else None
    if found is None:
        return None
    context = SpanContext(int(found[1], 16), int(found[2], 16), True, TraceFlags(0))
    return [Link(context)] if context.is_valid else None


def made(settings: TelemetrySettings, inner: Telemetry, version: str) -> Traces:
    """What `wiring` asks for by name, so that nobody else need have the libraries."""
    return Traces(inner, exporter(settings), version, settings.percent)
