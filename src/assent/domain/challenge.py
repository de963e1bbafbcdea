"""One question put through one factor: pending, and then decided once."""

from dataclasses import dataclass, field
from enum import StrEnum


class ChallengeState(StrEnum):
    """Where a challenge stands; only PENDING can change."""

    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"
    DECLINED = "declined"
    """The person said no, on their device."""
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Purpose(StrEnum):
    """What a passed challenge brings about."""

    ENROL = "enrol"
    STEP_UP = "step_up"
    APPROVE = "approve"
    LOG_IN = "log_in"
    """A session, for somebody who has none: see usecases/log_in_on_device.py."""
    ROTATE = "rotate"
    """Another key for the same device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A question to one person, in one session (times in ms)."""

    id: int
    programme_id: int
    subject_id: int
    session_id: int
    approval_id: int
    """What it is put for: the session's step-up, or an approval that a client asked for."""
    factor_id: int
    kind: str
    holder: str
    """Whose wrong answers are counted, and..."""
    proof: str
    """...under which name: see domain/attempts.py."""
    purpose: Purpose
    state: ChallengeState = ChallengeState.PENDING
    tries: int = 0
    """Answers counted so far. Spent before they are compared."""
    expected: bytes = field(repr=False)
    """What the kind needs to judge an answer; for a code, its keyed hash."""
    content: bytes = field(default=b"", repr=False)
    """What a device was asked, as it was issued: domain/question.py. Sealed at rest; empty for
    other kinds."""
    slot: int | None = None
    """Unique a person while it is pending, where only so many may be open at a time."""
    created_at: int
    expires_at: int

    def open(self, now: int) -> bool:
        """Whether it still takes answers, as far as time and state go."""
        return self.state is ChallengeState.PENDING and now < self.expires_at
