"""THE table from the core's refusals to statuses and bodies, and what a malformed request gets.

Where several names stand in a row, the first that the operation's own table lists is taken. A
limit that an operation has no name for is 429 with `x-ratelimit-reset`.
"""

from dataclasses import dataclass
from typing import Final

from assent.domain.attempts import Wrong
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Invalid
from assent.http.limits import TooManyCalls
from assent.http.route import Route
from assent.kernel.refusals import Code, Refusal


@dataclass(frozen=True, slots=True)
class Row:
    """A status, the names to choose from, and what to do where none is listed."""

    status: int
    names: tuple[str, ...] = ()
    otherwise: "Row | None" = None
    """What to fall back to; none: the last name is used whatever the table says."""


_LIMIT = Row(409, ("CHALLENGE_LIMIT_EXCEEDED",), otherwise=Row(429))
_MAY_NOT = Row(403, ("INSUFFICIENT_PERMISSIONS",))

TABLE = {
    Code.CALLER_UNKNOWN: Row(401),
    Code.CLIENT_UNKNOWN: Row(401),
    Code.GRANT_WRONG: Row(401),
    Code.SESSION_GONE: Row(401),
    Code.CREDENTIALS_WRONG: Row(403),
    Code.SESSION_TOO_NARROW: Row(403, ("ACCESS_TOKEN_REQUIRED",)),
    Code.STEP_UP_REQUIRED: Row(403, ("STEP_UP_REQUIRED",)),
    Code.PERMISSION_MISSING: _MAY_NOT,
    Code.NOT_FOUND: Row(404),
    Code.SUBJECT_UNKNOWN: Row(409, ("UNRESOLVED_IDENTITY",), otherwise=Row(404)),
    Code.SUBJECT_INACTIVE: Row(
        409,
        ("CREDENTIALS_INACTIVE", "ROOT_USER_INACTIVE", "ROOT_EMAIL_NOT_UNIQUE"),
        otherwise=_MAY_NOT,
    ),
    Code.PROFILE_UNKNOWN: Row(409, ("PROFILE_NOT_FOUND",)),
    Code.CHANGED_MEANWHILE: Row(503),
    Code.ALREADY_DECIDED: Row(409),
    Code.CAPTURE_UNKNOWN: Row(404, ("TOKEN_NOT_FOUND",)),
    Code.CAPTURE_SPENT: Row(410, ("TOKEN_EXPIRED",)),
    Code.SECRET_KIND_CLOSED: Row(409, ("PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE",)),
    Code.SECRET_TOO_SHORT: Row(409, ("PASSWORD_TOO_SHORT",)),
    Code.SECRET_TOO_LONG: Row(409, ("PASSWORD_TOO_LONG",)),
    Code.SECRET_TOO_SIMPLE: Row(409, ("PASSWORD_TOO_SIMPLE",)),
    Code.SECRET_USED_BEFORE: Row(409, ("PASSWORD_ALREADY_USED",)),
    Code.SECRET_ALREADY_SET: Row(409, ("PASSWORD_ALREADY_CREATED",)),
    Code.SECRET_NOT_SET: Row(409, ("PASSWORD_NOT_SET", "PASSCODE_NOT_SET")),
    Code.EMAIL_UNKNOWN: Row(409, ("ACCOUNT_NOT_FOUND", "EMAIL_NOT_FOUND")),
    Code.EMAIL_ALREADY_VERIFIED: Row(409, ("ALREADY_VERIFIED",)),
    Code.MAILED_CODE_WRONG: Row(409, ("INVITE_OR_INVITE_CODE_INVALID",)),
    Code.INVITE_USED: Row(409, ("INVITE_ALREADY_CONSUMED",)),
    Code.EMAIL_TAKEN: Row(409, ("ROOT_EMAIL_NOT_UNIQUE", "EMAIL_NOT_UNIQUE")),
    Code.EMAIL_INVALID: Row(400),
    Code.COUNTRY_UNKNOWN: Row(409, ("COUNTRY_INVALID", "COUNTRY_OF_RESIDENCE_INVALID")),
    Code.EMAIL_NOT_VERIFIED: Row(
        409,
        (
            "EMAIL_UNVERIFIED",
            "EMAIL_NOT_VERIFIED",
            "ROOT_EMAIL_NOT_VERIFIED",
            "ROOT_EMAIL_NOT_UNIQUE",
        ),
    ),
    Code.MOBILE_NOT_VERIFIED: Row(409, ("MOBILE_NOT_VERIFIED", "CHANNEL_NOT_READY")),
    Code.EMAIL_CHANGES_USED_UP: Row(409, ("TOO_FREQUENT_EMAIL_CHANGES",)),
    Code.MOBILE_CHANGES_USED_UP: Row(409, ("MOBILE_NO_CHANGE_LIMIT_EXCEEDED",)),
    Code.DILIGENCE_APPROVED: Row(409, ("KYB_ALREADY_APPROVED", "KYC_ALREADY_APPROVED")),
    Code.DILIGENCE_PENDING: Row(409, ("KYB_PENDING_REVIEW", "KYC_PENDING_REVIEW")),
    Code.DILIGENCE_REJECTED: Row(409, ("KYB_PERMANENTLY_REJECTED", "KYC_REJECTED")),
    Code.DILIGENCE_OF_IDENTITY_MISSING: Row(409, ("KYB_IDENTITY_NOT_APPROVED",)),
    Code.DETAILS_VERIFIED: Row(409, ("CONSUMER_VERIFIED", "ROOT_USER_ALREADY_VERIFIED")),
    Code.ROLE_UNKNOWN: Row(409, ("ROLE_NOT_FOUND",)),
    Code.ROLES_ARE_OWN: Row(409, ("CANNOT_MODIFY_OWN_ROLES",)),
    Code.ADMIN_ROLE_STAYS: Row(409, ("ADMIN_ROLE_REMOVAL_NOT_ALLOWED",)),
    Code.LOOKED_AT_ALREADY: Row(409, ("ALREADY_IMPERSONATED",)),
    Code.MOBILE_MISSING: Row(409, ("MOBILE_NUMBER_NOT_AVAILABLE", "MOBILE_NUMBER_INVALID")),
    Code.MOBILE_IMPOSSIBLE: Row(409, ("MOBILE_OR_COUNTRY_CODE_INVALID",)),
    Code.MOBILE_UNREACHABLE: Row(409, ("MOBILE_NUMBER_INVALID", "MOBILE_NUMBER_NOT_AVAILABLE")),
    Code.MOBILE_TAKEN: Row(409, ("MOBILE_NUMBER_INVALID",)),
    Code.MOBILE_COUNTRY_CLOSED: Row(409, ("MOBILE_COUNTRY_NOT_SUPPORTED",)),
    Code.KIND_SWITCHED_OFF: Row(409, ("CHANNEL_NOT_SUPPORTED",)),
    Code.FACTOR_NOT_ENROLLED: Row(409, ("CHANNEL_NOT_REGISTERED", "STATE_INVALID")),
    Code.FACTOR_ALREADY_ENROLLED: Row(409, ("CHANNEL_ALREADY_REGISTERED", "STATE_INVALID")),
    Code.FACTOR_UNFIT: Row(400),
    Code.FACTORS_USED_UP: Row(409, ("CHANNEL_ALREADY_REGISTERED", "STATE_INVALID")),
    Code.FACTORS_MISSING: Row(403, ("STEP_UP_REQUIRED",)),
    Code.CHALLENGE_NOT_OPEN: Row(409, ("STATE_INVALID",)),
    Code.CHALLENGE_EXPIRED: Row(409, ("VERIFICATION_CODE_EXPIRED",)),
    Code.CHALLENGE_USED_UP: _LIMIT,
    Code.APPROVAL_ALREADY_GRANTED: Row(409, ("ALREADY_VERIFIED", "STATE_INVALID")),
    Code.MESSAGE_UNREADABLE: Row(400),
    Code.KEY_TAKEN: Row(409),
    Code.KEYS_USED_UP: Row(409),
    Code.APPROVAL_UNKNOWN: Row(404),
    # whoever says that it was not them ends the session as well
    Code.APPROVAL_LOCKED: Row(409, ("STATE_INVALID",), otherwise=Row(401)),
    Code.DEVICE_UNKNOWN: Row(404),
    Code.LINK_UNKNOWN: Row(404),
    Code.ATTEMPTS_BLOCKED: _LIMIT,
    Code.RESEND_TOO_SOON: Row(409, ("RETRY_IN_15SEC",), otherwise=Row(429)),
    Code.SENDS_USED_UP: Row(
        409, ("ENROLMENT_LIMIT_EXCEEDED", "CHALLENGE_LIMIT_EXCEEDED"), otherwise=Row(429)
    ),
    Code.TOO_MANY_CALLS: Row(429),
    Code.CALL_IN_PROGRESS: Row(409, ("IDEMPOTENT_REQUEST_IN_PROGRESS",)),
    Code.CALL_DIFFERS: Row(422, ("IDEMPOTENT_REQUEST_PAYLOAD_MISMATCH",)),
    Code.BUSY: Row(503),
    Code.UNAVAILABLE: Row(503),
}

