"""Names are looked up here, and what they may not lead to is left out (domain/reach.py)."""

from collections.abc import Callable
from ipaddress import ip_address
from socket import AF_UNSPEC, AddressFamily

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver


class AddressRefused(OSError):
    """The name leads to no address that it may lead to."""


class Resolver(AbstractResolver):
    """Asked for names only, each time a connection is made: what is written out as an address is
    looked at by whoever takes it, as `written_out` does."""

    def __init__(self, may: Callable[[str, str], bool]) -> None:
        """`may`: whether a host may lead to an address."""
        self._may = may
        self._names = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises AddressRefused where nothing is left."""
        found = await self._names.resolve(host, port, family)
        left = [one for one in found if self._may(host, one["host"])]
        if not left:
            raise AddressRefused(f"{len(found)} addresses, none of which it may lead to")
        return left

    async def close(self) -> None:
        """Nothing that stays open is kept."""
        await self._names.close()


def written_out(host: str) -> str:
    """The address that a host is, in its usual form; empty for a name.

    Raises AddressRefused for what only an operating system takes for an address, such as
    2130706433: aiohttp hands it on without asking a resolver.
    """
    if ":" not in host and not host.replace(".", "").isdigit():
        return ""
    try:
        return str(ip_address(host))
    except ValueError:
        raise AddressRefused("no address, and no name either") from None
