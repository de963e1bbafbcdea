"""One call from beginning to end: who, how often, once, what; and whatever happens, an answer."""

from assent.domain.session import Scope, Session
from assent.http.answer import Answer
from assent.http.idempotency import Once, Payload, reference, run_once
from assent.http.invalid import Malformed, TooLarge
from assent.http.limits import network_of
from assent.http.request import CREDENTIALS, Request
from assent.http.route import Call, Dialect, House, Route
from assent.kernel.log import Log
from assent.kernel.refusals import Refusal

log = Log()


class Endpoint:
    """A route of a dialect, in a house."""

    def __init__(self, house: House, dialect: Dialect, route: Route) -> None:
        self._house = house
        self._dialect = dialect
        self._route = route
        self._operation = f"{route.method} {dialect.prefix}{route.path}"

    async def __call__(self, request: Request) -> Answer:
        """Any exception is a refusal: nothing fails open."""
        parent = request.header(b"traceparent")
        watched = self._house.telemetry.call(self._operation, request.ref, parent)
        status, why = 0, ""
        try:
            answer, why = await self._answered(request)
            status = answer.status
        finally:
            watched.end(status, why)
        return answer

    async def _answered(self, request: Request) -> tuple[Answer, str]:
        """The answer, and why it is a refusal if it is one."""
        dialect, route = self._dialect, self._route
        try:
            answer = await self._carry_out(request)
        except Refusal as refusal:
            log.warning(
                "refused",
                operation=self._operation,
                code=refusal.code,
                detail=refusal.detail,
                request_ref=request.ref,
            )
            return dialect.refused(route, refusal), refusal.code
        except Malformed as malformed:
            fields = [invalid.field for invalid in malformed.fields]
            log.warning(
                "malformed", operation=self._operation, fields=fields, request_ref=request.ref
            )
            return dialect.malformed(malformed.fields), "malformed"
        except TooLarge:
            log.warning("too_large", operation=self._operation, request_ref=request.ref)
            return dialect.too_large(), "too_large"
        except Exception:
            log.exception("broken", operation=self._operation, request_ref=request.ref)
            return dialect.broken(), "broken"
        if route.method != "GET":  # reads are many, and a line of log costs as much as one
            log.info(
                "answered",
                operation=self._operation,
                status=answer.status,
                request_ref=request.ref,
            )
        return answer, ""

    async def _carry_out(self, request: Request) -> Answer:
        house, route = self._house, self._route
        now = house.world.clock.monotonic()
        house.by_address.spend(network_of(request.address), now)
        request.refuse_repeated(CREDENTIALS)
        caller = await route.identify(house, request)
        if isinstance(caller, Answer):
            return caller
        request.caller = caller
        request.refuse_repeated()
        house.by_programme.spend(caller.programme.id, now)
        if caller.session is not None:
            house.by_user.spend(_whose(caller.session), now)
        elif caller.device is not None:  # leaves its person theirs, and their other devices
            house.by_user.spend(caller.device.id, now)
        ref = request.header(b"idempotency-ref") if route.once else None
        call = Call(house, request, caller)
        if ref is None or route.once is None:
            return await route.handle(call)
        whose = f"{caller.programme.id}\n{route.once(caller)}"

        async def run(once: Once) -> Answer:
            call.once = once
            return await route.handle(call)

        payload = Payload(request.path, await request.body())
        return await run_once(house.world, whose, self._operation, reference(ref), payload, run)


def _whose(session: Session) -> int:
    """Whose budget a call is taken from: looks of the back office leave the person theirs."""
    return session.id if session.scope is Scope.VIEW else session.subject_id
