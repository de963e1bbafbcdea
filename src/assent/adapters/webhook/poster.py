"""Events, posted and signed as the Multi API documents it."""

import hmac
from base64 import b64encode
from functools import partial

import aiohttp
from yarl import URL

from assent.adapters.webhook.settings import WebhookSettings, may_call, tls_context
from assent.domain.webhook import is_target
from assent.http.reach import AddressRefused, Resolver, written_out
from assent.kernel.clock import Clock
from assent.kernel.randomness import Randomness
from assent.ports.delivery import Undelivered
from assent.ports.webhooks import EventCall

_REFERENCE_OCTETS = 16
_LONGEST_ANSWER = 16_384
"""Octets of an answer that are read, so that the connection is used again; nobody looks at them."""
_AGAIN = (408, 409, 425, 429)
"""Besides 5xx. 429 is not on the Multi API's list: a server that asks for patience is given it."""


class Webhooks:
    """`ports.webhooks.Poster`.

    Each try is signed anew, with a moment and a reference of its own: a receiver that refuses what
    is older than some minutes takes a retry, and what somebody recorded is good for nothing. What
    it knows a doubled event by is `request-ref`.

    Redirects are not followed: they would lead inside, or take the event to a place that nobody
    set. No cookies are kept, and no proxies of the environment asked.
    """

    at_once = 64
    share = 16

    def __init__(
        self, settings: WebhookSettings, clock: Clock, randomness: Randomness, sandbox: bool
    ) -> None:
        """A `sandbox` calls this machine too, and in clear."""
        self._settings = settings
        self._clock = clock
        self._randomness = randomness
        self._sandbox = sandbox
        self._may = partial(may_call, settings, sandbox)
        self._client: aiohttp.ClientSession | None = None
        self.timeout_seconds = float(settings.timeout_seconds)

    async def post(self, call: EventCall) -> None:
        """2xx: taken. 408, 409, 425, 429, 5xx and no answer: again later. Anything else: never."""
        url = self._url(call.url)
        try:
            async with self._session().post(
                url, data=call.body, headers=self._headers(call), allow_redirects=False
            ) as answer:
                status = answer.status
                await _read(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            inner = getattr(error, "os_error", None)  # its words may hold the address
            raise Undelivered(type(inner or error).__name__) from None
        if not 200 <= status < 300:
            again = status in _AGAIN or status >= 500
            raise Undelivered(f"the target answered {status}", lasting=not again)

    async def close(self) -> None:
        """Lets go of the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _url(self, text: str) -> URL:
        """Checked again: what was set was another version's, or another setting's, to check."""
        if not is_target(text, self._sandbox):
            raise Undelivered("no address that may be called", lasting=True)
        url = URL(text, encoded=True)
        try:
            address = written_out(url.host or "")
        except AddressRefused:
            address = "0.0.0.0"  # noqa: S104 - which nobody may call
        if address and not self._may(address):
            raise Undelivered("no address that may be called", lasting=True)
        return url

    def _headers(self, call: EventCall) -> dict[str, str]:
        reference = self._randomness.octets(_REFERENCE_OCTETS).hex()
        moment = str(self._clock.wall())
        second = reference.encode() + call.body + moment.encode()
        return {
            "accept-encoding": "identity",
            "call-ref": reference,
            "content-type": "application/json",
            "published-timestamp": moment,
            "request-ref": call.reference,
            "signature": _signed(call.key, moment.encode()),
            "signature-v2": _signed(call.key, second),
            "user-agent": "assent",
        }

    def _session(self) -> aiohttp.ClientSession:
        """Made where it is used: it belongs to the event loop that runs there."""
        if self._client is None or self._client.closed:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=tls_context(self._settings) or True,
                    resolver=Resolver(lambda host, address: self._may(address)),
                    limit=0,  # the lane counts them
                ),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._client


def _signed(key: str, octets: bytes) -> str:
    return b64encode(hmac.digest(key.encode(), octets, "sha256")).decode()


async def _read(answer: aiohttp.ClientResponse) -> None:
    """Its beginning: what is longer is cut off, with its connection."""
    count = 0
    async for part in answer.content.iter_any():
        count += len(part)
        if count > _LONGEST_ANSWER:
            answer.close()
            return
