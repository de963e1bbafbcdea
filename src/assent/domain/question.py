"""What a device is asked and what it signs: the same octets on both sides (RTS Article 5).

A question is issued once, as canonical JSON (RFC 8785), and kept as it was issued. An answer is the
question with what the person decided put in, canonical again: the server makes these octets anew
from what it kept, and a signature over any others is a wrong answer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec
import rfc8785

from assent.kernel.base64url import encoded

QUESTION = "assent/question/1"
ANSWER = "assent/answer/1"
ENROLMENT = "assent/enrolment/1"
ROTATION = "assent/rotation/1"
NONCE_OCTETS = 32
"""ASVS 6.7.2 asks for 64 bits at least."""


class Decision(StrEnum):
    """What a person may say to a question."""

    APPROVE = "approve"
    DECLINE = "decline"


class Reason(StrEnum):
    """Why somebody declines, where they say so."""

    CHANGED_MIND = "changed_mind"
    NOT_ME = "not_me"
    """They asked for nothing of the kind: somebody else has their password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing to approve, as it is shown (times in ms)."""

    challenge: int
    programme_id: int
    programme: str
    action: str
    """Its name, and below its fingerprint: domain/action.py."""
    fingerprint: str
    text: str = field(repr=False)
    """What is being approved, in words; shown as it stands, but for what `seen` leaves out."""
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Label and value, such as amount and payee; shown in this order, all of them."""
    nonce: bytes = field(repr=False)
    number: bool
    """Whether the answer must hold the number that another screen shows."""
    created_at: int
    expires_at: int

    def content(self) -> bytes:
        """As it is issued, kept and shown: `fingerprint` is of what was asked, to the letter."""
        return canonical(
            {
                "type": QUESTION,
                "challenge": str(self.challenge),
                "programme": {"id": str(self.programme_id), "name": seen(self.programme)},
                "action": {"name": self.action, "fingerprint": self.fingerprint},
                "display": {
                    "text": seen(self.text),
                    "fields": [
                        {"label": seen(label), "value": seen(value)} for label, value in self.fields
                    ],
                },
                "nonce": encoded(self.nonce),
                "number": self.number,
                "created_at": self.created_at,
                "expires_at": self.expires_at,
            }
        )


_BREAKS = re.compile("[\t-\r\x85\u2028\u2029]+")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What the device app refuses to show (browser/device/parts/content.ts), and lone surrogates."""
_SHOWN = re.compile("[^\\s\u200c\u200d]")
"""Joiners stay, because scripts and emoji need them; alone they show nothing."""
_NOTHING_LEFT = "\ufffd"


def seen(text: str) -> str:
    """As a device shows it: on one line, and without what shows nothing or turns the text around it
    (UTS #55). A payee may be called so; nobody could approve a payment to them otherwise. U+FFFD
    stands for a text of which nothing is left."""
    left = _UNSEEN.sub("", _BREAKS.sub(" ", text))
    return left if _SHOWN.search(left) or not text else _NOTHING_LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAnswer:
    """What the person decided, beside the signature that says so."""

    device: int
    decision: Decision
    time: int
    """The device's own clock, in ms: kept for the record, and not relied on."""
    reason: Reason | None = None
    """Of a decline."""
    number: str = field(default="", repr=False)
    """What the person typed, where the question asks for it."""
    counter: int = 0
    """A native device's own count of its signatures, which only rises; 0 where the authenticator
    counts (WebAuthn 6.1.1)."""

    def octets(self, content: bytes) -> bytes:
        """What must have been signed: the question as it was issued (`Question.content`), and this,
        as canonical JSON."""
        told: dict[str, Any] = {
            "device": str(self.device),
            "decision": self.decision.value,
            "time": self.time,
        }
        if self.reason is not None:
            told["reason"] = self.reason.value
        if self.number:
            told["number"] = self.number
        if self.counter:
            told["counter"] = self.counter
        # The members stand as they were issued, which is canonical; only their order is to be made.
        members = {name: bytes(value) for name, value in _MEMBERS.decode(content).items()}
        members |= {"type": _ANSWER_TYPE, "answer": canonical(told)}
        return b"{%b}" % b",".join(
            b'"%b":%b' % (name.encode(), members[name]) for name in sorted(members)
        )


_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANSWER_TYPE = msgspec.json.encode(ANSWER)


def shown(content: bytes) -> dict[str, Any]:
    """What was issued, as values: what a device shows."""
    values: dict[str, Any] = msgspec.json.decode(content)
    return values


def canonical(values: Mapping[str, Any]) -> bytes:
    """RFC 8785. Raises rfc8785.CanonicalizationError for what JSON cannot say exactly, such as an
    integer beyond 2^53."""
    return rfc8785.dumps(dict(values))
