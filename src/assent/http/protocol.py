"""The server's HTTP protocol: uvicorn's, with an answer in one piece and errors in our shape."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from assent.http.app import Refs

_BODY = b'{"message":"This is not a valid HTTP request.","syntaxErrors":{"invalidFields":[]}}'


class _Joined:
    """A transport that sends what was written in one turn of the loop with one system call.

    An answer is two writes, head and body, and a system call costs more than all the rest of a
    read: joined, a session check takes two thirds of the time.
    """

    __slots__ = ("_loop", "_parts", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Sent at the end of this turn."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """What was written goes first."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            data = b"".join(self._parts)
            self._parts.clear()
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def protocol(refs: Refs) -> type[HttpToolsProtocol]:
    """What is no HTTP at all never reaches a dialect; it is answered in the shape of theirs."""

    class Protocol(HttpToolsProtocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(_Joined(transport, self.loop))  # type: ignore[arg-type]

        def send_400_response(self, msg: str) -> None:
            lines = (
                "HTTP/1.1 400 Bad Request",
                f"request-ref: {refs.next()}",
                "cache-control: no-store",
                "content-type: application/json",
                f"content-length: {len(_BODY)}",
                "connection: close",
                "\r\n",
            )
            self.transport.write("\r\n".join(lines).encode() + _BODY)
            self.transport.close()

    return Protocol
