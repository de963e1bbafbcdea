"""What commits brought about, counted: answers, blocks, sessions, messages."""

from collections import OrderedDict
from collections.abc import Sequence

from prometheus_client import metrics
from prometheus_client.registry import CollectorRegistry

from assent.domain.challenge import Challenge, ChallengeState
from assent.domain.facts import Fact
from assent.domain.message import Message
from assent.domain.session import Session
from assent.kernel.clock import Clock
from assent.ports.asking import DecideChallenge
from assent.ports.changes import Add, AddOnce, Change, ClearAttempts, Committed, SpendAttempt
from assent.ports.upkeep import SettleMessage

_ANSWERS = {
    "session_opened": ("log_in", "right"),
    "log_in_denied": ("log_in", "wrong"),
    "old_password_wrong": ("change_secret", "wrong"),
    "password_changed": ("change_secret", "right"),
    "enrol_passed": ("enrol", "right"),
    "enrol_denied": ("enrol", "wrong"),
    "step_up_passed": ("step_up", "right"),
    "step_up_denied": ("step_up", "wrong"),
    "step_up_declined": ("step_up", "declined"),
    "log_in_passed": ("log_in", "right"),
    "log_in_declined": ("log_in", "declined"),
    "rotate_denied": ("rotate", "wrong"),
    "approve_passed": ("approve", "right"),
    "approve_denied": ("approve", "wrong"),
    "approval_proved": ("approve", "right"),
    "approval_denied": ("approve", "wrong"),
}
"""A fact's name: what was asked for, and how the answer was."""

_MOST_NAMES = 200
"""Series of one metric: far more than there are names in this program."""
_OTHER = "other"
_SURE_AFTER = 10.0
"""Seconds. The answer that reaches the limit sets the block before it is compared, and a right
one takes it back: after this long none does any more."""
_MOST_UNSURE = 10_000

_Key = tuple[int, str, str]


class _Bounded:
    """A counter whose series are made once, and never more than `_MOST_NAMES`."""

    def __init__(self, counter: metrics.Counter, labels: int) -> None:
        self._counter = counter
        self._rest = (_OTHER,) * labels
        self._series: dict[tuple[str, ...], metrics.Counter] = {}

    def inc(self, *names: str) -> None:
        """One more of these; or of others, should something without bound ever get among them."""
        series = self._series.get(names)
        if series is None:
            if len(self._series) >= _MOST_NAMES:
                names = self._rest
            series = self._series[names] = self._counter.labels(*names)
        series.inc()


class Happened:
    """Counts what was applied. Never raises for a name it does not know."""

    def __init__(self, clock: Clock, registry: CollectorRegistry) -> None:
        self._clock = clock
        self._unsure: OrderedDict[_Key, float] = OrderedDict()

        def counter(name: str, told: str, *labels: str) -> metrics.Counter:
            return metrics.Counter(name, told, labels, registry=registry)

        def bounded(name: str, told: str, *labels: str) -> _Bounded:
            return _Bounded(counter(name, told, *labels), len(labels))

        self._recorded = bounded("assent_recorded", "Lines of the record.", "what")
        self._answers = bounded(
            "assent_answers", "Answers that were judged.", "asked_for", "kind", "outcome"
        )
        self._blocks = bounded("assent_blocks", "Blocks begun by wrong answers.", "proof", "holder")
        self._messages = bounded("assent_messages", "Messages to be sent.", "channel")
        self._receipts = bounded("assent_receipts", "What gateways said of messages.", "state")
        self._sessions = counter("assent_sessions_opened", "Sessions opened.")
        self._asked = bounded("assent_challenges", "Questions that were put to people.", "kind")
        self._expired = counter(
            "assent_challenges_expired", "Questions that nobody answered in time."
        )

    def committed(self, changes: Sequence[Change], done: Committed) -> None:
        """One list that was applied whole."""
        for place, change in enumerate(changes):
            sort = type(change)
            if sort is Add or sort is AddOnce:
                self._added(change.row)  # type: ignore[union-attr]
            elif isinstance(change, SpendAttempt):
                if done.returned[place][2] > change.now:
                    self._begun((change.programme_id, change.holder, change.proof))
            elif isinstance(change, ClearAttempts):
                self._unsure.pop((change.programme_id, change.holder, change.proof), None)
            elif isinstance(change, SettleMessage):
                self._receipts.inc(change.state)
            elif isinstance(change, DecideChallenge) and change.state is ChallengeState.EXPIRED:
                self._expired.inc()

    def _added(self, row: object) -> None:
        if isinstance(row, Fact):
            self._recorded.inc(row.name)
            answer = _ANSWERS.get(row.name)
            if answer is not None:
                asked_for, outcome = answer
                self._answers.inc(asked_for, row.details.get("kind", ""), outcome)
        elif isinstance(row, Session):
            self._sessions.inc()
        elif isinstance(row, Challenge):
            self._asked.inc(row.kind)
        elif isinstance(row, Message):
            self._messages.inc(row.content.channel)

    def _begun(self, key: _Key) -> None:
        self._unsure[key] = self._clock.monotonic()
        if len(self._unsure) > _MOST_UNSURE:
            self._count(self._unsure.popitem(last=False)[0])

    def settle(self) -> None:
        """Blocks that no right answer took back are counted."""
        latest = self._clock.monotonic() - _SURE_AFTER
        while self._unsure and next(iter(self._unsure.values())) <= latest:
            self._count(self._unsure.popitem(last=False)[0])

    def _count(self, key: _Key) -> None:
        _, holder, proof = key
        self._blocks.inc(proof, "person" if holder.startswith("subject:") else "nobody")
