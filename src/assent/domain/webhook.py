"""The address of a firm's own server that its programme's events are posted to."""

from typing import Final
from urllib.parse import urlsplit

from assent.domain.capture import is_loopback, is_origin
from assent.domain.reach import allowed_to_strangers, is_written_out

TARGET_FORM: Final = (
    "https:// and the public address of a server (a private one with webhooks.private_network, a "
    "link-local one never), with a path or without: no user name, no query and no fragment, at "
    "most 255 characters; in a sandbox also http:// for this machine; or empty: nothing is told"
)
_MOST = 255
_NOT = frozenset('"<>\\^`{|}?#@')


def is_target(text: str, sandbox: bool) -> bool:
    """Whether events may be posted behind it. What its name leads to is seen when it is called."""
    if len(text) > _MOST or not all("!" <= sign <= "~" for sign in text) or set(text) & _NOT:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    origin = f"{parts.scheme}://{parts.netloc}"
    # an origin has one spelling: none that only an operating system takes for an address
    safe = parts.scheme == "https" or (sandbox and is_loopback(origin))
    return is_origin(origin) and safe


def may_be_set(text: str, sandbox: bool, private_network: bool) -> bool:
    """The same for what a programme is told to use: empty is none. An address that is written out
    is looked at at once."""
    if not text:
        return True
    if not is_target(text, sandbox):
        return False
    parts = urlsplit(text)
    host = parts.hostname or ""
    if not is_written_out(host) or (sandbox and is_loopback(f"{parts.scheme}://{parts.netloc}")):
        return True
    return allowed_to_strangers(host, private_network)
