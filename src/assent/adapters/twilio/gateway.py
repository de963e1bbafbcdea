"""Messages and calls through Twilio's REST API."""

import json
from base64 import b64encode

import aiohttp
import structlog

from assent.adapters.twilio.form import form
from assent.adapters.twilio.receipt import state_of
from assent.adapters.twilio.settings import TwilioSettings
from assent.domain.message import Message, MessageState
from assent.ports.delivery import AT_ONCE, ReceiptCall, Undelivered, refuses_us, settle

log = structlog.get_logger()

_LONGEST_ANSWER = 10_000
_ERROR_CODES = range(10_000, 100_000)


class Twilio:
    """`ports.delivery.Gateway` and `Receipts`. At least once: neither resource takes a key by which
    Twilio could tell a second try, so a message whose answer was lost arrives twice, or the phone
    rings twice.

    Taken means queued: whether it arrived is what receipts say.
    """

    def __init__(self, settings: TwilioSettings) -> None:
        self._settings = settings
        self._token = settings.signing_token
        self._client: aiohttp.ClientSession | None = None
        self.timeout_seconds = float(settings.timeout_seconds)
        self.at_once = AT_ONCE
        self.receipts = bool(self._token)

    async def send(self, message: Message) -> None:
        """As `ports.delivery.settle` reads the answer. Redirects are not followed."""
        settings = self._settings
        resource, fields = form(settings, message)
        url = f"{settings.base_url}/2010-04-01/Accounts/{settings.account_sid}/{resource}.json"
        headers = {"authorization": self._authorization()}
        try:
            async with self._session().post(
                url, data=fields, headers=headers, allow_redirects=False
            ) as answer:
                status, octets = answer.status, await _read(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Undelivered(type(error).__name__) from error
        if refuses_us(status):  # every message meets the same: somebody should look
            told = "twilio.account_sid, twilio.key, twilio.secret"
            channel = message.content.channel
            log.error("gateway_refuses_us", channel=channel, status=status, settings=told)
        settle(status, _why(octets) if status >= 400 else "")

    def receipt(self, call: ReceiptCall) -> MessageState | None:
        """As `MessageStatus` or `CallStatus` says it: a call that nobody takes is undelivered."""
        return state_of(call, self._token)

    async def close(self) -> None:
        """Lets go of the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _session(self) -> aiohttp.ClientSession:
        """Made where it is used: it belongs to the event loop that runs there."""
        if self._client is None or self._client.closed:
            self._client = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._client

    def _authorization(self) -> str:
        user = self._settings.key or self._settings.account_sid
        pair = f"{user}:{self._settings.secret.reveal()}"
        return f"Basic {b64encode(pair.encode()).decode()}"


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """To its end, so that the connection is used again; nothing where that is too far."""
    octets = b""
    async for part in answer.content.iter_any():
        octets += part
        if len(octets) > _LONGEST_ANSWER:
            return b""
    return octets


def _why(octets: bytes) -> str:
    """Twilio's number for the error. Never its words: they repeat the person's number."""
    try:
        code = json.loads(octets)["code"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""
    return f", error {code}" if isinstance(code, int) and code in _ERROR_CODES else ""
