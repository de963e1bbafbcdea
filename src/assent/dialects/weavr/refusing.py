"""What whatever speaks the Multi API answers before any handler, or in place of one."""

from assent.dialects.weavr import errors
from assent.http.answer import Answer
from assent.http.invalid import Invalid
from assent.http.request import Request
from assent.http.route import Route
from assent.kernel.refusals import Refusal


class Refusing:
    """By the tables of `errors`."""

    def headers(self, request: Request) -> tuple[tuple[bytes, bytes], ...]:
        """None of its own."""
        return ()

    def refused(self, route: Route | None, refusal: Refusal) -> Answer:
        """By the table."""
        return errors.refused(route, refusal)

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
