"""Which addresses a name may lead to: a public name that leads into the house is an attack.

A gateway's answer comes from outside, and so does the DNS of its name. Whoever holds either must
not get requests sent to what only this machine reaches (DNS rebinding, metadata services).
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import AF_UNSPEC, AddressFamily

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

_TRANSLATED = ip_network("64:ff9b::/96")
"""NAT64 (RFC 6052): an IPv4 address in an IPv6 one."""


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


def allowed(host: str, address: str, private_network: bool) -> bool:
    """Public addresses always; private ones where the settings say so; this machine's for
    localhost (RFC 6761 6.3); link-local ones, where clouds keep their keys, never."""
    found = _plain(ip_address(address.partition("%")[0]))
    if host == "localhost" or host.endswith(".localhost"):
        return found.is_loopback
    if found.is_global and not found.is_multicast:
        return True
    never = found.is_loopback or found.is_link_local or found.is_multicast
    return (
        private_network
        and found.is_private
        and not (never or found.is_unspecified or found.is_reserved)
    )


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address within, where there is one."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
