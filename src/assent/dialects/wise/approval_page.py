"""The page on which a person clears a one-time token: the way in, by a form of another page."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec

from assent.dialects.wise import approval_html, names
from assent.dialects.wise.approval_calls import ApprovalCalls, by_token, state_of
from assent.dialects.wise.forms import BadForm, Form, read_form
from assent.dialects.wise.hosted import PREFIX, Means, Shown
from assent.domain.approval import Approval
from assent.domain.capture import Embedders, together
from assent.domain.programme import KeyRole
from assent.domain.session import Caller
from assent.http.answer import Answer
from assent.http.invalid import Invalid, TooLarge
from assent.http.request import Request
from assent.http.route import Call, House, Route
from assent.kernel.refusals import Code, Refusal
from assent.usecases.count_attempt import refuse_any_block
from assent.usecases.require_approval import shown_approval

_LARGEST = 4_096
"""Octets of the form."""
_LONGEST = {"ott": 64, "parentHostname": 253, "flow": 64, "libVersion": 64}
_NEEDED = ("ott", "parentHostname")


class ApprovalPage:
    """A dialect of its own: its answers are for people, and for the script that it loads."""

    name = "approval-page"
    prefix = ""
    roots: tuple[str, ...] = (PREFIX,)

    def __init__(self, means: Means) -> None:
        self._pages = means.pages
        self._embedders_of = means.embedders_of
        self._calls = ApprovalCalls(means.own, means.fixed_code)
        self.routes: tuple[Route, ...] = (
            *(
                Route(method=method, path=path, handle=self._ask, identify=self._visitor)
                for path in (PREFIX, f"{PREFIX}/")
                for method in ("GET", "POST")
            ),
            *self._calls.routes,
        )

    async def _visitor(self, house: House, request: Request) -> Caller | Answer:
        """Who holds a token may see what it is for. A window that is opened first holds none."""
        if request.method == "GET":
            return approval_html.waiting(self._pages)
        form = await self._form(request)
        try:
            return await by_token(house, request, form["ott"])
        except Refusal as refusal:
            if refusal.code is not Code.APPROVAL_UNKNOWN:
                raise
            answer = await self._gone(house, request, form)
            raise Shown(refusal.code, answer, refusal.detail) from refusal

    async def _ask(self, call: Call) -> Answer:
        form, programme = await self._form(call.request), call.caller.programme
        embedders = self._embedders_of(programme.settings.origins)
        told = targets(embedders, form["parentHostname"], call.request.header(b"origin"))
        if not told:
            answer = approval_html.unregistered(self._pages)
            raise Shown(Code.PERMISSION_MISSING, answer, "parentHostname")
        approval = await shown_approval(call.world, form["ott"])
        await self._refuse_block(call, approval, embedders, told)
        state = await state_of(call, approval)
        asked = {**state, "token": form["ott"], "uiKey": await _ui_key(call)}
        text = _told(told, asked)
        return approval_html.asking(self._pages, programme, approval, embedders.ancestors, text)

    async def _refuse_block(
        self, call: Call, approval: Approval, embedders: Embedders, told: Iterable[str]
    ) -> None:
        kinds = names.kinds_of(call.caller.programme)
        try:
            await refuse_any_block(call.world, approval.programme_id, approval.subject_id, kinds)
        except Refusal as refusal:
            answer = approval_html.blocked(self._pages, embedders.ancestors, _told(told))
            raise Shown(refusal.code, answer) from refusal

    async def _form(self, request: Request) -> Form:
        """Raises Shown. Fields that this page does not know are left alone."""
        try:
            form = read_form(await request.body(_LARGEST))
        except (BadForm, TooLarge) as error:
            raise self._unreadable("form") from error
        for name, longest in _LONGEST.items():
            value = form.get(name, "")
            if len(value) > longest or (not value and name in _NEEDED):
                raise self._unreadable(name)
        return form

    def _unreadable(self, detail: str) -> Shown:
        return Shown(Code.NOT_FOUND, approval_html.unreadable(self._pages), detail)

    async def _gone(self, house: House, request: Request, form: Form) -> Answer:
        """Whose token it was is not known, or not said: any programme's page is told that it
        failed, and may show it."""
        programmes = await house.world.stores.known_programmes()
        anybody = together(self._embedders_of(one.settings.origins) for one in programmes)
        told = targets(anybody, form["parentHostname"], request.header(b"origin"))
        return approval_html.gone(self._pages, Embedders(told).ancestors, _told(told))

    def headers(self, request: Request) -> tuple[tuple[bytes, bytes], ...]:
        """None of its own."""
        return ()

    def refused(self, route: Route | None, refusal: Refusal) -> Answer:
        """As a page, or for the script."""
        if isinstance(refusal, Shown):
            return refusal.answer
        if route is not None and self._calls.has(route):
            return self._calls.refused(refusal)
        status = 429 if refusal.code is Code.TOO_MANY_CALLS else 503
        return approval_html.trouble(self._pages, status)

    def malformed(self, fields: list[Invalid]) -> Answer:
        """400."""
        return approval_html.unreadable(self._pages)

    def too_large(self) -> Answer:
        """413."""
        return approval_html.unreadable(self._pages, 413)

    def no_route(self, methods: tuple[str, ...]) -> Answer:
        """404 or 405."""
        return approval_html.unreadable(self._pages, 405 if methods else 404)

    def broken(self) -> Answer:
        """500."""
        return approval_html.trouble(self._pages, 500)


def targets(embedders: Embedders, hostname: str, origin: str | None) -> tuple[str, ...]:
    """Who is told of the end: the page that the form came from, or, where its browser does not say
    which that was, all that are registered under the name. Never anybody else."""
    if origin is not None and embedders.take(origin) and _hostname(origin) == hostname:
        return (origin,)
    return tuple(one for one in embedders.origins if _hostname(one) == hostname)


async def _ui_key(call: Call) -> str:
    """What mounts a field for the PIN."""
    keys = await call.world.stores.keys_of(call.caller.programme.id)
    held = [key.text for key in keys if key.role is KeyRole.UI]
    return held[-1] if held else ""


def _hostname(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def _told(told: Iterable[str], asked: dict[str, object] | None = None) -> str:
    return msgspec.json.encode({"targets": list(told), "asked": asked}).decode()
