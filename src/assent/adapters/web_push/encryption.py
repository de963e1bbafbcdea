"""The encryption of a push to one browser (RFC 8291), by http_ece."""

import http_ece  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from assent.domain.push import Subscription

CODING = "aes128gcm"
"""RFC 8188."""
_RECORD_OCTETS = 4_096
"""A push is one record, and push services take no more than this (RFC 8030 7.2)."""
SALT_OCTETS = 16


def encrypted(
    plain: bytes, subscription: Subscription, once: EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """Header and one record. `once` is a key of P-256 and `salt` 16 octets, for this push alone.

    Raises ValueError where the browser's key is no point of the curve.
    """
    sealed: bytes = http_ece.encrypt(
        plain,
        salt=salt,
        private_key=once,
        dh=subscription.p256dh,
        auth_secret=subscription.auth,
        rs=_RECORD_OCTETS,
        version=CODING,
    )
    return sealed
