"""E-mail addresses shown to be somebody's (Multi API: Corporates, Consumers, Users)."""

from assent.dialects.weavr import caller, shapes
from assent.dialects.weavr.errors import conflict
from assent.dialects.weavr.sandbox_code import chosen
from assent.domain.subject import IdentityType, Role
from assent.http.answer import NO_CONTENT, Answer
from assent.http.route import Call, Handler, Route
from assent.http.shapes import read
from assent.usecases.mailed_codes import WrongCode
from assent.usecases.verify_email import send_verification, verify_email

_WHO: dict[str, tuple[Role, IdentityType | None]] = {
    "corporates": (Role.ROOT, IdentityType.CORPORATE),
    "consumers": (Role.ROOT, IdentityType.CONSUMER),
    "users": (Role.USER, None),
}
"""Whose address each path is for."""
_NO_MORE = "ALREADY_VERIFIED"


def _send(path: str, fixed_code: str | None) -> Handler:
    role, identity_type = _WHO[path]

    async def send(call: Call) -> Answer:
        body = read(await call.request.body(), shapes.EmailAddress)
        await send_verification(
            call.world,
            call.caller,
            body.email,
            role,
            identity_type,
            chosen(call, fixed_code),
            call.keep(lambda sent: NO_CONTENT),
            # where the published table has no name for it
            verified_is_fine=_NO_MORE not in _SENT[path],
        )
        return NO_CONTENT

    return send


async def verify(call: Call) -> Answer:
    """`POST /{corporates,consumers,users}/verification/email/verify`."""
    body = read(await call.request.body(), shapes.EmailCode)
    done = await verify_email(call.world, call.caller, body.email, body.verification_code)
    if isinstance(done, WrongCode):
        return conflict("VERIFICATION_CODE_INVALID")
    return NO_CONTENT


_SENT = {
    "corporates": {"EMAIL_NOT_FOUND", _NO_MORE, "EMAIL_NOT_UNIQUE"},
    "consumers": {"EMAIL_NOT_FOUND", _NO_MORE, "EMAIL_NOT_UNIQUE"},
    "users": {"EMAIL_NOT_FOUND"},
}
_VERIFIED = {
    "corporates": {"VERIFICATION_CODE_INVALID", "EMAIL_NOT_UNIQUE"},
    "consumers": {"VERIFICATION_CODE_INVALID", "EMAIL_NOT_UNIQUE"},
    "users": {"VERIFICATION_CODE_INVALID"},
}
_REFERENCED = {"corporates", "users"}
"""Those whose published `send` takes an idempotency reference."""


def routes(fixed_code: str | None) -> tuple[Route, ...]:
    """`fixed_code` is the sandbox's documented constant; production has none."""
    return tuple(
        route
        for path in _WHO
        for route in (
            Route(
                method="POST",
                path=f"/{path}/verification/email/send",
                handle=_send(path, fixed_code),
                identify=caller.server,
                body=shapes.EmailAddress,
                once=caller.by_programme if path in _REFERENCED else None,
                conflicts=frozenset(_SENT[path]),
            ),
            Route(
                method="POST",
                path=f"/{path}/verification/email/verify",
                handle=verify,
                identify=caller.server,
                body=shapes.EmailCode,
                conflicts=frozenset(_VERIFIED[path]),
            ),
        )
    )
