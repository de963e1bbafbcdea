"""The key that push services know this server by, and that browsers subscribe to (RFC 8292)."""

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)

from assent.domain.jose import KeyScope
from assent.kernel.base64url import encoded
from assent.usecases.find_jose_key import find_jose_key
from assent.usecases.world import World


async def push_key(world: World) -> bytes:
    """The private one, as PKCS#8 DER; made by whoever asks first. It stays the same: browsers take
    pushes from the key alone that they subscribed to."""
    return (await find_jose_key(world, KeyScope.WEB_PUSH, "ES256", 1)).private


async def public_push_key(world: World) -> str:
    """What a page subscribes with (`applicationServerKey`): an uncompressed point in base64url."""
    key = load_der_private_key(await push_key(world), password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise TypeError("no elliptic curve key")
    return encoded(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
