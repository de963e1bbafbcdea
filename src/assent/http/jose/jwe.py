"""JWE compact (RFC 7516): requests to a key of ours; replies to a client's, or to the request's.

RSA-OAEP-256 and A256GCM (RFC 7518 4.3, 5.3), nothing else, and `dir` in replies. Not by joserfc,
which keeps the content key to itself: a direct reply is encrypted with the request's.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assent.domain.jose import RSA_OAEP_256
from assent.http.jose.compact import BadJose, Why, decoded, header, here, malformed, segments
from assent.kernel.base64url import encoded

ENC: Final = "A256GCM"
CONTENT_KEY: Final = 32
"""Octets."""
IV: Final = 12
_TAG: Final = 16
_MEMBERS: Final = ("alg", "enc", "kid", "url", "typ", "cty")
_OAEP: Final = OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), None)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A JWE whose form is right, and nothing more is known of it."""

    header: str
    """As it was sent: the additional authenticated data."""
    kid: str | None
    key: bytes
    iv: bytes
    content: bytes
    """Ciphertext and tag."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was inside, and the key that a direct reply is encrypted with."""

    payload: bytes = field(repr=False)
    content_key: bytes = field(repr=False)
    kid: str | None = None


def read_jwe(token: str, paths: Collection[str]) -> Sealed:
    """Checks the form. `paths` are what `url` may say. Raises BadJose(MALFORMED)."""
    head, key, iv, content, tag = segments(token, 5, "JWE")
    held = header(head, "JWE", _MEMBERS)
    for name, only in (("alg", RSA_OAEP_256), ("enc", ENC)):
        if held.get(name) != only:
            raise malformed(f'"{name}" in the header of the JWE must be "{only}".')
    here(held, "JWE", paths)
    return Sealed(
        header=head,
        kid=held.get("kid"),
        key=decoded(key, "The encrypted key"),
        iv=_of(IV, iv, "The initialization vector"),
        content=decoded(content, "The ciphertext") + _of(_TAG, tag, "The authentication tag"),
    )


def open_jwe(sealed: Sealed, keys: Sequence[RSAPrivateKey], stand_in: bytes) -> Opened:
    """Opens with the first of the keys that fits. Raises BadJose.

    `stand_in` is a random content key: where RSA fails the content is opened with it and fails
    too, so that nobody can tell the one failure from the other (RFC 7516 11.5).
    """
    fitting = [key for key in keys if len(sealed.key) * 8 == key.key_size]
    if keys and not fitting:
        raise malformed("The encrypted key must be as long as the modulus of the RSA key.")
    for key in fitting:
        content_key = _unwrapped(key, sealed.key, stand_in)
        try:
            payload = AESGCM(content_key).decrypt(sealed.iv, sealed.content, sealed.header.encode())
        except InvalidTag:
            continue
        return Opened(payload, content_key, sealed.kid)
    raise BadJose(Why.ENCRYPTION, "The JWE does not open with the key it must be encrypted to.")


def seal_direct(payload: bytes, content_key: bytes, iv: bytes) -> str:
    """A reply under the content key of its request; the segment of the key stays empty."""
    return _sealed({"enc": ENC, "alg": "dir"}, "", payload, content_key, iv)


def seal_to(payload: bytes, key: RSAPublicKey, kid: str, content_key: bytes, iv: bytes) -> str:
    """A JWE to a client's key, under a content key of its own. OAEP's seed is OpenSSL's."""
    held = {"enc": ENC, "alg": RSA_OAEP_256, "kid": kid}
    return _sealed(held, encoded(key.encrypt(content_key, _OAEP)), payload, content_key, iv)


def _of(length: int, segment: str, what: str) -> bytes:
    """A tag may not be shorter: it could be guessed octet by octet."""
    octets = decoded(segment, what)
    if len(octets) != length:
        raise malformed(f"{what} must have {length} octets.")
    return octets


def _unwrapped(key: RSAPrivateKey, encrypted: bytes, stand_in: bytes) -> bytes:
    try:
        content_key = key.decrypt(encrypted, _OAEP)
    except ValueError:
        return stand_in
    return content_key if len(content_key) == CONTENT_KEY else stand_in


def _sealed(held: dict[str, str], key: str, payload: bytes, content_key: bytes, iv: bytes) -> str:
    head = encoded(json.dumps(held, separators=(",", ":")).encode())
    content = AESGCM(content_key).encrypt(iv, payload, head.encode())
    return ".".join((head, key, encoded(iv), encoded(content[:-_TAG]), encoded(content[-_TAG:])))
