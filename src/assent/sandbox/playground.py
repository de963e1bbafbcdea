"""The playground's page: a bank app, a phone and the calls, on the API's own origin."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.types import Receive, Scope, Send

from assent.http.document import Document

CONFIG = "/playground/config.json"
"""Where the keys are."""
_BUILT = Path(__file__).with_name("built")
_HEADERS = {
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class _AtHome:
    """The keys, for whoever calls this server by a name that only it can have.

    A stranger's page whose name was made to point here (DNS rebinding) calls it by that name.
    """

    def __init__(self, document: Document, name: str) -> None:
        self._document = document
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI, for HTTP only."""
        told = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        answer = self._document if self._knows(told) else _MISDIRECTED
        await answer(scope, receive, send)

    def _knows(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in ("localhost", self._name) or name.endswith(".localhost"):
            return True
        try:
            return bool(ip_address(name))  # an address cannot be made to point elsewhere
        except ValueError:
            return False


_MISDIRECTED = Document(b"Call this server by localhost or its address.", "text/plain", status=421)


def pages(
    credentials: Mapping[str, Any], base_url: str, frames_url: str
) -> dict[str, Document | _AtHome]:
    """By path. Only for a sandbox: the page is given the programme's keys."""
    config = msgspec.json.encode(credentials)
    home = {**_HEADERS, "content-security-policy": _policy(frames_url)}
    return {
        "/": _moved(),
        "/playground/": _moved(),
        "/playground": Document(_built("playground.html"), "text/html; charset=utf-8", home),
        "/playground/playground.js": Document(
            _built("playground.js"), "text/javascript; charset=utf-8", _HEADERS
        ),
        "/playground/playground.css": Document(
            _built("playground.css"), "text/css; charset=utf-8", _HEADERS
        ),
        CONFIG: _AtHome(
            Document(config, "application/json", _HEADERS), urlsplit(base_url).hostname or ""
        ),
    }


def _built(name: str) -> bytes:
    path = _BUILT / name
    if not path.exists():
        raise ValueError(f"{path} is not there; run: make browser")
    return path.read_bytes()


def _moved() -> Document:
    return Document(b"", "text/plain; charset=utf-8", {"location": "/playground"}, status=302)


def _policy(frames_url: str) -> str:
    """Nothing but the page's own files, the API, the device app, and the secure fields."""
    parts = urlsplit(frames_url)
    frames = f"{parts.scheme}://{parts.netloc}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {frames}",
            f"frame-src 'self' {frames}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
