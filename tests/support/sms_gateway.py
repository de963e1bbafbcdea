"""A stand-in for somebody's gateway over HTTP: it writes down what it is sent."""

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.stand_in import Quiet, listening


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    """Of a body in JSON; else empty."""
    octets: bytes = b""
    method: str = "POST"
    connection: int = 0
    """Which of the connections it came over, from 1."""


@dataclass
class SmsGateway:
    """Answers what it is told to; or, while `held` is set, nothing at all until it is let go."""

    url: str = ""
    status: int = 202
    location: str = ""
    """Where its answer leads to, in a header; empty: no such header."""
    answer: bytes = b""
    received: list[Received] = field(default_factory=list)
    held: bool = False
    let_go: threading.Event = field(default_factory=threading.Event)

    def to(self, number: str) -> list[Received]:
        """What was sent to one number."""
        return [one for one in self.received if one.body.get("to") == number]


@contextmanager
def sms_gateway() -> Iterator[SmsGateway]:
    """Listens on a free port of this machine."""
    gateway = SmsGateway()

    connections = itertools.count(1)

    class Handler(Quiet):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.number = next(connections)

        def asked(self) -> None:
            self.posted(b"")

        def posted(self, octets: bytes) -> None:
            json_came = self.headers.get_content_type() == "application/json"
            body = json.loads(octets) if json_came else {}
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = gateway.status
            gateway.received.append(
                Received(self.path, headers, body, octets, self.command, self.number)
            )
            if gateway.held:
                gateway.let_go.wait(timeout=60)
                self.close_connection = True
                return
            self.reply(status, gateway.answer, gateway.location)

    with listening(Handler, gateway.let_go) as origin:
        gateway.url = f"{origin}/messages"
        yield gateway
