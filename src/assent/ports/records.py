"""Rows that serve the house itself and mean nothing to the rules."""

from dataclasses import dataclass, field

from assent.domain.attempts import Attempts
from assent.domain.challenge import Challenge
from assent.domain.factor import Factor
from assent.domain.jose import KeyScope
from assent.domain.mailed_code import MailedCode
from assent.domain.message import Outgoing
from assent.domain.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A value that a person typed into a frame, waiting under a single-use token."""

    id: int
    programme_id: int
    kind: str
    """The factor kind whose field it was typed into; it is good for no other."""
    token: str = field(repr=False)
    value: str | None = field(repr=False)
    """Erased when it is used, and by the sweep once it has expired."""
    envelope: bytes = field(repr=False)
    """Unique: whoever sends a recorded one again gets no second token for it."""
    created_at: int
    expires_at: int
    used_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureKey:
    """A short-lived key that frames encrypt to; `private` is its PKCS#8 DER (P-256)."""

    kid: str
    private: bytes = field(repr=False)
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message as it arrived on a virtual phone or mailbox (sandbox)."""

    id: int
    programme_id: int
    content: Outgoing
    sent_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key that signs bearers; `private` is its PKCS#8 DER."""

    kid: str
    algorithm: str
    private: bytes = field(repr=False)
    created_at: int
    retired_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoseKey:
    """A key of our own for encrypted and signed calls; `private` is its PKCS#8 DER."""

    kid: str
    """A UUID, which follows from scope, algorithm and version: two servers that make the same key
    at once end with one."""
    version: int
    scope: KeyScope
    algorithm: str
    """As RFC 7518 calls it."""
    private: bytes = field(repr=False)
    created_at: int
    retired_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientKey:
    """A public key that a client gave; `material` is its SubjectPublicKeyInfo in DER."""

    kid: str
    programme_id: int
    client: str
    scope: KeyScope
    algorithm: str
    material: bytes
    valid_from: int
    valid_till: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message whose content cannot be opened: damaged, sealed under a data key that is not here,
    or written by a version that says more than this one understands."""

    id: int
    not_after: int
    tries: int
    subject_id: int


@dataclass(frozen=True, slots=True)
class Resealing:
    """What became of rows that were to be sealed anew."""

    done: int
    unreadable: int
    """Damaged, or sealed under a data key that this process has not read."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key, wrapped by the vault. The newest seals, all of them open."""

    id: int
    wrapped: bytes = field(repr=False)
    created_at: int


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a log-in needs, in one read. Without a factor there is nothing to compare with."""

    subject: Subject
    factor: Factor | None


@dataclass(frozen=True, slots=True)
class Asked:
    """The latest challenge of a session for a purpose, with what judging an answer needs."""

    challenge: Challenge
    factor: Factor
    attempts: Attempts
    any_until: int = 0
    """When the last of the person's blocks ends, whatever the proof, but for those of log-in."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """A person's latest mailed code for a purpose, with where they stand."""

    code: MailedCode
    attempts: Attempts


@dataclass(frozen=True, slots=True)
class Sends:
    """How often, and when last, a code was sent."""

    count: int = 0
    last_at: int = 0


@dataclass(frozen=True, slots=True)
class HeldCall:
    """An idempotency reference as the store knows it; no answer: the first call still runs."""

    fingerprint: bytes
    answer: bytes | None
