"""Ids in paths."""

from assent.http.route import Call
from assent.http.shapes import check


def path_id(call: Call) -> int:
    """Ours have 16 digits; all that 18 can say fits a store's column. Raises Malformed."""
    return int(check(call.request.params["id"], "id", "[0-9]{1,18}"))
