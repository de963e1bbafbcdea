"""Where the messages of a channel go, in what form, and how receipts read."""

import re
import ssl
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from assent.adapters.http_gateway.template import FORMS, names, sort_of
from assent.domain.message import Channel
from assent.kernel.secret import Secret


@dataclass(frozen=True, slots=True)
class HttpGatewaySettings:
    """One request a message; docs/operations/gateways.md has whole examples."""

    url: str = ""
    """The gateway's address, a template like the body behind its host; empty: no message of this
    channel goes this way."""
    method: Literal["POST", "GET"] = "POST"
    """GET has no body: all there is to say is in the address."""
    authorization: Secret = field(default_factory=lambda: Secret(""))
    """Value of the Authorization header; empty: that of a user and password in `url`, or none."""
    headers: Secret = field(default_factory=lambda: Secret(""))
    """More headers, one a line, as in `X-Sender: Bank`; each value is a template like the body."""
    key: Secret = field(default_factory=lambda: Secret(""))
    """What {key} stands for, in address, headers and body."""
    content_type: str = "application/json"
    """The body's media type: JSON, application/x-www-form-urlencoded, text/plain or XML. It says
    how what stands in a place is escaped."""
    body: str = '{"to": {to}, "text": {text}, "reference": {reference}}'
    """The request's body. {to}, {to_digits}, {text}, {code}, {channel}, {reference}, {coding},
    {receipt_url} and {key} stand for values; in JSON with their quotes."""
    signing_secret: Secret = field(default_factory=lambda: Secret(""))
    """`whsec_` and 24 to 64 octets in base64: requests are signed as Standard Webhooks are. Empty:
    they are not."""
    accepted: str = ""
    """A regular expression that the body of an answer must hold a match of, for gateways that
    answer 200 with an error inside; empty: the status alone decides."""
    receipt_status: str = ""
    """The field of a delivery receipt that says what became of the message: of its query, its
    form or its JSON, where dots lead inwards, as in `results.0.status`. Empty: no receipts."""
    receipt_delivered: tuple[str, ...] = ()
    """What it says of one that arrived."""
    receipt_failed: tuple[str, ...] = ()
    """What it says of one that will not arrive. Anything else is a stage on the way."""
    private_network: bool = False
    """Whether the name in `url` may lead into a private network. Without it names lead to public
    addresses only; an address written in `url` itself is taken as it is, and so is localhost."""
    ca_file: str = ""
    """PEM file with the authorities that the gateway's certificate may be from; empty: the
    system's."""
    timeout_seconds: int = 10
    """How long the gateway may take; a message that timed out is sent again."""

    @property
    def header_lines(self) -> list[tuple[str, str]]:
        """Name and template."""
        lines = (line.partition(":") for line in self.headers.reveal().splitlines() if line.strip())
        return [(name.strip(), value.strip()) for name, _, value in lines]


_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""RFC 9110 5.6.2."""
_OWN = {
    *("authorization", "connection", "content-length", "content-type", "host"),
    *("transfer-encoding", "webhook-id", "webhook-signature", "webhook-timestamp"),
}
_IN_HEADERS = {"to", "to_digits", "code", "channel", "reference", "coding", "receipt_url", "key"}


def wrong(settings: HttpGatewaySettings, channel: Channel) -> str:
    """What cannot be, in a sentence without a secret; empty where all is well. Text messages also
    carry notices, which have no code: their template needs the text."""
    told = (
        _wrong_url(settings)
        or _wrong_headers(settings)
        or _wrong_places(settings, channel)
        or _wrong_receipts(settings)
        or _wrong_form(settings)
    )
    return f"{channel}.{told}" if told else ""


def _wrong_url(settings: HttpGatewaySettings) -> str:
    url = settings.url
    if not url:
        return ""
    if not url.startswith(("https://", "http://")):
        return "url begins with https:// or http://"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or port == 0 or names(parts.netloc) or "{" in parts.netloc:
        return "url names a host, and a template begins behind it"
    if parts.fragment or not all("!" <= sign <= "~" for sign in url):
        return "url is percent-encoded, without blanks and without a fragment"
    return ""


def _wrong_headers(settings: HttpGatewaySettings) -> str:
    for name, value in settings.header_lines:
        if not _TOKEN.fullmatch(name) or not value.isascii() or not value.isprintable():
            return "headers are lines as in X-Sender: Bank, in ASCII"
        if name.lower() in _OWN:
            return f"headers hold no {name.lower()}: it is a setting of its own, or made"
        if names(value) - _IN_HEADERS:
            return "headers have no place for {text}: it may be longer than a line, and no ASCII"
    if not settings.authorization.reveal().isprintable():
        return "authorization is one line"
    return ""


def _wrong_places(settings: HttpGatewaySettings, channel: Channel) -> str:
    places = names(settings.url) | {
        name for _, value in settings.header_lines for name in names(value)
    }
    if settings.method == "POST":
        places |= names(settings.body)
    said = "text" in places or ("code" in places and channel is not Channel.SMS)
    if said and places & {"to", "to_digits"}:
        return ""
    or_code = "" if channel is Channel.SMS else " or {code}"
    where = "body" if settings.method == "POST" else "url"
    return f"{where} must have the places {{to}} and {{text}}{or_code}"


def _wrong_receipts(settings: HttpGatewaySettings) -> str:
    templates = [settings.url, *(value for _, value in settings.header_lines)]
    if settings.method == "POST":
        templates.append(settings.body)
    asked = any("receipt_url" in names(one) for one in templates)
    if asked != bool(settings.receipt_status):
        return "receipt_status and a place {receipt_url} are there together"
    if asked and not (settings.receipt_delivered and settings.receipt_failed):
        return "receipt_delivered and receipt_failed name what receipt_status may say"
    if set(settings.receipt_delivered) & set(settings.receipt_failed):
        return "receipt_delivered and receipt_failed have a value in common"
    return ""


def _wrong_form(settings: HttpGatewaySettings) -> str:
    if sort_of(settings.content_type) not in FORMS:
        return f"content_type is of JSON, XML, plain text or {FORMS['form'].media_type}"
    if not settings.content_type.isascii() or not settings.content_type.isprintable():
        return "content_type is one line of ASCII"
    secret = settings.signing_secret.reveal()
    if secret and not 24 <= len(signing_key(secret)) <= 64:
        return "signing_secret is whsec_ and 24 to 64 octets in base64"
    try:
        re.compile(settings.accepted)
    except re.error:
        return "accepted is a regular expression of Python's"
    try:
        tls_context(settings)
    except (OSError, ssl.SSLError):
        return "ca_file is a readable file of certificates in PEM form"
    return ""


def signing_key(secret: str) -> bytes:
    """The octets of a Standard Webhooks secret; none for what is no such secret."""
    prefix, found, octets = secret.partition("whsec_")
    try:
        return b64decode(octets, validate=True) if found and not prefix else b""
    except ValueError:
        return b""


def tls_context(settings: HttpGatewaySettings) -> ssl.SSLContext | None:
    """One of its own for authorities of its own; none for the system's. Raises OSError for a file
    that is none."""
    return ssl.create_default_context(cafile=settings.ca_file) if settings.ca_file else None
