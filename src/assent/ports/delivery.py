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
