"""One question, "may this happen?", and the proof it needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from assent.domain.element import Element

SESSION_ACTION = "session"
"""The action of a step-up: everything this session may do from now on."""


class ApprovalState(StrEnum):
    """open -> granted -> spent; granted without an end is standing."""

    OPEN = "open"
    GRANTED = "granted"
    SPENT = "spent"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Bound to one subject and one action; a step-up stands as long as its session."""

    id: int
    programme_id: int
    subject_id: int
    action: str
    fingerprint: str
    state: ApprovalState = ApprovalState.OPEN
    proven: frozenset[Element] = frozenset()
    created_at: int
    granted_at: int | None = None


def enough(*proofs: Iterable[Element]) -> bool:
    """Two elements of two categories (RTS Article 4(1)); the same category twice is one."""
    return len({element for proof in proofs for element in proof}) >= 2
