"""The server's keys, parsed once, and clients' keys, looked at closely."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from assent.domain.jose import CURVES, EXPONENTS, LONGEST_RSA, SHORTEST_RSA, KeyScope
from assent.ports.records import JoseKey
from assent.usecases.find_jose_key import find_jose_key, newest
from assent.usecases.world import World

PublicKey = RSAPublicKey | EllipticCurvePublicKey
PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey
_FRESH_SECONDS: Final = 1.0
"""How long a retired key may still be used."""


class UnfitKey(ValueError):
    """The public key cannot be used; the message says why, and may go over the wire."""


def public_key(der: bytes, algorithm: str) -> PublicKey:
    """A SubjectPublicKeyInfo (RFC 5280 4.1.2.7) of just the sort that the algorithm takes."""
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise UnfitKey("is no SubjectPublicKeyInfo in DER") from None
    curve = CURVES.get(algorithm)
    if curve is not None:
        if not isinstance(key, EllipticCurvePublicKey) or key.curve.name != curve:
            raise UnfitKey(f"must be a point of {curve} for {algorithm}")
        return key
    if not isinstance(key, RSAPublicKey):
        raise UnfitKey(f"must be an RSA key for {algorithm}")
    if not SHORTEST_RSA <= key.key_size <= LONGEST_RSA or key.key_size % 8:
        raise UnfitKey(f"must have a modulus of {SHORTEST_RSA} to {LONGEST_RSA} bits")
    if key.public_numbers().e not in EXPONENTS:
        raise UnfitKey("must have a public exponent of at least 65537, and under 2^64")
    return key


def spki(key: PublicKey) -> bytes:
    """The one DER of it, whatever a client sent."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, slots=True)
class ServerKey:
    """A key of ours, ready for use."""

    row: JoseKey
    private: PrivateKey = field(repr=False)
    public: bytes
    """SubjectPublicKeyInfo in DER."""


class ServerKeys:
    """All of them, as the store had them a second ago; one instance a process."""

    def __init__(self) -> None:
        self._known: dict[str, ServerKey] = {}
        self._read_at = float("-inf")
        self._making = asyncio.Lock()

    async def current(self, world: World, scope: KeyScope, algorithm: str) -> ServerKey:
        """The newest that every server knows; made on first need."""
        found = await self._newest(world, scope, algorithm)
        if found is not None:
            return found
        async with self._making:  # a key takes up to a second of a core: one call makes it
            found = await self._newest(world, scope, algorithm)
            return found or self._parsed(await find_jose_key(world, scope, algorithm))

    async def version(
        self, world: World, scope: KeyScope, algorithm: str, version: int
    ) -> ServerKey | None:
        """A certain one. Retired ones are there only where they may still verify something."""
        await self._refresh(world)
        for key in self._known.values():
            row = key.row
            retired = row.retired_at is not None and scope is not KeyScope.PAYLOAD_SIGNING
            if (row.scope, row.algorithm, row.version) == (scope, algorithm, version):
                return None if retired else key
        return None

    async def opening(self, world: World, kid: str | None) -> list[RSAPrivateKey]:
        """What a request may be encrypted to: the key it names, or any."""
        await self._refresh(world)
        found = self._opening(kid)
        if not found:  # the first may have been made on another server a moment ago
            await self._read(world)
            found = self._opening(kid)
        return found

    def _opening(self, kid: str | None) -> list[RSAPrivateKey]:
        return [
            key.private
            for key in self._known.values()
            if key.row.scope is KeyScope.PAYLOAD_ENCRYPTION
            and key.row.retired_at is None
            and kid in (None, key.row.kid)
            and isinstance(key.private, RSAPrivateKey)
        ]

    async def _newest(self, world: World, scope: KeyScope, algorithm: str) -> ServerKey | None:
        await self._refresh(world)
        rows = [key.row for key in self._known.values()]
        found = newest(rows, scope, algorithm, world.clock.wall())
        return self._known[found.kid] if found else None

    async def _refresh(self, world: World) -> None:
        if world.clock.monotonic() - self._read_at >= _FRESH_SECONDS:
            await self._read(world)

    async def _read(self, world: World) -> None:
        rows = await world.stores.jose_keys()
        known = self._known
        self._known = {}
        for row in rows:
            kept = known.get(row.kid)
            if kept is not None and kept.row == row:
                self._known[row.kid] = kept
            else:
                self._parsed(row)
        self._read_at = world.clock.monotonic()

    def _parsed(self, row: JoseKey) -> ServerKey:
        # Its primes are not tested anew, which takes 100 ms: the vault has authenticated it.
        private = load_der_private_key(row.private, None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(private, RSAPrivateKey | EllipticCurvePrivateKey):
            raise TypeError(f"a key of another sort ({row.kid})")
        key = self._known[row.kid] = ServerKey(row, private, spki(private.public_key()))
        return key
