"""A lean load generator: keep-alive connections, one request under way on each, every answer
looked at. Runs as a process of its own; reads an Order from standard input, writes a Tally."""

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import cast

import msgspec
import uvloop


class Order(msgspec.Struct):
    """What to send. Ends after the last request, or after `seconds`, if that is not 0; then the
    requests are sent in turn, over and over."""

    port: int
    connections: int
    requests: list[bytes]
    status: int
    body: bytes | None = None
    seconds: float = 0.0


class Tally(msgspec.Struct):
    """What came of it. Latencies in seconds."""

    answers: int
    elapsed: float
    p50: float
    p99: float
    errors: list[str]


def _turns(order: Order) -> Iterator[bytes]:
    while True:
        yield from order.requests
        if not order.seconds:
            return


class _Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._buffer = b""
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not registered as one

    def send(self) -> None:
        request = self._run.next()
        if request is None or self._transport is None:
            self._run.line_ended()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data
        head, found, rest = buffer.partition(b"\r\n\r\n")
        length = _length(head) if found else 0
        if not found or len(rest) < length:
            self._buffer = buffer
            return
        self._buffer = b""
        self._run.answered(time.perf_counter() - self._sent, head, rest)
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        self._run.lost(error)


def _length(head: bytes) -> int:
    at = head.find(b"content-length: ")
    return int(head[at + 16 :].partition(b"\r\n")[0]) if at >= 0 else 0


class _Run:
    def __init__(self, order: Order) -> None:
        self._order = order
        self._turns = _turns(order)
        self._status = f" {order.status} ".encode()
        self._until = float("inf")
        self._open = order.connections
        self._latencies: list[float] = []
        self._errors: list[str] = []
        self._done = asyncio.Event()

    def next(self) -> bytes | None:
        if time.perf_counter() >= self._until:
            return None
        return next(self._turns, None)

    def answered(self, took: float, head: bytes, body: bytes) -> None:
        self._latencies.append(took)
        right = self._order.body
        if head[8:13] != self._status or (right is not None and body != right):
            self._errors.append(f"{head[9:12].decode()} {body[:200].decode()}")

    def line_ended(self) -> None:
        self._open -= 1
        if not self._open:
            self._done.set()

    def lost(self, error: Exception | None) -> None:
        if not self._done.is_set():
            self._errors.append(f"connection lost: {error}")
            self._done.set()

    async def run(self) -> Tally:
        loop = asyncio.get_running_loop()
        lines = [
            await loop.create_connection(lambda: _Line(self), "127.0.0.1", self._order.port)
            for _ in range(self._order.connections)
        ]
        start = time.perf_counter()
        if self._order.seconds:
            self._until = start + self._order.seconds
        for _, line in lines:
            line.send()
        await self._done.wait()
        elapsed = time.perf_counter() - start
        for transport, _ in lines:
            transport.close()
        ordered = sorted(self._latencies) or [0.0]
        return Tally(
            answers=len(self._latencies),
            elapsed=elapsed,
            p50=ordered[len(ordered) // 2],
            p99=ordered[len(ordered) * 99 // 100],
            errors=self._errors[:5],
        )


def main() -> None:
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)

    async def run() -> Tally:
        return await _Run(order).run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        tally = runner.run(run())
    sys.stdout.buffer.write(msgspec.msgpack.encode(tally))


if __name__ == "__main__":
    main()
