"""A push as one request to the push service of somebody's browser (RFC 8030)."""

from collections.abc import Awaitable, Callable
from functools import partial

import aiohttp
from cryptography.hazmat.primitives.asymmetric import ec
from yarl import URL

from assent.adapters.web_push.encryption import CODING, SALT_OCTETS, encrypted
from assent.adapters.web_push.settings import WebPushSettings, tls_context
from assent.adapters.web_push.vapid import Vapid, private_key
from assent.domain.message import Channel, Message
from assent.domain.push import Subscription, collapse_key, subscription_of
from assent.domain.reach import allowed_to_strangers
from assent.http.reach import AddressRefused, Resolver, written_out
from assent.kernel.clock import SECOND, Clock
from assent.kernel.log import Log
from assent.kernel.randomness import Randomness
from assent.ports.delivery import AT_ONCE, AddressGone, Undelivered, refuses_us, settle

log = Log()

_GONE = (404, 410)
"""The subscription expired, or its browser ended it (RFC 8030 7.3)."""


class WebPush:
    """`ports.delivery.Gateway`. Addresses come from devices, so from anywhere: only https is spoken
    there, redirects are not followed, and what they lead to is looked at when it is connected to.

    At least once: a newer push about a question takes the place of the one that still waits.
    """

    def __init__(
        self,
        settings: WebPushSettings,
        contact: str,
        key: Callable[[], Awaitable[bytes]],
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        """`contact` where the settings have none. `key` finds what we sign with, as PKCS#8 DER;
        it is asked before the first push."""
        self._settings = settings
        self._contact = settings.contact or contact
        self._find_key = key
        self._clock = clock
        self._randomness = randomness
        self._vapid: Vapid | None = None
        self._client: aiohttp.ClientSession | None = None
        self.timeout_seconds = float(settings.timeout_seconds)
        self.at_once = AT_ONCE

    async def send(self, message: Message) -> None:
        """201 is taken; 404 and 410 are AddressGone, and so is what is no address; anything else
        as `ports.delivery.settle` reads it. The body of an answer is not read."""
        content = message.content
        if self._vapid is None:
            self._vapid = Vapid(private_key(await self._find_key()), self._contact)
        try:
            subscription = subscription_of(content.address)
            body = self._sealed(content.body, subscription)
        except ValueError:
            raise AddressGone("no address of a browser") from None
        headers = self._headers(message, subscription, self._vapid)
        try:
            self._look_at(subscription)
            async with self._session().post(
                URL(subscription.endpoint, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            inner = getattr(error, "os_error", None)
            raise Undelivered(type(inner or error).__name__) from None
        if status in _GONE:
            raise AddressGone(f"push service answered {status}")
        if refuses_us(status):
            told = "web_push.contact"
            log.error("gateway_refuses_us", channel=Channel.WEB_PUSH, status=status, settings=told)
        settle(status)

    async def close(self) -> None:
        """Lets go of the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _headers(
        self, message: Message, subscription: Subscription, vapid: Vapid
    ) -> dict[str, str]:
        """RFC 8030 5.2 to 5.4. After its question's end a push is worth nothing."""
        left = max(0, message.not_after - self._clock.now()) // SECOND
        return {
            "authorization": vapid.authorization(subscription.origin, self._clock.wall()),
            "content-encoding": CODING,
            "content-type": "application/octet-stream",
            "topic": collapse_key(message.content.body),
            "ttl": str(left),
            "urgency": "high",
            "user-agent": "assent",
        }

    def _sealed(self, body: str, subscription: Subscription) -> bytes:
        once = ec.generate_private_key(ec.SECP256R1())  # its randomness is OpenSSL's
        salt = self._randomness.octets(SALT_OCTETS)
        return encrypted(body.encode(), subscription, once, salt)

    def _look_at(self, subscription: Subscription) -> None:
        """Of an address that is written out no resolver is asked. Raises AddressRefused."""
        address = written_out(URL(subscription.endpoint, encoded=True).host or "")
        if address and not allowed_to_strangers(address, self._settings.private_network):
            raise AddressRefused("inside, or nobody's")

    def _session(self) -> aiohttp.ClientSession:
        """Made where it is used: it belongs to the event loop that runs there."""
        if self._client is None or self._client.closed:
            may = partial(_may, private_network=self._settings.private_network)
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=tls_context(self._settings), resolver=Resolver(may)
                ),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._client


def _may(host: str, address: str, private_network: bool) -> bool:
    """Whatever it is called."""
    return allowed_to_strangers(address, private_network)
