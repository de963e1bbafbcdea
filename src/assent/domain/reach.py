"""Which addresses a name may lead to: a public name that leads into the house is an attack.

A gateway's answer comes from outside, and so does the DNS of its name. Whoever holds either must
not get requests sent to what only this machine reaches (DNS rebinding, metadata services).
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_TRANSLATED = ip_network("64:ff9b::/96")
"""NAT64 (RFC 6052): an IPv4 address in an IPv6 one."""

_NEVER = tuple(
    map(
        ip_network,
        (
            "192.88.99.0/24",  # relays of 6to4, which are no more (RFC 7526)
            "168.63.129.16",  # a cloud's own service to its machines, at a public address
            "192.0.0.0/24",  # IETF protocols (RFC 6890 2.1); a cloud keeps keys there, too
            "100.100.100.200",  # and another among the shared ones (RFC 6598)
            "3fff::/20",  # documentation (RFC 9637), which this Python does not know yet
            "2001::/32",  # Teredo (RFC 4380): an IPv4 address and a port, in disguise
            "64:ff9b:1::/48",  # NAT64 of one's own (RFC 8215): which IPv4 address, only it knows
            "fec0::/10",  # site-local, which is no more (RFC 3879)
            # where clouds keep their machines' keys, among the private ones (RFC 4193)
            "fd00:ec2::/32",
            "fd20:ce::254",
            "fd00:c1::a9fe:a9fe",
        ),
    )
)
"""What no name of a gateway stands for, whatever Python's registry makes of it."""


def allowed(host: str, address: str, private_network: bool) -> bool:
    """Whether requests for `host` go to `address`, which its name stands for.

    An address that stands in the settings itself is the operator's own word. Names lead to public
    addresses always; to private ones where the settings say so; localhost to this machine's (RFC
    6761 6.3); to link-local ones, where clouds keep their keys, never.
    """
    if is_written_out(host):
        return True
    found = _plain(address)
    if host == "localhost" or host.endswith(".localhost"):
        return found.is_loopback
    if found.is_multicast or found.is_reserved or found.is_unspecified or _is_in_never(found):
        return False
    if found.is_global:
        return True
    inside = found.is_private and not (found.is_loopback or found.is_link_local)
    return private_network and inside


def allowed_to_strangers(address: str, private_network: bool) -> bool:
    """Whether requests go to an address that somebody outside has named, or named the name of.

    To public ones always; inside, this machine included, where the settings say so; to link-local
    ones never, nor to those that are no one machine's.
    """
    found = _plain(address)
    if found.is_loopback:  # before the rest: Python takes ::1 for reserved
        return private_network
    if found.is_multicast or found.is_reserved or found.is_unspecified or found.is_link_local:
        return False
    return not _is_in_never(found) and (found.is_global or private_network)


def _is_in_never(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in _NEVER)


def is_written_out(host: str) -> bool:
    """Whether it is an address, and no name that DNS is asked for."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Of the Internet, where others listen."""
    return _plain(address).is_global


def is_link_local(address: str) -> bool:
    """169.254.0.0/16 and fe80::/10: nothing that carries messages, and where clouds keep the keys
    of their machines (169.254.169.254)."""
    return _plain(address).is_link_local


def is_loopback_address(address: str) -> bool:
    """This machine's own."""
    return _plain(address).is_loopback


def _plain(address: str) -> IPv4Address | IPv6Address:
    """Without its zone; the IPv4 address within, where there is one."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv4Address):
        return found
    if found in _TRANSLATED:
        return IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or found
