"""One question, "may this happen?", and the proof it needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from assent.domain.attempts import FOR_EVER
from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.kernel.clock import MINUTE

CATEGORIES_NEEDED = 2
"""RTS Article 4(1), whatever a person has enrolled."""
SESSION_ACTION = "session"
"""The action of a step-up: everything this session may do from now on."""
LOG_IN_ACTION = "log_in"
"""The action of a log-in by device: usecases/log_in_on_device.py."""


class ApprovalState(StrEnum):
    """open -> granted -> spent; whatever was asked of a person ends as withdrawn when a factor of
    theirs is removed."""

    OPEN = "open"
    GRANTED = "granted"
    SPENT = "spent"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ApprovalLimits:
    """Of approvals that a client asks for, one for each action. Times are in ms."""

    life_ms: int = 60 * MINUTE
    """From the asking to the last moment at which it can be used, as the SCA API documents."""
    standing_ms: int = 5 * MINUTE
    """How long one for a low-risk action stands for others, from its grant on; RTS Article
    4(3)(d) allows five minutes, and it does not slide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Bound to one subject and one action.

    A step-up is bound to its session and stands as long as that does. One that a client asked for
    is handed out as a token, expires, and is used up by its action.
    """

    id: int
    programme_id: int
    subject_id: int
    action: str
    fingerprint: str
    client: str = ""
    """Who asked, where it was a client with a token for an answer."""
    lookup: bytes | None = field(default=None, repr=False)
    """The token's keyed hash."""
    claim: bytes | None = field(default=None, repr=False)
    """Unique while it can be used: the same question again is the same approval."""
    text: str = field(default="", repr=False)
    """What the person reads, in English."""
    words: str = ""
    """The name of that text's words, and below what fills them: see domain/deed.py."""
    values: dict[str, str] = field(default_factory=dict, repr=False)
    parameters: dict[str, str] = field(default_factory=dict, repr=False)
    standing: bool = False
    """Low risk: its grant stands for other low-risk actions too, for a while."""
    state: ApprovalState = ApprovalState.OPEN
    proven: frozenset[Element] = frozenset()
    created_at: int
    granted_at: int | None = None
    expires_at: int | None = None
    """None: it ends with its session."""

    @property
    def deed(self) -> Deed:
        """As it is said in a message."""
        return Deed(self.text, self.words, self.values)

    def usable(self, now: int) -> bool:
        """Whether something may still become of it."""
        return self.left(now) > 0 and self.state in (ApprovalState.OPEN, ApprovalState.GRANTED)

    def left(self, now: int) -> int:
        """ms until it expires, 0 from then on; endless where it ends with its session."""
        return FOR_EVER if self.expires_at is None else max(0, self.expires_at - now)


def enough(*proofs: Iterable[Element]) -> bool:
    """Two elements of two categories (RTS Article 4(1)); the same category twice is one."""
    return len({element for proof in proofs for element in proof}) >= CATEGORIES_NEEDED


def still_to_prove(
    proven: Iterable[Element], kinds: Mapping[str, frozenset[Element]]
) -> list[list[str]]:
    """For each category still needed the kinds that would do, one of which is enough: first those
    of the category itself, then those of the categories to spare.

    `kinds` are the possible ones, best first, with what each proves. Knowledge comes first, then
    possession, then inherence; fewer entries than categories needed where no kind proves more.
    """
    had = frozenset(proven)
    missing = max(0, CATEGORIES_NEEDED - len(had))
    by_category = [
        [name for name, elements in kinds.items() if category in elements]
        for category in Element
        if category not in had
    ]
    possible = [names for names in by_category if names]
    instead = [name for names in possible[missing:] for name in names]
    return [[*names, *instead] for names in possible[:missing]]
