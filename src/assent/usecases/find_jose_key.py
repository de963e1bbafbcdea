"""The house's own keys for encrypted and signed calls: each is made when it is first asked for."""

import uuid
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from assent.domain.jose import ALGORITHMS, CURVES, KNOWN_EVERYWHERE, RSA_BITS, KeyScope
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add
from assent.ports.records import JoseKey
from assent.usecases.world import World

_CURVES = {curve.name: curve for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())}


async def find_jose_key(
    world: World, scope: KeyScope, algorithm: str, version: int | None = None
) -> JoseKey:
    """The newest, or a certain version. The first version is made where there is none.

    Refuses NOT_FOUND for an algorithm that the scope does not have and for any other version
    that is not there. Ten calls that make a key at once, on ten servers, end with one.
    """
    if algorithm not in ALGORITHMS[scope]:
        raise Refusal(Code.NOT_FOUND, "algorithm")
    rows = await world.stores.jose_keys()
    if version is not None:
        found = next((row for row in _of(rows, scope, algorithm) if row.version == version), None)
    else:
        found = newest(rows, scope, algorithm, world.clock.wall())
    if found is not None:
        return found
    if version not in (None, 1):
        raise Refusal(Code.NOT_FOUND, "version")
    return await make_jose_key(world, scope, algorithm, 1)


def newest(rows: Iterable[JoseKey], scope: KeyScope, algorithm: str, wall: int) -> JoseKey | None:
    """Of those in use the newest that every server must have read; else the oldest."""
    able = [row for row in _of(rows, scope, algorithm) if row.retired_at is None]
    able.sort(key=lambda row: row.version, reverse=True)
    known = [row for row in able if wall - row.created_at >= KNOWN_EVERYWHERE]
    return next(iter(known or able[-1:]), None)


async def make_jose_key(world: World, scope: KeyScope, algorithm: str, version: int) -> JoseKey:
    """A key of a version that was not there; where another call was faster, that call's."""
    kid = key_id(world, scope, algorithm, version)
    made = JoseKey(
        kid=kid,
        version=version,
        scope=scope,
        algorithm=algorithm,
        private=await world.offload(lambda: new_private_key(algorithm)),
        created_at=world.clock.wall(),
    )
    done = await world.stores.commit(Add(made))
    if done.failed is None:
        return made
    rows = await world.stores.jose_keys()
    found = next((row for row in rows if row.kid == kid), None)
    if found is None:
        raise Refusal(Code.CHANGED_MEANWHILE, "key")
    return found


def key_id(world: World, scope: KeyScope, algorithm: str, version: int) -> str:
    """A UUID that nobody can guess and every server finds; so the second one's Add fails. It
    calls itself random (RFC 9562 5.4): to all others it is."""
    digest = world.vault.lookup(f"{scope}:{algorithm}:{version}", "jose_keys")
    return str(uuid.UUID(bytes=digest[:16], version=4))


def new_private_key(algorithm: str) -> bytes:
    """PKCS#8 DER. RSA keys take a moment, and their randomness from OpenSSL."""
    curve = CURVES.get(algorithm)
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if curve is not None:
        private = ec.generate_private_key(_CURVES[curve])
    else:
        private = rsa.generate_private_key(65_537, RSA_BITS)
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _of(rows: Iterable[JoseKey], scope: KeyScope, algorithm: str) -> list[JoseKey]:
    return [row for row in rows if (row.scope, row.algorithm) == (scope, algorithm)]
