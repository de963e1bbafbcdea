"""Moments as the API writes them."""

from datetime import UTC, datetime

from assent.kernel.clock import SECOND


def instant(at: int, ending: str = "Z") -> str:
    """ms since 1970 as ISO 8601 in UTC, to the millisecond; another `ending` where the documents
    have one."""
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%dT%H:%M:%S}.{at % SECOND:03}{ending}"
