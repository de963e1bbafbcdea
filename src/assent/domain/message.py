"""What is sent to a person, before anybody knows which gateway carries it."""

from dataclasses import dataclass, field
from enum import StrEnum


class Channel(StrEnum):
    """How a message travels."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    VOICE = "voice"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message as a rule asks for it: where to, what it says, and the code within, if any."""

    channel: Channel
    address: str = field(repr=False)
    body: str = field(repr=False)
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An outgoing message as a row of the outbox (times in ms)."""

    id: int
    programme_id: int
    subject_id: int
    content: Outgoing
    created_at: int
    not_after: int
    """Not sent after this moment: a code that expired helps nobody."""
    dedupe: str
    """Two rows with the same text here are one message."""
    tries: int = 0
