"""The deleting of what has served its time (domain/retention.py)."""

from typing import Protocol

from assent.domain.retention import Sort


class Forgetting(Protocol):
    """A part of `ports.stores.Stores`. For housekeeping: servers, workers and an operator's own
    call of it (usecases/retain.py)."""

    async def outdated(self, sort: Sort, before: int, most: int) -> int:
        """How many rows of a sort ended before a moment (ms), counted up to `most`."""
        ...

    async def forget(self, sort: Sort, before: int, most: int) -> None:
        """Deletes up to `most` of them, in one transaction."""
        ...
