"""Which part of a list: `offset` and `limit` of the query."""

import re
from typing import Annotated

from msgspec import Meta

from assent.http.invalid import Invalid, Malformed
from assent.http.route import Call, Parameter

_MOST = 100
_FURTHEST = 2**31
_NUMBER = re.compile("[0-9]{1,10}")

PAGE = (
    Parameter("offset", Annotated[int, Meta(ge=0, le=_FURTHEST)], "How many to pass over; 0."),
    Parameter("limit", Annotated[int, Meta(ge=1, le=_MOST)], "How many to answer at most; 100."),
)
"""For the `query` of a route that lists."""


def page(call: Call) -> tuple[int, int]:
    """`offset` from 0, `limit` from 1 to 100. Raises Malformed."""
    numbers = []
    wrong = []
    for name, lowest, highest, usual in (
        ("offset", 0, _FURTHEST, 0),
        ("limit", 1, _MOST, _MOST),
    ):
        text = call.request.query(name)
        if text is None:
            numbers.append(usual)
        elif _NUMBER.fullmatch(text) and lowest <= int(text) <= highest:
            numbers.append(int(text))
        else:
            wrong.append(Invalid(name, "range", (str(lowest), str(highest))))
    if wrong:
        raise Malformed(wrong)
    return numbers[0], numbers[1]
