"""Changes to whom a person may act for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndSessionsFor:
    """All sessions in which a person acts for one identity (*may*)."""

    subject_id: int
    identity_id: int
    why: str
    now: int


@dataclass(frozen=True, slots=True)
class Admit:
    """Whether a person may act for an identity of theirs; sessions for one that they may not act
    for are dead. Fails where it is so already."""

    subject_id: int
    identity_id: int
    active: bool


Admission = Admit | EndSessionsFor
