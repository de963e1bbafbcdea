"""Many requests released at once: all but the last octet is sent beforehand (last-byte sync)."""

import http.client
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.support.client import Answer, Server
from tests.support.weavr import Person


@dataclass(frozen=True)
class Shot:
    """One request, to one server."""

    server: Server
    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """In place of a body in JSON."""

    def octets(self) -> bytes:
        content = self.raw or (b"" if self.body is None else json.dumps(self.body).encode())
        headers = {"content-type": "application/json", **self.headers}
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            "host: localhost",
            "connection: close",
            f"content-length: {len(content)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + content


def shot(
    server: Server, person: Person, path: str, body: Any = None, ref: str | None = None
) -> Shot:
    """A POST of a person, by way of any of the servers."""
    headers = dict(person.server.bearer(person.token))
    if ref is not None:
        headers["idempotency-ref"] = ref
    return Shot(server, "POST", f"/multi{path}", body, headers)


def volley(shots: Sequence[Shot]) -> list[Answer]:
    """Every connection is open and every request complete but for its last octet, before the
    first of these is sent."""
    with sent(shots) as links:
        return [_answer(link) for link in links]


@contextmanager
def sent(shots: Sequence[Shot]) -> Iterator[list[socket.socket]]:
    """The same, for who does not read the answers, or not all of them."""
    with ExitStack() as links:
        open_links = []
        for one in shots:
            port = urlsplit(one.server.base_url).port or 80
            link = links.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            octets = one.octets()
            link.sendall(octets[:-1])
            open_links.append((link, octets[-1:]))
        for link, last in open_links:
            link.sendall(last)
        yield [link for link, _ in open_links]


def _answer(link: socket.socket) -> Answer:
    read = http.client.HTTPResponse(link)
    try:
        read.begin()
        headers = {name.lower(): value for name, value in read.getheaders()}
        return Answer(read.status, headers, read.read())
    finally:
        read.close()


def counted(answers: Sequence[Answer]) -> dict[str, int]:
    """How often each status, or each error code, was answered."""
    counts: dict[str, int] = {}
    for answer in answers:
        name = str(answer.status)
        if answer.status == 409 and b"errorCode" in answer.body:
            name = answer.error
        counts[name] = counts.get(name, 0) + 1
    return counts
