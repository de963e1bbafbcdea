"""The relay that mail is handed to, and who the sender is."""

import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal

from assent.domain.contact import email_is_valid
from assent.kernel.secret import Secret


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where mail goes, and whom it comes from."""

    host: str = ""
    """The relay's name; empty: no mail is sent."""
    port: int = 587
    """587 for `starttls`, 465 for `tls` (RFC 8314)."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`none` is for a relay on this machine only. A relay that does not offer STARTTLS gets
    nothing."""
    username: str = ""
    """Empty: no log-in."""
    password: Secret = field(default_factory=lambda: Secret(""))
    """The password of that log-in."""
    from_address: str = ""
    """The sender's address, as in no-reply@bank.example."""
    from_name: str = ""
    """The name that mail programs show with it; empty: none."""
    ca_file: str = ""
    """PEM file with the authorities that the relay's certificate may be from; empty: the
    system's."""
    connections: int = 4
    """Most connections of one process to the relay."""
    timeout_seconds: int = 20
    """How long handing one message over may take, waiting for a free connection included; one
    that timed out is sent again."""


def wrong(settings: SmtpSettings) -> str:
    """What cannot be, in a sentence without a secret; empty where all is well."""
    if not settings.host:
        return ""
    told = {
        "mail.port is from 1 to 65535": 1 <= settings.port <= 65_535,
        "mail.connections is from 1 to 100": 1 <= settings.connections <= 100,
        "mail.timeout_seconds is from 1 to 25": 1 <= settings.timeout_seconds <= 25,
        "mail.from_address is one e-mail address": email_is_valid(settings.from_address),
        "mail.from_name is one line": settings.from_name.isprintable(),
        "mail.host is a host name or an IP address, without a port": _is_host(settings.host),
        "mail.security=none is for a relay on this machine only: mail holds codes and links": (
            settings.security != "none" or on_this_machine(settings.host)
        ),
        "mail.username needs mail.security=starttls or tls: no password goes out in clear": (
            settings.security != "none" or not settings.username
        ),
        "mail.username and mail.password are set together": (
            bool(settings.username) == bool(settings.password.reveal())
        ),
    }
    return next((sentence for sentence, holds in told.items() if not holds), _wrong_file(settings))


def _is_host(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return all(sign.isalnum() or sign in "-._" for sign in text)
    return True


def _wrong_file(settings: SmtpSettings) -> str:
    try:
        tls_context(settings)
    except (OSError, ssl.SSLError):
        return "mail.ca_file is a readable file of certificates in PEM form"
    return ""


def tls_context(settings: SmtpSettings) -> ssl.SSLContext:
    """Checks certificate and name. Raises OSError for a file of authorities that is none."""
    return ssl.create_default_context(cafile=settings.ca_file or None)


def on_this_machine(host: str) -> bool:
    """By its name or its address alone: nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