_POLICY = frozenset(
    {
        "PASSWORD_TOO_SHORT",
        "PASSWORD_TOO_LONG",
        "PASSWORD_TOO_SIMPLE",
        "PASSWORD_ALREADY_USED",
    }
)
NOT_FOUND: Final = {"code": "NOT_FOUND", "message": "The requested resource could not be found."}
METHOD_NOT_ALLOWED: Final = {
    "code": "METHOD_NOT_ALLOWED",
    "message": "This resource has other methods.",
}
TOO_LARGE: Final = {"code": "PAYLOAD_TOO_LARGE", "message": "The request is too large."}
"""Which the published documents do not name: the shape of their other errors."""
_A_DAY = 86_400


def refused(route: Route | None, refusal: Refusal) -> Answer:
    """A refusal as this dialect says it. A code without a row is a bare 500."""
    row = TABLE.get(refusal.code)
    if row is None:
        return broken()
    conflicts = route.conflicts if route else frozenset[str]()
    listed = [name for name in row.names if name in conflicts]
    if row.otherwise is not None and not listed:
        row = row.otherwise
    if not row.names:
        return _bare(row.status, refusal)
    return conflict((listed or [row.names[-1]])[0], row.status)


def conflict(name: str, status: int = 409) -> Answer:
    """The body of an error that has a name.

    Clients read `errorCode`, `code` or `message`, by which of the published documents they were
    written from; so a refused password and a missing step-up carry them all.
    """
    body = {"errorCode": name}
    if name in _POLICY:
        body |= {"code": "AUTH_009", "message": "PASSWORD_POLICY_VIOLATION"}
    elif name == "STEP_UP_REQUIRED":
        body |= {"message": name}
    return json_answer(body, status)


