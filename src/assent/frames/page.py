"""The page of one field, and the headers that let nothing in but its own code."""

import hashlib
import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from assent.domain.capture import Embedders
from assent.http.answer import Answer
from assent.http.document import Document

_BUILT = Path(__file__).with_name("built")
_SCRIPT = (_BUILT / "field.js").read_bytes()
SCRIPT_PATH = f"/static/field.{hashlib.sha256(_SCRIPT).hexdigest()[:16]}.js"
"""Another name for another content: it may be kept for ever."""
_YEAR = 366 * 86_400

_FEATURES = (
    "accelerometer", "autoplay", "camera", "clipboard-read", "clipboard-write",
    "display-capture", "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope",
    "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "publickey-credentials-create", "publickey-credentials-get",
    "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
EVERYWHERE = (
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"permissions-policy", ", ".join(f"{name}=()" for name in _FEATURES).encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-embedder-policy", b"require-corp"),
    (b"origin-agent-cluster", b"?1"),
)
"""On every answer of the frames' origin."""
NOTHING = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""On those that are no page."""


def script() -> Document:
    """All the code there is on this origin."""
    headers = {name.decode(): text.decode() for name, text in NOTHING}
    return Document(_SCRIPT, "text/javascript; charset=utf-8", headers, max_age=_YEAR)


def page(
    ui_key: str,
    embedders: Embedders,
    own: str,
    key: Mapping[str, Any],
    fields: Mapping[str, Mapping[str, Any]],
) -> Answer:
    """A page for any of the programme's fields; the SDK says which, once they know each other.

    `own` is the origin of the house's own pages: a PIN is typed there and nowhere else.
    """
    told = {
        "uiKey": ui_key,
        "origins": embedders.origins,
        "loopback": embedders.loopback,
        "own": own,
        "key": key,
        "fields": fields,
    }
    text = html.escape(msgspec.json.encode(told).decode())
    body = (
        f'<!doctype html><html lang="en" data-frame="{text}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Secure field</title>'
        f'<script type="module" src="{SCRIPT_PATH}"></script></html>'
    )
    headers = (
        (b"content-security-policy", _policy(embedders).encode()),
        # it is to be embedded by others, also by pages that demand this of what they embed
        (b"cross-origin-resource-policy", b"cross-origin"),
    )
    return Answer(200, body.encode(), headers, b"text/html; charset=utf-8")


def _policy(embedders: Embedders) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "connect-src 'self'",
            f"frame-ancestors {embedders.ancestors}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
