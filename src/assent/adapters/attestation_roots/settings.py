"""Where the root certificates are of the makers who may vouch for devices."""

import importlib
from dataclasses import dataclass, fields

_READ_BY = "assent.adapters.attestation_roots.roots"
"""Looked up by name: what reads certificates is waited for only where some are named."""


@dataclass(frozen=True, slots=True)
class AttestationSettings:
    """Whose word is taken that a key cannot leave its device, by the format of the statement
    (WebAuthn 8). Each is a file of root certificates in PEM form, or a folder of such files, whose
    names end in .pem; empty: no statement of that format makes a device an attested one."""

    packed: str = ""
    """Of security keys, and of most platforms' authenticators."""
    tpm: str = ""
    """Of Windows Hello: the roots of the TPMs' makers."""
    android_key: str = ""
    """Of browsers on Android: the roots of hardware attestation."""
    apple: str = ""
    """Of Safari: Apple's WebAuthn root."""
    fido_u2f: str = ""
    """Of security keys that speak U2F only, which verify nobody: with them no device is enrolled
    here."""


def wrong(settings: AttestationSettings) -> str:
    """What cannot be, in a sentence; empty where all is well."""
    if not any(getattr(settings, one.name) for one in fields(settings)):
        return ""
    return str(importlib.import_module(_READ_BY).wrong(settings))
