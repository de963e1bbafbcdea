"""How a message leaves the house, and how a gateway tells what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from assent.domain.message import Message, MessageState


class Undelivered(Exception):
    """Not taken by the gateway. Final where `lasting`: trying again would not help."""

    def __init__(self, reason: str, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


class Gateway(Protocol):
    """One way of sending. Called by the worker, never inside a request; may be called again while
    a call is under way.

    `timeout_seconds`, where a gateway has it (float), is the longest that `send` takes; without
    it a minute is allowed. `close` (async, no arguments), where it has it, is called at the end:
    connections that were kept are let go.
    """

    async def send(self, message: Message) -> None:
        """Returns once the gateway has taken the message; raises `Undelivered` if not.

        `message.receipt_url` is where receipts go to; empty: none is wanted.
        """
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


def settle(status: int, why: str = "") -> None:
    """What a gateway's HTTP status means. 2xx: taken. 4xx but 408 and 429: lasting. Anything
    else: again later. `why` is logged with it, so it holds nothing of the message."""
    if not 200 <= status < 300:
        lasting = 400 <= status < 500 and status not in (408, 429)
        raise Undelivered(f"gateway answered {status}{why}", lasting)
