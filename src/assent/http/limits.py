"""How many calls a programme, an address and a person may make: load protection of one process.

What protects secrets is counted in the store, for all servers together (domain/attempts.py).
These budgets keep one caller from taking a server from the others, and cost no look-up.
"""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

from assent.domain.budget import Window, Windows
from assent.kernel.refusals import Code, Refusal

_MOST_KEYS = 100_000


@dataclass(frozen=True, slots=True)
class CallLimits:
    """The windows of each sort of caller."""

    programme: Windows = (Window(2_000, 1), Window(60_000, 60))
    """CALLS/SECONDS, several by commas, of one programme: no tenant takes all of a server."""
    address: Windows = (Window(200, 1), Window(6_000, 60))
    """Of one address (IPv6: of its /64). A firm's own servers call from few of them."""
    tokens: Windows = (Window(20, 1), Window(300, 60))
    """Tokens for typed secrets, of one address: many people may share one, and type slowly."""
    user: Windows = (Window(50, 1), Window(600, 60))
    """Of one person, over all their sessions: far more than any app makes."""


GENEROUS = CallLimits(
    programme=(Window(1_000_000, 1),),
    address=(Window(1_000_000, 1),),
    tokens=(Window(1_000_000, 1),),
    user=(Window(1_000_000, 1),),
)
"""For a sandbox: there to be seen in code paths, never in the way of a test run."""


class TooManyCalls(Refusal):
    """Over budget; `limit` is the header's text: the window that was exceeded, then all."""

    def __init__(self, windows: Windows, exceeded: Window, retry_after: int) -> None:
        super().__init__(Code.TOO_MANY_CALLS, retry_after=retry_after)
        everything = ", ".join(f"{window.calls};w={window.seconds}" for window in windows)
        self.limit = f"{exceeded.calls}, {everything}"


class Budget:
    """Fixed windows for one sort of caller. Takes the time from whoever calls (monotonic, s)."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._longest = max(window.seconds for window in windows)
        self._counts: dict[str | int, list[int]] = {}

    def spend(self, key: str | int, now: float) -> None:
        """Counts a call. A table full of strangers refuses new ones: it fails closed."""
        second = int(now)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._new(key, second)
        for place, window in enumerate(self._windows):
            period = second // window.seconds
            at = 2 * place
            if counts[at] != period:
                counts[at] = period
                counts[at + 1] = 0
            counts[at + 1] += 1
            if counts[at + 1] > window.calls:
                left = window.seconds - second % window.seconds
                raise TooManyCalls(self._windows, window, left)

    def _new(self, key: str | int, second: int) -> list[int]:
        if len(self._counts) >= _MOST_KEYS:
            self._drop_idle(second)
        if len(self._counts) >= _MOST_KEYS:
            raise TooManyCalls(self._windows, self._windows[-1], self._longest)
        counts = [-1, 0] * len(self._windows)
        self._counts[key] = counts
        return counts

    def _drop_idle(self, second: int) -> None:
        last = len(self._windows) - 1
        period = second // self._windows[last].seconds
        self._counts = {
            key: counts for key, counts in self._counts.items() if counts[2 * last] == period
        }


@lru_cache(maxsize=4_096)
def network_of(address: str) -> str:
    """The key an address is counted under: IPv6 by /64, however it is written."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unreadable"  # all of them share one budget
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def client_address(peer: str, forwarded: str | None, trusted: frozenset[str]) -> str:
    """Who is calling: the peer, or what trusted proxies say, read from the right.

    A header that cannot be read, or that comes from anybody else, changes nothing
    (CVE-2024-47070, CVE-2023-36456).
    """
    if peer not in trusted or not forwarded:
        return peer
    for hop in reversed(forwarded.split(",")):
        address = hop.strip()
        try:
            ipaddress.ip_address(address)
        except ValueError:
            return peer
        if address not in trusted:
            return address
    return peer
