"""The changes to codes that go by e-mail, and the budgets of whatever is sent."""

from dataclasses import dataclass

from assent.domain.challenge import ChallengeState
from assent.domain.mailed_code import MailPurpose


@dataclass(frozen=True, slots=True)
class SpendMailedTry:
    """Counts one answer to a mailed code, before it is compared. Returns `tries`.

    Fails unless it is pending, unexpired and below `limit`.
    """

    code_id: int
    limit: int
    now: int


@dataclass(frozen=True, slots=True)
class GiveBackMailedTry:
    """The answer was right and uses nothing up, so that it cost no try (*may*)."""

    code_id: int


@dataclass(frozen=True, slots=True)
class DecideMailedCode:
    """From pending to a final state, once. Fails when it was decided before."""

    code_id: int
    state: ChallengeState
    now: int


@dataclass(frozen=True, slots=True)
class WithdrawMailedCodes:
    """Those for this purpose that wait for an answer are void: a newer one takes their place, or
    the person's access is cut off (*may*)."""

    subject_id: int
    purpose: MailPurpose
    now: int


@dataclass(frozen=True, slots=True)
class SpendBudget:
    """Counts one of something in a period of time. Returns `spent`. Fails at `limit`.

    `period` is the number of the period, `until` its end: older counts are as none.
    """

    key: bytes
    period: int
    limit: int
    until: int


@dataclass(frozen=True, slots=True)
class SpendGap:
    """One of something, not too soon after the last: fails while that is younger than `before`.
    Returns `now`.

    `until` is when the row means nothing any more. Its key is no `SpendBudget`'s.
    """

    key: bytes
    before: int
    now: int
    until: int
