"""Somebody else's server, played on a free port of this machine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Quiet(BaseHTTPRequestHandler):
    """Writes no log: what is worth knowing is kept by who plays."""

    def log_message(self, *arguments: Any) -> None:
        """Nothing."""

    def do_POST(self) -> None:
        self.posted(self.rfile.read(int(self.headers["content-length"])))

    def do_GET(self) -> None:
        self.asked()

    def posted(self, octets: bytes) -> None:
        """What is to be done with a POST."""
        self.reply(405)

    def asked(self) -> None:
        """What is to be done with a GET."""
        self.reply(405)

    def reply(self, status: int, body: bytes = b"", location: str = "") -> None:
        """A whole answer."""
        self.send_response(status)
        if location:
            self.send_header("location", location)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler], let_go: threading.Event) -> Iterator[str]:
    """Its origin. `let_go` is set at the end, so that no request stays held."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        let_go.set()
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
