"""Names are looked up here, and what they may not lead to is left out (domain/reach.py)."""

from socket import AF_UNSPEC, AddressFamily

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from assent.domain.reach import allowed


class AddressRefused(OSError):
    """The name leads to no address that it may lead to."""


class Resolver(AbstractResolver):
    """Asked for names only: an address that stands in the settings is the operator's own word."""

    def __init__(self, private_network: bool) -> None:
        self._private_network = private_network
        self._names = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises AddressRefused where nothing is left."""
        found = await self._names.resolve(host, port, family)
        left = [one for one in found if allowed(host, one["host"], self._private_network)]
        if not left:
            raise AddressRefused(f"{len(found)} addresses, none of which it may lead to")
        return left

    async def close(self) -> None:
        """Nothing that stays open is kept."""
        await self._names.close()
