"""The back office: a token that looks as a person would (Multi API back office)."""

from msgspec import UNSET

from assent.dialects.weavr import caller, replies, shapes
from assent.dialects.weavr.persons import type_named, whose
from assent.http.answer import Answer, json_answer
from assent.http.route import Call, Route
from assent.http.shapes import read
from assent.usecases.impersonate import impersonate as look


async def impersonate(call: Call) -> Answer:
    """`POST /backoffice/access_token` and `/backoffice/impersonate_identity_login`."""
    body = read(await call.request.body(), shapes.Impersonation)
    opened = await look(
        call.world,
        call.caller,
        type_named(body.identity.type),
        int(body.identity.id),
        None if body.credentials is UNSET else int(body.credentials.id),
    )
    token = call.house.bearers.mint(opened.session)
    return json_answer({"token": {"token": token}, **whose(opened.acting)})


ROUTES = tuple(
    Route(
        method="POST",
        path=f"/backoffice/{name}",
        handle=impersonate,
        identify=caller.server,
        body=shapes.Impersonation,
        reply=replies.Impersonated,
        conflicts=frozenset({"UNRESOLVED_IDENTITY", "ALREADY_IMPERSONATED"}),
    )
    for name in ("access_token", "impersonate_identity_login")
)
