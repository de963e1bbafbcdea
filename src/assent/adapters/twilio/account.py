"""Calls to Twilio with the account's key."""

import json
from base64 import b64encode
from collections.abc import Mapping

import aiohttp

from assent.adapters.twilio.settings import TwilioSettings
from assent.domain.message import Channel
from assent.kernel.log import Log
from assent.ports.delivery import Undelivered, refuses_us, settle

log = Log()

_LONGEST_ANSWER = 65_536
_LONGEST_ERROR = 10_000
_ERROR_CODES = range(10_000, 100_000)


class Account:
    """Redirects are not followed, cookies not kept; connections are."""

    def __init__(self, settings: TwilioSettings) -> None:
        self._settings = settings
        self._client: aiohttp.ClientSession | None = None

    async def call(
        self, method: str, url: str, channel: Channel, fields: Mapping[str, str] | None = None
    ) -> bytes:
        """The body of a 2xx; `fields` go as a form. Anything else as `ports.delivery.settle`
        reads it: raises Undelivered."""
        headers = {"authorization": self._authorization()}
        try:
            async with self._session().request(
                method, url, data=fields, headers=headers, allow_redirects=False
            ) as answer:
                status, octets = answer.status, await _read(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Undelivered(type(error).__name__) from error
        if refuses_us(status):  # every message meets the same: somebody should look
            told = "twilio.account_sid, twilio.key, twilio.secret"
            log.error("gateway_refuses_us", channel=channel, status=status, settings=told)
        settle(status, _why(octets) if status >= 400 else "")
        return octets

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
    most = _LONGEST_ANSWER if answer.status < 300 else _LONGEST_ERROR
    octets = b""
    async for part in answer.content.iter_any():
        octets += part
        if len(octets) > most:
            return b""
    return octets


def _why(octets: bytes) -> str:
    """Twilio's number for the error. Never its words: they repeat the person's number."""
    try:
        code = json.loads(octets)["code"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""
    return f", error {code}" if isinstance(code, int) and code in _ERROR_CODES else ""
