"""What a firm's server is told of: as one call, as changes, and as what operators read of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assent.domain.message import Message, MessageState
from assent.ports.records import Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCall:
    """One event, ready to be posted."""

    url: str = field(repr=False)
    """A firm may have put a secret of its own into it."""
    body: bytes = field(repr=False)
    key: str = field(repr=False)
    """What it is signed with: an API key of the programme."""
    reference: str
    """The event's, the same at every try, so that a receiver knows what it has had."""


class Poster(Protocol):
    """Posts events. Called by the worker; may be called again while a call is under way."""

    timeout_seconds: float
    """The longest that `post` takes; a little later the worker gives up on it."""
    at_once: int
    """How many calls of one process are under way at most."""
    share: int
    """How many of them may be one programme's: its server may hang."""

    async def post(self, call: EventCall) -> None:
        """Returns once the firm's server has taken it; raises `ports.delivery.Undelivered` if
        not."""
        ...

    async def close(self) -> None:
        """Lets go of the connections."""
        ...


@dataclass(frozen=True, slots=True)
class RetryEvent:
    """Not taken this time: due again at `next_at`, and nothing behind it is before."""

    message_id: int
    subject_id: int
    next_at: int


@dataclass(frozen=True, slots=True)
class ReplayEvent:
    """One that was sent or given up waits again, with all its tries before it. Fails where it
    waits already, or where its content is gone."""

    message_id: int
    now: int


EventChange = ReplayEvent | RetryEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """An event as an operator sees it (times in ms)."""

    id: int
    programme_id: int
    subject_id: int
    state: MessageState
    tries: int
    created_at: int
    next_at: int
    finished_at: int | None
    not_after: int
    body: str | None = field(repr=False)
    """As domain/event.py writes it; none where it was erased or cannot be opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events an operator looks for; 0, none and an empty text: any."""

    programme_id: int = 0
    subject_id: int = 0
    event_id: int = 0
    state: MessageState | None = None
    since: int = 0
    until: int = 2**62
    """Of when they happened, in ms; the end is not included."""


class EventReads(Protocol):
    """A part of `ports.stores.Stores`."""

    async def due_events(
        self, now: int, limit: int, busy: Collection[int]
    ) -> Sequence[Message | Unreadable]:
        """The oldest event that waits of each person, where it is due, the longest-waiting first;
        not those of the `busy` programmes. Of many programmes some of each: whoever wants more
        asks again when these are claimed."""
        ...

    async def events(self, wanted: Wanted, limit: int) -> Sequence[EventLine]:
        """The newest first."""
        ...
