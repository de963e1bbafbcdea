"""The app of Apple's platforms that is woken."""

import re
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from assent.domain.capture import is_origin


@dataclass(frozen=True, slots=True)
class ApnsSettings:
    """APNs wakes apps where a key is set."""

    key_file: str = ""
    """Path of the key (`AuthKey_....p8`) that tokens are signed with; empty: APNs is not used."""
    key_id: str = ""
    """The key's ten letters and digits."""
    team_id: str = ""
    """The team's ten letters and digits."""
    topic: str = ""
    """The app's bundle id."""
    url: str = "https://api.push.apple.com"
    """Origin of APNs; that of apps from Xcode is https://api.sandbox.push.apple.com."""
    alert: str = "ASSENT_QUESTION"
    """The key of the app's own text (`loc-key`, in its Localizable.strings) that is shown with a
    push: no text leaves this server. Empty: nothing is shown, and the app is woken when the phone
    finds the time."""
    ca_file: str = ""
    """PEM file with the authorities that its certificate may be from; empty: the system's."""
    timeout_seconds: int = 10
    """How long APNs may take; a push that timed out is sent again."""


_TEN = re.compile(r"[A-Z0-9]{10}")
_BUNDLE = re.compile(r"[A-Za-z0-9.-]{1,155}")
_NAME = re.compile(r"[A-Za-z0-9_.-]{0,64}")


def signing_key(settings: ApnsSettings) -> EllipticCurvePrivateKey:
    """Raises OSError or ValueError, without anything of the file's in it."""
    try:
        key = load_pem_private_key(Path(settings.key_file).read_bytes(), password=None)
    except (ValueError, TypeError):
        raise ValueError("no key") from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("no key of P-256")
    return key


def wrong(settings: ApnsSettings) -> str:
    """What cannot be, in a sentence without a secret; empty where all is well."""
    if told := _wrong_with_key(settings):
        return told
    url = settings.url
    if not is_origin(url) or not url.startswith("https://"):
        return "apns.url is an origin that begins with https://, without a path"
    if not _NAME.fullmatch(settings.alert):
        return "apns.alert is the name of a text of the app's, of letters, digits, _, . and -"
    try:
        tls_context(settings)
    except (OSError, ssl.SSLError):
        return "apns.ca_file is a readable file of certificates in PEM form"
    if not settings.key_file:
        return ""
    for name, form in (("key_id", _TEN), ("team_id", _TEN)):
        if not form.fullmatch(getattr(settings, name)):
            return f"apns.{name} is ten capital letters and digits"
    if not _BUNDLE.fullmatch(settings.topic):
        return "apns.topic is the app's bundle id"
    return ""


def _wrong_with_key(settings: ApnsSettings) -> str:
    """What all else rests on."""
    if not settings.key_file:
        others = [name for name in ("key_id", "team_id", "topic") if getattr(settings, name)]
        if not others:
            return ""
        return f"apns.key_file is missing: apns.{others[0]} is set, and is no use without a key"
    try:
        signing_key(settings)
    except (OSError, ValueError):
        return "apns.key_file is the readable .p8 file of a key of P-256"
    return ""


def tls_context(settings: ApnsSettings) -> ssl.SSLContext:
    """Offers HTTP/2 and nothing else. Raises OSError for a file that is none."""
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    context.set_alpn_protocols(["h2"])
    return context
