"""A message as one HTTP request, made from templates; one gateway a channel."""

import hmac
import re
from base64 import b64encode
from functools import partial

import aiohttp
from yarl import URL

from assent.adapters.http_gateway.receipt import state_of
from assent.adapters.http_gateway.settings import (
    HttpGatewaySettings,
    signing_key,
    tls_context,
)
from assent.adapters.http_gateway.template import declared, in_body, in_header, in_url, values
from assent.domain.message import Message, MessageState
from assent.domain.reach import allowed
from assent.http.reach import Resolver
from assent.kernel.clock import SECOND, Clock
from assent.kernel.log import Log
from assent.ports.delivery import AT_ONCE, ReceiptCall, Undelivered, refuses_us, settle

log = Log()

_LONGEST_ANSWER = 65_536
"""Octets of an answer that are looked at, and at most read."""


class HttpGateway:
    """`ports.delivery.Gateway` and `Receipts`. The reference is the message's id, the same at every
    try.

    Connections are used again. Redirects are not followed: they would take the code to a place
    that nobody set; neither are cookies kept, nor proxies of the environment asked.
    """

    def __init__(self, settings: HttpGatewaySettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._key = signing_key(settings.signing_secret.reveal())
        self._accepted = re.compile(settings.accepted, re.DOTALL) if settings.accepted else None
        self._client: aiohttp.ClientSession | None = None
        self.timeout_seconds = float(settings.timeout_seconds)
        self.at_once = AT_ONCE
        self.receipts = bool(settings.receipt_status)

    async def send(self, message: Message) -> None:
        """As `ports.delivery.settle` reads the answer. One that is 2xx and does not match
        `accepted` may mean anything: again later."""
        url, headers, body = self._request(message)
        try:
            async with self._session().request(
                self._settings.method, url, headers=headers, data=body, allow_redirects=False
            ) as answer:
                status, octets = answer.status, await _read(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            inner = getattr(error, "os_error", None)
            raise Undelivered(type(inner or error).__name__) from None
        if refuses_us(status):  # every message meets the same: somebody should look
            channel = message.content.channel
            settings = f"{channel}.authorization, {channel}.headers, {channel}.key, {channel}.url"
            log.error("gateway_refuses_us", channel=channel, status=status, settings=settings)
        settle(status)
        if self._accepted and not self._accepted.search(octets.decode(errors="replace")):
            raise Undelivered(f"gateway answered {status}, and not what is accepted")

    def receipt(self, call: ReceiptCall) -> MessageState | None:
        """The URL's own signature is all there is: gateways like these sign nothing."""
        return state_of(self._settings, call)

    async def close(self) -> None:
        """Lets go of the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _session(self) -> aiohttp.ClientSession:
        """Made where it is used: it belongs to the event loop that runs there."""
        if self._client is None or self._client.closed:
            may = partial(allowed, private_network=self._settings.private_network)
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=tls_context(self._settings) or True, resolver=Resolver(may)
                ),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._client

    def _request(self, message: Message) -> tuple[URL, dict[str, str], bytes | None]:
        settings = self._settings
        given = values(message, settings.key.reveal())
        url = URL(in_url(settings.url, given), encoded=True)
        headers = {"accept-encoding": "identity", "user-agent": "assent"}
        body = None
        if settings.method == "POST":
            headers["content-type"] = declared(settings.content_type)
            body = in_body(settings.body, given, settings.content_type)
        if authorization := settings.authorization.reveal():
            headers["authorization"] = authorization
            url = url.with_user(None)  # two of them cannot be
        try:
            for name, template in settings.header_lines:
                headers[name.lower()] = in_header(template, given)
        except ValueError as error:
            raise Undelivered(str(error), lasting=True) from None
        return url, headers | self._signature(message, body or b""), body

    def _signature(self, message: Message, body: bytes) -> dict[str, str]:
        """Standard Webhooks 1.0: HMAC-SHA256 over id, time in seconds, and body."""
        if not self._key:
            return {}
        number, seconds = str(message.id), str(self._clock.wall() // SECOND)
        signed = b".".join((number.encode(), seconds.encode(), body))
        mac = b64encode(hmac.digest(self._key, signed, "sha256")).decode()
        return {
            "webhook-id": number,
            "webhook-timestamp": seconds,
            "webhook-signature": f"v1,{mac}",
        }


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """Its beginning. A short answer is read to its end, so that the connection is used again."""
    octets = b""
    async for part in answer.content.iter_any():
        octets += part
        if len(octets) > _LONGEST_ANSWER:
            break
    return octets[:_LONGEST_ANSWER]
