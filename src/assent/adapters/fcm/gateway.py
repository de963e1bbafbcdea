"""A push through Firebase's HTTP v1 API."""

import json
from typing import Any

import aiohttp

from assent.adapters.fcm.settings import FcmSettings, account, tls_context
from assent.adapters.fcm.tokens import Tokens
from assent.domain.message import Channel, Message
from assent.domain.push import collapse_key
from assent.kernel.clock import SECOND, Clock
from assent.kernel.log import Log
from assent.ports.delivery import AT_ONCE, AddressGone, Undelivered, refuses_us, settle

log = Log()

_MOST_OCTETS = 65_536
_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_ANOTHERS = "SENDER_ID_MISMATCH"
_SETTINGS = "fcm.account_file, fcm.url"


class Fcm:
    """`ports.delivery.Gateway`. What is sent is data for the app and nothing to show: the app
    fetches the question itself.

    https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
    """

    def __init__(self, settings: FcmSettings, clock: Clock) -> None:
        self._settings = settings
        self._account = account(settings)
        self._url = f"{settings.url}/v1/projects/{self._account.project}/messages:send"
        self._tokens = Tokens(self._account, clock)
        self._clock = clock
        self._client: aiohttp.ClientSession | None = None
        self.timeout_seconds = float(settings.timeout_seconds)
        self.at_once = AT_ONCE

    async def send(self, message: Message) -> None:
        """UNREGISTERED is AddressGone. 401 is asked again once, with a new token; anything else as
        `ports.delivery.settle` reads it. Redirects are not followed."""
        client = self._session()
        token = await self._tokens.token(client)
        status, octets = await self._posted(client, message, token)
        if status == 401:
            self._tokens.refused(token)
            token = await self._tokens.token(client)
            status, octets = await self._posted(client, message, token)
        why, error = _read(octets) if status >= 400 else ("", "")
        if error == "UNREGISTERED" or (status == 404 and why == "NOT_FOUND"):
            raise AddressGone("FCM knows no such app any more")
        if error == _ANOTHERS:  # a token of another project's: the device's fault, not ours
            raise Undelivered(f"FCM answered {status}, {error}", lasting=True)
        if status == 404:  # and not in the API's own words: that is not the API
            log.error("gateway_refuses_us", channel=Channel.FCM, status=status, settings=_SETTINGS)
            raise Undelivered("answered 404, and not as FCM does")
        if refuses_us(status):
            log.error("gateway_refuses_us", channel=Channel.FCM, status=status, settings=_SETTINGS)
        settle(status, f", {error}" if error else "")

    async def close(self) -> None:
        """Lets go of the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _posted(
        self, client: aiohttp.ClientSession, message: Message, token: str
    ) -> tuple[int, bytes]:
        headers = {"authorization": f"Bearer {token}", "user-agent": "assent"}
        try:
            async with client.post(
                self._url, json=self._body(message), headers=headers, allow_redirects=False
            ) as answer:
                return answer.status, await answer.content.read(_MOST_OCTETS)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Undelivered(type(error).__name__) from None

    def _body(self, message: Message) -> dict[str, Any]:
        """`data` is what the body holds: names and texts."""
        content = message.content
        left = max(0, message.not_after - self._clock.now()) // SECOND
        return {
            "message": {
                "token": content.address,
                "data": json.loads(content.body),
                "android": {
                    "priority": "HIGH",
                    "ttl": f"{left}s",
                    "collapse_key": collapse_key(content.body),
                },
            }
        }

    def _session(self) -> aiohttp.ClientSession:
        """Made where it is used: it belongs to the event loop that runs there."""
        if self._client is None or self._client.closed:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=tls_context(self._settings)),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._client


def _read(octets: bytes) -> tuple[str, str]:
    """The status and FCM's own code, where it is one of capitals; the words beside them repeat
    the device's token."""
    try:
        error = json.loads(octets)["error"]
        code = next((one["errorCode"] for one in error.get("details", ()) if _is_fcm(one)), "")
        status = str(error.get("status", ""))
        return status, code if code.isascii() and code.replace("_", "").isupper() else ""
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return "", ""


def _is_fcm(detail: Any) -> bool:
    return bool(detail.get("@type") == _ERROR)
