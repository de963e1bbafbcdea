"""What the frames' origin answers: the page of a field, tokens for what was typed, and why not."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from assent.domain.capture import Embedders, EmbeddersOf
from assent.domain.programme import KeyRole, Programme, ProgrammeSettings
from assent.domain.session import Caller, Scope
from assent.frames.envelope import LONGEST, BadEnvelope, key_of
from assent.frames.keys import EnvelopeKeys
from assent.frames.page import NOTHING, page
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Invalid
from assent.http.limits import Budget, network_of
from assent.http.request import Request
from assent.http.route import Call, House, Route
from assent.http.shapes import read
from assent.kernel.refusals import Code, Refusal
from assent.usecases.read_capture import capture
from assent.usecases.resume_session import resume_session

FieldRules = Callable[[ProgrammeSettings], Mapping[str, Mapping[str, Any]]]
"""What a new value of each field must be like, for the frames to say so while somebody types."""

_STATUS = {
    Code.CALLER_UNKNOWN: (404, "UI_KEY_UNKNOWN"),
    Code.PERMISSION_MISSING: (403, "ORIGIN_NOT_REGISTERED"),
    Code.SESSION_GONE: (401, "SESSION_GONE"),
    Code.CAPTURE_SPENT: (409, "ENVELOPE_USED"),
    Code.TOO_MANY_CALLS: (429, "TOO_MANY_CALLS"),
    Code.BUSY: (503, "UNAVAILABLE"),
    Code.UNAVAILABLE: (503, "UNAVAILABLE"),
}
_READABLE = (b"access-control-allow-origin", b"*")
"""By the embedding page's script. There are no cookies, and nothing in it is secret."""


class Envelope(Struct):
    """`POST /tokens`."""

    jwe: Annotated[str, Meta(min_length=1, max_length=LONGEST)]


class Association(Struct):
    """`POST /association`."""

    ui_key: Annotated[str, Meta(max_length=100)]
    token: Annotated[str, Meta(max_length=2_000, pattern=r"^[\x21-\x7e ]+\Z")]


class Frames:
    """A dialect of its own, on the frames' port. Programmes are named by their UI key, which is
    public: it opens nothing but this."""

    name = "frames"
    prefix = ""
    roots: tuple[str, ...] = ("/",)

    def __init__(
        self,
        keys: EnvelopeKeys,
        tokens: Budget,
        rules: FieldRules,
        origin: str,
        own: str,
        embedders: EmbeddersOf,
    ) -> None:
        self._keys = keys
        self._budget = tokens
        self._rules = rules
        self._origin = origin
        self._own = own
        self._embedders_of = embedders
        self.routes: tuple[Route, ...] = (
            Route(method="GET", path="/field", handle=self._field, identify=_by_query),
            Route(method="GET", path="/embedding", handle=self._embedding, identify=_by_query),
            Route(method="POST", path="/tokens", handle=self._tokens, identify=self._frame),
            Route(method="POST", path="/association", handle=self._associate, identify=_by_body),
        )

    async def _field(self, call: Call) -> Answer:
        settings = call.caller.programme.settings
        key = await self._keys.current()
        ui_key = call.request.query("ui_key") or ""
        return page(ui_key, self._embedders(call), self._own, key.public, self._rules(settings))

    async def _embedding(self, call: Call) -> Answer:
        """For a page whose frame did not load: browsers do not tell it why."""
        self._refuse_others(call)
        return json_answer({"problem": None}, 200, (_READABLE, *NOTHING))

    async def _tokens(self, call: Call) -> Answer:
        """Opens an envelope and puts its value away under a token."""
        body = read(await call.request.body(), Envelope)
        try:
            key = await self._keys.find(key_of(body.jwe))
            if key is None:
                newer = (await self._keys.current()).public
                return json_answer({"code": "KEY_EXPIRED", "key": newer}, 409, NOTHING)
            opened = key.open(body.jwe)
        except BadEnvelope:
            return _refused(400, "VALUE_REFUSED")
        if opened.ui_key != call.request.query("ui_key"):
            return _refused(400, "VALUE_REFUSED")
        programme = call.caller.programme
        token = await capture(call.world, programme, opened.kind, opened.secret, opened.mark)
        return json_answer({"token": token}, 200, NOTHING)

    async def _associate(self, call: Call) -> Answer:
        """Whether a bearer is alive, and so fit to be used with this page's fields."""
        self._refuse_others(call)
        body = read(await call.request.body(), Association)
        programme = call.caller.programme
        session_id = call.house.bearers.session_id(body.token, programme.id)
        session = await resume_session(call.world, programme, session_id)
        if session.scope is Scope.VIEW:
            raise Refusal(Code.SESSION_GONE, "the back office types nothing")
        return Answer(204, headers=(_READABLE, *NOTHING))

    def _embedders(self, call: Call) -> Embedders:
        """With the page on which people approve: it has fields, too."""
        registered = call.caller.programme.settings.origins
        return self._embedders_of(registered).with_page(self._own)

    def _refuse_others(self, call: Call) -> None:
        if not self._embedders(call).take(call.request.header(b"origin") or ""):
            raise Refusal(Code.PERMISSION_MISSING, "origin")

    async def _frame(self, house: House, request: Request) -> Caller:
        """Our own page, as far as browsers vouch for it."""
        if request.header(b"origin") != self._origin:
            raise Refusal(Code.PERMISSION_MISSING, "not from a frame")
        self._budget.spend(network_of(request.address), house.world.clock.monotonic())
        return await _by_query(house, request)

    def headers(self, request: Request) -> tuple[tuple[bytes, bytes], ...]:
        """None of its own."""
        return ()

    def refused(self, route: Route | None, refusal: Refusal) -> Answer:
        """By the table above."""
        status, code = _STATUS.get(refusal.code, (500, "BROKEN"))
        if route and route.path == "/embedding" and status in (403, 404):
            return json_answer({"problem": code}, 200, (_READABLE, *NOTHING))
        return _refused(status, code)

    def malformed(self, fields: list[Invalid]) -> Answer:
        """400."""
        return _refused(400, "VALUE_REFUSED")

    def too_large(self) -> Answer:
        """413."""
        return _refused(413, "VALUE_REFUSED")

    def no_route(self, methods: tuple[str, ...]) -> Answer:
        """404 or 405."""
        return _refused(405 if methods else 404, "NOT_FOUND")

    def broken(self) -> Answer:
        """500."""
        return _refused(500, "BROKEN")


async def _by_query(house: House, request: Request) -> Caller:
    return await _caller(house, request, request.query("ui_key"))


async def _by_body(house: House, request: Request) -> Caller:
    return await _caller(house, request, read(await request.body(), Association).ui_key)


async def _caller(house: House, request: Request, ui_key: str | None) -> Caller:
    programme = await _programme(house, ui_key or "")
    return Caller(programme=programme, address=request.address, request_ref=request.ref)


async def _programme(house: House, ui_key: str) -> Programme:
    """Refuses CALLER_UNKNOWN for a key that is missing, retired, or of another role."""
    programme = await house.world.stores.programme_by_key(KeyRole.UI, ui_key) if ui_key else None
    if programme is None:
        raise Refusal(Code.CALLER_UNKNOWN)
    return programme


def _refused(status: int, code: str) -> Answer:
    return json_answer({"code": code}, status, (_READABLE, *NOTHING))
