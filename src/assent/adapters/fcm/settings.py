"""The Firebase project whose apps are woken."""

import json
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from assent.domain.capture import is_loopback, is_origin


@dataclass(frozen=True, slots=True)
class FcmSettings:
    """FCM wakes apps where an account is set."""

    account_file: str = ""
    """Path of a service account's JSON file, as the Firebase console hands it out; the account may
    send messages, and need do nothing else. Empty: FCM is not used."""
    url: str = "https://fcm.googleapis.com"
    """Origin of the HTTP v1 API."""
    token_url: str = ""
    """Where tokens for it come from; empty: the account's own `token_uri`."""
    ca_file: str = ""
    """PEM file with the authorities that both may be from; empty: the system's."""
    timeout_seconds: int = 10
    """How long a message may take, with the token it may need; one that timed out is sent again."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is read of the file."""

    project: str
    email: str
    key_id: str
    token_url: str
    key: RSAPrivateKey = field(repr=False)


def account(settings: FcmSettings) -> Account:
    """Raises OSError or ValueError, without anything of the file's in it."""
    try:
        read = json.loads(Path(settings.account_file).read_text())
        names = ("project_id", "client_email", "private_key_id", "private_key")
        project, email, key_id, pem = (str(read[name]) for name in names)
        key = load_pem_private_key(pem.encode(), password=None)
        token_url = settings.token_url or str(read["token_uri"])
    except (ValueError, TypeError, LookupError, RecursionError):
        raise ValueError("no service account") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("no service account: its key is RSA")
    if not project or not all(sign.isalnum() or sign in "-:." for sign in project):
        raise ValueError("no service account: it names no project")
    return Account(project, email, key_id, token_url, key)


def wrong(settings: FcmSettings) -> str:
    """What cannot be, in a sentence without a secret; empty where all is well."""
    if not is_origin(settings.url) or not _secure(settings.url):
        return "fcm.url is an origin that begins with https://, without a path"
    if settings.token_url and not _secure(settings.token_url):
        return "fcm.token_url begins with https://"
    try:
        tls_context(settings)
    except (OSError, ssl.SSLError):
        return "fcm.ca_file is a readable file of certificates in PEM form"
    if not settings.account_file:
        return ""
    try:
        found = account(settings)
    except (OSError, ValueError):
        return "fcm.account_file is the readable JSON file of a service account"
    if not _secure(found.token_url):
        return "fcm.account_file names a token_uri that does not begin with https://"
    return ""


def _secure(url: str) -> bool:
    return url.startswith("https://") or is_loopback("/".join(url.split("/")[:3]))


def tls_context(settings: FcmSettings) -> ssl.SSLContext:
    """Raises OSError for a file that is none."""
    return ssl.create_default_context(cafile=settings.ca_file or None)
