"""The contract of a factor kind: how that sort of factor asks and checks. Plain data both ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol, runtime_checkable

from assent.domain.deed import Deed
from assent.domain.device import Device, RelyingParty
from assent.domain.element import Element
from assent.domain.message import Outgoing
from assent.domain.programme import ProgrammeSettings
from assent.domain.prompt import Prompt
from assent.domain.subject import Subject
from assent.kernel.randomness import Randomness
from assent.kernel.refusals import Code
from assent.kernel.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A challenge as its kind wants it put."""

    prompt: Prompt
    expected: bytes = field(repr=False)
    messages: tuple[Outgoing, ...] = ()


class Verdict(Enum):
    """Whether an answer was right."""

    RIGHT = "right"
    WRONG = "wrong"


def checked(right: bool, counter: int, elements: frozenset[Element]) -> "Checked":
    """The usual answer: all the kind's elements, or none."""
    if right:
        return Checked(Verdict.RIGHT, counter, elements)
    return Checked(Verdict.WRONG, counter)


@dataclass(frozen=True, slots=True)
class Checked:
    """What an answer proved, and where the factor's counter stands after it."""

    verdict: Verdict
    counter: int = 0
    elements: frozenset[Element] = frozenset()


class Kind(Protocol):
    """One sort of factor. Pure: everything it needs is an argument or was given at the start."""

    name: str
    called: str
    """What a person calls what they answer with, in a message to them."""
    proof: str
    """Under which name wrong answers are counted; kinds that share a name share a budget."""
    elements: frozenset[Element]
    """What a right answer proves."""
    verifies_mobile: bool
    """Whether enrolling it shows that the person's mobile number is theirs."""

    @property
    def factor_kind(self) -> str:
        """The kind of the factor it goes through: its own, but for other ways to one phone."""
        ...

    def ready(self, subject: Subject, countries: tuple[str, ...]) -> dict[str, Any]:
        """The details to enrol or ask this person with, taken from what is known of them.

        Refuses (MOBILE_MISSING, MOBILE_UNREACHABLE...) where the question could not reach them;
        `countries` are those the programme sends to.
        """
        ...

    def begin(
        self,
        details: Mapping[str, Any],
        now: int,
        randomness: Randomness,
        action: Deed,
        chosen: str | None = None,
    ) -> Begun:
        """Puts the question. `action` is what the person is to read; `chosen` is the answer a
        sandbox wants instead of a random one. Kinds without codes have no use for it."""
        ...

    def check(
        self, details: Mapping[str, Any], counter: int, expected: bytes, answer: str, now: int
    ) -> Checked:
        """Judges an answer, in time that does not depend on how wrong it is."""
        ...


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What is kept of a thing that was presented to be enrolled."""

    details: dict[str, Any] = field(repr=False)
    mark: str | None = field(default=None, repr=False)
    """The same for the same thing, where a person may not enrol it twice; else none."""


@runtime_checkable
class PresentedKind(Kind, Protocol):
    """A kind that is proved by presenting again what was enrolled: a PIN, a face map, a device
    fingerprint. Nothing is asked first, so nothing is pending and nothing expires.

    `enrol` and `check` may take tens of milliseconds: they run in the World's pool.
    """

    most: int
    """How many of them a person may have at a time."""

    def fits(self, presented: Secret) -> bool:
        """Whether it is of this kind's form, as far as is quick to see: asked outside the pool."""
        ...

    def enrol(self, presented: Secret, now: int) -> Enrolled:
        """What to keep. Refuses FACTOR_UNFIT for what is not of this kind's form."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedDevice:
    """A device that is to be enrolled, or its new key, as the device says it."""

    name: str = field(repr=False)
    proof: Mapping[str, str] = field(repr=False)
    """The public JWK that its calls are signed with; that it has the private one is shown by the
    very call."""
    jws: str = field(default="", repr=False)
    """Of a native device: a compact JWS over the octets it is to sign, by the key that its header
    holds as `jwk`."""
    attestation: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of a browser: `id`, `clientDataJSON` and `attestationObject` of the registration (WebAuthn
    5.2.1), in base64url."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Of an answer; one of the two."""

    jws: str = field(default="", repr=False)
    """A compact JWS whose payload is the octets."""
    assertion: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`id`, `clientDataJSON`, `authenticatorData` and `signature` (WebAuthn 5.2.2), in base64url;
    its challenge is the octets' SHA-256."""


@runtime_checkable
class SigningKind(Kind, Protocol):
    """A kind whose answer is a signature of the person's own device over what it showed: see
    domain/question.py. Several devices of one person are asked at a time, and one answers.

    Both methods take about a millisecond: they run where they are called.
    """

    most: int
    """How many devices a person may have."""

    def enrolled(
        self,
        octets: bytes,
        offered: OfferedDevice,
        party: RelyingParty,
        settings: ProgrammeSettings,
    ) -> tuple[Device, int]:
        """What is kept of a device that signed these octets with its new key, and where that key's
        own count stands. Refuses FACTOR_UNFIT for whatever does not check out, or is not what the
        programme asks for (attestation, keys that cannot be copied)."""
        ...

    def signed(
        self,
        device: Device,
        counter: int,
        octets: bytes,
        signature: Signature,
        claimed: int,
        party: RelyingParty,
    ) -> Checked:
        """Whether the device's key signed exactly these octets, the person at hand; a counter that
        does not rise is wrong. `counter` is the factor's, which holds the key's own count above
        `device.base`; `claimed` is the count that a native device put into the octets."""
        ...


@runtime_checkable
class SecretKind(Kind, Protocol):
    """A kind whose proof is a secret that the person chose and that must be hashed slowly.

    Its `check`, `keep` and `decoy` take tens of milliseconds: they run in the World's pool.
    """

    def objection(
        self, secret: Secret, settings: ProgrammeSettings, about: Sequence[str]
    ) -> Code | None:
        """The first reason to refuse a new secret; `about` are words an attacker would try."""
        ...

    def used_before(
        self, details: Mapping[str, Any], secret: Secret, settings: ProgrammeSettings
    ) -> bool:
        """Whether it is among those the programme remembers, the present one included."""
        ...

    def keep(self, details: Mapping[str, Any], secret: Secret, now: int) -> dict[str, Any]:
        """New details, with the secret's hash and the history moved on."""
        ...

    def outdated(self, details: Mapping[str, Any]) -> bool:
        """Whether the hash was made at other costs than today's."""
        ...

    def rehashed(self, details: Mapping[str, Any], secret: Secret) -> dict[str, Any]:
        """The same secret at today's costs, the history as it was."""
        ...

    def decoy(self) -> Mapping[str, Any]:
        """Details of nobody, that cost the same to check: an unknown name must take as long."""
        ...
