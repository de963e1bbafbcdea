"""JOSE by hand, for what no library would make."""

import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assent.http.jose.compact import decoded
from assent.kernel.base64url import encoded

OAEP_256 = OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), None)
GOOD = {"alg": "RSA-OAEP-256", "enc": "A256GCM"}
PIN = b'{"pin":"1234"}'
CONTENT_KEY = bytes(range(32))
IV = bytes(range(12))


def jwe(
    key: RSAPublicKey,
    header: Any = None,
    payload: bytes = PIN,
    content_key: bytes = CONTENT_KEY,
    padding: Any = OAEP_256,
    iv: bytes = IV,
) -> str:
    """`header`: members beside or in place of the right ones (None takes one out), or octets."""
    octets = header if isinstance(header, bytes) else written({**GOOD, **(header or {})})
    head = encoded(octets)
    content = AESGCM(content_key).encrypt(iv, payload, head.encode())
    encrypted = key.encrypt(content_key, padding)
    parts = (encrypted, iv, content[:-16], content[-16:])
    return ".".join((head, *(encoded(part) for part in parts)))


def written(header: dict[str, Any]) -> bytes:
    return json.dumps({name: value for name, value in header.items() if value is not None}).encode()


def bent(token: str, at: int, bit: int) -> str:
    """The same with one bit of one character turned over."""
    return token[:at] + chr(ord(token[at]) ^ (1 << bit)) + token[at + 1 :]


def with_part(token: str, number: int, octets: bytes) -> str:
    parts = token.split(".")
    parts[number] = encoded(octets)
    return ".".join(parts)


def part(token: str, number: int) -> bytes:
    return decoded(token.split(".")[number], "a part")
