"""Which pages of other origins may call from a browser, and read what they are answered (CORS)."""

from collections.abc import Iterable, Sequence

from assent.domain.capture import EmbeddersOf
from assent.domain.session import Caller
from assent.http.answer import Answer
from assent.http.request import Request
from assent.http.route import Call, Handler, House, Route
from assent.kernel.refusals import Code, Refusal

Headers = tuple[tuple[bytes, bytes], ...]

_READABLE = (
    "x-2fa-approval, x-2fa-approval-result, x-trace-id, x-external-correlation-id, retry-after, "
    "x-rate-limited-by"
)
_SENT = (
    "authorization, content-type, accept, one-time-token, x-2fa-approval, x-tw-jose-method, "
    "x-external-correlation-id"
)
_MAX_AGE = 300
"""Seconds a browser need not ask again; whoever is struck off reads no answer even so."""
VARY = (b"vary", b"origin")


class Origins:
    """The registered origins. In a sandbox, any page of this machine for a programme without."""

    def __init__(self, embedders_of: EmbeddersOf) -> None:
        self._embedders_of = embedders_of

    def preflights(self, by_path: Iterable[tuple[str, Sequence[str]]]) -> tuple[Route, ...]:
        """Browsers ask before the call, and without its bearer: whose page it is, only the origin
        tells (Fetch 4.8). `by_path`: paths, and the methods that pages may call there."""
        return tuple(
            Route(method="OPTIONS", path=path, identify=self._by_origin, handle=_allowing(methods))
            for path, methods in by_path
        )

    async def _by_origin(self, house: House, request: Request) -> Caller:
        origin = request.header(b"origin") or ""
        for programme in await house.world.stores.known_programmes():
            if self._embedders_of(programme.settings.origins).take(origin):
                return Caller(programme=programme, address=request.address, request_ref=request.ref)
        raise Refusal(Code.PERMISSION_MISSING, "origin")

    def headers(self, request: Request) -> Headers:
        """Of an answer to a person's client, a refusal too, if its programme registered the page's
        origin. A client that speaks for itself has a secret, which is in no page."""
        origin, caller = request.header(b"origin"), request.caller
        if origin is None or caller is None:
            return ()
        if caller.session is None and request.method != "OPTIONS":
            return ()
        if not self._embedders_of(caller.programme.settings.origins).take(origin):
            return ()
        return (
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", _READABLE.encode()),
        )


def _allowing(methods: Sequence[str]) -> Handler:
    headers = (
        (b"access-control-allow-methods", ", ".join(methods).encode()),
        (b"access-control-allow-headers", _SENT.encode()),
        (b"access-control-max-age", str(_MAX_AGE).encode()),
    )

    async def allow(call: Call) -> Answer:
        return Answer(204, headers=headers)

    return allow
