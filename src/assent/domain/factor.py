"""What a person has enrolled."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class FactorState(StrEnum):
    """pending -> active -> suspended | removed."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One row for every kind, so that a new kind needs no migration.

    `details` is the kind's own and sealed; `counter` only rises; `slot` is unique a person and
    kind while the factor stands, `claim` unique over the whole house; both are free again when it
    is removed.
    """

    id: int
    programme_id: int
    subject_id: int
    kind: str
    state: FactorState
    details: dict[str, Any] = field(repr=False)
    counter: int = 0
    slot: int | None = 0
    claim: bytes | None = field(default=None, repr=False)
    created_at: int
    version: int = 1


@dataclass(frozen=True, slots=True)
class FactorLine:
    """A factor as a list shows it: without what is sealed."""

    kind: str
    state: FactorState


def was_ever_proved(line: FactorLine) -> bool:
    """Whether the person once answered a challenge with it, whatever became of it since."""
    return line.state is not FactorState.PENDING