WRONG_CODE = {
    Wrong.MORE_LEFT: "VERIFICATION_CODE_INVALID",
    Wrong.ONE_LEFT: "ONE_CHALLENGE_LIMIT_REMAINING",
    Wrong.USED_UP: "CHALLENGE_LIMIT_EXCEEDED",
}
"""What a wrong code is called, by how near the limits are."""


def _bare(status: int, refusal: Refusal) -> Answer:
    if status == 404:
        return json_answer(NOT_FOUND, 404)
    if status == 429:
        reset = refusal.retry_after or _A_DAY
        headers = [(b"x-ratelimit-reset", str(reset).encode())]
        if isinstance(refusal, TooManyCalls):
            headers.append((b"x-ratelimit-limit", refusal.limit.encode()))
        return Answer(429, headers=tuple(headers))
    if status == 503:
        return Answer(503, headers=((b"retry-after", str(refusal.retry_after or 1).encode()),))
    return Answer(status)


_HOW = {
    "required": "REQUIRED",
    "type": "REQUIRES",
    "pattern": "REGEX",
    "text": "REGEX",
    "length": "SIZE",
    "range": "RANGE",
    "one_of": "IN",
    "exactly": "EXACTLY",
}


def malformed(fields: list[Invalid]) -> Answer:
    """400 with every invalid field (facts 9.1)."""
    invalid = [
        {"params": list(field.params), "fieldName": field.field, "error": _HOW[field.how]}
        for field in fields
    ]
    message = "Some fields are invalid." if fields else "The body is not a JSON object."
    return json_answer({"message": message, "syntaxErrors": {"invalidFields": invalid}}, 400)


def too_large() -> Answer:
    """413."""
    return json_answer(TOO_LARGE, 413)


def no_route(methods: tuple[str, ...]) -> Answer:
    """404, or 405 where the path knows other methods."""
    if not methods:
        return json_answer(NOT_FOUND, 404)
    return json_answer(METHOD_NOT_ALLOWED, 405)


def broken() -> Answer:
    """500 without a word."""
    return Answer(500)
