"""The ASGI application: dialects under their prefixes, and the few pages that belong to none."""

import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from assent.http.answer import ONLY_GET, Answer, json_answer
from assent.http.endpoint import Endpoint
from assent.http.limits import client_address
from assent.http.request import Request
from assent.http.route import Dialect, House
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Refusal
from assent.usecases.world import World

Interfere = Callable[[Request], Awaitable[Answer | None]]
"""Looks at a request first and may answer in place of the house: a sandbox's faults."""

_SKEW_MS = SECOND
_NO_ROUTE = "none"
_NO_STORE = (b"cache-control", b"no-store")


class Refs:
    """A reference for every answer: unguessable start, then counted; one process, no look-up."""

    def __init__(self, start: bytes) -> None:
        self._prefix = start.hex()
        self._count = itertools.count()

    def next(self) -> str:
        """24 hex digits and a count."""
        return f"{self._prefix}{next(self._count):08x}"


@dataclass(frozen=True, slots=True)
class _Pattern:
    expression: re.Pattern[str]
    methods: dict[str, Endpoint]


def _words_first(path_and_methods: tuple[str, object]) -> list[bool]:
    """Where two paths fit, the one with a word where the other takes anything is meant."""
    return ["{" in segment for segment in path_and_methods[0].split("/")]


class DialectApp:
    """All operations of one dialect. Paths without parameters are found in one step."""

    def __init__(
        self, house: House, dialect: Dialect, refs: Refs, interfere: Interfere | None = None
    ) -> None:
        self._house = house
        self._dialect = dialect
        self._refs = refs
        self._interfere = interfere
        self._exact: dict[str, dict[str, Endpoint]] = {}
        patterns: dict[str, dict[str, Endpoint]] = {}
        for route in dialect.routes:
            table = patterns if "{" in route.path else self._exact
            table.setdefault(route.path, {})[route.method] = Endpoint(house, dialect, route)
        self._patterns = [
            _Pattern(re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), methods)
            for path, methods in sorted(patterns.items(), key=_words_first)
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI, for HTTP only."""
        path = scope["path"].removeprefix(self._dialect.prefix)
        methods, params = self._find(path)
        peer = scope["client"][0] if scope.get("client") else ""
        request = Request(scope, receive, params, peer, self._refs.next())
        if self._house.trusted_proxies:
            forwarded = request.header(b"x-forwarded-for")
            request.address = client_address(peer, forwarded, self._house.trusted_proxies)
        answer = await self._interfere(request) if self._interfere else None
        if answer is None:
            answer = await self._answer(methods, request)
        own = self._dialect.headers(request)
        if own:
            answer = replace(answer, headers=(*answer.headers, *own))
        await respond(send, answer, request.ref)

    def _find(self, path: str) -> tuple[dict[str, Endpoint], Mapping[str, str]]:
        methods = self._exact.get(path)
        if methods is not None:
            return methods, {}
        for pattern in self._patterns:
            found = pattern.expression.fullmatch(path)
            if found is not None:
                return pattern.methods, found.groupdict()
        return {}, {}

    async def _answer(self, methods: dict[str, Endpoint], request: Request) -> Answer:
        endpoint = methods.get(request.method)
        if endpoint is None:
            answer = self._dialect.no_route(tuple(methods))
            # one name for all: paths that nobody serves are without number
            self._house.telemetry.call(_NO_ROUTE, request.ref, None).end(answer.status)
            if not methods:
                return answer
            allow = (b"allow", ", ".join(sorted(methods)).encode())  # RFC 9110 15.5.6
            return replace(answer, headers=(*answer.headers, allow))
        return await endpoint(request)


async def respond(send: Send, answer: Answer, ref: str) -> None:
    """Two ASGI messages."""
    headers = [
        (b"request-ref", ref.encode()),
        _NO_STORE,
        *answer.headers,
    ]
    if answer.body:
        headers.append((b"content-type", answer.type))
    if answer.status != 204:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


Health = Callable[[], Awaitable[Answer]]


def ready(world: World, fresh: Callable[[], bool]) -> Health:
    """Whether this server may be sent calls: the database answers and agrees about the time, and
    the keys that others have made could be read."""

    async def check() -> Answer:
        try:
            database = await world.stores.database_time()
        except Refusal:
            return json_answer({"status": "unavailable", "reason": "database"}, 503, _RETRY)
        if abs(database - world.clock.wall()) > _SKEW_MS:
            return json_answer({"status": "unavailable", "reason": "clock"}, 503, _RETRY)
        if not fresh():
            return json_answer({"status": "unavailable", "reason": "keys"}, 503, _RETRY)
        return json_answer({"status": "ready"})

    return check


async def live() -> Answer:
    """The process runs its loop."""
    return json_answer({"status": "live"})


_RETRY = ((b"retry-after", b"1"),)


async def nothing() -> Answer:
    """Outside every dialect."""
    return json_answer({"code": "NOT_FOUND", "message": "There is nothing here."}, 404)


class Page:
    """A read that belongs to no dialect and needs no caller."""

    def __init__(self, read: Health, refs: Refs) -> None:
        self._read = read
        self._refs = refs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        known = scope["method"] in ("GET", "HEAD") or self._read is nothing
        await respond(send, await self._read() if known else ONLY_GET, self._refs.next())


def build(
    house: House,
    dialects: Sequence[Dialect],
    documents: Mapping[str, ASGIApp],
    refs: Refs,
    interfere: Interfere | None,
    running: Callable[[], AsyncIterator[None]],
) -> "Front":
    """`running` surrounds the server's life: what it starts before, it stops after."""

    async def keys() -> Answer:
        return json_answer(house.bearers.public_keys())

    routes: list[BaseRoute] = [
        Route("/health/live", Page(live, refs)),
        Route("/health/ready", Page(ready(house.world, house.fresh), refs)),
        Route("/.well-known/jwks.json", Page(keys, refs)),
    ]
    around = asynccontextmanager(running)
    rest = Starlette(routes=routes, lifespan=lambda app: around())
    rest.router.redirect_slashes = False  # it would send callers to whatever their Host header says
    rest.router.default = Page(nothing, refs)
    apps = {
        root: app
        for dialect in dialects
        for app in [DialectApp(house, dialect, refs, interfere)]
        for root in dialect.roots
    }
    return Front(apps, documents, rest)


class Front:
    """Sends calls to their dialect, readers of files to those, everything else to Starlette.

    In front of Starlette and not mounted in it: its router and its two exception layers take a
    fifth of the time of a session check, and a dialect answers every exception by itself.
    """

    def __init__(
        self, apps: Mapping[str, DialectApp], documents: Mapping[str, ASGIApp], rest: ASGIApp
    ) -> None:
        self._apps = tuple(apps.items())
        self._documents = documents
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            path = scope["path"]
            document = self._documents.get(path)
            if document is not None:
                await document(scope, receive, send)
                return
            for prefix, app in self._apps:
                if path.startswith(prefix):
                    await app(scope, receive, send)
                    return
        await self._rest(scope, receive, send)
