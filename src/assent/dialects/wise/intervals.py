"""The query of a statement: its currency, its interval, its type."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec

from assent.domain.money import currency_is_known
from assent.http.invalid import Invalid, Malformed
from assent.http.request import Request
from assent.instruments.statement import LONGEST_DAYS, fits

TYPES = ("COMPACT", "FLAT")
"""With or without a line of its own for each fee; there are no fees here, so they are alike."""

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_402_300_799_999
"""The end of the year 9999."""
_CURRENCY = "EUR, or another of ISO 4217"
_MOMENT = "2026-01-01T00:00:00Z, or another of ISO 8601 with its offset"
_BEYOND = re.compile(r"(\.[0-9]{3})[0-9]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query says; `start` and `end` in ms since 1970."""

    currency: str
    start: int
    end: int
    type: str


def read(request: Request) -> Asked:
    """Raises Malformed with every invalid parameter."""
    wrong: list[Invalid] = []

    def take(name: str, form: str, convert: Callable[[str], Any]) -> Any:
        text = request.query(name)
        value = convert(text) if text else None
        if value is None:
            wrong.append(Invalid(name, "pattern", (form,)) if text else Invalid(name, "required"))
        return value

    currency = take("currency", _CURRENCY, lambda text: text if currency_is_known(text) else None)
    start = take("intervalStart", _MOMENT, _instant)
    end = take("intervalEnd", _MOMENT, _instant)
    kind = request.query("type") or TYPES[0]
    if kind not in TYPES:
        wrong.append(Invalid("type", "one_of", TYPES))
    if not wrong and not fits(start, end):
        longest = f"{LONGEST_DAYS} days later"
        wrong.append(Invalid("intervalEnd", "range", ("intervalStart", longest)))
    if wrong:
        raise Malformed(wrong)
    return Asked(currency, start, end, kind)


def _instant(text: str) -> int | None:
    """What is finer than a millisecond is cut off, not rounded: an end stays in its own day."""
    try:
        moment = msgspec.convert(_BEYOND.sub(r"\1", text), _Instant)
    except msgspec.ValidationError:
        return None
    at = (moment - _EPOCH) // timedelta(milliseconds=1)
    return at if 0 <= at <= _LAST else None
