"""What a firm's server is told of afterwards. Each dialect says it in its own words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from assent.domain.subject import Acting


class EventName(StrEnum):
    """Of what sort."""

    FACTOR_CHANGED = "factor_changed"
    STEP_UP_DECIDED = "step_up_decided"
    LOG_IN_DECIDED = "log_in_decided"
    USER_DEACTIVATED = "user_deactivated"


class Outcome(StrEnum):
    """What came of it."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    VERIFIED = "verified"
    DECLINED = "declined"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one person (`at` in ms)."""

    name: EventName
    subject_id: int
    identity_id: int = 0
    """0: none is known, or all of them."""
    kind: str = ""
    """The factor's."""
    challenge_id: int = 0
    outcome: Outcome | None = None
    by: str = ""
    """Who did it, as the record says: domain/facts.py."""
    reason: str = ""
    """In an operator's own words; a dialect lets out what it has a word for."""
    address: str = field(default="", repr=False)
    """The person's e-mail address, of an event that names it: later they may have none."""
    erased: bool = False
    """Whether the person is gone: once it was taken nothing is kept of it."""
    at: int


@dataclass(frozen=True, slots=True)
class EventWords:
    """An event in a dialect's words: where it goes, behind the firm's own address, and its body."""

    path: str
    payload: Mapping[str, Any] = field(repr=False)
    """It may name the person's address."""


Say = Callable[[Event, Acting | None], EventWords | None]
"""A dialect's way of saying an event of somebody, acting for the identity that it names; none for
an event that it has no words for."""


def to_fields(event: Event) -> dict[str, Any]:
    """As JSON holds it."""
    return {
        "name": event.name.value,
        "subject_id": event.subject_id,
        "identity_id": event.identity_id,
        "kind": event.kind,
        "challenge_id": event.challenge_id,
        "outcome": event.outcome.value if event.outcome else None,
        "by": event.by,
        "reason": event.reason,
        "address": event.address,
        "erased": event.erased,
        "at": event.at,
    }


def from_fields(fields: dict[str, Any]) -> Event:
    """Reads what `to_fields` wrote. Raises ValueError, TypeError or KeyError for anything else."""
    outcome = fields.pop("outcome")
    name = EventName(fields.pop("name"))
    return Event(name=name, outcome=Outcome(outcome) if outcome else None, **fields)
