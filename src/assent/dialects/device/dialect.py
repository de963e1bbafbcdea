"""The dialect as the shell mounts it."""

from typing import Final

from assent.dialects.device import caller, errors, names
from assent.dialects.device.caller import Devices
from assent.dialects.device.means import Means
from assent.dialects.device.proofs import Proofs
from assent.dialects.device.routes import devices
from assent.dialects.device.routes.challenges import Challenges
from assent.dialects.device.routes.enrolments import Enrolments
from assent.dialects.device.routes.own import Own
from assent.http.answer import Answer
from assent.http.invalid import Invalid
from assent.http.origins import VARY, Origins, Shared, of_identity
from assent.http.request import Request
from assent.http.route import Route
from assent.kernel.refusals import Refusal

SHARED: Final = Shared(
    sent="authorization, content-type, accept, ui-key",
    read="request-ref, retry-after",
    by_pages=caller.from_page,
)
"""Pages call for the person in their session; devices are no pages of other origins."""


class DeviceApi:
    """The Device API."""

    name = "device"
    prefix = names.PREFIX
    roots: tuple[str, ...] = (f"{prefix}/",)

    def __init__(self, means: Means) -> None:
        self._origins = Origins(means.embedders_of, SHARED)
        proofs = Proofs(means.base_url, means.limits.proof_ms)
        self.callers = Devices(proofs)
        self.operations: tuple[Route, ...] = (
            *Enrolments(means, proofs).routes,
            *Challenges(means, self.callers).routes,
            *Own(means, self.callers).routes,
            *devices.ROUTES,
        )
        by_people = of_identity(self.operations, caller.person)
        self.routes: tuple[Route, ...] = (
            *self.operations,
            *self._origins.preflights(by_people),
        )

    def headers(self, request: Request) -> tuple[tuple[bytes, bytes], ...]:
        """Which pages may read the answer."""
        return (VARY, *self._origins.headers(request))

    def refused(self, route: Route | None, refusal: Refusal) -> Answer:
        """By the table."""
        return errors.refused(refusal)

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
