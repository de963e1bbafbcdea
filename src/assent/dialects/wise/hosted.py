"""The pages that this API shows people itself: their frame of HTML, headers and files."""

import hashlib
import html
import json
from dataclasses import dataclass
from pathlib import Path

from assent.domain.capture import EmbeddersOf, origin_of
from assent.http.answer import Answer
from assent.http.document import Document
from assent.http.request import Request
from assent.kernel.refusals import Code, Refusal

PREFIX = "/approve-api-action"
_BUILT = Path(__file__).with_name("built")
_FRAMES_URL = '"__ASSENT_FRAMES_URL__"'
_YEAR = 366 * 86_400


class Shown(Refusal):
    """No page, but one that says why."""

    def __init__(self, code: Code, answer: Answer, detail: str = "") -> None:
        super().__init__(code, detail)
        self.answer = answer


class Pages:
    """All pages with one style sheet and one script, both under the names of their content: they
    may be kept for ever."""

    def __init__(self, frames_url: str) -> None:
        script = (_BUILT / "approval.js").read_text()
        if script.count(_FRAMES_URL) != 1:
            raise ValueError("approval.js was not built from these sources; run: make browser")
        told = script.replace(_FRAMES_URL, json.dumps(frames_url)).encode()
        style = (_BUILT / "approval.css").read_bytes()
        self._frames = origin_of(frames_url)
        self._script = f"{PREFIX}/approval.{_mark(told)}.js"
        self._style = f"{PREFIX}/approval.{_mark(style)}.css"
        self.files = {
            self._script: _file(told, "text/javascript"),
            self._style: _file(style, "text/css"),
        }

    def page(
        self,
        title: str,
        body: str,
        status: int = 200,
        *,
        ancestors: str = "'none'",
        told: str | None = None,
        forms_to: str = "'none'",
    ) -> Answer:
        """`body` is HTML. `told` is for the script; without it there is none. `ancestors` and
        `forms_to` in the words of a Content-Security-Policy."""
        data = "" if told is None else f' data-approval="{html.escape(told)}"'
        script = "" if told is None else f'<script src="{self._script}" defer></script>'
        text = (
            f'<!doctype html><html lang="en"{data}><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="color-scheme" content="light dark">'
            f"<title>{html.escape(title)}</title>"
            f'<link rel="stylesheet" href="{self._style}">{script}'
            f"<body><main>{body}</main></html>"
        )
        policy = self._policy(ancestors, forms_to, told is not None)
        headers = ((b"content-security-policy", policy.encode()), *_HEADERS)
        return Answer(status, text.encode(), headers, b"text/html; charset=utf-8")

    def _policy(self, ancestors: str, forms_to: str, scripted: bool) -> str:
        script = (
            "script-src 'self'",
            f"connect-src 'self' {self._frames}",
            f"frame-src {self._frames}",
        )
        return "; ".join(
            (
                "default-src 'none'",
                *(script if scripted else ()),
                "style-src 'self'",
                "base-uri 'none'",
                f"form-action {forms_to}",
                f"frame-ancestors {ancestors}",
                "require-trusted-types-for 'script'",
                "trusted-types 'none'",
            )
        )


@dataclass(frozen=True, slots=True)
class Means:
    """What hosted pages need. `own` is their origin; `fixed_code` a sandbox's constant."""

    pages: Pages
    embedders_of: EmbeddersOf
    own: str
    fixed_code: str | None = None


_HEADERS = (
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    # pages that demand these two of what they embed can embed it, too
    (b"cross-origin-embedder-policy", b"require-corp"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
"""No `cross-origin-opener-policy`: it would cut a window off from the page that opened it."""


def _file(body: bytes, type_: str) -> Document:
    headers = {"cross-origin-resource-policy": "same-origin"}
    return Document(body, f"{type_}; charset=utf-8", headers, max_age=_YEAR)


def _mark(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()[:16]


def refuse_other_origins(request: Request, own: str) -> None:
    """A call of our own page, as far as browsers vouch for it (Fetch Metadata; older ones send
    `Origin` only). Refuses PERMISSION_MISSING."""
    site = request.header(b"sec-fetch-site")
    ours = request.header(b"origin") == own if site is None else site == "same-origin"
    if not ours:
        raise Refusal(Code.PERMISSION_MISSING, "not from our own page")
