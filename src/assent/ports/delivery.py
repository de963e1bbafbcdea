"""How a message leaves the house, and how a gateway tells what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from assent.domain.evidence import RemoteAnswer
from assent.domain.message import Message, MessageState


class Undelivered(Exception):
    """Not taken by the gateway. Final where `lasting`: trying again would not help."""

    def __init__(self, reason: str, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


class AddressGone(Undelivered):
    """There is nobody at a device's address any more, and never will be: it is given up too."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, lasting=True)


class NothingToSay(Exception):
    """There are no words for it, and nobody waits for any: it is done with."""


AT_ONCE = 32
"""Messages under way at a time, where a gateway has no reason for another number."""


class Gateway(Protocol):
    """One way of sending. Called by the worker, never inside a request; may be called again while
    a call is under way."""

    timeout_seconds: float
    """The longest that `send` takes; a little later the worker gives up on it."""
    at_once: int
    """How many calls of one process are under way at most, in each of its channels."""

    async def send(self, message: Message) -> None:
        """Returns once the gateway has taken the message; raises `Undelivered` if not.

        `message.receipt_url` is where receipts go to; empty: none is wanted.
        """
        ...

    async def close(self) -> None:
        """Called at the end, also of a gateway that sent nothing: connections that were kept are
        let go."""
        ...


@dataclass(frozen=True, slots=True)
class ReceiptCall:
    """A gateway's call at a message's receipt URL."""

    method: str
    """GET or POST."""
    url: str
    """The URL as the gateway was told it, from configuration, with the query it came with: what
    a signature may be over."""
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The first value of each parameter."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Names in lower case."""
    body: bytes = field(default=b"", repr=False)
    """Up to 16 KiB."""


class ForgedReceipt(Exception):
    """The gateway's own signature is missing or wrong."""


@runtime_checkable
class Receipts(Protocol):
    """What a `Gateway` has besides, where it can say whether a message arrived."""

    receipts: bool
    """Whether it is set up to: only then is a receipt URL told, and the content kept for it."""

    def receipt(self, call: ReceiptCall) -> MessageState | None:
        """DELIVERED or UNDELIVERED; none for a stage on the way and for what cannot be read.

        That the URL is one that we told is checked before; the adapter checks a signature of the
        gateway's, where it has one, and raises `ForgedReceipt`. Pure: no input or output.
        """
        ...


@runtime_checkable
class Answers(Protocol):
    """What a `Gateway` has besides, where it puts a question and brings the answer."""

    answers: bool
    """Whether it is set up to."""

    async def answer(self, call: ReceiptCall) -> RemoteAnswer | None:
        """What a call of the vendor's says, or leads to; none where it says of no answer.

        Raises ForgedReceipt for what the vendor has not signed, and Undelivered where the vendor
        must be asked and gives no answer now. Whatever it says of the person and the question is
        checked by whoever settles it.
        """
        ...


_REFUSES_US = (401, 403, 407)


def refuses_us(status: int) -> bool:
    """Whether an HTTP status is about who asks, and not about the message: a wrong password, or a
    machine that may not call (RFC 9110 15.5.2, 15.5.4, 15.5.8). To be logged as an error that
    names the settings."""
    return status in _REFUSES_US


def settle(status: int, why: str = "") -> None:
    """What a gateway's HTTP status means. 2xx: taken. 4xx: lasting, but for 408, 429 and those of
    `refuses_us`, which would give up every code at once. Anything else: again later. `why` is
    logged with it, so it holds nothing of the message."""
    if not 200 <= status < 300:
        lasting = 400 <= status < 500 and status not in (408, 429, *_REFUSES_US)
        raise Undelivered(f"gateway answered {status}{why}", lasting)
