"""The query of a statement: what is read from it, and every way in which it is wrong."""

from typing import Any
from urllib.parse import urlencode

import pytest

from assent.dialects.wise.intervals import Asked, read
from assent.http.invalid import Malformed
from assent.http.request import Request
from assent.testing.frozen import NOON

QUERY = {
    "currency": "EUR",
    "intervalStart": "2026-01-01T12:00:00.000Z",
    "intervalEnd": "2026-01-02T12:00:00Z",
}


def asked(**values: str | None) -> Asked:
    query = {name: value for name, value in {**QUERY, **values}.items() if value is not None}
    scope: dict[str, Any] = {
        "query_string": urlencode(query).encode(),
        "method": "GET",
        "path": "/",
        "headers": [],
    }

    async def nothing() -> Any:
        raise AssertionError("a query has no body")

    return read(Request(scope, nothing, {}, "", ""))


def wrong(**values: str | None) -> list[tuple[str, str]]:
    with pytest.raises(Malformed) as malformed:
        asked(**values)
    return [(field.field, field.how) for field in malformed.value.fields]


def test_what_is_asked():
    assert asked() == Asked("EUR", NOON, NOON + 86_400_000, "COMPACT")
    assert asked(type="FLAT").type == "FLAT"


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-01-01T12:00:00.001Z", 1),
        ("2026-01-01T12:00:00.1Z", 100),
        ("2026-01-01T12:00:00.999999999Z", 999),
        ("2026-01-01T13:00:00+01:00", 0),
        ("2026-01-01T11:59:59.9999999-00:00", -1),
    ],
)
def test_moments_to_the_millisecond_and_cut_off_there(text: str, ms: int):
    assert asked(intervalStart=text).start == NOON + ms


@pytest.mark.parametrize("name", ["intervalStart", "intervalEnd"])
@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01",
        "2026-01-01T12:00:00",
        "2026-13-01T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "1767268800000",
        "1969-12-31T23:59:59.999Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "yesterday",
        "2026-01-01T12:00:00Z\n",
        "\N{ARABIC-INDIC DIGIT TWO}026-01-01T12:00:00Z",
    ],
)
def test_what_is_no_moment(name: str, text: str):
    assert wrong(**{name: text}) == [(name, "pattern")]


def test_the_first_and_the_last_moment():
    day = "1970-01-01T00:00:00Z"
    assert (asked(intervalStart=day, intervalEnd=day).start, asked().type) == (0, "COMPACT")
    last = "9999-12-31T23:59:59.999999Z"
    assert asked(intervalStart=last, intervalEnd=last).end == 253_402_300_799_999


def test_everything_that_is_wrong_is_named_at_once():
    assert wrong(currency=None, intervalStart=None, intervalEnd="", type="LONG") == [
        ("currency", "required"),
        ("intervalStart", "required"),
        ("intervalEnd", "required"),
        ("type", "one_of"),
    ]
    assert wrong(currency="eur") == [("currency", "pattern")]


def test_what_would_be_right_is_said():
    with pytest.raises(Malformed) as malformed:
        asked(intervalStart="2026-01-01", type="LONG")
    moment, sort = malformed.value.fields
    assert "2026-01-01T00:00:00Z" in moment.params[0]
    assert sort.params == ("COMPACT", "FLAT")


@pytest.mark.parametrize(
    ("end", "fits"),
    [
        ("2026-01-01T12:00:00Z", True),
        ("2026-01-01T11:59:59.999Z", False),
        ("2027-04-15T12:00:00Z", True),
        ("2027-04-15T12:00:00.001Z", False),
    ],
)
def test_how_long_it_may_be(end: str, fits: bool):
    """469 days after 1 January 2026 is 15 April 2027."""
    if fits:
        assert asked(intervalEnd=end).start == NOON
    else:
        assert wrong(intervalEnd=end) == [("intervalEnd", "range")]
