"""Signatures of tokens, checked by the cryptography library alone: no code of the server's."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


def octets(text: str) -> bytes:
    """Of base64url without padding, and nothing else."""
    assert "=" not in text
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text_of(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, unchecked."""
    head, claims, _ = token.split(".")
    return json.loads(octets(head)), json.loads(octets(claims))


def es256(token: str, key: ec.EllipticCurvePublicKey) -> None:
    """RFC 7518 3.4: r and s beside each other. Raises InvalidSignature."""
    signed, _, signature = token.rpartition(".")
    raw = octets(signature)
    assert len(raw) == 64
    both = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    key.verify(encode_dss_signature(*both), signed.encode(), ec.ECDSA(SHA256()))


def rs256(token: str, key: rsa.RSAPublicKey) -> None:
    """RFC 7518 3.3. Raises InvalidSignature."""
    signed, _, signature = token.rpartition(".")
    key.verify(octets(signature), signed.encode(), padding.PKCS1v15(), SHA256())
