"""Time, chance and ids that a test decides: nothing here moves by itself."""

import hashlib
import itertools
from collections import deque

NOON = 1_767_268_800_000
"""2026-01-01T12:00:00Z in ms: a round moment to begin at."""

_FIRST_ID = 10**15


class FrozenClock:
    """`kernel.clock.Clock` that stands still until it is told otherwise.

    The three times are plain attributes and may be set apart: `now_ms` and `wall_ms` are ms since
    1970, `monotonic_s` is in seconds.
    """

    def __init__(
        self, now_ms: int = NOON, wall_ms: int | None = None, monotonic_s: float = 0.0
    ) -> None:
        self.now_ms = now_ms
        self.wall_ms = now_ms if wall_ms is None else wall_ms
        self.monotonic_s = monotonic_s

    def now(self) -> int:
        """Business time as it was set."""
        return self.now_ms

    def wall(self) -> int:
        """The wall clock as it was set."""
        return self.wall_ms

    def monotonic(self) -> float:
        """The span clock as it was set."""
        return self.monotonic_s

    def advance(self, ms: int) -> None:
        """All three move on by `ms`."""
        self.now_ms += ms
        self.wall_ms += ms
        self.monotonic_s += ms / 1_000


class ScriptedRandomness:
    """`kernel.randomness.Randomness` that gives the same values for the same seed.

    Values come from SHA-256 over the seed and a counter, so they differ from each other and look
    like chance. Codes can be put in its mouth with `script`. Not for anything that must be secret.
    """

    def __init__(self, seed: str = "assent") -> None:
        self._seed = seed.encode()
        self._counter = itertools.count()
        self._scripted: deque[str] = deque()

    def script(self, *codes: str) -> None:
        """The next calls of `digits` return these, in this order."""
        for code in codes:
            if not (code.isascii() and code.isdigit()):
                raise ValueError(f"not decimal digits: {code!r}")
        self._scripted.extend(codes)

    def octets(self, count: int) -> bytes:
        """`count` bytes."""
        made = bytearray()
        while len(made) < count:
            number = next(self._counter).to_bytes(8, "big")
            made += hashlib.sha256(self._seed + b"\0" + number).digest()
        return bytes(made[:count])

    def digits(self, count: int) -> str:
        """The next scripted code, or `count` digits. Refuses a scripted code of another length."""
        if not self._scripted:
            return f"{self.below(10**count):0{count}d}"
        if len(self._scripted[0]) != count:
            raise ValueError(f"{count} digits are asked for; scripted is {self._scripted[0]!r}")
        return self._scripted.popleft()

    def below(self, limit: int) -> int:
        """An integer from 0 up to, not including, `limit`."""
        if limit < 1:
            raise ValueError(f"nothing is below {limit}")
        return int.from_bytes(self.octets(32), "big") % limit


class CountingIds:
    """`kernel.ids.Ids` that counts up: an id tells which row was made first."""

    def __init__(self, first: int = _FIRST_ID) -> None:
        self._numbers = itertools.count(first)

    def next(self) -> int:
        """One more than the last."""
        return next(self._numbers)
