"""Who we are, to push services: a signed token for each of them (RFC 8292)."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)
from joserfc import jwt
from joserfc.jwk import ECKey

from assent.kernel.base64url import encoded
from assent.kernel.clock import HOUR, SECOND

_LIFE = 12 * HOUR
"""A day is the most that push services take (RFC 8292 2): their clocks may be hours off ours."""
_MOST_KEPT = 256
"""Tokens. There are a handful of push services, but addresses come from outside."""


def public_octets(key: EllipticCurvePrivateKey) -> bytes:
    """The uncompressed point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def private_key(der: bytes) -> EllipticCurvePrivateKey:
    """Of PKCS#8 DER. Raises ValueError for a key of another sort."""
    key = load_der_private_key(der, password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ValueError("no elliptic curve key")
    return key


@dataclass(slots=True)
class Vapid:
    """Signs, and keeps what it signed while that is good for half its life: push services may keep
    what they have checked (RFC 8292 5)."""

    key: EllipticCurvePrivateKey = field(repr=False)
    contact: str
    """mailto: or https:; empty: there is none."""
    _kept: dict[str, tuple[int, str]] = field(default_factory=dict, repr=False)

    def authorization(self, origin: str, wall: int) -> str:
        """The header's value for a push service. `wall` in ms."""
        made_at, value = self._kept.get(origin, (0, ""))
        if not value or not made_at <= wall < made_at + _LIFE // 2:
            value = self._signed(origin, wall)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[origin] = (wall, value)
        return value

    def _signed(self, origin: str, wall: int) -> str:
        claims: dict[str, str | int] = {"aud": origin, "exp": (wall + _LIFE) // SECOND}
        if self.contact:
            claims["sub"] = self.contact
        head = {"typ": "JWT", "alg": "ES256"}
        token = jwt.encode(head, claims, ECKey.import_key(self.key), algorithms=["ES256"])
        public = encoded(public_octets(self.key))
        return f"vapid t={token}, k={public}"
