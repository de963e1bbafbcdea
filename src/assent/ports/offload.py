"""Slow computations, kept away from the event loop."""

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Offload(Protocol):
    """A bounded pool that sheds load instead of queueing for ever."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """Runs `work` on another thread; raises `Refusal(BUSY)` when too many are waiting."""
        ...
