"""The sandbox's clock, which goes forward when a test says so."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from assent.testing.programme import Programme


@dataclass(frozen=True)
class Clock:
    """One for the whole server: all its programmes move along. This process's clock does not."""

    programme: Programme

    def now(self) -> datetime:
        """In UTC."""
        return self._read(self.programme.sandbox("GET", "/clock").json["now"])

    def advance(
        self, *, days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0
    ) -> datetime:
        """Forward by whole seconds, at least one; the time that it then is. ValueError for less."""
        span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if span < timedelta(seconds=1) or span.microseconds:
            raise ValueError(
                f"advance({span}): the clock goes forward only, by whole seconds, one at least. "
                "Do first what is to happen earlier."
            )
        body = {"advance_seconds": span // timedelta(seconds=1)}
        return self._read(self.programme.sandbox("POST", "/clock", body).json["now"])

    @staticmethod
    def _read(ms: int) -> datetime:
        return datetime.fromtimestamp(ms / 1_000, UTC)
