"""How a message leaves the house."""

from typing import Protocol

from assent.domain.message import Message


class Undelivered(Exception):
    """Not taken by the gateway. Final where `lasting`: trying again would not help."""

    def __init__(self, reason: str, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


class Gateway(Protocol):
    """One way of sending. Called by the worker, never inside a request."""

    async def send(self, message: Message) -> None:
        """Returns once the gateway has taken the message; raises `Undelivered` if not."""
        ...


def settle(status: int, why: str = "") -> None:
    """What a gateway's HTTP status means. 2xx: taken. 4xx but 408 and 429: lasting. Anything
    else: again later. `why` is logged with it, so it holds nothing of the message."""
    if not 200 <= status < 300:
        lasting = 400 <= status < 500 and status not in (408, 429)
        raise Undelivered(f"gateway answered {status}{why}", lasting)
