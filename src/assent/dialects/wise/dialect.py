"""The dialect as the shell mounts it."""

from collections.abc import Mapping

from assent.dialects.wise import caller, errors, names
from assent.dialects.wise.operation import Operation, Says
from assent.dialects.wise.origins import SHARED
from assent.dialects.wise.routes import (
    facetec,
    factors,
    jose,
    oauth,
    one_time_token,
    phones,
    playground,
    protected,
    users,
)
from assent.domain.capture import EmbeddersOf, embedders
from assent.http.answer import Answer
from assent.http.invalid import Invalid
from assent.http.origins import VARY, Origins, of_identity
from assent.http.request import Request
from assent.http.route import Identify, Route
from assent.kernel.refusals import Code, Refusal

_TOKEN_OF: Mapping[Identify, Says] = {
    identify: {Code.PERMISSION_MISSING: errors.System(403, "access_denied", text)}
    for identify, text in (
        (
            caller.user,
            "This operation takes a user's token; this is the application's. Get one with the "
            "grant registration_code, authorization_code or refresh_token.",
        ),
        (
            caller.application,
            "This operation takes the application's token; this is a user's. Get one with the "
            "grant client_credentials.",
        ),
    )
}
"""What the wrong sort of token gets."""
_LONGEST_CORRELATION = 36
"""Characters; a longer one is not an error, but ignored, as documented."""


class Wise:
    """The SCA API. `fixed_code` is handed in by a sandbox; without it there is none."""

    name = "wise"
    prefix = ""
    roots = (
        *("/v1/", "/v2/", "/v3/", "/oauth/token"),
        *(f"/{version}/" for version in names.VERSIONS),
    )

    def __init__(
        self, fixed_code: str | None = None, embedders_of: EmbeddersOf = embedders
    ) -> None:
        self._origins = Origins(embedders_of, SHARED)
        operations: tuple[Operation, ...] = (
            *oauth.OPERATIONS,
            *users.OPERATIONS,
            *factors.OPERATIONS,
            *facetec.OPERATIONS,
            *phones.OPERATIONS,
            *one_time_token.operations(fixed_code),
            *jose.OPERATIONS,
            *playground.OPERATIONS,
            *protected.OPERATIONS,
        )
        called = tuple(route for operation in operations for route in operation.routes())
        by_people = of_identity(called, caller.user)
        self.routes: tuple[Route, ...] = (*called, *self._origins.preflights(by_people))
        self._says: Mapping[tuple[str, str], Says] = {
            (operation.method, path): {**_TOKEN_OF.get(operation.identify, {}), **operation.says}
            for operation in operations
            for path in operation.paths
        }

    def headers(self, request: Request) -> errors.Headers:
        """Of every answer: a trace, and the caller's own reference where it is short enough."""
        trace = (b"x-trace-id", request.ref.rjust(32, "0").encode())
        own = (trace, VARY, *self._origins.headers(request))
        correlation = request.header(b"x-external-correlation-id")
        if not correlation or len(correlation) > _LONGEST_CORRELATION:
            return own
        return (*own, (b"x-external-correlation-id", correlation.encode("latin-1")))

    def refused(self, route: Route | None, refusal: Refusal) -> Answer:
        """In the operation's own words, or else by the table."""
        says = self._says.get((route.method, route.path), {}) if route else {}
        return errors.refused(refusal, says)

    def malformed(self, fields: list[Invalid]) -> Answer:
        """400."""
        return errors.malformed(fields)

    def too_large(self) -> Answer:
        """413."""
        return errors.too_large()

    def no_route(self, methods: tuple[str, ...]) -> Answer:
        """404 or 405."""
        return errors.no_route(methods)

    def broken(self) -> Answer:
        """500."""
        return errors.broken()
