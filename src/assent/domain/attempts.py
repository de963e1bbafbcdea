"""THE place where wrong answers, resends and lockouts are limited.

The stores count (conditionally, before anything is compared); how far they may count, and what a
count means, is said here. Every number is a setting with its reason.
"""

from dataclasses import dataclass
from enum import Enum

from assent.kernel.clock import MINUTE, SECOND

FOR_EVER = 2**53 - 1
"""`blocked_until` of a block that only an operator lifts."""


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """Counts are wrong answers; times are in ms."""

    challenge_tries: int = 3
    """A challenge of six digits then falls to a guess in 333,333; the vendor's apps use three."""
    person_tries: int = 5
    """In a row, over all sessions, channels and servers: RTS Article 4(3)(b) allows five."""
    block_ms: int = 30 * MINUTE
    """As the Multi API documents for log-in; RTS Article 4(4) leaves it to the risk."""
    permanent_after: int = 3
    """Blocks in a row until only an operator can help; the person is told at the one before."""
    approval_block_ms: int = 15 * MINUTE
    """Where an approval was asked for by a client: as the SCA API documents."""
    code_life_ms: int = 5 * MINUTE
    """As the Multi API documents; NIST SP 800-63B-4 would allow ten minutes."""
    resend_gap_ms: int = 15 * SECOND
    """As documented: RETRY_IN_15SEC."""
    sends: int = 3
    """For one approval and purpose, the first included: the first and two more, as documented. A
    session that is to be stepped up is an approval too."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Where a person stands with one proof. The row is absent until the first try."""

    failures: int = 0
    blocks: int = 0
    blocked_until: int = 0

    def blocked(self, now: int) -> bool:
        """Whether everything that needs this proof is refused, the right answer too."""
        return now < self.blocked_until

    def retry_after(self, now: int) -> int | None:
        """Seconds until the block ends; none for a permanent one, which time does not cure."""
        if self.blocked_until == FOR_EVER:
            return None
        return max(1, -(-(self.blocked_until - now) // SECOND))


class Wrong(Enum):
    """What a wrong answer left behind."""

    MORE_LEFT = "more_left"
    ONE_LEFT = "one_left"
    USED_UP = "used_up"


def holder_of(subject_id: int) -> str:
    """Under which name a person's wrong answers are counted."""
    return f"subject:{subject_id}"


def holder_of_nobody(email_lookup: bytes) -> str:
    """An address that is nobody's is counted like anybody's, or the count would tell."""
    return f"email:{email_lookup.hex()}"


def after_wrong(tries: int, person: Attempts, limits: AttemptLimits) -> Wrong:
    """What to say of a wrong answer, `tries` and `person` counting it already.

    The nearer of the two limits speaks: 1 wrong MORE_LEFT, 2 ONE_LEFT, 3 USED_UP; on the next
    challenge the 4th ONE_LEFT and the 5th USED_UP, because the person's five are then gone.
    """
    left = min(limits.challenge_tries - tries, limits.person_tries - person.failures)
    if left <= 0:
        return Wrong.USED_UP
    return Wrong.ONE_LEFT if left == 1 else Wrong.MORE_LEFT


def block_begun(person: Attempts) -> bool:
    """Whether this answer began a block. Those after it has passed count anew, and begin none."""
    return person.blocked_until > 0


def begins_block(before: Attempts, limit: int) -> bool:
    """Whether one more answer of somebody who stands so, and whom no block keeps away, begins
    one: as the stores count it."""
    counted = 1 if before.blocked_until > 0 else before.failures + 1
    return counted >= limit


def alert_due(person: Attempts, limits: AttemptLimits) -> bool:
    """Whether this answer began the block before the permanent one, so that the person must be
    told (RTS 4(4))."""
    return person.blocks == limits.permanent_after - 1 and block_begun(person)
