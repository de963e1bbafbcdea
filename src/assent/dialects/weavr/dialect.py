"""The dialect as the shell mounts it."""

from assent.dialects.weavr import names
from assent.dialects.weavr.refusing import Refusing
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
    push,
    users,
    verification,
)
from assent.http.route import Route


class Weavr(Refusing):
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
            *push.ROUTES,
            *consumers.ROUTES,
            *corporates.ROUTES,
            *users.ROUTES,
            *due_diligence.ROUTES,
            *back_office.ROUTES,
            *verification.routes(fixed_code),
            *invites.routes(fixed_code),
        )
