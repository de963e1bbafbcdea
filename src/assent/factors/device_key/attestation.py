"""Attestation statements (WebAuthn 8): who vouches for a browser's authenticator, if anybody.

That a statement was made for this very key is checked by the library for every format it knows.
Whether its chain of certificates leads to a maker whom the operator trusts is seen here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography import x509
from webauthn.helpers import validate_certificate_chain

from assent.factors.device_key.cbor import plain_map
from assent.factors.device_key.keys import Unfit

FORMATS: Final = ("packed", "tpm", "android-key", "apple", "fido-u2f")
"""With a chain. Not among them: android-safetynet, whose service Google has ended, and formats
that the library does not know."""
_MOST_CERTIFICATES: Final = 6
_UNIT: Final = "Authenticator Attestation"
_AAGUID: Final = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
_OCTET_STRING: Final = b"\x04\x10"
"""DER before an AAGUID's 16 octets."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An attestation object, apart (WebAuthn 6.5)."""

    fmt: str
    chain: tuple[bytes, ...] = field(repr=False)
    """Certificates in DER, the authenticator's own first; empty: it vouches for itself, if that."""
    data: bytes = field(repr=False)
    """The authenticator data."""


def statement_in(octets: bytes) -> Statement:
    """Raises Unfit for what is no such thing, or of a format that is not taken."""
    found = plain_map(octets)
    if set(found) != {"fmt", "attStmt", "authData"}:
        raise Unfit("an attestation object holds fmt, attStmt and authData")
    fmt, told, data = found["fmt"], found["attStmt"], found["authData"]
    if not isinstance(told, dict) or not isinstance(data, bytes):
        raise Unfit("an attestation object holds a statement and authenticator data")
    if fmt not in ("none", *FORMATS):
        raise Unfit("no format of attestation that is taken here")
    if fmt == "none" and told:
        raise Unfit("a statement of format none is empty")
    return Statement(fmt, _chain(told), data)


def _chain(told: Mapping[Any, Any]) -> tuple[bytes, ...]:
    chain = told.get("x5c", [])
    if not isinstance(chain, list) or ("x5c" in told and not chain):
        raise Unfit("x5c is a list of certificates")
    if len(chain) > _MOST_CERTIFICATES:
        raise Unfit(f"a chain has at most {_MOST_CERTIFICATES} certificates")
    if not all(isinstance(one, bytes) for one in chain):
        raise Unfit("x5c is a list of certificates")
    return tuple(chain)


def attested(statement: Statement, roots: Mapping[str, Sequence[bytes]], aaguid: str) -> str:
    """The format of a statement whose chain leads to a root of that format; empty where it leads
    nowhere, or there is none. The statement itself has been checked. Raises Unfit where its
    certificate is not what the format asks for."""
    if not statement.chain:
        return ""
    if statement.fmt == "packed":
        _refuse_odd_leaf(statement.chain[0], aaguid)
    trusted = roots.get(statement.fmt)
    if not trusted:
        return ""
    try:
        # by the machine's own clock, which no sandbox moves: so are the certificates
        validate_certificate_chain(x5c=list(statement.chain), pem_root_certs_bytes=list(trusted))
    except Exception:
        return ""
    return statement.fmt


def _refuse_odd_leaf(certificate: bytes, aaguid: str) -> None:
    """WebAuthn 8.2.1, which the library leaves to others. Without it whoever holds any certificate
    of a maker's, for a web site or as an authority, could vouch for devices."""
    try:
        leaf = x509.load_der_x509_certificate(certificate)
        units = leaf.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATIONAL_UNIT_NAME)
        basic = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value
        model = _model(leaf.extensions)
        fits = (
            leaf.version is x509.Version.v3
            and [unit.value for unit in units] == [_UNIT]
            and not basic.ca
            and model in (b"", bytes.fromhex(aaguid.replace("-", "")))
        )
    # lazily parsed: any part of it may turn out to be nonsense, each with an error of its own
    except Exception as error:
        raise Unfit("no certificate of an authenticator") from error
    if not fits:
        raise Unfit("not a certificate of this authenticator (WebAuthn 8.2.1)")


def _model(extensions: x509.Extensions) -> bytes:
    """The AAGUID that the certificate is for; empty where it names none."""
    try:
        found = extensions.get_extension_for_oid(_AAGUID)
    except x509.ExtensionNotFound:
        return b""
    if found.critical or not isinstance(found.value, x509.UnrecognizedExtension):
        raise ValueError("not as WebAuthn 8.2.1 has it")
    if not found.value.value.startswith(_OCTET_STRING):
        raise ValueError("no octet string")
    return found.value.value.removeprefix(_OCTET_STRING)
