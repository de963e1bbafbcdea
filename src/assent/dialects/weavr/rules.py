"""What no shape can say of a body: addresses that look like one and are none, days that are not."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from assent.domain.contact import country_is_known, email_is_valid
from assent.http.invalid import Invalid
from assent.http.shapes import Rule, at


def email_at(path: str) -> Rule:
    """An address that looks like one may still be none (RFC 5321)."""

    def wrong(value: dict[str, Any]) -> Iterator[Invalid]:
        email = at(value, path)
        if isinstance(email, str) and not email_is_valid(email):
            yield Invalid(path, "pattern", ("email",))

    return wrong


def date_at(path: str) -> Rule:
    """Each part may be right and there still be no such day."""

    def wrong(value: dict[str, Any]) -> Iterator[Invalid]:
        year, month, day = (at(value, f"{path}.{part}") for part in ("year", "month", "day"))
        if type(year) is type(month) is type(day) is int:
            try:
                date(year, month, day)
            except (ValueError, OverflowError):
                yield Invalid(path, "range")

    return wrong


def country_at(path: str) -> Rule:
    """For operations whose table has no name for a country that is none."""

    def wrong(value: dict[str, Any]) -> Iterator[Invalid]:
        country = at(value, path)
        if isinstance(country, str) and len(country) == 2 and not country_is_known(country):
            yield Invalid(path, "pattern", ("ISO 3166-1 alpha-2",))

    return wrong
