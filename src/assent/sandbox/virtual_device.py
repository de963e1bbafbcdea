"""A device whose keys the sandbox holds: derived from the vault, so that they are kept nowhere and
are there again after a restart. It signs what a native device signs."""

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assent.domain.device import device_of
from assent.domain.factor import Factor
from assent.domain.kind import OfferedDevice, Signature
from assent.domain.question import canonical
from assent.kernel.base64url import encoded
from assent.ports.vault import Vault
from assent.usecases.enrol_device import enrolment_octets

_TYPE = "assent+jws"
_ALGORITHM = "Ed25519"
"""RFC 9864."""


def offered(vault: Vault, device_id: int, name: str, content: bytes) -> OfferedDevice:
    """What the device sends to be enrolled: what it was given, signed with its new key."""
    bare = OfferedDevice(name=name, proof=_public(_key(vault, device_id, "proof")))
    octets = canonical(enrolment_octets(content, bare))
    key = _key(vault, device_id, "answers")
    header = {"alg": _ALGORITHM, "jwk": _public(key), "typ": _TYPE}
    return OfferedDevice(name=name, proof=bare.proof, jws=_jws(key, header, octets))


def signature(vault: Vault, device: Factor, octets: bytes) -> Signature:
    """The device's own, over what it answers."""
    header = {"alg": _ALGORITHM, "typ": _TYPE}
    return Signature(jws=_jws(_key(vault, device.id, "answers"), header, octets))


def count_of(device: Factor) -> int:
    """The device's count of its signatures, as it stands for the next one."""
    return device.counter - device_of(device.details).base + 1


def is_virtual(vault: Vault, device: Factor) -> bool:
    """Whether its key is one of ours: a device of flesh and blood has another."""
    return dict(device_of(device.details).key) == _public(_key(vault, device.id, "answers"))


def _key(vault: Vault, device_id: int, use: str) -> Ed25519PrivateKey:
    octets = vault.lookup(str(device_id), f"virtual device: {use}")
    return Ed25519PrivateKey.from_private_bytes(octets)


def _public(key: Ed25519PrivateKey) -> dict[str, str]:
    """As a JWK (RFC 8037)."""
    octets = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": encoded(octets)}


def _jws(key: Ed25519PrivateKey, header: Mapping[str, Any], payload: bytes) -> str:
    """Compact (RFC 7515 7.1)."""
    signed = f"{encoded(canonical(header))}.{encoded(payload)}"
    return f"{signed}.{encoded(key.sign(signed.encode()))}"
