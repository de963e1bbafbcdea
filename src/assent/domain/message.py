"""What is sent to a person, before anybody knows which gateway carries it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Channel(StrEnum):
    """How a message travels."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    VOICE = "voice"
    EMAIL = "email"
    WEB_PUSH = "web_push"
    FCM = "fcm"
    APNS = "apns"
    AUTHY = "authy"
    WEBHOOK = "webhook"
    """To the firm's own server, about a person."""


PUSHES: Final = frozenset({Channel.WEB_PUSH, Channel.FCM, Channel.APNS, Channel.AUTHY})
"""Those that wake a device: they carry a challenge's id, and nothing of what is asked."""
PHONED: Final = (Channel.SMS, Channel.WHATSAPP, Channel.VOICE)
"""Those that reach a telephone number, and cost money: they are budgeted by number."""


class MessageState(StrEnum):
    """waiting -> sent -> delivered | undelivered; or given_up, expired, skipped. What is replayed
    waits once more."""

    WAITING = "waiting"
    SENT = "sent"
    """The gateway took it. Whether it arrived is known where gateways say so."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    GIVEN_UP = "given_up"
    """The gateway refused it for good, or too often."""
    EXPIRED = "expired"
    SKIPPED = "skipped"
    """There was nothing to say: no dialect has words for an event of this sort."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message as a rule asks for it: where to, what it says, and the code within, if any."""

    channel: Channel
    address: str = field(repr=False)
    body: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    subject: str = field(default="", repr=False)
    """An e-mail's."""
    html: str = field(default="", repr=False)
    """An e-mail's other part; empty: there is only the plain one."""
    wording: str = ""
    """The name of its words, where they can be said on another channel too: see domain/wording.py.
    Empty: the body is all there is."""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the words are filled with."""
    locale: str = ""
    """The person's language (BCP 47); empty: the programme's."""
    tried: tuple[Channel, ...] = ()
    """The channels before this one: it could not be delivered there."""


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
    receipt_url: str = ""
    """Where its gateway may say what became of it; not kept, put in when it is sent."""
