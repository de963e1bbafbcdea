"""A collector of OpenTelemetry's, played: it reads what it is posted, and keeps it."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.stand_in import Quiet, listening


@dataclass
class Collector:
    """What arrived, and how it is to answer."""

    url: str = ""
    status: int = 200
    location: str = ""
    held: threading.Event | None = None
    """Answers only once this is set."""
    posts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    octets: bytes = b""
    spans: list[Any] = field(default_factory=list)
    resources: list[dict[str, str]] = field(default_factory=list)

    def named(self, name: str) -> list[Any]:
        """Spans of that name."""
        return [span for span in self.spans if span.name == name]

    def names(self) -> set[str]:
        return {span.name for span in self.spans}

    def children(self, parent: Any) -> list[Any]:
        """What was done as a part of it."""
        return [span for span in self.spans if span.parent_span_id == parent.span_id]

    def read(self, octets: bytes) -> None:
        self.octets += octets
        request = ExportTraceServiceRequest.FromString(octets)
        for resource in request.resource_spans:
            self.resources.append(attributes(resource.resource))
            for scope in resource.scope_spans:
                self.spans += scope.spans


def attributes(held: Any) -> dict[str, str]:
    """Of a span or a resource, as texts."""
    return {one.key: one.value.string_value or str(one.value.int_value) for one in held.attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port."""
    collector, let_go = Collector(), threading.Event()

    class Handler(Quiet):
        def posted(self, octets: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            if collector.held is not None:
                while not (collector.held.wait(0.05) or let_go.is_set()):
                    continue
            collector.posts.append((self.path, headers))
            if collector.status == 200:
                packed = headers.get("content-encoding") == "gzip"
                collector.read(gzip.decompress(octets) if packed else octets)
            self.reply(collector.status, location=collector.location)

    with listening(Handler, let_go) as origin:
        collector.url = origin
        yield collector
