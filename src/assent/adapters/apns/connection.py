"""One HTTP/2 connection (RFC 9113) with many requests under way on it, by h2.

Loaded where APNs is set up: adapters/apns/gateway.py.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import H2Error

from assent.adapters.apns.lost import Lost

_MOST_OCTETS = 16_384
"""Of an answer that are kept: APNs says why in a few dozen."""


@dataclass(slots=True)
class _Stream:
    answered: "asyncio.Future[tuple[int, bytes]]"
    status: int = 0
    octets: bytearray = field(default_factory=bytearray)


class Connection(asyncio.Protocol):
    """Made by `connect`. Requests wait where the other side takes no more at a time: APNs takes one
    alone until it has seen a token that is good."""

    def __init__(self) -> None:
        config = H2Configuration(client_side=True, header_encoding="utf-8")
        self._h2 = H2Connection(config=config)
        self._transport: asyncio.Transport | None = None
        self._streams: dict[int, _Stream] = {}
        self._settled = False
        self._changed = asyncio.Event()
        self.usable = True
        """Whether more requests may be begun."""
        self.heard = 0
        """How often something came from the other side."""

    async def request(self, headers: Sequence[tuple[str, str]], body: bytes) -> tuple[int, bytes]:
        """Status and the beginning of the body. Raises Lost. Whoever cancels it tells the other
        side so."""
        while self.usable and not self._room(len(body)):
            await self._changed.wait()
        if not self.usable:
            raise Lost("connection ended", unseen=True)
        number = self._h2.get_next_available_stream_id()
        stream = _Stream(asyncio.get_running_loop().create_future())
        self._streams[number] = stream
        try:
            self._h2.send_headers(number, headers)
            self._h2.send_data(number, body, end_stream=True)
            self._flush()
            return await stream.answered
        except H2Error as error:
            raise Lost(type(error).__name__) from None
        finally:
            self._streams.pop(number, None)
            # whoever cancels the one that waits cancels what it waits for
            if not stream.answered.done() or stream.answered.cancelled():
                self._give_up(number)

    def close(self) -> None:
        """What is under way is lost."""
        if self.usable:
            self.usable = False
            self._h2.close_connection()
            self._flush()
        if self._transport is not None:
            self._transport.close()
        self._lose("connection closed")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Says what we are."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own are none by class
        self._h2.initiate_connection()
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Answers, and what the other side allows."""
        self.heard += 1
        try:
            for event in self._h2.receive_data(data):
                self._take(event)
        except H2Error as error:
            self.usable = False
            self._flush()
            self._lose(type(error).__name__)
        else:
            self._flush()
        if not self.usable and self._transport is not None:
            self._transport.close()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """However it ended."""
        self._lose("connection lost")

    def _take(self, event: Event) -> None:
        if isinstance(event, RemoteSettingsChanged):
            self._settled = True
        elif isinstance(event, ConnectionTerminated):
            # h2 reads nothing after it; what was not answered by now is asked again elsewhere
            self._lose("connection ended by the other side", event.last_stream_id)
        elif isinstance(event, DataReceived):
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            stream = self._streams.get(event.stream_id)
            if stream is not None:
                stream.octets += event.data[: _MOST_OCTETS - len(stream.octets)]
        elif isinstance(event, ResponseReceived | StreamEnded | StreamReset):
            stream = self._streams.get(event.stream_id)
            if stream is None or stream.answered.done():
                return
            if isinstance(event, ResponseReceived):
                named = {str(name): str(value) for name, value in event.headers}
                stream.status = int(named.get(":status", "0"))
            elif isinstance(event, StreamEnded):
                stream.answered.set_result((stream.status, bytes(stream.octets)))
            else:
                unseen = event.error_code == ErrorCodes.REFUSED_STREAM
                stream.answered.set_exception(Lost("given up by the other side", unseen))

    def _room(self, octets: int) -> bool:
        """Whether the other side takes one more request with so long a body."""
        held = self._h2
        return (
            self._settled
            and held.open_outbound_streams < held.remote_settings.max_concurrent_streams
            and octets <= held.remote_settings.initial_window_size
            and octets <= held.outbound_flow_control_window
        )

    def _give_up(self, number: int) -> None:
        if not self.usable:
            return
        try:
            self._h2.reset_stream(number, ErrorCodes.CANCEL)
        except H2Error:
            return  # it is over already
        self._flush()

    def _flush(self) -> None:
        octets = self._h2.data_to_send()
        if octets and self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)

    def _lose(self, why: str, last_seen: int | None = None) -> None:
        """Whatever is under way; `last_seen` is the last request that the other side looked at."""
        self.usable = False
        for number, stream in self._streams.items():
            if not stream.answered.done():
                unseen = last_seen is not None and number > last_seen
                stream.answered.set_exception(Lost(why, unseen))
        self._changed.set()


async def connect(host: str, port: int, tls: ssl.SSLContext) -> Connection:
    """Raises OSError, also where the other side speaks no HTTP/2."""
    loop = asyncio.get_running_loop()
    transport, connection = await loop.create_connection(
        Connection, host, port, ssl=tls, server_hostname=host
    )
    spoken = transport.get_extra_info("ssl_object")
    if spoken is None or spoken.selected_alpn_protocol() != "h2":
        transport.abort()
        raise Lost("no HTTP/2 there")
    return connection
