"""The shapes of what goes wrong, as the OpenAPI document shows them; `errors` writes them."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from assent.dialects.weavr import errors
from assent.dialects.weavr.replies import Reply, TokenReply
from assent.http.openapi import shape

REF_HEADER: Final = {"request-ref": {"$ref": "#/components/headers/RequestRef"}}


class InvalidField(Reply):
    """A field, what is wrong with it, and the measure it fails."""

    field_name: Annotated[str, Meta(examples=["rootUser.email"])]
    error: Literal["REQUIRED", "REQUIRES", "REGEX", "SIZE", "RANGE", "IN", "EXACTLY"]
    params: list[str]


class SyntaxErrors(Reply):
    """Every invalid field at once."""

    invalid_fields: list[InvalidField]


class InvalidRequest(Reply):
    """400. Without a field: the body is no JSON object."""

    message: str
    syntax_errors: SyntaxErrors


class Unserved(Reply):
    """404 of a path or resource, 405 and 413."""

    code: Literal["NOT_FOUND", "METHOD_NOT_ALLOWED", "PAYLOAD_TOO_LARGE"]
    message: str


class Forbidden(Reply):
    """403. `message` repeats STEP_UP_REQUIRED, which some clients look for there."""

    error_code: Literal["STEP_UP_REQUIRED", "ACCESS_TOKEN_REQUIRED", "INSUFFICIENT_PERMISSIONS"]
    message: str | UnsetType = UNSET


class TokenError(Reply):
    """404 and 410 of a token from the secure fields: unknown, or used or too old."""

    error_code: Literal["TOKEN_NOT_FOUND", "TOKEN_EXPIRED"]


class Mismatch(Reply):
    """422: an idempotency reference that stands for another payload."""

    error_code: Literal["IDEMPOTENT_REQUEST_PAYLOAD_MISMATCH"]


SHAPES: Final = (InvalidRequest, Unserved, Forbidden, TokenError, Mismatch, TokenReply)

HEADERS: Final = {
    "RequestRef": {
        "description": "Names this call, in logs and to whoever is asked for help.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "The window that was exceeded, then all of them: `50, 50;w=1, 600;w=60`.",
        "schema": {"type": "string"},
    },
    "RateLimitReset": {
        "description": "Seconds until the call may be made again.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RetryAfter": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "minimum": 0},
    },
}


def _bare(words: str, **headers: str) -> dict[str, Any]:
    named = {name: {"$ref": f"#/components/headers/{held}"} for name, held in headers.items()}
    with_hyphens = {name.replace("_", "-"): held for name, held in named.items()}
    return {"description": words, "headers": {**REF_HEADER, **with_hyphens}}


def _told(words: str, schema: Any, example: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema, "example": example}}
    return {**_bare(words), "content": content}


_INVALID = {"fieldName": "email", "error": "REQUIRED", "params": []}

RESPONSES: Final[dict[str, Any]] = {
    "Malformed": _told(
        "The request is malformed.",
        shape(InvalidRequest),
        {"message": "Some fields are invalid.", "syntaxErrors": {"invalidFields": [_INVALID]}},
    ),
    "Unauthorized": _bare("No valid api-key, or no valid token where one is required."),
    "Forbidden": _told(
        "The session may not do this.",
        shape(Forbidden),
        {"errorCode": "STEP_UP_REQUIRED", "message": "STEP_UP_REQUIRED"},
    ),
    "Denied": _bare("The e-mail or the secret is wrong, or the person may not do this."),
    "NotFound": _told("Not found.", shape(Unserved), errors.NOT_FOUND),
    "TokenUnknown": _told(
        "The token that stands for a secret is unknown, or nothing was found.",
        {"anyOf": [shape(TokenError), shape(Unserved)]},
        {"errorCode": "TOKEN_NOT_FOUND"},
    ),
    "MethodNotAllowed": _told(
        "The path has other methods; `allow` names them.",
        shape(Unserved),
        errors.METHOD_NOT_ALLOWED,
    ),
    "TokenSpent": _told(
        "The token that stands for a secret was used, or is over five minutes old.",
        shape(TokenError),
        {"errorCode": "TOKEN_EXPIRED"},
    ),
    "TooLarge": _told(
        "The body or the idempotency reference is too large.",
        shape(Unserved),
        errors.TOO_LARGE,
    ),
    "Mismatch": _told(
        "The idempotency reference stands for another payload.",
        shape(Mismatch),
        {"errorCode": "IDEMPOTENT_REQUEST_PAYLOAD_MISMATCH"},
    ),
    "Locked": _bare(
        "Log-in is blocked after too many wrong tries, for 30 minutes at first; on a device also "
        "after several refusals, for 15 minutes."
    ),
    "TooMany": _bare(
        "Too many calls, or a limit that the operation has no error code for.",
        x_ratelimit_limit="RateLimit",
        x_ratelimit_reset="RateLimitReset",
    ),
    "Broken": _bare("Server error."),
    "Unavailable": _bare("Unavailable; try again.", retry_after="RetryAfter"),
}
"""By the names that operations refer to them with."""


def response(name: str) -> dict[str, str]:
    """A reference to one of them."""
    return {"$ref": f"#/components/responses/{name}"}


NEVER: Final = frozenset(
    {
        "COMPANY_LOOKUP_FAILED",
        "COMPANY_NOT_FOUND",
        "COMPANY_TYPE_UNSUPPORTED",
        "CONSUMER_ALREADY_EXISTS",
        "COUNTRY_UNSUPPORTED",
        "CURRENCY_UNSUPPORTED",
        "EMAIL_DOMAIN_NOT_ALLOWED",
        "FEE_GROUP_INVALID",
        "IDENTITY_TYPE_NOT_SUPPORTED",
        "KYC_APPROVAL_MISSING",
        "MANAGED_ONBOARDING_PENDING",
        "MOBILE_CHANGE_NOT_ALLOWED",
        "MULTIPLE_ACCOUNTS_FOUND",
        "PASSWORD_KEY_ALREADY_IN_USE",
        "PAYMENT_MODEL_CONSTRAINTS_VIOLATED",
        "PROFILE_INACTIVE",
        "PROFILE_MISMATCH",
        "TERMINATION_DATE_IN_PAST",
        "TYPE_DOES_NOT_SUPPORT_ENROLMENT",
        "UNSUPPORTED_CURRENCY",
    }
)
"""Published error codes that no operation here answers: docs/compatibility says why."""
IN_PROGRESS: Final = "IDEMPOTENT_REQUEST_IN_PROGRESS"
"""Which would be a poor example where there is another."""


def conflict(
    codes: Iterable[str], when: str = "The call conflicts with the present state."
) -> dict[str, Any]:
    """409 with the operation's own list of error codes. `when` says in a sentence what it means."""
    listed = sorted(codes)
    never = [code for code in listed if code in NEVER]
    shown = sorted(listed, key=lambda code: (code in NEVER, code == IN_PROGRESS))
    if never == listed:
        when = "Not answered by this server."
    elif never:
        when += f" Never answered here: {', '.join(f'`{code}`' for code in never)}."
    schema = {
        "type": "object",
        "required": ["errorCode"],
        "properties": {
            "errorCode": {"type": "string", "enum": listed},
            "code": {"type": "string", "description": "AUTH_009 for a password's policy."},
            "message": {"type": "string"},
        },
    }
    return _told(when, schema, {"errorCode": shown[0]})


EXPIRED: Final = _told(
    "The password or passcode has expired: the token only renews it. Or, with an `errorCode`, "
    "the programme does not take this kind of secret.",
    {
        "anyOf": [
            shape(TokenReply),
            {
                "type": "object",
                "required": ["errorCode"],
                "properties": {
                    "errorCode": {
                        "type": "string",
                        "enum": ["PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE"],
                    }
                },
            },
        ]
    },
    {"errorCode": "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE"},
)
"""409 at log-in."""
