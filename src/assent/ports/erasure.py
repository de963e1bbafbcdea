"""One person's file: all that is held of them, and the changes that erase it (GDPR 15 and 17)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from assent.domain.factor import Factor
from assent.domain.facts import Fact
from assent.domain.payment import Payment
from assent.domain.session import Session, SessionLimits
from assent.domain.subject import Identity

Line = Mapping[str, Any]
"""A row by names that say what they hold: numbers, words, nothing sealed, no hash and no key."""


class Part(StrEnum):
    """What rows there are of a person beside the person's own; erased in this order, because some
    are found through others."""

    SENDS = "sends"
    APPROVALS = "approvals"
    CHALLENGES = "challenges"
    SESSIONS = "sessions"
    GRANTS = "grants"
    MAILED_CODES = "mailed_codes"
    FACTORS = "factors"
    MEMBERSHIPS = "memberships"


@dataclass(frozen=True, slots=True)
class ErasePart:
    """Deletes the rows of one part (*may*)."""

    subject_id: int
    part: Part


@dataclass(frozen=True, slots=True)
class EraseMessages:
    """Deletes a person's messages, sent or not, but for `keep` and `event`, the last two that tell
    of it (*may*)."""

    subject_id: int
    keep: int = 0
    event: int = 0


@dataclass(frozen=True, slots=True)
class EraseDeliveries:
    """Deletes what arrived at a virtual phone or mailbox (*may*)."""

    programme_id: int
    address: str


@dataclass(frozen=True, slots=True)
class EraseCounts:
    """Deletes where a holder stands, with every proof (*may*)."""

    programme_id: int
    holder: str


@dataclass(frozen=True, slots=True)
class EraseBudget:
    """Deletes how much was sent to an address (*may*)."""

    key: bytes


@dataclass(frozen=True, slots=True)
class EraseIdentity:
    """The identity as given, without its details. Fails when its version has moved on, or when
    anybody but this person acts for it."""

    identity: Identity
    subject_id: int


@dataclass(frozen=True, slots=True)
class ErasePerson:
    """Deletes the person; the e-mail address is free again. Fails when the version has moved on.

    To stand last: whoever is about to add a row that hangs on the person then finds nobody.
    """

    subject_id: int
    version: int


Erasure = (
    EraseBudget
    | EraseCounts
    | EraseDeliveries
    | EraseIdentity
    | EraseMessages
    | ErasePart
    | ErasePerson
)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session, also one that has ended."""

    session: Session
    ended_at: int | None
    ended_why: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """All rows of a person that no other read gives; oldest first."""

    sessions: Sequence[SessionLine]
    factors: Sequence[Factor]
    """Removed ones too."""
    approvals: Sequence[Line]
    challenges: Sequence[Line]
    messages: Sequence[Line]
    mailed_codes: Sequence[Line]
    clients: Sequence[Line]


class PersonFiles(Protocol):
    """A part of `ports.stores.Stores`. For operators: none of it is read by a request."""

    async def dossier(self, subject_id: int) -> Dossier:
        """What is held of a person."""
        ...

    async def held_factors(self, subject_id: int) -> Sequence[Factor]:
        """Those of every kind that were not removed, oldest first."""
        ...

    async def live_sessions(
        self, subject_id: int, now: int, limits: SessionLimits
    ) -> Sequence[Session]:
        """Those that a bearer could still use, untouched, oldest first."""
        ...

    async def latest_facts(self, programme_id: int, subject_id: int, most: int) -> Sequence[Fact]:
        """What was recorded of a person, newest first."""
        ...

    async def companions(self, identity_id: int, subject_id: int) -> int:
        """How many others act for an identity."""
        ...

    async def payments_held(self, identity_id: int) -> Sequence[Payment]:
        """All of an identity's, whatever their state, oldest first."""
        ...

    async def erase_answers(self, marks: Sequence[bytes]) -> int:
        """Deletes stored idempotent answers in which one of these stands; returns how many.

        They are found by opening every answer of the last day: they are kept under a hash of the
        call, and say nothing of whom they are about. One that cannot be opened is deleted with
        them, and logged: it answers nobody, and may speak of the person.
        """
        ...
