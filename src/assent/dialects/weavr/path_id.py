"""Ids in paths."""

from assent.http.route import Call
from assent.http.shapes import check

_ID = "[0-9]{1,18}"
"""Ours have 16 digits; all that 18 can say fits a store's column."""


def path_id(call: Call, name: str) -> int:
    """The id that the path holds under a name. Raises Malformed."""
    return int(check(call.request.params[name], name, _ID))
