"""APNs, played on a free port of this machine: HTTP/2 over TLS with an authority of its own, and
tokens checked by code of its own."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset
from h2.settings import SettingCodes

from tests.support.signed import es256, parts
from tests.support.smtp_server import certificates

KEY = ec.generate_private_key(ec.SECP256R1())
KEY_ID, TEAM, TOPIC = "ABC123DEFG", "DEF123GHIJ", "com.bank.example"


@dataclass
class Asked:
    """One request."""

    headers: dict[str, str]
    body: dict[str, Any]
    connection: int
    claims: dict[str, Any]

    @property
    def device(self) -> str:
        return self.headers[":path"].removeprefix("/3/device/")


@dataclass
class Apple:
    """Answers what it is told to, to every device or to one."""

    url: str = ""
    ca_file: Path = Path()
    status: int = 200
    reason: str = ""
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    """By device token."""
    stale: set[str] = field(default_factory=set)
    """Provider tokens that are too old."""
    at_once: int = 1_000
    """Requests that are taken at a time on a connection."""
    silent: bool = False
    """Nothing is answered, and settings are not said."""
    held: set[str] = field(default_factory=set)
    """Devices whose requests get no answer until `let_go`."""
    leaves_after: int = 0
    """Answers on a connection after which it says GOAWAY; 0: never."""
    resets: int = 0
    """How many requests are yet to be given up."""
    reset_error: int = 7
    """REFUSED_STREAM: not looked at."""
    garbage: bool = False
    """What it says is no HTTP/2."""
    received: list[Asked] = field(default_factory=list)
    given_up: int = 0
    """Requests that the client took back."""
    connections: int = 0
    most_together: int = 0
    complaints: list[str] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop | None = None
    speakers: "set[_Speaker]" = field(default_factory=set)

    def let_go(self) -> None:
        """Answers what was held."""
        assert self.loop is not None
        self.held.clear()
        for one in list(self.speakers):
            self.loop.call_soon_threadsafe(one.answer_held)

    def hang_up(self) -> None:
        """On everybody."""
        assert self.loop is not None
        for one in list(self.speakers):
            self.loop.call_soon_threadsafe(one.drop)

    def key_file(self, folder: Path) -> Path:
        file = folder / f"AuthKey_{KEY_ID}.p8"
        file.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return file


class _Speaker(asyncio.Protocol):
    """A connection."""

    def __init__(self, apple: Apple) -> None:
        self.apple = apple
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self.open: dict[int, tuple[dict[str, str], bytearray]] = {}
        self.waiting: dict[int, str] = {}
        self.answered = 0
        self.left = False
        self.silent = apple.silent or apple.garbage

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.apple.connections += 1
        self.number = self.apple.connections
        self.apple.speakers.add(self)
        if self.apple.garbage:
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        elif not self.apple.silent:
            self.h2.local_settings[SettingCodes.MAX_CONCURRENT_STREAMS] = self.apple.at_once
            self.h2.local_settings.acknowledge()
            self.h2.initiate_connection()
            self.transport.write(self.h2.data_to_send())

    def connection_lost(self, error: Exception | None) -> None:
        self.apple.speakers.discard(self)

    def drop(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.silent or self.left:
            return
        try:
            for event in self.h2.receive_data(data):
                self._take(event)
        except Exception as error:
            self.apple.complaints.append(repr(error))
            self.transport.abort()
            return
        self.transport.write(self.h2.data_to_send())

    def _take(self, event: object) -> None:
        if isinstance(event, RequestReceived):
            named = {str(name): str(value) for name, value in event.headers}
            self.open[event.stream_id] = (named, bytearray())
            self.apple.most_together = max(self.apple.most_together, len(self.open))
        elif isinstance(event, DataReceived):
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.open[event.stream_id][1].extend(event.data)
        elif isinstance(event, StreamReset):
            self.open.pop(event.stream_id, None)
            self.waiting.pop(event.stream_id, None)
            self.apple.given_up += 1
        elif isinstance(event, StreamEnded):
            headers, body = self.open[event.stream_id]
            scheme, _, token = headers["authorization"].partition(" ")
            assert scheme == "bearer"
            es256(token, KEY.public_key())
            head, claims = parts(token)
            assert head == {"alg": "ES256", "kid": KEY_ID} or head == {
                "alg": "ES256",
                "kid": KEY_ID,
                "typ": "JWT",
            }
            asked = Asked(headers, json.loads(body), self.number, claims)
            self.apple.received.append(asked)
            if asked.device in self.apple.held:
                self.waiting[event.stream_id] = asked.device
            else:
                self._answer(event.stream_id, asked.device, token)

    def answer_held(self) -> None:
        for number, device in list(self.waiting.items()):
            self._answer(number, device, "")
        self.waiting.clear()
        self.transport.write(self.h2.data_to_send())

    def _answer(self, number: int, device: str, token: str) -> None:
        self.open.pop(number, None)
        if self.apple.resets:
            self.apple.resets -= 1
            self.h2.reset_stream(number, self.apple.reset_error)
            return
        default = (self.apple.status, self.apple.reason)
        status, reason = self.apple.answers.get(device, default)
        if token in self.apple.stale:
            status, reason = 403, "ExpiredProviderToken"
        body = json.dumps({"reason": reason}).encode() if reason else b""
        self.h2.send_headers(number, [(":status", str(status))], end_stream=not body)
        if body:
            self.h2.send_data(number, body, end_stream=True)
        self.answered += 1
        if self.answered == self.apple.leaves_after:
            self.transport.write(self.h2.data_to_send())
            self.h2.close_connection()
            self.left = True
            self.transport.write(self.h2.data_to_send())
            self.transport.close()


@contextmanager
def apple(folder: Path, http2: bool = True) -> Iterator[Apple]:
    """Listens at localhost."""
    one = Apple()
    trusted = certificates(folder)
    one.ca_file = trusted.ca_file
    if http2:
        trusted.server.set_alpn_protocols(["h2"])
    ready = threading.Event()
    loop = one.loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        server = await loop.create_server(
            lambda: _Speaker(one), "127.0.0.1", 0, ssl=trusted.server, ssl_shutdown_timeout=1
        )
        one.url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await stop.wait()
        server.close()
        for speaker in list(one.speakers):
            speaker.drop()
        await server.wait_closed()
        while one.speakers:  # noqa: ASYNC110
            await asyncio.sleep(0)

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert ready.wait(timeout=10)
    try:
        yield one
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)
        loop.close()
