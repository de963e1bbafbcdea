"""Which makers may vouch for devices: their root certificates, from files that operators keep.

None come with the program: to trust a maker is the operator's choice, and its roots change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from assent.adapters.attestation_roots.settings import AttestationSettings

FORMATS: Final = {
    "packed": "packed",
    "tpm": "tpm",
    "android_key": "android-key",
    "apple": "apple",
    "fido_u2f": "fido-u2f",
}
"""Setting to the format's name in WebAuthn."""


class UnfitRoots(Exception):
    """A file that is not what it should be; the message says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Root:
    """One certificate."""

    name: str
    pem: bytes = field(repr=False)
    ends_at: int
    """In ms: after that it vouches for nothing."""


def roots(settings: AttestationSettings) -> dict[str, tuple[Root, ...]]:
    """By the format's name in WebAuthn, for those that are set. Raises UnfitRoots."""
    paths = {one.name: str(getattr(settings, one.name)) for one in fields(settings)}
    return {
        FORMATS[name]: tuple(_read(f"attestation.{name}", Path(path)))
        for name, path in paths.items()
        if path
    }


def pems(found: Mapping[str, Sequence[Root]]) -> dict[str, tuple[bytes, ...]]:
    """What the factor kind is given."""
    return {name: tuple(root.pem for root in kept) for name, kept in found.items()}


def wrong(settings: AttestationSettings) -> str:
    """What cannot be, in a sentence; empty where all is well."""
    try:
        roots(settings)
    except UnfitRoots as unfit:
        return str(unfit)
    return ""


def _read(setting: str, path: Path) -> list[Root]:
    files = sorted(path.glob("*.pem")) if path.is_dir() else [path]
    if not files:
        raise UnfitRoots(f"{setting} is a folder without a file whose name ends in .pem")
    return [root for file in files for root in _in_file(setting, file)]


def _in_file(setting: str, file: Path) -> list[Root]:
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        raise UnfitRoots(f"{setting}: {file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UnfitRoots(f"{setting}: {file} is no file of certificates in PEM form") from error
    for one in found:
        if one.issuer != one.subject:
            raise UnfitRoots(
                f"{setting}: {file} holds {one.subject.rfc4514_string()}, which is no root: "
                f"{one.issuer.rfc4514_string()} issued it. Name that one instead"
            )
    return [
        Root(
            name=one.subject.rfc4514_string(),
            pem=one.public_bytes(Encoding.PEM),
            ends_at=int(one.not_valid_after_utc.timestamp() * 1_000),
        )
        for one in found
    ]
