"""A stand-in for somebody's gateway over HTTP: it writes down what it is sent."""

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


@dataclass
class SmsGateway:
    """Answers what it is told to; or, while `held` is set, nothing at all until it is let go."""

    url: str = ""
    status: int = 202
    location: str = ""
    """Where its answer leads to, in a header; empty: no such header."""
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

    class Handler(Quiet):
        def posted(self, octets: bytes) -> None:
            body = json.loads(octets)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = gateway.status
            gateway.received.append(Received(self.path, headers, body))
            if gateway.held:
                gateway.let_go.wait(timeout=60)
                self.close_connection = True
                return
            self.reply(status, location=gateway.location)

    with listening(Handler, gateway.let_go) as origin:
        gateway.url = f"{origin}/messages"
        yield gateway
