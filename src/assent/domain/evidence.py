"""What a vendor says that a person answered in its app, once it is clear that it is the vendor."""

from dataclasses import dataclass
from enum import Enum

from assent.domain.question import Reason


class Said(Enum):
    """What came of a question, by the vendor's word."""

    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One answer."""

    said: Said
    source: str
    """Who says so, and by what number of theirs: for the record."""
    reason: Reason | None = None
    """Of a denial."""


@dataclass(frozen=True, slots=True)
class RemoteAnswer:
    """The same, with the question that it is about."""

    programme_id: int
    subject_id: int
    challenge_id: int
    evidence: Evidence
