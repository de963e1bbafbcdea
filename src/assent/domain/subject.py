"""Whose consent it is (subject), for whom it is given (identity), and the tie between the two."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from assent.domain.contact import Mobile


class IdentityType(StrEnum):
    """Who holds the accounts."""

    CONSUMER = "consumer"
    CORPORATE = "corporate"


class Role(StrEnum):
    """In what quality a subject acts for an identity."""

    ROOT = "root"
    USER = "user"


class Diligence(StrEnum):
    """How far the due diligence about an identity has come (KYC, KYB)."""

    NOT_STARTED = "not_started"
    INITIATED = "initiated"
    PENDING_REVIEW = "pending_review"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A consumer or a corporate. `details` is the dialect's own: kept, sealed, and given back."""

    id: int
    programme_id: int
    type: IdentityType
    profile_id: int
    details: dict[str, Any] = field(repr=False)
    diligence: Diligence = Diligence.NOT_STARTED
    created_at: int
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A person. Factors, attempts and blocks hang here."""

    id: int
    programme_id: int
    email: str = field(repr=False)
    mobile: Mobile | None = field(default=None, repr=False)
    details: dict[str, Any] = field(repr=False)
    """What the dialect wants to give back: name, date of birth, tag..."""
    email_verified: bool = False
    mobile_verified: bool = False
    active: bool = True
    email_changed_at: int = 0
    """In ms; 0: the address is still the one they came with."""
    epoch: int = 0
    """Raised by whatever ends all sessions; those opened before are dead, also the ones whose
    opening is still under way."""
    created_at: int
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """This subject acts for that identity."""

    subject_id: int
    identity_id: int
    role: Role
    active: bool = True
    """Whether they may: a manager of the identity ends it and begins it again."""


@dataclass(frozen=True, slots=True)
class Acting:
    """A subject with the identity it acts for."""

    subject: Subject
    identity: Identity
    role: Role
    admitted: bool = True
    """Whether the membership is active."""

    @property
    def active(self) -> bool:
        """Whether they may act for it now."""
        return self.admitted and self.subject.active
