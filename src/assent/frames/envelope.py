"""What a frame sends: the typed value, encrypted in the browser to a short-lived key.

JWE compact (RFC 7516), ECDH-ES over P-256 straight to A256GCM (RFC 7518 4.6, 5.3): whoever ends
TLS between browser and server, and whoever keeps a log there, sees no value.
"""

import base64
import hashlib
from typing import Annotated, Any, Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from msgspec import Meta, Struct

from assent.domain.capture import CaptureLimits
from assent.domain.programme import PASSCODE, PASSCODE_FORM, PASSWORD, PIN, PIN_FORM
from assent.kernel.randomness import Randomness
from assent.kernel.secret import Secret
from assent.ports.records import CaptureKey

KIND_OF_FIELD: Final = {"password": PASSWORD, "passCode": PASSCODE, "pin": PIN}
"""The SDK's names of fields, and the factor kinds that what is typed there is good for."""
_FORMS: Final = {"passCode": PASSCODE_FORM, "pin": PIN_FORM}
_REGISTRY = jwe.JWERegistry(algorithms=["ECDH-ES", "A256GCM"])
"""What a header says of its own algorithm decides nothing."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (SP 800-186)."""
LONGEST: Final = 8_192
"""Octets of an envelope; the frames fill theirs up to some 900."""


_UNFIT = (
    *(JoseError, msgspec.DecodeError, ValueError, KeyError, TypeError, AttributeError),
    RecursionError,  # brackets in brackets, a thousand deep
)
"""What readers say of content that whoever encrypted it, which anybody can, has made up."""


class BadEnvelope(Exception):
    """It does not open, or what is in it is no value for its field."""


class Opened(Struct):
    """The content of an envelope. All of it is authenticated by the encryption."""

    ui_key: Annotated[str, Meta(max_length=100)]
    field: Literal["password", "passCode", "pin"]
    value: Annotated[str, Meta(min_length=1, max_length=256)]
    nonce: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}\Z")]

    def __repr__(self) -> str:
        return f"Opened({self.field})"  # or the value would stand in every traceback

    @property
    def kind(self) -> str:
        """The factor kind."""
        return KIND_OF_FIELD[self.field]

    @property
    def secret(self) -> Secret:
        """What was typed."""
        return Secret(self.value)

    @property
    def mark(self) -> bytes:
        """Names this envelope and no other, for the memory of those that came before."""
        return hashlib.sha256(f"{self.ui_key}\n{self.nonce}".encode()).digest()


def new_capture_key(randomness: Randomness, now: int, limits: CaptureLimits) -> CaptureKey:
    """A P-256 key. 320 bits are taken, so that no number is likelier (FIPS 186-5 A.2.1)."""
    number = int.from_bytes(randomness.octets(40), "big") % (_ORDER - 1) + 1
    private = ec.derive_private_key(number, ec.SECP256R1()).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    return CaptureKey(
        kid=randomness.octets(12).hex(),
        private=private,
        created_at=now,
        expires_at=now + 2 * limits.key_ms,
    )


class EnvelopeKey:
    """A key, ready for use."""

    def __init__(self, row: CaptureKey) -> None:
        self.row = row
        self._key = ECKey.import_key(row.private, {"kid": row.kid})
        self.public: dict[str, Any] = self._key.as_dict(private=False)
        """A JWK (RFC 7517), for the page."""

    def open(self, envelope: str) -> Opened:
        """Raises BadEnvelope, with nothing in it of what was inside."""
        try:
            content = jwe.decrypt_compact(envelope, self._key, registry=_REGISTRY).plaintext
            opened = msgspec.json.decode(content or b"", type=Opened)
        except _UNFIT:
            raise BadEnvelope from None
        form = _FORMS.get(opened.field)
        if form is not None and not form.fullmatch(opened.value):
            raise BadEnvelope
        return opened


def key_of(envelope: str) -> str:
    """Which key it says it was encrypted to. Raises BadEnvelope."""
    if len(envelope) > LONGEST:
        raise BadEnvelope
    header = envelope.partition(".")[0]
    try:
        octets = base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))
        return msgspec.json.decode(octets, type=_Header).kid
    except _UNFIT:
        raise BadEnvelope from None


class _Header(Struct, forbid_unknown_fields=True):
    """What ours says, and nothing else: no `crit`, no `zip`, no key of the sender's choice."""

    alg: Literal["ECDH-ES"]
    enc: Literal["A256GCM"]
    epk: dict[str, str]
    kid: Annotated[str, Meta(max_length=64)]
