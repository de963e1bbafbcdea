"""`POST /oauth/token`: tokens for a client, and for the people it acts for (RFC 6749)."""

from collections.abc import Awaitable, Callable
from typing import Any

from assent.dialects.wise import caller, errors
from assent.dialects.wise.errors import System
from assent.dialects.wise.forms import BadForm, Form, read_form
from assent.dialects.wise.instants import instant
from assent.dialects.wise.operation import Operation, calendar
from assent.http.answer import Answer, json_answer
from assent.http.route import Call
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code
from assent.kernel.secret import Secret
from assent.usecases.grant_access import (
    Access,
    access_by_code,
    access_by_refresh,
    access_by_registration,
)

_SCOPE = "transfers"


class _Invalid(Exception):
    """400 `invalid_request` with this description."""


async def token(call: Call) -> Answer:
    """By `grant_type`."""
    try:
        form = read_form(await call.request.body())
        if "grant_type" not in form:
            raise _Invalid("Missing grant type")
        grant = GRANTS.get(form["grant_type"])
        if grant is None:
            description = f"Unsupported grant type: {form['grant_type'][:40]}"
            return errors.said(System(400, "unsupported_grant_type", description))
        if form.get("client_id", call.caller.client) != call.caller.client:
            raise _Invalid("client_id is not the client's own")
        return json_answer(await grant(call, form))
    except (_Invalid, BadForm) as invalid:
        return errors.said(System(400, "invalid_request", str(invalid)))


def _of(form: Form, name: str) -> str:
    if not form.get(name):
        raise _Invalid(f"Missing {name}")
    return form[name]


async def _client(call: Call, form: Form) -> dict[str, Any]:
    now = call.world.clock.now()
    key_id, programme = call.caller.client_key, call.caller.programme
    bearer = call.house.bearers.mint_for_client(programme.id, key_id, now)
    return {
        "access_token": bearer,
        "token_type": "bearer",
        **_ends(call, "expires", now + call.world.grant_limits.access_ms),
        "scope": _SCOPE,
    }


async def _registration(call: Call, form: Form) -> dict[str, Any]:
    email, code = _of(form, "email"), Secret(_of(form, "registration_code"))
    return _for_person(call, await access_by_registration(call.world, call.caller, email, code))


async def _code(call: Call, form: Form) -> dict[str, Any]:
    code, uri = _of(form, "code"), _of(form, "redirect_uri")
    return _for_person(call, await access_by_code(call.world, call.caller, code, uri))


async def _refresh(call: Call, form: Form) -> dict[str, Any]:
    held = _of(form, "refresh_token")
    return _for_person(call, await access_by_refresh(call.world, call.caller, held))


def _for_person(call: Call, access: Access) -> dict[str, Any]:
    session = access.session
    return {
        "access_token": call.house.bearers.mint(session, call.caller.client_key),
        "token_type": "bearer",
        "refresh_token": access.refresh,
        **_ends(call, "expires", session.expires_at),
        **_ends(call, "refresh_token_expires", access.refresh_until),
        "scope": _SCOPE,
        "created_at": instant(session.created_at),
    }


def _ends(call: Call, name: str, at: int) -> dict[str, Any]:
    """Whole seconds that are left for certain, and the moment."""
    left = (at - call.world.clock.now() - 1) // SECOND
    return {f"{name}_in": left, f"{name}_at": instant(at)}


GRANTS: dict[str, Callable[[Call, Form], Awaitable[dict[str, Any]]]] = {
    "client_credentials": _client,
    "registration_code": _registration,
    "authorization_code": _code,
    "refresh_token": _refresh,
}

OPERATIONS = (
    Operation(
        method="POST",
        paths=("/oauth/token", *calendar("/oauth/token")),
        handle=token,
        identify=caller.basic,
        says={
            Code.CHANGED_MEANWHILE: System(
                503, "temporarily_unavailable", "Another request for this user came first. Retry."
            )
        },
    ),
)
