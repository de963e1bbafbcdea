"""A forward proxy that writes down every octet that goes through it."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import ProxySettings

_PATIENCE = 30.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NOBODY = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass
class Exchange:
    """One request and its answer, as they were on the wire."""

    line: str
    sent: bytes = b""
    answered: bytes = b""

    @property
    def host(self) -> str:
        """With its port."""
        return urlsplit(self.line.split(" ")[1]).netloc

    @property
    def body(self) -> bytes:
        """Of the request."""
        return self.sent.partition(b"\r\n\r\n")[2]


@dataclass
class Wiretap:
    """Where it listens, and what it has heard. Nobody but this machine can be reached through it;
    what was meant for others is written down all the same."""

    port: int
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def proxy(self) -> ProxySettings:
        """For a browser's context: loopback addresses go through it, too."""
        return {"server": f"http://127.0.0.1:{self.port}", "bypass": "<-loopback>"}

    @property
    def octets(self) -> bytes:
        """Everything, in both directions."""
        both = (one.sent + b"\r\n" + one.answered for one in list(self.exchanges))
        return b"\r\n".join(both)

    def asked(self, origin: str) -> list[Exchange]:
        """Of that origin."""
        host = urlsplit(origin).netloc
        return [one for one in list(self.exchanges) if one.host == host]


@contextmanager
def wiretap() -> Iterator[Wiretap]:
    """Listens on a free port, until it is left."""
    made = Wiretap(0)

    class Handler(socketserver.StreamRequestHandler):
        timeout = _PATIENCE

        def handle(self) -> None:
            line = self.rfile.readline().decode("latin-1")
            if line.strip():
                exchange = Exchange(line.strip(), line.encode("latin-1"))
                made.exchanges.append(exchange)
                self._pass_on(exchange)

        def _pass_on(self, exchange: Exchange) -> None:
            head = self._head()
            length = int(head.get("content-length", "0"))
            body = self.rfile.read(length)
            lines = "".join(f"{name}: {text}\r\n" for name, text in head.items())
            exchange.sent += f"{lines}\r\n".encode("latin-1") + body
            method, address, _ = exchange.line.split(" ")
            parts = urlsplit(address)
            if method == "CONNECT" or parts.hostname not in _LOOPBACK:
                exchange.answered = _NOBODY
                self.wfile.write(_NOBODY)
                return
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            kept = {name: text for name, text in head.items() if name not in _OF_ONE_HOP}
            lines = "".join(f"{name}: {text}\r\n" for name, text in kept.items())
            request = f"{method} {path} HTTP/1.1\r\n{lines}connection: close\r\n\r\n"
            there = (parts.hostname, parts.port or 80)
            with socket.create_connection(there, timeout=_PATIENCE) as link:
                link.sendall(request.encode("latin-1") + body)
                while octets := link.recv(65_536):
                    exchange.answered += octets
                    self.wfile.write(octets)

        def _head(self) -> dict[str, str]:
            head = {}
            while line := self.rfile.readline().decode("latin-1").strip():
                name, _, text = line.partition(":")
                head[name.lower()] = text.strip()
            assert "transfer-encoding" not in head, "a request without a length is not foreseen"
            return head

    server = _Server(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_OF_ONE_HOP = ("connection", "proxy-connection", "keep-alive")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up in mid-answer is none of our business."""
