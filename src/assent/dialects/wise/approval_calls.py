"""The approval page's own calls: what is left, a code, an answer. No API: they may change."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from assent.dialects.wise import names
from assent.dialects.wise import one_time_token as shown
from assent.dialects.wise.hosted import PREFIX, refuse_other_origins
from assent.domain.approval import Approval, ApprovalState
from assent.domain.programme import PIN
from assent.domain.prompt import EnterCode
from assent.domain.session import Caller
from assent.http.answer import Answer, json_answer
from assent.http.request import Request
from assent.http.route import Call, House, Route
from assent.http.shapes import read
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.usecases.answer_approval import NotProved, answer_approval
from assent.usecases.count_attempt import refuse_any_block
from assent.usecases.read_capture import take_captured
from assent.usecases.require_approval import shown_approval
from assent.usecases.send_code import send_code

_Channel = Literal["SMS", "WHATSAPP", "VOICE"]
_JSON = "application/json"

_PROBLEMS = {
    Code.APPROVAL_UNKNOWN: (404, "gone"),
    Code.ATTEMPTS_BLOCKED: (429, "blocked"),
    Code.RESEND_TOO_SOON: (429, "too_soon"),
    Code.SENDS_USED_UP: (429, "sends_used_up"),
    Code.TOO_MANY_CALLS: (429, "later"),
    Code.CHALLENGE_NOT_OPEN: (400, "no_code"),
    Code.CHALLENGE_EXPIRED: (400, "code_expired"),
    Code.CAPTURE_UNKNOWN: (400, "type_again"),
    Code.CAPTURE_SPENT: (400, "type_again"),
    Code.KIND_SWITCHED_OFF: (400, "not_possible"),
    Code.FACTOR_NOT_ENROLLED: (400, "not_possible"),
    Code.PERMISSION_MISSING: (403, "later"),
}


class Trigger(Struct):
    """Which way a code goes."""

    type: _Channel


class Answered(Struct):
    """A code; for a PIN the token of what was typed into the frame."""

    type: _Channel | Literal["PIN"]
    answer: Annotated[str, Meta(max_length=64)]


class ApprovalCalls:
    """By the one-time token alone, for the page that was given it."""

    def __init__(self, own: str, fixed_code: str | None) -> None:
        self._own = own
        self._fixed_code = fixed_code
        self.routes = tuple(
            Route(method="POST", path=f"{PREFIX}/{name}", handle=handle, identify=self._page)
            for name, handle in (
                ("status", self._status),
                ("trigger", self._trigger),
                ("verify", self._verify),
            )
        )

    def has(self, route: Route) -> bool:
        """Whether it is one of these."""
        return route in self.routes

    async def _page(self, house: House, request: Request) -> Caller:
        refuse_other_origins(request, self._own)
        if (request.header(b"content-type") or "").partition(";")[0].strip().lower() != _JSON:
            raise Refusal(Code.PERMISSION_MISSING, "content-type")
        return await by_token(house, request, _token(request))

    async def _status(self, call: Call) -> Answer:
        approval = await shown_approval(call.world, _token(call.request))
        await _refuse_block(call, approval)
        return json_answer(await state_of(call, approval))

    async def _trigger(self, call: Call) -> Answer:
        kind = names.KIND_OF_TYPE[read(await call.request.body(), Trigger).type]
        approval = await shown_approval(call.world, _token(call.request))
        programme = call.caller.programme
        chosen = self._fixed_code if programme.settings.codes == "fixed" else None
        kinds = names.kinds_of(programme)
        begun = await send_code(call.world, call.caller, approval, kind, kinds, chosen)
        ending = begun.prompt.ending if isinstance(begun.prompt, EnterCode) else ""
        return json_answer({"ending": ending})

    async def _verify(self, call: Call) -> Answer:
        """The answer that begins a block says so: the person need not find out by another."""
        body = read(await call.request.body(), Answered)
        approval = await shown_approval(call.world, _token(call.request))
        kind, programme = names.KIND_OF_TYPE[body.type], call.caller.programme
        answer = Secret(body.answer)
        if kind == PIN:
            answer = await take_captured(call.world, programme, body.answer, PIN)
        kinds = names.kinds_of(programme)
        result = await answer_approval(call.world, call.caller, approval, kind, answer, kinds)
        if isinstance(result, NotProved):
            await _refuse_block(call, approval)
            return json_answer({"problem": "wrong"}, 400)
        return json_answer(await state_of(call, result.approval))

    def refused(self, refusal: Refusal) -> Answer:
        """By the table above."""
        status, problem = _PROBLEMS.get(refusal.code, (503, "later"))
        return json_answer({"problem": problem, "wait": refusal.retry_after}, status)


async def by_token(house: House, request: Request, token: str) -> Caller:
    """Whoever holds a token: the client that asked for it, as far as limits and the record are
    concerned, without a session. Refuses APPROVAL_UNKNOWN."""
    approval = await shown_approval(house.world, token)
    programme = await house.world.stores.programme(approval.programme_id)
    if programme is None:
        raise Refusal(Code.APPROVAL_UNKNOWN, "no programme")
    house.by_user.spend(approval.subject_id, house.world.clock.monotonic())
    return Caller(
        programme=programme,
        client=approval.client,
        address=request.address,
        request_ref=request.ref,
    )


async def state_of(call: Call, approval: Approval) -> dict[str, Any]:
    """What is left to be proved, and for how long it can be."""
    kinds = names.kinds_of(call.caller.programme)
    left = await shown.challenges(call.world, approval, kinds, with_passed=False)
    return {
        "granted": approval.state is ApprovalState.GRANTED,
        "seconds": shown.validity(call.world, approval),
        "challenges": [
            [way["type"] for way in (one["primaryChallenge"], *one["alternatives"])] for one in left
        ],
    }


async def _refuse_block(call: Call, approval: Approval) -> None:
    kinds = names.kinds_of(call.caller.programme)
    await refuse_any_block(call.world, call.caller.programme.id, approval.subject_id, kinds)


def _token(request: Request) -> str:
    return request.header(b"one-time-token") or ""
