"""The frames' origin as one application."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assent.domain.capture import CaptureLimits, EmbeddersOf, origin_of
from assent.frames.dialect import FieldRules, Frames
from assent.frames.keys import EnvelopeKeys
from assent.frames.page import EVERYWHERE, NOTHING, SCRIPT_PATH, script
from assent.http.app import DialectApp, Front, Page, Refs, live, nothing, ready
from assent.http.limits import Budget
from assent.http.route import House


def frames_app(
    house: House,
    limits: CaptureLimits,
    tokens: Budget,
    rules: FieldRules,
    embedders: EmbeddersOf,
    frames_url: str,
    own: str,
    refs: Refs,
) -> ASGIApp:
    """`house` has budgets of its own: whoever knows a UI key, which is everybody, must not be able
    to use up those of the programme's servers. `own` is the origin of the house's own pages."""
    keys = EnvelopeKeys(house.world, limits)
    dialect = Frames(keys, tokens, rules, origin_of(frames_url), own, embedders)
    pages: dict[str, ASGIApp] = {
        SCRIPT_PATH: script(),
        "/health/live": Page(live, refs),  # for balancers that look at each port by itself
        "/health/ready": Page(ready(house.world, house.fresh), refs),
    }
    front = Front({"/": DialectApp(house, dialect, refs)}, pages, Page(nothing, refs))
    over_tls = (_STRICT_TRANSPORT,) if frames_url.startswith("https:") else ()
    return _Secured(front, (*EVERYWHERE, *NOTHING, *over_tls))


_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")


class _Secured:
    """Every answer of the origin with the same headers, whichever part of it answers; where that
    says nothing else, it is no page and nobody's to load."""

    def __init__(self, app: ASGIApp, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                held = {name for name, _ in message["headers"]}
                message["headers"] += [one for one in self._headers if one[0] not in held]
            await send(message)

        await self._app(scope, receive, secured)
