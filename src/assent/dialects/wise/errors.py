"""THE table from the core's refusals to statuses and bodies, and what a malformed request gets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assent.dialects.wise import names
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Invalid
from assent.kernel.refusals import Code, Refusal
from assent.usecases.require_approval import FactorsMissing

Headers = tuple[tuple[bytes, bytes], ...]


class Unreadable(Refusal):
    """An encrypted or signed body is none; the answer is made where it is known why."""

    def __init__(self, answer: Answer, detail: str) -> None:
        super().__init__(Code.MESSAGE_UNREADABLE, detail)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Said:
    """A status and an entry of `errors[]`."""

    status: int
    code: str
    message: str
    path: str | None = None
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """A status, and `error` with its description (RFC 6749 5.2)."""

    status: int
    error: str
    description: str


_NUMBER = Said(422, "UNEXPECTED", "Please enter a valid phone number", "phoneNumber")
_TOKEN = System(401, "invalid_token", "Invalid or expired access token")
_MISSING = Said(
    403,
    "sca.factors.missing",
    "Two factors of different categories are needed. Enrol what clears one of the challenges "
    "named in the arguments, and repeat the request.",
)
_ELSEWHERE = Said(400, "not.supported", "This request is not supported here.")
"""What only other ways of speaking can bring about."""

TABLE: Mapping[Code, Said | System] = {
    Code.CALLER_UNKNOWN: _TOKEN,
    Code.SESSION_GONE: _TOKEN,
    Code.CLIENT_UNKNOWN: System(401, "invalid_client", "Client authentication failed"),
    Code.GRANT_WRONG: System(401, "invalid_grant", "Invalid user credentials."),
    Code.PERMISSION_MISSING: System(403, "access_denied", "This token is of the wrong sort."),
    Code.NOT_FOUND: Said(404, "not.found", "The resource was not found."),
    Code.SUBJECT_UNKNOWN: Said(404, "user.not.found", "The user was not found."),
    Code.SUBJECT_INACTIVE: Said(403, "user.inactive", "The user is not active."),
    Code.CHANGED_MEANWHILE: Said(409, "conflict", "It was changed meanwhile. Read it again."),
    Code.ALREADY_DECIDED: Said(
        409, "conflict", "It was decided before; there is nothing left to do."
    ),
    Code.EMAIL_TAKEN: Said(409, "NOT_UNIQUE", "You're already a member. Please login", "email"),
    Code.EMAIL_INVALID: Said(422, "ERROR", "Please provide a valid email", "email"),
    Code.MOBILE_MISSING: _NUMBER,
    Code.MOBILE_IMPOSSIBLE: _NUMBER,
    Code.MOBILE_UNREACHABLE: _NUMBER,
    Code.MOBILE_COUNTRY_CLOSED: Said(
        422, "phone.country.not.supported", "No messages go to this country.", "phoneNumber"
    ),
    Code.MOBILE_TAKEN: Said(
        422, "phone.number.repeated", "It's linked to another account", "phoneNumber"
    ),
    Code.KIND_SWITCHED_OFF: Said(
        400, "challenge.not.offered", "This challenge is not offered to you."
    ),
    Code.FACTOR_NOT_ENROLLED: Said(404, "factor.not.setup", "It has not been setup."),
    Code.FACTOR_ALREADY_ENROLLED: Said(409, "factor.already.setup", "It has been setup already."),
    Code.FACTOR_UNFIT: Said(400, "factor.invalid", "It is not of the form that is asked for."),
    Code.FACTORS_USED_UP: Said(400, "factor.maximum.reached", "There are as many as allowed."),
    Code.FACTORS_MISSING: _MISSING,
    Code.CHALLENGE_NOT_OPEN: Said(
        400, "otp.not.triggered", "No code is waiting for an answer. Trigger a new one.", "otpCode"
    ),
    Code.CHALLENGE_EXPIRED: Said(
        400, "otp.expired", "The code has expired. Trigger a new one.", "otpCode"
    ),
    Code.APPROVAL_UNKNOWN: Said(
        404,
        "ott.not.found",
        "The one-time token is missing, unknown, expired or used. Send an open one in "
        "One-Time-Token; to get one, call the protected operation (again).",
    ),
    Code.KEY_TAKEN: Said(409, "key.already.exists", "There is a key of this id.", "keyId"),
    Code.KEYS_USED_UP: Said(
        400,
        "key.maximum.reached",
        "You have 100 keys that have not expired, which is as many as allowed. Use one of them, "
        "or give this one when one has passed its validTill.",
    ),
    Code.ATTEMPTS_BLOCKED: Said(
        429,
        "verification.blocked",
        "There were too many wrong answers, so nothing can be approved now. Try again after the "
        "seconds in Retry-After.",
    ),
    Code.RESEND_TOO_SOON: Said(
        429,
        "otp.too.soon",
        "A code was sent a moment ago. Verify that one, or trigger another after the seconds in "
        "Retry-After.",
    ),
    Code.SENDS_USED_UP: Said(
        429,
        "otp.maximum.reached",
        "No more codes are sent for this token. Verify the last one or clear the token another "
        "way; after the seconds in Retry-After it has expired, and the next one has codes again.",
    ),
    Code.TOO_MANY_CALLS: Said(
        429,
        "too.many.requests",
        "There are too many calls. Call again after the seconds in Retry-After.",
    ),
    Code.CALL_IN_PROGRESS: Said(409, "conflict", "The request is under way already."),
    Code.CALL_DIFFERS: Said(422, "conflict", "The reference stands for another request."),
    Code.BUSY: Said(503, "unavailable", "Try again in a moment."),
    Code.UNAVAILABLE: Said(503, "unavailable", "Try again in a moment."),
    **dict.fromkeys(
        (
            Code.EMAIL_NOT_VERIFIED,
            Code.MOBILE_NOT_VERIFIED,
            Code.EMAIL_CHANGES_USED_UP,
            Code.MOBILE_CHANGES_USED_UP,
            Code.DILIGENCE_APPROVED,
            Code.DILIGENCE_PENDING,
            Code.DILIGENCE_REJECTED,
            Code.DILIGENCE_OF_IDENTITY_MISSING,
            Code.DETAILS_VERIFIED,
            Code.ROLE_UNKNOWN,
            Code.ROLES_ARE_OWN,
            Code.ADMIN_ROLE_STAYS,
            Code.LOOKED_AT_ALREADY,
            Code.CREDENTIALS_WRONG,
            Code.SESSION_TOO_NARROW,
            Code.STEP_UP_REQUIRED,
            Code.PROFILE_UNKNOWN,
            Code.CAPTURE_UNKNOWN,
            Code.CAPTURE_SPENT,
            Code.SECRET_KIND_CLOSED,
            Code.SECRET_TOO_SHORT,
            Code.SECRET_TOO_LONG,
            Code.SECRET_TOO_SIMPLE,
            Code.SECRET_USED_BEFORE,
            Code.SECRET_ALREADY_SET,
            Code.SECRET_NOT_SET,
            Code.EMAIL_UNKNOWN,
            Code.EMAIL_ALREADY_VERIFIED,
            Code.INVITE_USED,
            Code.MAILED_CODE_WRONG,
            Code.COUNTRY_UNKNOWN,
            Code.CHALLENGE_USED_UP,
            Code.APPROVAL_ALREADY_GRANTED,
            Code.APPROVAL_LOCKED,
            Code.DEVICE_UNKNOWN,
            Code.LINK_UNKNOWN,
        ),
        _ELSEWHERE,
    ),
}

REJECTED: Headers = ((b"x-2fa-approval-result", b"REJECTED"),)
_A_DAY = 86_400


def refused(refusal: Refusal, says: Mapping[Code, Said | System]) -> Answer:
    """A refusal in the operation's own words, or else in the table's; without a row a bare 500."""
    if isinstance(refusal, Unreadable):
        return refusal.answer
    if isinstance(refusal, FactorsMissing):
        return said(_to_enrol(refusal), REJECTED)
    row = says.get(refusal.code) or TABLE.get(refusal.code)
    if row is None:
        return broken()
    return said(row, _headers(row, refusal))


def _to_enrol(refusal: FactorsMissing) -> Said:
    return replace(_MISSING, arguments=tuple(names.TYPE_OF_KIND[kind] for kind in refusal.kinds))


def _headers(row: Said | System, refusal: Refusal) -> Headers:
    if row.status == 429:
        wait = str(refusal.retry_after or _A_DAY).encode()
        return ((b"retry-after", wait), (b"x-rate-limited-by", b"assent"))
    if row.status == 503:
        return ((b"retry-after", str(refusal.retry_after or 1).encode()),)
    if row.status == 401:
        challenge = b"Basic" if refusal.code is Code.CLIENT_UNKNOWN else b"Bearer"
        return ((b"www-authenticate", challenge + b' realm="assent"'),)
    return ()


def said(row: Said | System, headers: Headers = ()) -> Answer:
    """As a body."""
    if isinstance(row, System):
        body: dict[str, Any] = {"error": row.error, "error_description": row.description}
        return json_answer(body, row.status, headers)
    return json_answer({"errors": [entry(row)]}, row.status, headers)


def entry(row: Said) -> dict[str, Any]:
    """One of `errors[]`; what does not apply is left out."""
    made: dict[str, Any] = {"code": row.code, "message": row.message}
    if row.path is not None:
        made["path"] = row.path
    if row.arguments:
        made["arguments"] = list(row.arguments)
    return made


def malformed(fields: Sequence[Invalid]) -> Answer:
    """400 with every invalid field."""
    entries = [entry(_of_field(field)) for field in fields]
    unreadable = Said(400, "unreadable", "The request's body or form cannot be read.")
    return json_answer({"errors": entries or [entry(unreadable)]}, 400)


def _of_field(field: Invalid) -> Said:
    if field.how == "required":
        return Said(400, "NotNull", "must not be null", field.field)
    if field.how == "length":
        shortest, longest = field.params
        highest = longest or "2147483647"
        text = f"size must be between {shortest} and {highest}"
        return Said(400, "Size", text, field.field, (highest, shortest))
    if field.how == "key":
        return Said(400, "key.invalid", field.params[0], field.field)
    code, text = _WRONG[field.how]
    return Said(400, code, text.format(*_measures(field)), field.field, tuple(field.params))


def _measures(field: Invalid) -> tuple[str, ...]:
    """What the message names: lowest and highest each, else all of them in one."""
    return field.params if field.how == "range" else (", ".join(field.params),)


_WRONG = {
    "type": ("typeMismatch", "must be of another type: {}"),
    "pattern": ("Pattern", "must be of the form: {}"),
    "text": ("Pattern", "has characters that are not allowed"),
    "range": ("Range", "is out of range: from {0} to {1}"),
    "one_of": ("Enum", "must be one of: {}"),
    "exactly": ("Repeated", "may stand there once only"),
}


def too_large() -> Answer:
    """413."""
    return said(Said(413, "payload.too.large", "The request is too large."))


def no_route(methods: tuple[str, ...]) -> Answer:
    """404, or 405 where the path knows other methods."""
    if methods:
        known = tuple(sorted(methods))
        text = f"This resource has other methods: {', '.join(known)}."
        return said(Said(405, "method.not.allowed", text, arguments=known))
    return said(TABLE[Code.NOT_FOUND])


def broken() -> Answer:
    """500 without a word of how."""
    return said(System(500, "server_error", "An unexpected error occurred"))
