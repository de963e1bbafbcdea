"""How firms' servers are reached, and which they may be."""

import ssl
from dataclasses import dataclass

from assent.domain.reach import allowed_to_strangers, is_loopback_address


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where each programme's events go is a setting of the programme: webhook_url."""

    private_network: bool = False
    """Whether targets may lie in a private network, or be this machine. Without it they are public
    ones only (a sandbox's may be this machine). Link-local ones, where clouds keep their keys,
    are never called."""
    timeout_seconds: int = 10
    """How long a firm's server may take to answer; then it is asked again later."""
    ca_file: str = ""
    """PEM file with the authorities that targets' certificates may be from; empty: the system's."""


def wrong(settings: WebhookSettings) -> str:
    """What cannot be, in a sentence; empty where all is well."""
    try:
        tls_context(settings)
    except (OSError, ssl.SSLError):
        return "webhooks.ca_file is a readable file of certificates in PEM form"
    return ""


def tls_context(settings: WebhookSettings) -> ssl.SSLContext | None:
    """One of its own for authorities of its own; none for the system's. Raises OSError."""
    return ssl.create_default_context(cafile=settings.ca_file) if settings.ca_file else None


def may_call(settings: WebhookSettings, sandbox: bool, address: str) -> bool:
    """Whether a target may be at this address."""
    if sandbox and is_loopback_address(address):
        return True
    return allowed_to_strangers(address, settings.private_network)
