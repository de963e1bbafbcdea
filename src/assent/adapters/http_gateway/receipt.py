"""What a gateway's receipt says, in whatever form it comes."""

import json
from typing import Any
from urllib.parse import parse_qsl

from assent.adapters.http_gateway.settings import HttpGatewaySettings
from assent.domain.message import MessageState
from assent.ports.delivery import ReceiptCall

_MOST_FIELDS = 100


def state_of(settings: HttpGatewaySettings, call: ReceiptCall) -> MessageState | None:
    """The query is looked at first, then the body, as JSON or as a form."""
    status = call.query.get(settings.receipt_status)
    if status is None:
        status = _in_body(call.body, settings.receipt_status)
    if status in settings.receipt_delivered:
        return MessageState.DELIVERED
    if status in settings.receipt_failed:
        return MessageState.UNDELIVERED
    return None


def _in_body(body: bytes, name: str) -> str | None:
    try:
        text = body.decode()
        if not text.lstrip().startswith(("{", "[")):
            return dict(reversed(parse_qsl(text, max_num_fields=_MOST_FIELDS))).get(name)
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    for step in name.split("."):
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str | int) else None
