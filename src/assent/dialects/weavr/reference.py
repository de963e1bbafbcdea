"""The page that shows the OpenAPI document: it reads it from this server, and nothing from
anywhere else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from assent.dialects.weavr import names, openapi
from assent.http.document import Document
from assent.http.route import Route

PATH: Final = f"{names.PREFIX}/docs"
_BUILT = Path(__file__).with_name("built")
_NO_KEYS = b'data-keys=""'
_HEADERS = {
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)


def reference(routes: Sequence[Route], keys_path: str = "") -> dict[str, Document]:
    """The OpenAPI document and its page, by path.

    `keys_path` is where a sandbox answers its credentials, to try calls with; without it the page
    holds no key and makes no call.
    """
    html = _built("reference.html")
    if keys_path:
        html = html.replace(_NO_KEYS, f'data-keys="{keys_path}"'.encode(), 1)
    page = {**_HEADERS, "content-security-policy": _POLICY}
    script, style = _built("reference.js"), _built("reference.css")
    return {
        openapi.PATH: openapi.openapi(routes),
        PATH: Document(html, "text/html; charset=utf-8", page),
        f"{PATH}/reference.js": Document(script, "text/javascript; charset=utf-8", _HEADERS),
        f"{PATH}/reference.css": Document(style, "text/css; charset=utf-8", _HEADERS),
    }


def _built(name: str) -> bytes:
    path = _BUILT / name
    if not path.exists():
        raise ValueError(f"{path} is not there; run: make browser")
    return path.read_bytes()
