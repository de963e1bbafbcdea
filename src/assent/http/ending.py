"""How a server ends: uvicorn's way, but that whoever waits is told before it is waited for."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn


class Ending(uvicorn.Server):
    """`closing` is called first: calls that wait for something answer at once. Otherwise they would
    be waited for until they are cut off."""

    def __init__(self, config: uvicorn.Config, closing: Callable[[], None]) -> None:
        super().__init__(config)
        self._closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Once a signal has come."""
        self._closing()
        await super().shutdown(sockets)


class Beside(uvicorn.Server):
    """Leaves the signals to the worker that it runs beside."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None of them."""
        yield
