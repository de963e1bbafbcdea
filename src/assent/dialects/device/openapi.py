"""The OpenAPI document of the Device API, from its table of routes."""

from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

import msgspec

from assent.dialects.device import caller, names, replies, shapes
from assent.dialects.device.dialect import DeviceApi
from assent.dialects.device.errors import PROBLEM
from assent.dialects.device.words import TAGS, WORDS
from assent.http.document import Document
from assent.http.openapi import Described, document, path_parameters, schema, shape
from assent.http.route import Identify, Route

PATH: Final = f"{names.PREFIX}/openapi.json"

_ABOUT = """\
How a person's own device enrols, is asked, and answers with a signature over what it showed.

Calls of an enrolled device carry its id in the header `device`, and in `DPoP` a proof made for
this one call (RFC 9449): a JWT with `typ` `dpop+jwt`, signed ES256 or Ed25519 by the key that was
given at the enrolment, with `htm`, `htu` (the address without its query), `iat` within a minute of
the server's clock, and a `jti` that is new each time. A proof that is none is 401 `proof_wrong`,
with the reason. A device that is unknown, removed, or has another key is 401 `device_unknown`.

Errors are problem details (RFC 9457); programs go by `code`. Unknown fields of a body are
ignored."""

_SCHEMES: Final = {
    "ui-key": {
        "type": "apiKey",
        "in": "header",
        "name": "ui-key",
        "description": "The programme's, for pages: it opens nothing without a session.",
    },
    "api-key": {
        "type": "apiKey",
        "in": "header",
        "name": "api-key",
        "description": "The programme's, for servers.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The person's session.",
    },
    "device": {
        "type": "apiKey",
        "in": "header",
        "name": "device",
        "description": "The device's id, as its enrolment answered it.",
    },
    "proof": {
        "type": "apiKey",
        "in": "header",
        "name": "DPoP",
        "description": "A proof made for this one call (RFC 9449).",
    },
}
_PERSON: Final = (("ui-key", "bearer"), ("api-key", "bearer"))
_DEVICE: Final = (("device", "proof"),)
_NEW_DEVICE: Final = "POST /enrolments/finish"

_HEADERS: Final = {
    "RequestRef": {
        "description": "Names this call, in logs and to whoever is asked for help.",
        "schema": {"type": "string"},
    },
    "RetryAfter": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "minimum": 0},
    },
}
_REF: Final = {"request-ref": {"$ref": "#/components/headers/RequestRef"}}
_RETRY: Final = {"retry-after": {"$ref": "#/components/headers/RetryAfter"}}
_MEANINGS: Final = {
    400: "The request is malformed; `errors` names every invalid field.",
    401: "Who calls is not known: `code` says whether the key, the session, the proof or the "
    "device is wrong.",
    403: "This caller may not do this.",
    404: "There is nothing of the kind.",
    409: "It conflicts with the present state, or was a wrong answer (`left`).",
    413: "The body is too large.",
    422: "The key, its signature or its attestation cannot be taken.",
    429: "Too often; `retryAfter` says when it may be tried again.",
    500: "Server error.",
    503: "Unavailable; try again.",
}
_CODES: Final = {
    400: names.MALFORMED,
    401: "device_unknown",
    403: "step_up_required",
    404: "not_found",
    409: "challenge_not_open",
    413: "too_large",
    422: "factor_unfit",
    429: "too_many_calls",
    500: "broken",
    503: "unavailable",
}


def openapi(api: DeviceApi) -> Document:
    """The document as it is served; whoever has it already is told so (ETag)."""
    return Document(msgspec.json.encode(described(api)), "application/json")


def described(api: DeviceApi) -> dict[str, Any]:
    """The document."""
    head = {
        "info": {
            "title": "Assent: Device API",
            "version": version("assent"),
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": names.PREFIX}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "components": {
            "securitySchemes": _SCHEMES,
            "headers": _HEADERS,
            "responses": {_name(status): _response(status) for status in _MEANINGS},
        },
    }
    ways: dict[Identify, tuple[tuple[str, ...], ...]] = {
        caller.person: _PERSON,
        api.callers.reads: _DEVICE,
        api.callers.changes: _DEVICE,
        caller.holder: (),
    }
    return document(head, api.operations, lambda route: _described(route, ways), (replies.Problem,))


def key(route: Route) -> str:
    """What the table of words knows a route by."""
    return f"{route.method} {route.path}"


def _described(route: Route, ways: dict[Identify, tuple[tuple[str, ...], ...]]) -> Described:
    words = WORDS[key(route)]
    security = (("proof",),) if key(route) == _NEW_DEVICE else ways[route.identify]
    statuses = {400, 429, 500, 503, *words.errors}
    if security:
        statuses |= {401}
    if security is _PERSON:
        statuses |= {403}
    if route.body is not None:
        statuses |= {413}
    return Described(
        id=words.id,
        tag=words.tag,
        summary=words.summary,
        about=words.about,
        security=security,
        path={name: schema(shapes.Id) for name in path_parameters(route.path)},
        errors={status: {"$ref": f"#/components/responses/{_name(status)}"} for status in statuses},
        reply_headers=_REF,
        example=words.example,
    )


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "").replace("-", "")


def _response(status: int) -> dict[str, Any]:
    waits = status in (429, 503)
    example = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": _CODES[status],
        "detail": "What to do next.",
        **({"retryAfter": 1} if waits else {}),
    }
    return {
        "description": _MEANINGS[status],
        "headers": _REF | (_RETRY if waits else {}),
        "content": {PROBLEM: {"schema": shape(replies.Problem), "example": example}},
    }
