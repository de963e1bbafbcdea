"""The code that a sandbox puts in place of a drawn one."""

from assent.domain.programme import CodeMode
from assent.http.route import Call


def chosen(call: Call, fixed_code: str | None) -> str | None:
    """The documented constant where the programme has fixed codes; production has none."""
    return fixed_code if call.caller.programme.settings.codes is CodeMode.FIXED else None
