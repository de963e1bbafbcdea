"""As many threads as cores; what cannot start soon is refused at once."""

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from assent.kernel.refusals import Code, Refusal
from assent.ports.offload import Run

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How much slow work is taken on."""

    threads: int = 0
    """0: one a core. argon2 lets go of the interpreter's lock; more threads than cores only
    wait for each other."""
    waiting: int = 64
    """Calls that may wait. At 17 ms a hash and two threads the last of them waits half a second;
    whoever comes after that is told to come back."""
    retry_after: int = 1
    """Seconds a refused caller is told to wait."""


class ThreadPool:
    """`ports.offload.Offload`."""

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        threads = settings.threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="assent-slow")
        self._threads = threads
        self.places = self._free = threads + settings.waiting

    async def __call__(self, work: Callable[[], T]) -> T:
        """Refuses BUSY rather than queueing for ever."""
        with self.place() as run:
            done: T = await run(work)
            return done

    @contextmanager
    def place(self) -> Iterator[Run]:
        """One of the places, as long as the block lasts."""
        if self._free <= 0:
            raise Refusal(Code.BUSY, "slow work", self._settings.retry_after)
        self._free -= 1
        try:
            yield self._run
        finally:
            self._free += 1

    def load(self) -> tuple[int, int]:
        """How many run, and how many wait."""
        taken = self.places - self._free
        return min(taken, self._threads), max(0, taken - self._threads)

    async def _run(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Waits for what has begun; drops what has not."""
        self._pool.shutdown(wait=True, cancel_futures=True)
