"""The reference device app: an installable web page on the API's own origin."""

import hashlib
import html
import json
from pathlib import Path
from typing import Final

from assent.http.document import Document

PREFIX: Final = "/device"
HOME: Final = f"{PREFIX}/"
"""The page, and all that its service worker may see."""
ICON_SIZES: Final = (180, 192, 512)
"""In pixels: of Apple's home screen, and two that every other platform takes."""
_BUILT = Path(__file__).with_name("built")
_SHELL: Final = '"__ASSENT_SHELL__"'
_ORIGIN: Final = 'data-origin=""'
_YEAR: Final = 366 * 86_400
_JAVASCRIPT: Final = "text/javascript; charset=utf-8"
_HEADERS: Final = {
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_PERMISSIONS: Final = ", ".join(
    (
        "camera=(self)",
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
        "geolocation=()",
        "microphone=()",
        "payment=()",
        "usb=()",
    )
)


def app(own: str, *, framed: bool = False) -> dict[str, Document]:
    """By path. `own` is the origin that browsers know this server by: keys belong to it.

    `framed` lets pages of that origin show the app inside them: a sandbox's playground. Nobody
    else ever may, and in production nobody: a frame could be drawn over.
    """
    script, style = _built("device.js"), _built("device.css")
    marked = {
        f"{HOME}device.js": f"{HOME}device.{_mark(script)}.js",
        f"{HOME}device.css": f"{HOME}device.{_mark(style)}.css",
    }
    page = _filled(_built("device.html").decode(), own, marked)
    pictures = {
        f"{HOME}icon.svg": Document(_built("icon.svg"), "image/svg+xml", _HEADERS),
        **{
            f"{HOME}icon-{size}.png": Document(_built(f"icon-{size}.png"), "image/png", _HEADERS)
            for size in ICON_SIZES
        },
    }
    policy = {
        **_HEADERS,
        "content-security-policy": _policy(framed),
        "permissions-policy": _PERMISSIONS,
    }
    manifest = _built("manifest.webmanifest")
    files = {
        marked[f"{HOME}device.js"]: _kept(script, _JAVASCRIPT),
        marked[f"{HOME}device.css"]: _kept(style, "text/css; charset=utf-8"),
    }
    shell: dict[str, object] = {
        "name": _mark(page.encode() + manifest + b"".join(one.body for one in pictures.values())),
        "page": HOME,
        "files": [*files, *pictures, f"{HOME}manifest.webmanifest"],
    }
    return {
        PREFIX: Document(b"", "text/plain; charset=utf-8", {"location": HOME}, status=302),
        HOME: Document(page.encode(), "text/html; charset=utf-8", policy),
        f"{HOME}manifest.webmanifest": Document(manifest, "application/manifest+json", _HEADERS),
        f"{HOME}sw.js": _worker(shell),
        **files,
        **pictures,
    }


def _filled(page: str, own: str, marked: dict[str, str]) -> str:
    """The page with its own address and the names of its files."""
    named = {_ORIGIN: f'data-origin="{html.escape(own)}"'}
    named |= {f'"{name}"': f'"{under}"' for name, under in marked.items()}
    return _replaced(page, named)


def _worker(shell: dict[str, object]) -> Document:
    """It makes calls for the app's own files only, and to nowhere else."""
    text = _replaced(_built("worker.js").decode(), {_SHELL: json.dumps(shell)})
    policy = {"content-security-policy": "default-src 'none'; connect-src 'self'"}
    return Document(text.encode(), _JAVASCRIPT, {**_HEADERS, **policy})


def _replaced(text: str, named: dict[str, str]) -> str:
    for name, put in named.items():
        if text.count(name) != 1:
            raise ValueError(f"{name} is not once in what was built; run: make browser")
        text = text.replace(name, put)
    return text


def _kept(body: bytes, type: str) -> Document:
    """Under the name of its content: for ever."""
    return Document(body, type, _HEADERS, max_age=_YEAR)


def _built(name: str) -> bytes:
    path = _BUILT / name
    if not path.exists():
        raise ValueError(f"{path} is not there; run: make browser")
    return path.read_bytes()


def _mark(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()[:16]


def _policy(framed: bool) -> str:
    """Nothing but the app's own files and calls. It names one script by itself: its worker."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'" if framed else "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types device-worker",
        )
    )
