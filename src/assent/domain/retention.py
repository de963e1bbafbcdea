"""How long what has served its time is kept (GDPR Article 5(1)(e)).

The record of what happened (domain/facts.py), balances and payments are no sort of this list: the
law has them kept (RTS Article 29; Directive (EU) 2015/849, Article 40), and the record is a chain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from assent.kernel.clock import DAY


class Sort(StrEnum):
    """What is forgotten, in this order: approvals go when their session is gone."""

    SESSIONS = "sessions"
    APPROVALS = "approvals"
    CHALLENGES = "challenges"
    MAILED_CODES = "mailed_codes"
    MESSAGES = "messages"
    ATTEMPTS = "attempts"
    CLIENT_KEYS = "client_keys"
    DELIVERIES = "deliveries"


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """Days, counted from when a thing ended; what still lives is never deleted."""

    sessions_days: int = 30
    """Sessions that ended or expired. That there was one is in the record for ever."""
    approvals_days: int = 30
    """Approvals that expired, and those of sessions that are gone."""
    challenges_days: int = 30
    """Challenges whose time is over, with the keyed hashes of their codes."""
    mailed_codes_days: int = 30
    """The same for codes by e-mail."""
    messages_days: int = 30
    """Messages that were sent or given up: when, on which channel and how they ended. What they
    said was erased when they ended."""
    attempts_days: int = 366
    """Wrong answers of somebody who has given none since. Who is blocked stays blocked: a block
    that only an operator lifts is never deleted."""
    client_keys_days: int = 30
    """Public keys of clients that expired."""
    deliveries_days: int = 30
    """Messages on virtual phones and in virtual mailboxes (sandbox)."""

    def days(self, sort: Sort) -> int:
        """How long one sort is kept."""
        days: int = getattr(self, f"{sort}_days")
        return days

    def cutoffs(self, now: int) -> Iterator[tuple[Sort, int]]:
        """For each sort the moment (ms) before which a thing must have ended to go."""
        for sort in Sort:
            yield sort, now - self.days(sort) * DAY


MOST_APART = 60_000
"""In ms; where this machine's clock and the database's differ by more nothing is deleted."""
STEP = DAY
"""How far the moment that is deleted by may move on from one hour to the next.

A clock that was set forward by a year, by whatever mistake, would otherwise delete in an hour what
is to be kept for a year. So it deletes a day's worth an hour, while `assent doctor` says that the
clock was set; a server that was down for a month has caught up in thirty hours.
"""


def moment(now: int, reached: int) -> int:
    """What is deleted by, where `reached` is what was deleted by last; 0: nothing ever was."""
    return min(now, reached + STEP) if reached else now
