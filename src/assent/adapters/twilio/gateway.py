"""Messages and calls through Twilio's REST API."""

import json
from base64 import b64encode

import aiohttp

from assent.adapters.twilio.form import form
from assent.adapters.twilio.settings import TwilioSettings
from assent.domain.message import Message
from assent.ports.delivery import Undelivered, settle

_LONGEST_ERROR = 10_000
_ERROR_CODES = range(10_000, 100_000)


class Twilio:
    """`ports.delivery.Gateway`. At least once: neither resource takes a key by which Twilio could
    tell a second try, so a message whose answer was lost arrives twice, or the phone rings twice.

    Taken means queued: whether it arrived is known to Twilio alone.
    """

    def __init__(self, settings: TwilioSettings) -> None:
        self._settings = settings

    async def send(self, message: Message) -> None:
        """As `ports.delivery.settle` reads the answer. Redirects are not followed."""
        settings = self._settings
        resource, fields = form(settings, message.content)
        url = f"{settings.base_url}/2010-04-01/Accounts/{settings.account_sid}/{resource}.json"
        headers = {"authorization": self._authorization()}
        timeout = aiohttp.ClientTimeout(total=settings.timeout_seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as client,
                client.post(url, data=fields, headers=headers, allow_redirects=False) as answer,
            ):
                status = answer.status
                why = await _why(answer) if status >= 400 else ""
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Undelivered(type(error).__name__) from error
        settle(status, why)

    def _authorization(self) -> str:
        user = self._settings.key or self._settings.account_sid
        pair = f"{user}:{self._settings.secret.reveal()}"
        return f"Basic {b64encode(pair.encode()).decode()}"


async def _why(answer: aiohttp.ClientResponse) -> str:
    """Twilio's number for the error. Never its words: they repeat the person's number."""
    octets = b""
    async for part in answer.content.iter_any():
        octets += part
        if len(octets) > _LONGEST_ERROR:
            return ""
    try:
        code = json.loads(octets)["code"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""
    return f", error {code}" if isinstance(code, int) and code in _ERROR_CODES else ""
