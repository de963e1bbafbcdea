"""A stand-in for somebody's text message gateway: it writes down what it is sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


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

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = json.loads(self.rfile.read(length))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = gateway.status
            gateway.received.append(Received(self.path, headers, body))
            if gateway.held:
                gateway.let_go.wait(timeout=60)
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Nothing: what is worth knowing is in `received`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    gateway.url = f"http://127.0.0.1:{server.server_port}/messages"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield gateway
    finally:
        gateway.let_go.set()
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
