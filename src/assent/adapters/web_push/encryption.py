"""The encryption of a push to one browser (RFC 8291), in the coding of RFC 8188.

Written here, on the primitives of `cryptography`: the library for it (http_ece) comes as source
only, and images take nothing that is built while they are made.
"""

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assent.domain.push import Subscription

CODING = "aes128gcm"
"""RFC 8188."""
_RECORD_OCTETS = 4_096
"""A push is one record, and push services take no more than this (RFC 8030 7.2)."""
_OVERHEAD = 17
"""Of a record: the tag, and the octet that ends the content."""
_LAST = b"\x02"
"""Ends the content of the last record (RFC 8188 2)."""
SALT_OCTETS = 16


def encrypted(
    plain: bytes, subscription: Subscription, once: EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """Header and one record. `once` is a key of P-256 and `salt` 16 octets, for this push alone.

    Raises ValueError where the browser's key is no point of the curve, and for content that one
    record does not hold.
    """
    if len(plain) > _RECORD_OCTETS - _OVERHEAD:
        raise ValueError("a push is one record")
    theirs = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), subscription.p256dh)
    ours = once.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    about = b"WebPush: info\x00" + subscription.p256dh + ours  # RFC 8291 3.4
    input_key = _derived(subscription.auth, once.exchange(ECDH(), theirs), about, 32)
    key = _derived(salt, input_key, b"Content-Encoding: aes128gcm\x00", 16)  # RFC 8188 2.2
    nonce = _derived(salt, input_key, b"Content-Encoding: nonce\x00", 12)
    header = salt + _RECORD_OCTETS.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return header + AESGCM(key).encrypt(nonce, plain + _LAST, None)


def _derived(salt: bytes, secret: bytes, about: bytes, octets: int) -> bytes:
    return HKDF(SHA256(), octets, salt, about).derive(secret)
