"""How browsers are woken."""

import re
import ssl
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebPushSettings:
    """Devices say themselves where they are woken: each browser has a push service of its own."""

    enabled: bool = True
    """Whether devices are offered Web Push, and woken by it. They answer without it too, but have
    to look by themselves."""
    contact: str = ""
    """Whom a push service writes to about our pushes: `mailto:` or `https:`. Empty:
    server.base_url, if it is `https:`. Apple's takes no pushes without one."""
    private_network: bool = False
    """Whether addresses that devices give may lead into a private network, or to this machine: for
    a push service of one's own. They come from outside, so without it they may not."""
    ca_file: str = ""
    """PEM file with the authorities that push services' certificates may be from; empty: the
    system's."""
    timeout_seconds: int = 10
    """How long a push service may take; a push that timed out is sent again."""


_CONTACT = re.compile(r"(?:mailto:[^\s@]+@[^\s@]+|https://[^\s/]+\S*)", re.ASCII)


def wrong(settings: WebPushSettings) -> str:
    """What cannot be, in a sentence; empty where all is well."""
    if settings.contact and not _CONTACT.fullmatch(settings.contact):
        return "web_push.contact begins with mailto: or https://"
    try:
        tls_context(settings)
    except (OSError, ssl.SSLError):
        return "web_push.ca_file is a readable file of certificates in PEM form"
    return ""


def tls_context(settings: WebPushSettings) -> ssl.SSLContext:
    """Raises OSError for a file that is none."""
    return ssl.create_default_context(cafile=settings.ca_file or None)
