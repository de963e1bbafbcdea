"""How an operation is declared: once, with its path in each generation of the API."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assent.dialects.wise import names
from assent.dialects.wise.errors import Said, System
from assent.http.route import Handler, Identify, Route
from assent.kernel.refusals import Code

Says = Mapping[Code, Said | System]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`says`: refusals that have words of their own here."""

    method: str
    paths: tuple[str, ...]
    handle: Handler
    identify: Identify
    says: Says = field(default_factory=dict)

    def routes(self) -> tuple[Route, ...]:
        """One for each path."""
        return tuple(
            Route(method=self.method, path=path, handle=self.handle, identify=self.identify)
            for path in self.paths
        )


def calendar(path: str) -> tuple[str, ...]:
    """A path of the calendar versions."""
    return tuple(f"/{version}{path}" for version in names.VERSIONS)
