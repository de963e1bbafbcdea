"""What was read less than a second ago: keys and programmes, asked for by every call."""

from typing import Generic, TypeVar

from assent.kernel.clock import Clock

K = TypeVar("K")
V = TypeVar("V")

_FRESH_SECONDS = 1.0
_MOST = 10_000


class Memory(Generic[K, V]):
    """Holds what was found. What was not found is not remembered: strangers choose those keys."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        """What stands under the key, unless it is a second old."""
        kept = self._kept.get(key)
        if kept is not None and self._clock.monotonic() - kept[0] < _FRESH_SECONDS:
            return kept[1]
        return None

    def keep(self, key: K, value: V | None) -> V | None:
        """What was just read, passed on."""
        if value is None:
            self._kept.pop(key, None)
            return None
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[key] = (self._clock.monotonic(), value)
        return value

    def forget(self) -> None:
        """All of it: something was changed."""
        self._kept.clear()
