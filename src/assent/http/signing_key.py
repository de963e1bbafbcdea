"""What bearers are signed with: made without what signs and checks them, which takes longer."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from assent.ports.records import SigningKey

ALGORITHM = "EdDSA"
"""Allow-list of one: what a token says of its own algorithm decides nothing (CVE-2024-33663)."""


def new_signing_key(kid: str, seed: bytes, wall: int) -> SigningKey:
    """An Ed25519 key from 32 unguessable octets (RFC 8032 5.1.5), made at `wall` (ms)."""
    private = Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    return SigningKey(kid=kid, algorithm=ALGORITHM, private=private, created_at=wall)
