"""What people type into the secure frames, and which pages may hold such a frame."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from assent.kernel.clock import MINUTE


@dataclass(frozen=True, slots=True)
class CaptureLimits:
    """How long what was typed is kept, and what it is encrypted to. Times are in ms."""

    life_ms: int = 5 * MINUTE
    """Of a token: as long as an idle session; who types for longer has left the page."""
    key_ms: int = 10 * MINUTE
    """Frames encrypt to one key for so long; it opens for as long again, and is then erased."""


def is_origin(text: str) -> bool:
    """A web origin as browsers write it: scheme, host, and a port that is not the scheme's own
    (RFC 6454 6.2). No path, no wildcard, and no `null`, which any page can be."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme not in ("https", "http") or not _is_host(parts.hostname or ""):
        return False
    if port == {"https": 443, "http": 80}[parts.scheme]:
        return False
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return text == f"{parts.scheme}://{shown}" + ("" if port is None else f":{port}")


def _is_host(text: str) -> bool:
    """In lower case; international names as browsers send them, in punycode; an address in its
    one spelling, and what ends in a number is an address (WHATWG URL 3.5)."""
    try:
        if ":" in text:
            return _OF_IPV6.issuperset(text) and str(IPv6Address(text)) == text
        if _NUMBER.fullmatch(text.rpartition(".")[2]):
            return str(IPv4Address(text)) == text
    except ValueError:
        return False
    return _NAME.fullmatch(text) is not None


_OF_IPV6 = frozenset("0123456789abcdef:")
_NUMBER = re.compile("[0-9]+|0x[0-9a-f]*")
_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")


def origin_of(url: str) -> str:
    """Of an address that browsers call, as they send it in `Origin`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def is_loopback(origin: str) -> bool:
    """Whether a page of this machine is meant."""
    host = _host(origin)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _host(origin: str) -> str:
    return (urlsplit(origin).hostname or "") if is_origin(origin) else ""


ORIGIN_FORM = (
    "an origin as browsers write it: https://, the host in lower case, and the port if it is not "
    "443; http:// for pages of this machine only; IPv6 addresses cannot be named in frame-ancestors"
)


MOST_ORIGINS = 50
"""Of a programme: all of them stand in a header of every frame."""


def may_be_registered(origin: str) -> bool:
    """Frames encrypt in secure contexts only, and a page over plain HTTP is none (unless it is of
    this machine). And no browser would show them on a page that CSP has no words for."""
    safe = origin.startswith("https://") or is_loopback(origin)
    return is_origin(origin) and "[" not in origin and safe


@dataclass(frozen=True, slots=True)
class Embedders:
    """Which pages may hold a programme's frames: those named, or any of this machine's."""

    origins: tuple[str, ...] = ()
    loopback: bool = False

    def take(self, origin: str) -> bool:
        """Whether a page of this origin may."""
        return origin in self.origins or (self.loopback and _is_named(origin))

    def with_page(self, page: str) -> "Embedders":
        """And a page of the house's own, which those show or open: where there are none of them,
        it has nothing to do here."""
        needless = self.take(page) or not (self.origins or self.loopback)
        return self if needless else replace(self, origins=(*self.origins, page))

    @property
    def ancestors(self) -> str:
        """As `frame-ancestors` says it (CSP 3, 6.4.2)."""
        loopback = (_LOOPBACK,) if self.loopback else ()
        return " ".join((*self.origins, *loopback)) or "'none'"


def together(several: Iterable[Embedders]) -> Embedders:
    """Those that any of them takes."""
    held = tuple(several)
    named = dict.fromkeys(origin for one in held for origin in one.origins)
    return Embedders(tuple(named), any(one.loopback for one in held))


_LOOPBACK = "http://localhost:* https://localhost:* http://*.localhost:* http://127.0.0.1:* https://127.0.0.1:*"
"""Any port. A page on [::1] is to be called by the name localhost (see ORIGIN_FORM)."""

EmbeddersOf = Callable[[Sequence[str]], Embedders]
"""From a programme's registered origins to the pages that may."""


def _is_named(origin: str) -> bool:
    """Of this machine, in the words that CSP has for it: no IPv6 address, and of IPv4's only one
    (`_LOOPBACK` names the same)."""
    host = _host(origin)
    return is_loopback(origin) and (host.endswith("localhost") or host == "127.0.0.1")


def embedders(registered: Sequence[str], sandbox_page: str | None = None) -> Embedders:
    """In production none until one is registered. A sandbox has a page of its own, which always
    may, and takes any loopback page until one is registered."""
    if sandbox_page is None:
        return Embedders(tuple(registered))
    if registered:
        return Embedders((*registered, sandbox_page))
    return Embedders(() if _is_named(sandbox_page) else (sandbox_page,), loopback=True)
