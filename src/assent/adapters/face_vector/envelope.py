"""The encryption of a face vector, to a public RSA key of ours; docs/factors/face-map.md has it in
full for those who write the other end.

    0x01 | wrapped key, as long as the RSA modulus | nonce, 12 octets | ciphertext and tag

A fresh AES-256 key is wrapped with RSA-OAEP (RFC 8017, 7.1; SHA-256, MGF1 with SHA-256, no label).
It encrypts the vector with AES-256-GCM; whatever stands before the nonce is associated data.
"""

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_der_private_key

_VERSION: Final = b"\x01"
_AES_KEY: Final = 32
_NONCE: Final = 12
_TAG: Final = 16
_FIT_BITS: Final = (2_048, 3_072)
_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class Opener:
    """One private key, ready for use."""

    def __init__(self, private: bytes) -> None:
        """PKCS#8 DER of an RSA key of 2048 or 3072 bits; raises ValueError on anything else."""
        key = load_der_private_key(private, None)
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size not in _FIT_BITS:
            raise ValueError("not an RSA key of 2048 or 3072 bits")
        self._key = key
        self._octets = key.key_size // 8
        self._own = hmac.digest(private, b"face map that does not unwrap", "sha256")

    def open(self, blob: bytes, longest: int) -> bytes | None:
        """What is inside, up to `longest` octets; none for what does not open, whatever is wrong
        with it."""
        head = len(_VERSION) + self._octets
        if not head + _NONCE + _TAG <= len(blob) <= head + _NONCE + longest + _TAG:
            return None
        if not blob.startswith(_VERSION):
            return None
        about, nonce, sealed = blob[:head], blob[head : head + _NONCE], blob[head + _NONCE :]
        try:
            return AESGCM(self._unwrapped(about[len(_VERSION) :])).decrypt(nonce, sealed, about)
        except InvalidTag:
            return None

    def _unwrapped(self, wrapped: bytes) -> bytes:
        """What does not unwrap gives a key that nobody can know, and fails where a wrong tag
        does: whoever could tell the two apart could open other people's face maps (Manger, 2001).
        """
        nobodys = hmac.digest(self._own, wrapped, "sha256")
        try:
            key = self._key.decrypt(wrapped, _OAEP)
        except ValueError:
            return nobodys
        return key if len(key) == _AES_KEY else nobodys
