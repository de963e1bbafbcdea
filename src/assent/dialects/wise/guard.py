"""What stands before a protected operation: the token it was called with, or a new one to clear."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from assent.dialects.wise import errors, names
from assent.dialects.wise.instants import instant
from assent.domain.action import Action
from assent.domain.approval import Approval
from assent.http.answer import Answer, json_answer
from assent.http.route import Call
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Change
from assent.usecases.require_approval import Allowed, require_approval, token_of

Act = Callable[[tuple[Change, ...]], Awaitable[Answer]]
"""Does what is protected, and commits these changes with it."""


async def protected(call: Call, action: Action, act: Act, *, standing: bool) -> Answer:
    """Carries a protected operation out, if it may be; else what is to be cleared first.

    `standing`: low risk. Refuses ATTEMPTS_BLOCKED (429), FACTORS_MISSING (403).
    """
    allowed = await guard(call, action, standing=standing)
    if isinstance(allowed, Answer):
        return allowed
    try:
        done = await act(allowed.changes)
    except Refusal as refusal:
        if refusal.code is not Code.APPROVAL_UNKNOWN:
            raise
        # somebody used the token first, or took a factor away: it is as if it had come too late
        again = await guard(call, action, standing=standing)
        if isinstance(again, Allowed):
            raise
        return again
    return replace(done, headers=(*done.headers, *_APPROVED))


_APPROVED: errors.Headers = ((b"x-2fa-approval-result", b"APPROVED"),)


async def guard(call: Call, action: Action, *, standing: bool) -> Allowed | Answer:
    """What to commit with the action, or the 403 to give back as it is."""
    presented = call.request.header(b"x-2fa-approval")
    kinds = names.kinds_of(call.caller.programme)
    result = await require_approval(
        call.world, call.caller, action, presented, kinds, standing=standing
    )
    return result if isinstance(result, Allowed) else _rejected(call, result.approval)


def _rejected(call: Call, approval: Approval) -> Answer:
    """With a body: published samples read one."""
    token = token_of(call.world, approval)
    body = {
        "timestamp": instant(call.world.clock.now(), "+0000"),
        "status": 403,
        "error": "Forbidden",
        "message": "You are forbidden to send this request",
        "path": call.request.path,
    }
    headers = (*errors.REJECTED, (b"x-2fa-approval", token.encode()))
    return json_answer(body, 403, headers)
