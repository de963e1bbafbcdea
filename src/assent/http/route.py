"""What a dialect declares, and what the shell needs of a dialect."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from assent.domain.session import Caller
from assent.http.answer import Answer
from assent.http.bearer import Bearers
from assent.http.idempotency import Once
from assent.http.invalid import Invalid
from assent.http.jose.keys import ServerKeys
from assent.http.limits import Budget
from assent.http.request import Request
from assent.kernel.refusals import Refusal
from assent.ports.telemetry import QUIET, Telemetry
from assent.usecases.world import Keep, World


@dataclass(frozen=True, slots=True)
class House:
    """What every call is given: the World, and the shell's own tools."""

    world: World
    bearers: Bearers
    by_programme: Budget
    by_address: Budget
    by_user: Budget
    trusted_proxies: frozenset[str] = frozenset()
    jose: ServerKeys = field(default_factory=ServerKeys)
    telemetry: Telemetry = QUIET
    fresh: Callable[[], bool] = lambda: True
    """Whether this process can open what others seal."""


@dataclass(slots=True)
class Call:
    """One call, as a handler gets it: who, what, and where the answer may be kept."""

    house: House
    request: Request
    caller: Caller
    once: Once | None = None

    @property
    def world(self) -> World:
        """The use cases' World."""
        return self.house.world

    def keep(self, render: Callable[[Any], Answer]) -> Keep:
        """For use cases: commits the rendered answer with the result, if the call has a
        reference; nothing otherwise."""
        once = self.once
        return (lambda result: ()) if once is None else (lambda result: once.kept(render(result)))


Handler = Callable[[Call], Awaitable[Answer]]
Identify = Callable[[House, Request], Awaitable[Caller | Answer]]
"""Who is calling; or the answer at once, where nobody need say who they are."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query; `type` is what its text must be, as msgspec's types say it."""

    name: str
    type: Any
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation. `path` holds parameters in braces."""

    method: str
    path: str
    handle: Handler
    identify: Identify
    body: type | None = None
    """The shape of its JSON body, where it takes one."""
    body_required: bool = True
    reply: type | None = None
    """The shape of what it answers when all went well (200); none: no body (204)."""
    query: tuple[Parameter, ...] = ()
    deprecated: bool = False
    conflicts: frozenset[str] = frozenset()
    """The conflict codes that the operation's published table lists, in the dialect's words."""
    once: Callable[[Caller], str] | None = None
    """Where the operation takes an idempotency reference: whose references are told apart."""


class Dialect(Protocol):
    """A way of speaking."""

    name: str
    prefix: str
    """Stands before each of its paths."""
    roots: tuple[str, ...]
    """What its paths begin with: calls that do are its own."""
    routes: tuple[Route, ...]

    def headers(self, request: Request) -> tuple[tuple[bytes, bytes], ...]:
        """What stands in each of its answers beside the house's own."""
        ...

    def refused(self, route: Route | None, refusal: Refusal) -> Answer:
        """A refusal in the dialect's words."""
        ...

    def malformed(self, fields: list[Invalid]) -> Answer:
        """A request whose form is wrong."""
        ...

    def too_large(self) -> Answer:
        """A body or reference over its limit."""
        ...

    def no_route(self, methods: tuple[str, ...]) -> Answer:
        """No such path; or, with `methods`, a path that only knows those."""
        ...

    def broken(self) -> Answer:
        """We failed. Says nothing of how."""
        ...
