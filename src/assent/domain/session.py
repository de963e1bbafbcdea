"""Who is speaking, until when, and what they proved when they began."""

from dataclasses import dataclass, field
from enum import StrEnum

from assent.domain.element import Element
from assent.domain.factor import Factor
from assent.domain.programme import Programme
from assent.kernel.clock import HOUR


class Scope(StrEnum):
    """What a session is good for."""

    FULL = "full"
    CHOOSE_IDENTITY = "choose_identity"  # one of several identities is still to be picked
    CHANGE_PASSWORD = "change_password"  # the password had expired: nothing but renewing it
    VIEW = "view"  # the back office looks as the person would: it changes and proves nothing


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lives."""

    idle_seconds: int = 300
    """Without activity; RTS Article 4(3)(d) allows five minutes at most."""
    absolute_ms: int = 12 * HOUR
    """Whatever the activity; NIST SP 800-63B asks for a fresh log-in within the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A row of the store: the bearer carries its id and nothing that can go stale."""

    id: int
    programme_id: int
    subject_id: int
    identity_id: int
    scope: Scope = Scope.FULL
    elements: frozenset[Element]
    """What was proved to open it."""
    approval_id: int
    """The approval whose action is this session: granted, it is the step-up."""
    stepped_up_at: int | None = None
    created_at: int
    last_seen: int
    """Whole seconds of business time, not ms: see `second`."""
    expires_at: int
    epoch: int = 0
    """The person's when it was opened; it lives as long as the two are the same."""

    @property
    def stepped_up(self) -> bool:
        """Whether the step-up was granted."""
        return self.stepped_up_at is not None


def second(now: int) -> int:
    """The whole second a time in ms lies in.

    Idleness is counted between whole seconds. A session touched at most once a second would
    otherwise lose up to one second of its five minutes, or gain it; like this it lives at 300 s
    after the last request and is gone at 301 s, to the letter.
    """
    return now // 1_000


def alive(session: Session, now: int, limits: SessionLimits) -> bool:
    """The rule that the stores' statements carry out; the contract tests hold them to it."""
    idle = second(now) - session.last_seen
    return idle <= limits.idle_seconds and now < session.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Everything known of whoever made a call, once the shell has checked it."""

    programme: Programme
    session: Session | None = None
    client: str = ""
    """The client that speaks, for itself or for the session's person; where there are clients."""
    client_key: int = 0
    """By which of its keys."""
    address: str = ""
    request_ref: str = field(default="")
    device: Factor | None = None
    """The person's device that speaks, its key proved by the very call."""
    operator: str = ""
    """Who works at the server's own command line."""

    @property
    def actor(self) -> str:
        """Who does this, for the record (domain/facts.py)."""
        if self.operator:
            return f"operator:{self.operator}"
        if self.session is not None:
            back_office = self.session.scope is Scope.VIEW
            return "back-office" if back_office else f"subject:{self.session.subject_id}"
        if self.device is not None:
            return f"subject:{self.device.subject_id}"
        return f"client:{self.client}" if self.client else "programme"
