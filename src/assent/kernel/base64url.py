"""Base64url without padding (RFC 7515 2), in one spelling."""

import base64
import re
from typing import Final

_LETTERS: Final = re.compile("[A-Za-z0-9_-]*")


def encoded(octets: bytes) -> str:
    """As text."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The one spelling that `encoded` gives, and no other: no padding, no stray bits at the end.
    Raises ValueError, without the text in it."""
    if _LETTERS.fullmatch(text) and len(text) % 4 != 1:
        octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if encoded(octets) == text:
            return octets
    raise ValueError("not base64url without padding")
