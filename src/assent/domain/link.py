"""Addresses of a firm's own pages that stand in its mails: from its settings, never from a request.

A link that was made from a request's Host header would go wherever the sender of that header wants
the code (CVE-2025-64101, CVE-2025-25198).
"""

import re
from urllib.parse import quote, urlsplit

from assent.domain.capture import is_loopback, is_origin

PLACES = ("code", "email", "user_id")
"""What may stand in braces: in the path, the query or the fragment."""
LINKS = ("verify_email_url", "reset_url", "invite_url")
"""The settings of a programme that hold such addresses."""
LINK_FORM = (
    "https:// and an address with {code}, {email} or {user_id} in its path, query or fragment, or "
    "in none of them; http:// for pages of this machine in a sandbox only; or empty: the mail "
    "holds the code alone"
)
_PLACE = re.compile(r"\{([^{}]*)\}")
_PLAIN = re.compile(r"[!-~]+")
_MOST = 500


def is_template(text: str, sandbox: bool) -> bool:
    """Whether links may be made from it. Empty is none, and may be said."""
    if not text:
        return True
    if len(text) > _MOST or not _PLAIN.fullmatch(text) or set(text) & set('"<>\\^`|'):
        return False
    bare = _PLACE.sub("", text)
    known = all(place in PLACES for place in _PLACE.findall(text))
    if not known or "{" in bare or "}" in bare:
        return False
    origin = _origin(text)
    safe = origin.startswith("https://") or (sandbox and is_loopback(origin))
    return is_origin(origin) and safe


def _origin(text: str) -> str:
    """As it is written: no place, no name and no password stand in it, or it is no origin."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def link(template: str, code: str, email: str, user_id: int) -> str:
    """The address with its places filled, every octet but letters, digits and `-._~` as a percent
    sign and two digits (RFC 3986 2.1). Empty for an empty template."""
    values = {"code": code, "email": email, "user_id": str(user_id)}
    return _PLACE.sub(lambda place: quote(values[place.group(1)], safe=""), template)
