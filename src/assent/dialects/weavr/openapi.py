"""The OpenAPI document of the Multi API, from its table of routes."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final, get_args, get_type_hints

import msgspec

from assent.dialects.weavr import caller, failures, names, shapes
from assent.dialects.weavr.examples.table import WORDS
from assent.dialects.weavr.examples.words import TAGS
from assent.dialects.weavr.failures import conflict, response
from assent.http.code_samples import Sent, code_samples
from assent.http.document import Document
from assent.http.idempotency import LONGEST_REF
from assent.http.openapi import Described, Example, document, path_parameters, schema
from assent.http.route import Identify, Route

PATH: Final = f"{names.PREFIX}/openapi.json"

SECURITY: Final[dict[Identify, tuple[tuple[str, ...], ...]]] = {
    caller.server: (("api-key",),),
    caller.person: (("api-key", "bearer"),),
    caller.bearer: (("api-key", "bearer"),),
    caller.server_or_person: (("api-key",), ("api-key", "bearer")),
    caller.person_or_token: (("api-key", "bearer"), ("api-key",)),
}
"""What each way of finding out who calls takes, by the names of the schemes; the usual first."""

_ABOUT = """\
Compatible with the authentication and identity operations of Weavr's Multi API.

Every call carries the programme's `api-key`; a call for a person also carries the token that
log-in gave, as `Authorization: Bearer`. Calls that take an `idempotency-ref` are carried out once
for each reference. Unknown fields of a body are ignored. A path that is there answers 405 to
methods that it does not know."""

_SCHEMES = {
    "api-key": {
        "type": "apiKey",
        "in": "header",
        "name": "api-key",
        "description": "The programme's. It belongs on servers, never in an app or a page.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The person's session. It lives for five minutes from its last use.",
    },
}
_VARIABLES = {
    "api-key": ("api-key", ("", "API_KEY")),
    "bearer": ("Authorization", ("Bearer ", "TOKEN")),
}
"""By scheme: the header, and what code samples put there."""
_CHANNELS = {
    "POST /authentication_factors/push/{channel}": names.PUSH_ENROLMENTS,
    "DELETE /authentication_factors/push/{channel}": names.PUSH_CHANNELS,
    "POST /stepup/challenges/push/{channel}": names.PUSH_CHANNELS,
}
"""What their parameter may be; of all others, the channels of one-time codes."""
_ONCE = {
    "name": "idempotency-ref",
    "in": "header",
    "description": "The call is carried out once for each reference, for 25 hours.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_REF,
        "pattern": "^[ -~]+$",
    },
}
_KIND_CLOSED = "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE"
_OF_THEIR_OWN: Final = {
    "POST /login_with_password": {
        403: response("Denied"),
        409: failures.EXPIRED,
        423: response("Locked"),
    },
    "POST /login_via_biometrics": {423: response("Locked")},
    "POST /access_token": {403: response("Denied")},
    "POST /passwords/lost_password/start": {
        409: conflict(
            ("ACCOUNT_NOT_FOUND", "MULTIPLE_ACCOUNTS_FOUND"),
            "The address is nobody's. Only where the programme's setting `tells_unknown_emails` is "
            "on; it is off by default, and the answer is 204 either way.",
        )
    },
}
"""Responses that follow no rule."""


def openapi(routes: Sequence[Route]) -> Document:
    """The document as it is served; whoever has it already is told so (ETag)."""
    octets = msgspec.json.encode(described(routes))
    return Document(octets, "application/json")


def described(routes: Sequence[Route]) -> dict[str, Any]:
    """The document."""
    head = {
        "info": {
            "title": "Assent: Multi API",
            "version": version("assent"),
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": names.PREFIX}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "components": {
            "securitySchemes": _SCHEMES,
            "headers": failures.HEADERS,
            "responses": failures.RESPONSES,
        },
    }
    return document(head, routes, describe, failures.SHAPES)


def key(route: Route) -> str:
    """What the table of words knows a route by."""
    return f"{route.method} {route.path}"


def describe(route: Route) -> Described:
    """Everything that stands in the document about one operation."""
    words = WORDS[key(route)]
    ways = SECURITY[route.identify]
    return Described(
        id=words.id,
        tag=words.tag,
        summary=words.summary,
        about=words.about,
        security=ways,
        path={name: _parameter(route, name) for name in path_parameters(route.path)},
        headers=(_ONCE,) if route.once else (),
        errors=_errors(route, takes_person=any("bearer" in way for way in ways)),
        reply_headers=failures.REF_HEADER,
        example=words.example,
        more={"x-codeSamples": _samples(route, words.example, ways[0])},
    )


def _parameter(route: Route, name: str) -> Any:
    if name == "channel":
        channels = _CHANNELS.get(key(route), names.OTP_CHANNELS)
        return {"type": "string", "enum": list(channels)}
    return schema(shapes.Id)


def _errors(route: Route, takes_person: bool) -> dict[int, Any]:
    takes_secret = route.body is not None and _holds_secret(route.body)
    made: dict[int, Any] = {
        400: response("Malformed"),
        401: response("Unauthorized"),
        429: response("TooMany"),
        500: response("Broken"),
        503: response("Unavailable"),
    }
    codes = set(route.conflicts)
    if takes_person:
        made[403] = response("Forbidden")
    if takes_person or "{" in route.path:
        made[404] = response("NotFound")
    if takes_secret:
        made |= {404: response("TokenUnknown"), 410: response("TokenSpent")}
        codes.add(_KIND_CLOSED)
    if route.body or route.once:
        made[413] = response("TooLarge")
    if route.once:
        made[422] = response("Mismatch")
        codes.add(failures.IN_PROGRESS)
    if codes:
        made[409] = conflict(codes)
    return made | _OF_THEIR_OWN.get(key(route), {})


def _holds_secret(body: type) -> bool:
    """Whether a token from the secure fields may stand in it."""
    hints = get_type_hints(body).values()
    return any(shapes.SecretValue in (hint, *get_args(hint)) for hint in hints)


def _samples(route: Route, example: Example, schemes: Sequence[str]) -> list[dict[str, str]]:
    sent = Sent(
        method=route.method,
        path=f"{names.PREFIX}{route.path}",
        params=example.params,
        headers=dict(_VARIABLES[scheme] for scheme in schemes),
        body=example.body,
    )
    return code_samples(sent)
