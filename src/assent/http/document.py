"""Files that never change while a server runs: compressed once, answered from memory."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.types import Receive, Scope, Send

from assent.http.answer import ONLY_GET, Answer

_LEAST = 200
"""Octets under which gzip makes nothing smaller."""
_NO_STORE = (b"cache-control", b"no-store")
_REFUSED = re.compile(rb"\s*q\s*=\s*0(\.0*)?\s*")


class Document:
    """A body with its type. `max_age` is in seconds; 0: to be asked for anew each time."""

    def __init__(
        self,
        body: bytes,
        type: str,
        headers: Mapping[str, str] | None = None,
        max_age: int = 0,
        status: int = 200,
    ) -> None:
        self.body = body
        self.status = status
        # mtime 0: the same file is the same octets on every server, and so has the same tag
        zipped = gzip.compress(body, 9, mtime=0) if len(body) >= _LEAST else body
        self._zipped = zipped if len(zipped) < len(body) else None
        self._tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'.encode()
        cache = f"public, max-age={max_age}" if max_age else "no-cache"
        self._always = (
            (b"x-content-type-options", b"nosniff"),
            *((name.lower().encode(), text.encode()) for name, text in (headers or {}).items()),
        )
        self._headers = (
            *self._always,
            (b"content-type", type.encode()),
            (b"cache-control", cache.encode()),
            # weak: one tag for the body and its compressed form (RFC 9110 8.8.3.3)
            (b"etag", b"W/" + self._tag),
            (b"vary", b"accept-encoding"),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI, for HTTP only."""
        answer = self.answer(scope["method"], dict(scope["headers"]))
        headers = list(answer.headers)
        if answer.status != 304:
            headers.append((b"content-length", str(len(answer.body)).encode()))
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        await send(start)
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})

    def answer(self, method: str, headers: Mapping[bytes, Any]) -> Answer:
        """The body, or 304 for whoever has it already (RFC 9110 13.1.2)."""
        if method not in ("GET", "HEAD"):
            return replace(
                ONLY_GET,
                headers=(
                    *self._always,
                    (b"content-type", ONLY_GET.type),
                    *ONLY_GET.headers,
                    _NO_STORE,
                ),
            )
        known = headers.get(b"if-none-match", b"")
        if self._tag in known or known.strip() == b"*":
            return Answer(304, b"", self._headers)
        if self._zipped is not None and _takes_gzip(headers.get(b"accept-encoding", b"")):
            return Answer(
                self.status, self._zipped, (*self._headers, (b"content-encoding", b"gzip"))
            )
        return Answer(self.status, self.body, self._headers)


def _takes_gzip(header: bytes) -> bool:
    for part in header.lower().split(b","):
        name, _, quality = part.partition(b";")
        if name.strip() == b"gzip":
            return not _REFUSED.fullmatch(quality)
    return False
