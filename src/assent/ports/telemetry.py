"""What watches the house at work: counted for metrics, or followed from call to call.

Nothing said here holds anything of a person, a caller's own words, or a value without bound:
operations, codes, kinds and channels are names out of this program.
"""

from collections.abc import Sequence
from typing import Protocol

from assent.ports.changes import Change, Committed


class Work(Protocol):
    """Something under way. Ends once."""

    def end(self, outcome: str = "") -> None:
        """`outcome` is a name of ours; empty where all went well."""
        ...


class CallWork(Protocol):
    """A call under way. Ends once."""

    def end(self, status: int, why: str = "") -> None:
        """The answer's status (0: none was given), and why it was refused, as a name of ours."""
        ...


class Telemetry(Protocol):
    """Told of everything, on the hot path: it never waits, and never fails."""

    def call(self, operation: str, ref: str, parent: str | None) -> CallWork:
        """An operation begins. `parent` is the caller's `traceparent` (W3C), unread and not to be
        trusted."""
        ...

    def store(self, what: str, text: str = "") -> Work:
        """The database is asked: `read`, `commit`, `touch` or `time`. `text` is the statement,
        which names its values and holds none."""
        ...

    def message(self, channel: str, tries: int) -> Work:
        """A message is handed to its gateway, for the `tries`th time. Ends with its state."""
        ...

    def committed(self, changes: Sequence[Change], done: Committed) -> None:
        """A list was applied."""
        ...

    def clock_jumped(self, by_ms: int) -> None:
        """The machine's clock was set; backwards where it is below 0."""
        ...

    def worker_broken(self, part: str) -> None:
        """A part of the worker, a channel's name mostly, ended by a mistake of ours and was begun
        again."""
        ...

    async def close(self) -> None:
        """Hands on what is still held, if that does not take long."""
        ...


class _Nothing:
    __slots__ = ()

    def end(self, outcome: object = "", why: str = "") -> None:
        """Nothing."""


_NOTHING = _Nothing()


class Quiet:
    """Watches nothing: for commands, and for tests of everything else."""

    def call(self, operation: str, ref: str, parent: str | None) -> CallWork:
        """Nothing."""
        return _NOTHING

    def store(self, what: str, text: str = "") -> Work:
        """Nothing."""
        return _NOTHING

    def message(self, channel: str, tries: int) -> Work:
        """Nothing."""
        return _NOTHING

    def committed(self, changes: Sequence[Change], done: Committed) -> None:
        """Nothing."""

    def clock_jumped(self, by_ms: int) -> None:
        """Nothing."""

    def worker_broken(self, part: str) -> None:
        """Nothing."""

    async def close(self) -> None:
        """Nothing."""


QUIET = Quiet()
