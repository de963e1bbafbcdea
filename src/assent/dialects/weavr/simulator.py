"""The simulator, under /simulate/api: outcomes by decree. A sandbox mounts it, nobody else."""

from typing import Final

from assent.dialects.weavr import caller, errors, names, replies
from assent.dialects.weavr.path_id import path_id
from assent.domain.subject import IdentityType
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.invalid import Invalid
from assent.http.request import Request
from assent.http.route import Call, Handler, Route
from assent.kernel.refusals import Code, Refusal
from assent.usecases.simulate import (
    Decree,
    Simulated,
    simulate_answer,
    simulate_due_diligence,
)

FIXED_CODE: Final = "123456"
"""The code that every message carries in the vendor's sandbox, and in ours unless told not to."""


def _verifying(type: IdentityType) -> Handler:
    async def verify(call: Call) -> Answer:
        await simulate_due_diligence(call.world, call.caller, type, path_id(call, "id"))
        return NO_CONTENT

    return verify


def _decree(outcome: Decree) -> Handler:
    async def decree(call: Call) -> Answer:
        subject_id = path_id(call, "credentials_id")
        challenge_id = path_id(call, "challenge_id")
        try:
            ended = await simulate_answer(
                call.world, call.caller, subject_id, challenge_id, outcome
            )
        except Refusal as refusal:
            if refusal.code not in _DENIED:
                raise
            ended = Simulated(False)
        code = {"code": "COMPLETED" if ended.done else "DENIED"}
        return json_answer(code | ({"token": ended.token} if ended.token else {}))

    return decree


_DENIED = frozenset(
    {
        Code.ATTEMPTS_BLOCKED,
        Code.CHALLENGE_NOT_OPEN,
        Code.CHALLENGE_USED_UP,
        Code.CHALLENGE_EXPIRED,
        Code.APPROVAL_ALREADY_GRANTED,
        Code.FACTOR_ALREADY_ENROLLED,
        Code.SESSION_GONE,
        Code.APPROVAL_LOCKED,
        Code.DEVICE_UNKNOWN,
        Code.KIND_SWITCHED_OFF,
    }
)


class Simulator:
    """Its errors have a shape of their own: `{message}`, and `validation` on 400."""

    name = "weavr-simulator"
    prefix = "/simulate/api"
    roots: tuple[str, ...] = (f"{prefix}/",)
    routes: tuple[Route, ...] = (
        *(
            Route(
                method="POST",
                path=f"/{path}/{{id}}/verify",
                handle=_verifying(type),
                identify=caller.simulator,
            )
            for type, path in names.IDENTITY_PATH.items()
        ),
        *(
            Route(
                method="POST",
                path=f"/factors/{{credentials_id}}/challenges/{{challenge_id}}/{verb}",
                handle=_decree(outcome),
                identify=caller.simulator,
                reply=replies.Simulated,
            )
            for verb, outcome in (
                ("verify_success", Decree.SUCCESS),
                ("verify_invalid", Decree.INVALID),
                ("verify_expired", Decree.EXPIRED),
            )
        ),
    )

    def headers(self, request: Request) -> tuple[tuple[bytes, bytes], ...]:
        """None of its own."""
        return ()

    def refused(self, route: Route | None, refusal: Refusal) -> Answer:
        """The Multi API's status; the simulator's body."""
        answer = errors.refused(route, refusal)
        body = {"message": str(refusal.code)}
        return json_answer(body, answer.status, answer.headers)

    def malformed(self, fields: list[Invalid]) -> Answer:
        """400."""
        names = [{"name": field.field, "errors": [field.how]} for field in fields]
        validation = {"invalid": True, "fields": names}
        return json_answer({"message": "Invalid request", "validation": validation}, 400)

    def too_large(self) -> Answer:
        """413."""
        return json_answer({"message": "The request is too large"}, 413)

    def no_route(self, methods: tuple[str, ...]) -> Answer:
        """404 or 405."""
        return json_answer({"message": "No such operation"}, 405 if methods else 404)

    def broken(self) -> Answer:
        """500."""
        return json_answer({"message": "Something broke; see the server's log"}, 500)
