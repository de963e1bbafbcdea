"""Templates with places, each filled once: what a value holds is no place."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from assent.domain.message import Message
from assent.domain.sms_length import sms_length

Value = str | None
"""None: there is no such thing in this message."""

_PLACE = re.compile(
    r"\{(to|to_digits|text|code|channel|reference|coding|receipt_url|key)\}", re.ASCII
)
_IN_XML = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "'": "&apos;",
        "\r": "&#13;",
        "\n": "&#10;",
        "\t": "&#9;",
    }
)
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Form:
    """How a value stands in a text of this sort."""

    media_type: str
    escaped: Callable[[Value], str]
    charset: str = ""
    """What is added to the media type, where that does not say it."""


def _json(value: Value) -> str:
    return json.dumps(value)


def _url(value: Value) -> str:
    return quote(value or "", safe="", errors="replace")


def _in_form(value: Value) -> str:
    return quote_plus(value or "", errors="replace")


def _xml(value: Value) -> str:
    """XML has no way to write some control characters: they become blanks."""
    said = _NOT_IN_XML.sub(" ", value or "")
    return said.translate(_IN_XML)


def _plain(value: Value) -> str:
    return value or ""


FORMS = {
    "json": Form("application/json", _json),
    "form": Form("application/x-www-form-urlencoded", _in_form),
    "xml": Form("application/xml", _xml),
    "text": Form("text/plain", _plain, "; charset=utf-8"),
}


def sort_of(content_type: str) -> str:
    """Which of FORMS a media type is of; empty: none."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return "json"
    if kind in ("application/xml", "text/xml") or kind.endswith("+xml"):
        return "xml"
    return {"application/x-www-form-urlencoded": "form", "text/plain": "text"}.get(kind, "")


def names(template: str) -> set[str]:
    """The places that it has."""
    return set(_PLACE.findall(template))


def values(message: Message, key: str) -> dict[str, Value]:
    """What stands in each place."""
    content = message.content
    return {
        "to": content.address,
        "to_digits": content.address.removeprefix("+"),
        "text": content.body,
        "code": content.code,
        "channel": content.channel.value,
        "reference": str(message.id),
        "coding": coding(content.body),
        "receipt_url": message.receipt_url,
        "key": key,
    }


def in_url(template: str, given: Mapping[str, Value]) -> str:
    """Each value percent-encoded, whatever part of the address it stands in."""
    return _filled(template, given, _url)


def in_header(template: str, given: Mapping[str, Value]) -> str:
    """Raises ValueError for a value that would not stay in its line."""
    line = _filled(template, given, _plain)
    if not (line.isascii() and line.isprintable()):
        raise ValueError("no value of a header")
    return line


def in_body(template: str, given: Mapping[str, Value], content_type: str) -> bytes:
    """Escaped as the media type says; in UTF-8."""
    filled = _filled(template, given, FORMS[sort_of(content_type)].escaped)
    return filled.encode(errors="replace")


def declared(content_type: str) -> str:
    """The media type as a header, with the charset where it would be guessed."""
    return (
        content_type
        if "charset" in content_type.lower()
        else content_type + FORMS[sort_of(content_type)].charset
    )


def _filled(template: str, given: Mapping[str, Value], escaped: Callable[[Value], str]) -> str:
    return _PLACE.sub(lambda place: escaped(given[place.group(1)]), template)


def coding(text: str) -> str:
    """As SMPP and Kannel name it: 0 for a text in the alphabet of text messages, else 2 (UCS-2)."""
    return "2" if sms_length(text).ucs2 else "0"
