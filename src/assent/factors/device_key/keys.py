"""The public keys that devices may have: P-256 or Ed25519, each in one spelling only.

One key has one JWK here, whichever way it came, so that it is known again.
"""

from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from assent.kernel import base64url
from assent.kernel.base64url import encoded

P256: Final = "P-256"
ED25519: Final = "Ed25519"

_MEMBERS: Final = {("EC", P256): ("kty", "crv", "x", "y"), ("OKP", ED25519): ("kty", "crv", "x")}
"""RFC 7518 6.2.1 and RFC 8037 2; what else a JWK may hold is not looked at, so it is not taken."""
_SIZE: Final = 32
"""Octets of a coordinate, on both curves."""

_EC_X: Final = bytes.fromhex("a5010203262001215820")
"""A COSE key (RFC 9053 7.1) up to x: kty EC2, alg ES256, crv P-256. WebAuthn 6.5.1.1 leaves one
encoding: CTAP2's canonical CBOR, without optional parameters."""
_EC_Y: Final = bytes.fromhex("225820")
_OKP_X: Final = bytes.fromhex("a4010103272006215820")
"""The same of kty OKP, alg EdDSA, crv Ed25519 (RFC 9053 7.2)."""

_FIELD: Final = 2**255 - 19
_EIGHTH: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
"""y of a point of order 8 (RFC 8032 5.1): d*y^4 + 2*y^2 = 1."""
_LOW_ORDER: Final = {0, 1, _FIELD - 1, _EIGHTH, _FIELD - _EIGHTH}
"""y of the eight points whose order divides 8. Under such a key anybody can make a signature that
is right for some messages, or for all."""


class Unfit(Exception):
    """What a device sent cannot be taken. The message says why, in our words and not in its own."""


def from_jwk(told: object) -> dict[str, str]:
    """A public JWK, as it came. Raises Unfit for any other sort, a private one among them, and for
    what is no point, or not a safe one."""
    if not isinstance(told, Mapping) or not all(isinstance(value, str) for value in told.values()):
        raise Unfit("the key is no JWK")
    members = _MEMBERS.get((told.get("kty", ""), told.get("crv", "")))
    if members is None:
        raise Unfit("the key is neither P-256 nor Ed25519")
    if set(told) != set(members):
        raise Unfit("the key's JWK has other members than a public key needs")
    x, *y = (decoded(told[name]) for name in members[2:])
    return _checked(x, y[0] if y else None)


def from_cose(told: bytes) -> dict[str, str]:
    """The same of a COSE key. Raises Unfit."""
    if told.startswith(_OKP_X):
        return _checked(told[len(_OKP_X) :], None)
    middle = len(_EC_X) + _SIZE
    if told.startswith(_EC_X) and told[middle:].startswith(_EC_Y):
        return _checked(told[len(_EC_X) : middle], told[middle + len(_EC_Y) :])
    raise Unfit("the credential's key is neither ES256 on P-256 nor EdDSA on Ed25519")


def public(key: Mapping[str, str]) -> ec.EllipticCurvePublicKey | Ed25519PublicKey:
    """Of a JWK that these functions made."""
    x = decoded(key["x"])
    if key["crv"] == ED25519:
        return Ed25519PublicKey.from_public_bytes(x)
    point = b"\x04" + x + decoded(key["y"])  # SEC 1 2.3.3, uncompressed
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def to_cose(key: Mapping[str, str]) -> bytes:
    """Of a JWK that these functions made."""
    if key["crv"] == ED25519:
        return _OKP_X + decoded(key["x"])
    return _EC_X + decoded(key["x"]) + _EC_Y + decoded(key["y"])


def decoded(text: str) -> bytes:
    """Base64url, in one spelling. Raises Unfit."""
    try:
        return base64url.decoded(text)
    except ValueError as error:
        raise Unfit(str(error)) from None


def _checked(x: bytes, y: bytes | None) -> dict[str, str]:
    if len(x) != _SIZE or (y is not None and len(y) != _SIZE):
        raise Unfit("the key's numbers have 32 octets each")
    if y is None:
        # that it lies on the curve is seen when it signs: no key that does not can
        height = int.from_bytes(x, "little") & ~(1 << 255)
        if height >= _FIELD or height in _LOW_ORDER:
            raise Unfit("the key is no safe point of Ed25519")
        return {"kty": "OKP", "crv": ED25519, "x": encoded(x)}
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1()
    )
    try:
        numbers.public_key()
    except ValueError as error:
        raise Unfit("the key is no point of P-256") from error
    return {"kty": "EC", "crv": P256, "x": encoded(x), "y": encoded(y)}
