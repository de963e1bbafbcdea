"""A text message as one HTTP request, its body made from a template."""

import json
from dataclasses import dataclass, field

import aiohttp

from assent.domain.message import Message
from assent.kernel.secret import Secret
from assent.ports.delivery import Undelivered


@dataclass(frozen=True, slots=True)
class SmsHttpSettings:
    """Where messages go, and in what form."""

    url: str = ""
    """The gateway's address; empty: no text message leaves the house."""
    authorization: Secret = field(default_factory=lambda: Secret(""))
    """Value of the Authorization header; empty: none is sent."""
    body: str = '{"to": {to}, "text": {text}, "reference": {reference}}'
    """The request's JSON body. {to}, {text} and {reference} stand for JSON strings."""
    timeout_seconds: int = 10
    """How long the gateway may take; a message that timed out is sent again."""


class SmsHttp:
    """`ports.delivery.Gateway`. The reference is the message's id, the same at every try."""

    def __init__(self, settings: SmsHttpSettings) -> None:
        self._settings = settings

    async def send(self, message: Message) -> None:
        """2xx: taken. 4xx but 408 and 429: lasting. Anything else: again later."""
        timeout = aiohttp.ClientTimeout(total=self._settings.timeout_seconds)
        headers = {"content-type": "application/json"}
        if authorization := self._settings.authorization.reveal():
            headers["authorization"] = authorization
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as client,
                client.post(
                    self._settings.url, data=self._filled(message), headers=headers
                ) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Undelivered(type(error).__name__) from error
        if not 200 <= status < 300:
            lasting = 400 <= status < 500 and status not in (408, 429)
            raise Undelivered(f"gateway answered {status}", lasting)

    def _filled(self, message: Message) -> bytes:
        text = self._settings.body
        for name, value in (
            ("{to}", message.content.address),
            ("{reference}", str(message.id)),
            ("{text}", message.content.body),  # last: whatever it holds is not looked at again
        ):
            text = text.replace(name, json.dumps(value))
        return text.encode()
