"""Twilio's receipts: who signed them, and what they say."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from assent.domain.message import MessageState
from assent.ports.delivery import ForgedReceipt, ReceiptCall

_MESSAGE = {
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.UNDELIVERED,
    "canceled": MessageState.UNDELIVERED,
}
_CALL = {
    "completed": MessageState.DELIVERED,
    "busy": MessageState.UNDELIVERED,
    "no-answer": MessageState.UNDELIVERED,
    "failed": MessageState.UNDELIVERED,
    "canceled": MessageState.UNDELIVERED,
}
"""https://www.twilio.com/docs/messaging/guides/track-outbound-message-status and
https://www.twilio.com/docs/voice/api/call-resource#statuscallback. The others are on the way."""


def state_of(call: ReceiptCall, token: bytes) -> MessageState | None:
    """Raises ForgedReceipt for what the holder of the account's token has not signed. Only what is
    signed is read."""
    first = signed_form(call, token)
    return _MESSAGE.get(first.get("MessageStatus", "")) or _CALL.get(first.get("CallStatus", ""))


def signed_form(call: ReceiptCall, token: bytes) -> dict[str, str]:
    """The first value of each name of a form that Twilio signed. Raises ForgedReceipt."""
    form = _form(call.body)
    refuse_unsigned(call, form, token)
    return {name: values[0] for name, values in form.items()}


def refuse_unsigned(call: ReceiptCall, form: Mapping[str, list[str]], token: bytes) -> None:
    """Raises ForgedReceipt."""
    given = call.headers.get("x-twilio-signature", "").encode()
    made = (signature(url, form, token).encode() for url in _spellings(call.url))
    if not any(hmac.compare_digest(given, one) for one in made):
        raise ForgedReceipt("no signature of Twilio's")


def signature(url: str, form: Mapping[str, list[str]], token: bytes) -> str:
    """https://www.twilio.com/docs/usage/security: HMAC-SHA1 over the whole URL and each name of the
    form with its value, by name, in base64. A name that is there twice: each of its values once."""
    told = url + "".join(
        f"{name}{value}" for name in sorted(form) for value in sorted(set(form[name]))
    )
    return b64encode(hmac.digest(token, told.encode(), "sha1")).decode()


def _form(body: bytes) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise ForgedReceipt("no form") from None
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def _spellings(url: str) -> list[str]:
    """As it was told, and with and without the port: Twilio signs either."""
    parts = urlsplit(url)
    usual = 443 if parts.scheme == "https" else 80
    bare = parts.netloc.removesuffix(f":{parts.port}") if parts.port else parts.netloc
    hosts = (parts.netloc, bare, f"{bare}:{parts.port or usual}")
    return [urlunsplit(parts._replace(netloc=host)) for host in dict.fromkeys(hosts)]
