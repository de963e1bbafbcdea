"""THE table from the core's refusals to statuses and words, as problem details (RFC 9457)."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec

from assent.dialects.device import names
from assent.domain.attempts import Wrong
from assent.http.answer import Answer
from assent.http.invalid import Invalid
from assent.kernel.refusals import Code, Refusal

PROBLEM: Final = "application/problem+json"
Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A status, and what to do next. `waits`: waiting may help, for so many seconds if the refusal
    says no number of its own; 0: it does not."""

    status: int
    detail: str
    waits: int = 0


_PERSON = Row(401, "Log in again: there is no living session with this token.")
_LATER = Row(503, "Try again in a moment.", waits=1)
_TOO_OFTEN = Row(429, "This was tried too often. Wait, then try again.", waits=86_400)
_MOBILE = Row(409, "The person's mobile number takes no codes. Have it corrected first.")

TABLE: Final = {
    Code.CALLER_UNKNOWN: Row(401, "Send the programme's ui-key or api-key."),
    Code.SESSION_GONE: _PERSON,
    Code.SESSION_TOO_NARROW: Row(403, "This session is only good for something else."),
    Code.STEP_UP_REQUIRED: Row(403, "Step the session up first; in an enrolment, send the code."),
    Code.PERMISSION_MISSING: Row(403, "This caller may not do this."),
    Code.DEVICE_UNKNOWN: Row(401, "There is no such device with this key. Enrol it anew."),
    Code.LINK_UNKNOWN: Row(404, "The link was used, or is too old. Make a new one."),
    Code.NOT_FOUND: Row(404, "There is nothing here."),
    Code.SUBJECT_UNKNOWN: Row(404, "There is nothing here."),
    Code.FACTOR_NOT_ENROLLED: Row(404, "There is no such device."),
    Code.SUBJECT_INACTIVE: Row(403, "This person is not active."),
    Code.KIND_SWITCHED_OFF: Row(409, "The programme has this switched off."),
    Code.FACTOR_UNFIT: Row(
        422, "The key, its signature or its attestation is not one that can be taken."
    ),
    Code.FACTOR_ALREADY_ENROLLED: Row(409, "This key is enrolled already. Make a new one."),
    Code.FACTORS_USED_UP: Row(409, "The person has as many devices as they may. Remove one."),
    Code.CHALLENGE_NOT_OPEN: Row(409, "It takes no answer any more."),
    Code.CHALLENGE_EXPIRED: Row(409, "It has expired."),
    Code.CHALLENGE_USED_UP: Row(409, "It was answered wrongly too often."),
    Code.APPROVAL_LOCKED: Row(409, "The person said that they did not ask for this."),
    Code.APPROVAL_ALREADY_GRANTED: Row(409, "It was approved already."),
    Code.MOBILE_MISSING: Row(409, "The person has no mobile number for the code."),
    Code.MOBILE_IMPOSSIBLE: _MOBILE,
    Code.MOBILE_UNREACHABLE: _MOBILE,
    Code.MOBILE_COUNTRY_CLOSED: _MOBILE,
    Code.MOBILE_TAKEN: _MOBILE,
    Code.MOBILE_NOT_VERIFIED: _MOBILE,
    Code.ATTEMPTS_BLOCKED: _TOO_OFTEN,
    Code.RESEND_TOO_SOON: _TOO_OFTEN,
    Code.SENDS_USED_UP: _TOO_OFTEN,
    Code.TOO_MANY_CALLS: _TOO_OFTEN,
    Code.CHANGED_MEANWHILE: _LATER,
    Code.CALL_IN_PROGRESS: _LATER,
    Code.BUSY: _LATER,
    Code.UNAVAILABLE: _LATER,
}

_LEFT: Final = {
    Wrong.MORE_LEFT: "more_left",
    Wrong.ONE_LEFT: "one_left",
    Wrong.USED_UP: "used_up",
}
LEFT: Final = tuple(_LEFT.values())
ALGORITHMS: Final = 'algs="ES256 Ed25519 EdDSA"'
"""Of proofs, as `www-authenticate` lists them (RFC 9449 7.1)."""


class BadProof(Refusal):
    """The proof of the call is none, whoever made it. `told` says why; `wall` is the server's
    clock in ms, where the device's own is wrong."""

    def __init__(self, told: str, wall: int | None = None) -> None:
        super().__init__(Code.DEVICE_UNKNOWN, f"proof: {told}")
        self.told = told
        self.wall = wall


def refused(refusal: Refusal) -> Answer:
    """A refusal as this dialect says it. A code without a row is a bare 500."""
    if isinstance(refusal, BadProof):
        more = {} if refusal.wall is None else {"serverTime": refusal.wall}
        told = b'DPoP error="invalid_dpop_proof", ' + ALGORITHMS.encode()
        return problem(401, names.PROOF_WRONG, refusal.told, (b"www-authenticate", told), **more)
    row = TABLE.get(refusal.code)
    if row is None:
        return broken()
    code = refusal.code.value
    if row.waits:
        wait = refusal.retry_after or row.waits
        header = (b"retry-after", str(wait).encode())
        return problem(row.status, code, row.detail, header, retryAfter=wait)
    if row.status == 401:
        scheme = _SCHEME.get(refusal.code)
        headers = ((b"www-authenticate", scheme),) if scheme else ()
        return problem(row.status, code, row.detail, *headers)
    return problem(row.status, code, row.detail)


_SCHEME = {
    Code.SESSION_GONE: b"Bearer",
    Code.DEVICE_UNKNOWN: b"DPoP " + ALGORITHMS.encode(),
}


def wrong(code: str, left: Wrong) -> Answer:
    """409: a wrong answer, which was counted."""
    detail = "This was not right, and was counted."
    return problem(409, code, detail, left=_LEFT[left])


def problem(
    status: int, code: str, detail: str, *headers: tuple[bytes, bytes], **more: Any
) -> Answer:
    """A body of RFC 9457; its `type` is about:blank, so its title is the status's own."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    return Answer(status, msgspec.json.encode(body), headers, PROBLEM.encode())


def malformed(fields: list[Invalid]) -> Answer:
    """400 with every invalid field."""
    detail = "Some fields are invalid." if fields else "The body is not a JSON object."
    told = [
        {"field": field.field, "error": field.how, "params": list(field.params)} for field in fields
    ]
    return problem(400, names.MALFORMED, detail, errors=told)


def too_large() -> Answer:
    """413."""
    return problem(413, "too_large", "The body is too large.")


def no_route(methods: tuple[str, ...]) -> Answer:
    """404, or 405 where the path knows other methods."""
    if methods:
        return problem(405, "method_not_allowed", "This path has other methods.")
    return problem(404, Code.NOT_FOUND.value, TABLE[Code.NOT_FOUND].detail)


def broken() -> Answer:
    """500 without a word of how."""
    return problem(500, "broken", "Something went wrong here.")
