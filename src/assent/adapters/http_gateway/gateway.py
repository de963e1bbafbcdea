"""A message as one HTTP request, its body made from a template; one gateway a channel."""

import json
from dataclasses import dataclass, field

import aiohttp

from assent.domain.message import Channel, Message
from assent.kernel.secret import Secret
from assent.ports.delivery import Undelivered, settle


@dataclass(frozen=True, slots=True)
class HttpGatewaySettings:
    """Where the messages of a channel go, and in what form."""

    url: str = ""
    """The gateway's address; empty: no message of this channel goes this way."""
    authorization: Secret = field(default_factory=lambda: Secret(""))
    """Value of the Authorization header; empty: none is sent."""
    body: str = '{"to": {to}, "text": {text}, "reference": {reference}}'
    """The request's JSON body. {to}, {text}, {code}, {channel} and {reference} stand for JSON
    strings; {code} for null in a message that holds none."""
    timeout_seconds: int = 10
    """How long the gateway may take; a message that timed out is sent again."""


def wrong(settings: HttpGatewaySettings, channel: Channel) -> str:
    """What cannot be, in a sentence; empty where all is well. Text messages also carry notices,
    which have no code: their template needs the text."""
    if settings.url and not settings.url.startswith(("https://", "http://")):
        return f"{channel}.url begins with https:// or http://"
    said = "{text}" in settings.body or ("{code}" in settings.body and channel is not Channel.SMS)
    if "{to}" in settings.body and said:
        return ""
    or_code = "" if channel is Channel.SMS else " or {code}"
    return f"{channel}.body must have the places {{to}} and {{text}}{or_code}"


class HttpGateway:
    """`ports.delivery.Gateway`. The reference is the message's id, the same at every try."""

    def __init__(self, settings: HttpGatewaySettings) -> None:
        self._settings = settings

    async def send(self, message: Message) -> None:
        """As `ports.delivery.settle` reads the answer. Redirects are not followed: they would
        take the code to a place that nobody set."""
        timeout = aiohttp.ClientTimeout(total=self._settings.timeout_seconds)
        headers = {"content-type": "application/json"}
        if authorization := self._settings.authorization.reveal():
            headers["authorization"] = authorization
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as client,
                client.post(
                    self._settings.url,
                    data=self._filled(message),
                    headers=headers,
                    allow_redirects=False,
                ) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Undelivered(type(error).__name__) from error
        settle(status)

    def _filled(self, message: Message) -> bytes:
        content = message.content
        text = self._settings.body
        for name, value in (
            ("{to}", content.address),
            ("{reference}", str(message.id)),
            ("{channel}", content.channel),
            ("{code}", content.code),
            ("{text}", content.body),  # last: whatever it holds is not looked at again
        ):
            text = text.replace(name, json.dumps(value))
        return text.encode()
