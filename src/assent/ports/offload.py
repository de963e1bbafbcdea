"""Slow computations, kept away from the event loop."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

Run = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs one piece of work on another thread."""


class Offload(Protocol):
    """A bounded pool that sheds load instead of queueing for ever."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """Runs `work` on another thread; raises `Refusal(BUSY)` when too many are waiting."""
        ...

    def place(self) -> AbstractContextManager[Run]:
        """A place taken beforehand: BUSY is raised here, and not after something was counted."""
        ...
