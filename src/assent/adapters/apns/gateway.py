"""A push as one request to APNs."""

import asyncio
import importlib
import json
import ssl
from collections.abc import Sequence
from typing import Final, Protocol, cast
from urllib.parse import urlsplit

from assent.adapters.apns.lost import Lost
from assent.adapters.apns.settings import ApnsSettings, tls_context
from assent.adapters.apns.tokens import Tokens
from assent.domain.device import Transport
from assent.domain.message import Channel, Message
from assent.domain.push import collapse_key, is_address
from assent.kernel.clock import SECOND, Clock
from assent.kernel.log import Log
from assent.ports.delivery import AT_ONCE, AddressGone, Undelivered, refuses_us, settle

log = Log()

_GONE = ("BadDeviceToken", "ExpiredToken", "Unregistered")
_SETTINGS = "apns.key_file, apns.key_id, apns.team_id, apns.topic"
_HTTP2: Final = "assent.adapters.apns.connection"


class Connection(Protocol):
    """The class of that name."""

    usable: bool
    heard: int

    async def request(self, headers: Sequence[tuple[str, str]], body: bytes) -> tuple[int, bytes]:
        """Status and the beginning of the body. Raises Lost."""
        ...

    def close(self) -> None:
        """What is under way is lost."""
        ...


class Connections(Protocol):
    """The module that makes them."""

    async def connect(self, host: str, port: int, tls: ssl.SSLContext) -> Connection:
        """Raises OSError."""
        ...


def connections() -> Connections:
    """Looked up by name when APNs is set up: its library holds 1 MiB in every process, and most
    send nothing there."""
    return cast("Connections", importlib.import_module(_HTTP2))


class Apns:
    """`ports.delivery.Gateway`, over one connection that is kept.

    https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
    """

    def __init__(self, settings: ApnsSettings, clock: Clock) -> None:
        self._settings = settings
        self._tokens = Tokens(settings, clock)
        self._clock = clock
        self._tls = tls_context(settings)
        parts = urlsplit(settings.url)
        self._host, self._port = parts.hostname or "", parts.port or 443
        self._authority = parts.netloc
        self._connections = connections()
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()
        self.timeout_seconds = float(settings.timeout_seconds)
        self.at_once = AT_ONCE

    async def send(self, message: Message) -> None:
        """410 and BadDeviceToken are AddressGone. A token that is too old is renewed once; anything
        else as `ports.delivery.settle` reads it."""
        if not is_address(Transport.APNS, message.content.address):
            raise AddressGone("no token of APNs's")
        token = self._tokens.token()
        status, reason = await self._asked(message, token)
        if reason == "ExpiredProviderToken" and self._tokens.expired(token):
            status, reason = await self._asked(message, self._tokens.token())
        if status == 410 or reason in _GONE:
            raise AddressGone(f"APNs answered {status}, {reason}")
        if refuses_us(status):
            log.error("gateway_refuses_us", channel=Channel.APNS, status=status, settings=_SETTINGS)
        settle(status, f", {reason}" if reason else "")

    async def close(self) -> None:
        """Lets go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _asked(self, message: Message, token: str) -> tuple[int, str]:
        """Status, and why."""
        headers, body = self._headers(message, token), self._body(message)
        try:
            async with asyncio.timeout(self.timeout_seconds):
                try:
                    status, octets = await self._put(headers, body)
                except Lost as lost:
                    if not lost.unseen:
                        raise
                    # connections end there whenever it is convenient
                    status, octets = await self._put(headers, body)
        except TimeoutError:
            raise Undelivered("TimeoutError") from None
        except OSError as error:
            raise Undelivered(type(error).__name__) from None
        return status, _reason(octets)

    async def _put(self, headers: list[tuple[str, str]], body: bytes) -> tuple[int, bytes]:
        """One that is cancelled while the other side says nothing to anybody takes the connection
        with it: there may be nobody at its other end any more."""
        connection = await self._connected()
        heard = connection.heard
        try:
            return await connection.request(headers, body)
        except asyncio.CancelledError:
            if connection.heard == heard:
                connection.close()
            raise

    async def _connected(self) -> Connection:
        async with self._connecting:
            if self._connection is None or not self._connection.usable:
                connected = self._connections.connect(self._host, self._port, self._tls)
                self._connection = await connected
            return self._connection

    def _headers(self, message: Message, token: str) -> list[tuple[str, str]]:
        content = message.content
        left = max(0, message.not_after - self._clock.now())
        alert = bool(self._settings.alert)
        return [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", self._authority),
            (":path", f"/3/device/{content.address.lower()}"),
            ("authorization", f"bearer {token}"),
            ("apns-push-type", "alert" if alert else "background"),
            ("apns-priority", "10" if alert else "5"),  # 10 is refused of what shows nothing
            ("apns-topic", self._settings.topic),
            ("apns-expiration", str((self._clock.wall() + left) // SECOND)),
            ("apns-collapse-id", collapse_key(content.body)),
        ]

    def _body(self, message: Message) -> bytes:
        """What is shown is the app's own text."""
        aps: dict[str, object] = {"content-available": 1}
        if self._settings.alert:
            alert = {"loc-key": self._settings.alert}
            aps = {"alert": alert, "sound": "default", "mutable-content": 1}
        return json.dumps({"aps": aps, **json.loads(message.content.body)}).encode()


def _reason(octets: bytes) -> str:
    """One word of APNs's; nothing else that may stand there."""
    try:
        reason = str(json.loads(octets)["reason"])
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""
    return reason if reason.isascii() and reason.isalnum() and len(reason) <= 64 else ""
