"""Which pages of other origins may call from a browser, and read what they are answered (CORS)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assent.domain.capture import EmbeddersOf
from assent.domain.session import Caller
from assent.http.answer import Answer
from assent.http.request import Request
from assent.http.route import Call, Handler, House, Route
from assent.kernel.refusals import Code, Refusal

Headers = tuple[tuple[bytes, bytes], ...]

_MAX_AGE = 300
"""Seconds a browser need not ask again; whoever is struck off reads no answer even so."""
VARY = (b"vary", b"origin")


@dataclass(frozen=True, slots=True)
class Shared:
    """What a dialect lets pages of other origins send and read, and in which calls."""

    sent: str
    """Headers of a call, as `access-control-allow-headers` lists them."""
    read: str
    """Headers of an answer."""
    by_pages: Callable[[Request], bool]
    """Whether a call, whose caller is known, is one that pages make: whoever calls with a secret
    does so from a server."""


class Origins:
    """The registered origins. In a sandbox, any page of this machine for a programme without."""

    def __init__(self, embedders_of: EmbeddersOf, shared: Shared) -> None:
        self._embedders_of = embedders_of
        self._shared = shared

    def preflights(self, by_path: Iterable[tuple[str, Sequence[str]]]) -> tuple[Route, ...]:
        """Browsers ask before the call, and without its bearer: whose page it is, only the origin
        tells (Fetch 4.8). `by_path`: paths, and the methods that pages may call there."""
        return tuple(
            Route(
                method="OPTIONS",
                path=path,
                identify=self._by_origin,
                handle=_allowing(methods, self._shared.sent),
            )
            for path, methods in by_path
        )

    async def _by_origin(self, house: House, request: Request) -> Caller:
        origin = request.header(b"origin") or ""
        for programme in await house.world.stores.known_programmes():
            if self._embedders_of(programme.settings.origins).take(origin):
                return Caller(programme=programme, address=request.address, request_ref=request.ref)
        raise Refusal(Code.PERMISSION_MISSING, "origin")

    def headers(self, request: Request) -> Headers:
        """Of an answer to a page's call, a refusal too, if the caller's programme registered the
        page's origin."""
        origin, caller = request.header(b"origin"), request.caller
        if origin is None or caller is None:
            return ()
        if request.method != "OPTIONS" and not self._shared.by_pages(request):
            return ()
        if not self._embedders_of(caller.programme.settings.origins).take(origin):
            return ()
        return (
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", self._shared.read.encode()),
        )


def of_identity(
    routes: Sequence[Route], identify: Callable[..., object]
) -> Iterable[tuple[str, Sequence[str]]]:
    """Paths and methods of the operations whose caller is found out in this way."""
    methods: dict[str, list[str]] = {}
    for route in routes:
        if route.identify is identify:
            methods.setdefault(route.path, []).append(route.method)
    return methods.items()


def _allowing(methods: Sequence[str], sent: str) -> Handler:
    headers = (
        (b"access-control-allow-methods", ", ".join(methods).encode()),
        (b"access-control-allow-headers", sent.encode()),
        (b"access-control-max-age", str(_MAX_AGE).encode()),
    )

    async def allow(call: Call) -> Answer:
        return Answer(204, headers=headers)

    return allow
