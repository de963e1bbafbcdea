"""The dialect as the shell mounts it."""

from assent.dialects.weavr import errors, names
from assent.dialects.weavr.routes import (
    back_office,
    consumers,
    corporates,
    due_diligence,
    invites,
    login,
    lost_password,
    otp,
    passwords,
    users,
    verification,
)
from assent.http.answer import Answer
from assent.http.invalid import Invalid
from assent.http.request import Request
from assent.http.route import Route
from assent.kernel.refusals import Refusal


class Weavr:
    """The Multi API. `fixed_code` is handed in by a sandbox; without it there is none."""

    name = "weavr"
    prefix = names.PREFIX
    roots: tuple[str, ...] = (f"{prefix}/",)

    def __init__(self, fixed_code: str | None = None) -> None:
        self.routes: tuple[Route, ...] = (
            *login.ROUTES,
            *passwords.ROUTES,
            *lost_password.routes(fixed_code),
            *otp.routes(fixed_code),
            *consumers.ROUTES,
            *corporates.ROUTES,
            *users.ROUTES,
            *due_diligence.ROUTES,
            *back_office.ROUTES,
            *verification.routes(fixed_code),
            *invites.routes(fixed_code),
        )

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
