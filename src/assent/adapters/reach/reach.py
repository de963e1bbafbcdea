"""Goes as far as an open connection, and says nothing there."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

_CUT_OFF = (OSError, TimeoutError, ValueError)
"""The last: a name that is none, or a line that never ends."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far it got."""

    addresses: tuple[str, ...] = ()
    """What the name stands for; empty: the name is unknown."""
    wrong: str = ""
    """Why there is no connection; empty: there is."""
    certificate_ends: int | None = None
    """When the other side's certificate ends, in seconds since 1970; none without TLS."""


async def reach(
    host: str,
    port: int,
    tls: ssl.SSLContext | None,
    seconds: float,
    starttls: bool = False,
    may: Callable[[str], bool] = lambda address: True,
) -> Reached:
    """Looks the name up and connects to the first of its addresses that answers; with TLS the
    certificate is checked as any client would. `starttls`: as mail servers want it, after a
    greeting (RFC 3207). `may`: which addresses it may connect to.

    Never raises. Nothing is sent but what TLS needs; `seconds` is for all of it.
    """
    addresses: tuple[str, ...] = ()
    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
            addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
            left = [address for address in addresses if may(address)]
            reader, writer = await _connected(left, host, port, None if starttls else tls)
            try:
                if starttls and tls is not None:
                    await _begin_tls(reader, writer, tls, host)
                certificate = writer.get_extra_info("peercert") if tls is not None else None
            finally:
                # not `close`: TLS takes leave first, which may outlast the loop that it runs in
                writer.transport.abort()
    except _CUT_OFF as error:
        return Reached(addresses, _told(error, bool(addresses), seconds))
    ends = ssl.cert_time_to_seconds(certificate["notAfter"]) if certificate else None
    return Reached(addresses, certificate_ends=ends)


async def _connected(
    addresses: list[str], host: str, port: int, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Raises what the last of them had to say; OSError where there is none."""
    last: OSError = OSError("none of its addresses may be used")
    for address in addresses:
        try:
            return await asyncio.open_connection(
                address, port, ssl=tls, server_hostname=host if tls else None
            )
        except OSError as error:
            last = error
    raise last


async def _begin_tls(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: ssl.SSLContext, host: str
) -> None:
    """Raises ConnectionError where the other side is no mail server, or has no STARTTLS."""
    for command, wanted in (
        (b"", b"220"),
        (b"EHLO localhost\r\n", b"250"),
        (b"STARTTLS\r\n", b"220"),
    ):
        writer.write(command)
        line = b"-" * 4
        while line[3:4] == b"-":  # an answer of several lines
            line = await reader.readline()
        if not line.startswith(wanted):
            raise ConnectionError("no mail server with STARTTLS there")
    await writer.start_tls(tls, server_hostname=host)


def _told(error: Exception, known: bool, seconds: float) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no TLS there ({error.reason or 'closed'})"
    if isinstance(error, TimeoutError):
        return f"no answer within {seconds:g} s"
    if not known:
        return "its name is unknown"
    return "connection refused" if isinstance(error, ConnectionRefusedError) else str(error)
