"""Three times, told apart: business time, the wall clock, and a clock that only measures spans."""

import time
from typing import Protocol

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """What the World hands to every rule that needs a time. All values are integers in ms,
    but for `monotonic`, which is in seconds as the event loop counts them."""

    def now(self) -> int:
        """Business time in ms since 1970 (UTC). A sandbox may move it, forward only."""
        ...

    def wall(self) -> int:
        """What outsiders check (push keys, vendors' signatures), in ms. Never moved."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock without a date, for time-outs."""
        ...


class SystemClock:
    """The machine's clock, plus an offset that only a sandbox ever sets."""

    def __init__(self, offset_ms: int = 0) -> None:
        self.offset_ms = offset_ms

    def now(self) -> int:
        """Business time: the wall clock and the offset."""
        return time.time_ns() // 1_000_000 + self.offset_ms

    def wall(self) -> int:
        """The machine's own time."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds since some moment; only differences mean anything."""
        return time.monotonic()
