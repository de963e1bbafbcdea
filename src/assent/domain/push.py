"""What wakes a device: where its address leads, and what stands for its question outside."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from assent.domain.device import Transport

LONGEST_ADDRESS = 4_096
"""Signs of a device's address. Push services' own are well below a thousand."""
_POINT_OCTETS, _AUTH_OCTETS = 65, 16
_UNCOMPRESSED = 4
_FCM_TOKEN = re.compile(r"[A-Za-z0-9_:-]{20,4096}")
_APNS_TOKEN = re.compile(r"(?:[0-9a-fA-F]{2}){8,100}")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser's PushSubscription, as its `toJSON` writes it (W3C Push API 8)."""

    endpoint: str = field(repr=False)
    """The push service's resource for this one browser: whoever has it can wake it."""
    p256dh: bytes = field(repr=False)
    """The browser's public key, an uncompressed point of P-256 (RFC 8291 3.1)."""
    auth: bytes = field(repr=False)
    """16 octets that the push service does not know (RFC 8291 3.2)."""

    @property
    def origin(self) -> str:
        """Of the push service, as its tokens name it (RFC 8292 2)."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc.lower().removesuffix(':443')}"


def subscription_of(address: str) -> Subscription:
    """Raises ValueError, without the address in it, for what no browser has made."""
    if len(address) > LONGEST_ADDRESS:
        raise ValueError("no push subscription: too long")
    try:
        read = json.loads(address)
        endpoint, keys = read["endpoint"], read["keys"]
        p256dh, auth = _octets(keys["p256dh"]), _octets(keys["auth"])
        parts = urlsplit(endpoint)
        host, _ = parts.hostname, parts.port
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise ValueError("no push subscription") from None
    if parts.scheme != "https" or not host or "@" in parts.netloc or parts.fragment:
        raise ValueError("the endpoint of a push subscription is https")
    if not all("!" <= sign <= "~" for sign in endpoint):
        raise ValueError("the endpoint of a push subscription is percent-encoded")
    if len(p256dh) != _POINT_OCTETS or p256dh[0] != _UNCOMPRESSED or len(auth) != _AUTH_OCTETS:
        raise ValueError("no keys of a push subscription")
    return Subscription(endpoint, p256dh, auth)


def is_address(transport: Transport, address: str) -> bool:
    """Whether it has the form of that transport's addresses; whether anybody is there, only the
    transport knows."""
    if transport is Transport.FCM:
        return bool(_FCM_TOKEN.fullmatch(address))
    if transport is Transport.APNS:
        return bool(_APNS_TOKEN.fullmatch(address))
    try:
        subscription_of(address)
    except ValueError:
        return False
    return True


def collapse_key(body: str) -> str:
    """What tells a transport that two pushes wake for the same question, so that the newer takes
    the place of the older: 32 signs of base64url (RFC 8030 5.4), from which nothing is read."""
    return urlsafe_b64encode(sha256(body.encode()).digest()[:24]).decode()


def _octets(text: str) -> bytes:
    """Of base64url, with padding or without."""
    bare = text.rstrip("=")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", bare):
        raise ValueError("no base64url")
    return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
