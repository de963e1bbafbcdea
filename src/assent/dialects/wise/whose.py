"""For whom a call is made, by its path and its token."""

from assent.dialects.wise.caller import subject_of
from assent.domain.subject import Acting, Subject
from assent.http.invalid import Invalid, Malformed
from assent.http.route import Call
from assent.http.shapes import check
from assent.kernel.refusals import Code, Refusal

_ID = "[0-9]{1,19}"
_INT64 = 2**63


def number(call: Call, name: str) -> int:
    """An id of the path: int64, in decimal digits. Raises Malformed."""
    found = int(check(call.request.params[name], name, _ID))
    if found >= _INT64:
        raise Malformed([Invalid(name, "range", ("0", str(_INT64 - 1)))])
    return found


async def subject_id(call: Call) -> int:
    """The path's `userId` or `profileId`, or the token's person where it names neither.

    Refuses SUBJECT_UNKNOWN for a person whom this client may not act for, and for another than
    the token's; NOT_FOUND for a profile that is not theirs.
    """
    params = call.request.params
    if "userId" in params:
        return await _of_user(call, number(call, "userId"))
    if "profileId" in params:
        return (await profile(call)).subject.id
    return subject_of(call.caller)


async def _of_user(call: Call, user_id: int) -> int:
    session = call.caller.session
    if session is not None and session.subject_id != user_id:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    if session is None and await call.world.stores.grant(call.caller.client, user_id) is None:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    return user_id


async def profile(call: Call) -> Acting:
    """The path's profile, if the token's person acts for it."""
    acting = await call.world.stores.acting(subject_of(call.caller), number(call, "profileId"))
    if acting is None:
        raise Refusal(Code.NOT_FOUND)
    return acting


async def person(call: Call) -> Subject:
    """The same as `subject_id`, read."""
    found = await call.world.stores.subject(call.caller.programme.id, await subject_id(call))
    if found is None:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    return found
