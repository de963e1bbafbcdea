"""How the core says no. What is not worth remembering is raised; a wrong answer is not."""

from enum import StrEnum


class Code(StrEnum):
    """Every reason to refuse. A dialect has one table from these to its own words."""

    # who is speaking
    CALLER_UNKNOWN = "caller_unknown"
    SESSION_GONE = "session_gone"
    CREDENTIALS_WRONG = "credentials_wrong"
    SESSION_TOO_NARROW = "session_too_narrow"
    STEP_UP_REQUIRED = "step_up_required"
    PERMISSION_MISSING = "permission_missing"
    CLIENT_UNKNOWN = "client_unknown"
    GRANT_WRONG = "grant_wrong"
    # what was asked for
    NOT_FOUND = "not_found"
    SUBJECT_UNKNOWN = "subject_unknown"
    SUBJECT_INACTIVE = "subject_inactive"
    PROFILE_UNKNOWN = "profile_unknown"
    CHANGED_MEANWHILE = "changed_meanwhile"
    """Somebody else was faster, time after time: the same call may well work now."""
    ALREADY_DECIDED = "already_decided"
    """For good, and maybe long ago: no other call will change it."""
    # captured values
    CAPTURE_UNKNOWN = "capture_unknown"
    CAPTURE_SPENT = "capture_spent"
    # secrets a person chooses
    SECRET_KIND_CLOSED = "secret_kind_closed"
    SECRET_TOO_SHORT = "secret_too_short"
    SECRET_TOO_LONG = "secret_too_long"
    SECRET_TOO_SIMPLE = "secret_too_simple"
    SECRET_USED_BEFORE = "secret_used_before"
    SECRET_ALREADY_SET = "secret_already_set"
    SECRET_NOT_SET = "secret_not_set"
    # addresses
    EMAIL_TAKEN = "email_taken"
    EMAIL_INVALID = "email_invalid"
    EMAIL_UNKNOWN = "email_unknown"
    EMAIL_ALREADY_VERIFIED = "email_already_verified"
    MOBILE_MISSING = "mobile_missing"
    MOBILE_IMPOSSIBLE = "mobile_impossible"
    MOBILE_UNREACHABLE = "mobile_unreachable"
    MOBILE_COUNTRY_CLOSED = "mobile_country_closed"
    MOBILE_TAKEN = "mobile_taken"
    COUNTRY_UNKNOWN = "country_unknown"
    EMAIL_NOT_VERIFIED = "email_not_verified"
    MOBILE_NOT_VERIFIED = "mobile_not_verified"
    EMAIL_CHANGES_USED_UP = "email_changes_used_up"
    MOBILE_CHANGES_USED_UP = "mobile_changes_used_up"
    # due diligence
    DILIGENCE_APPROVED = "diligence_approved"
    DILIGENCE_PENDING = "diligence_pending"
    DILIGENCE_REJECTED = "diligence_rejected"
    DILIGENCE_OF_IDENTITY_MISSING = "diligence_of_identity_missing"
    DETAILS_VERIFIED = "details_verified"
    # authorised users, and whoever looks as one
    ROLE_UNKNOWN = "role_unknown"
    ROLES_ARE_OWN = "roles_are_own"
    ADMIN_ROLE_STAYS = "admin_role_stays"
    LOOKED_AT_ALREADY = "looked_at_already"
    # factors and challenges
    KIND_SWITCHED_OFF = "kind_switched_off"
    FACTOR_NOT_ENROLLED = "factor_not_enrolled"
    FACTOR_ALREADY_ENROLLED = "factor_already_enrolled"
    FACTOR_UNFIT = "factor_unfit"
    FACTORS_USED_UP = "factors_used_up"
    FACTORS_MISSING = "factors_missing"
    CHALLENGE_NOT_OPEN = "challenge_not_open"
    CHALLENGE_EXPIRED = "challenge_expired"
    CHALLENGE_USED_UP = "challenge_used_up"
    INVITE_USED = "invite_used"
    MAILED_CODE_WRONG = "mailed_code_wrong"
    """Where the wrong answer is not recorded: it was not counted, or another's came first."""
    APPROVAL_ALREADY_GRANTED = "approval_already_granted"
    APPROVAL_UNKNOWN = "approval_unknown"
    APPROVAL_LOCKED = "approval_locked"
    """The person said that they did not ask for it."""
    DEVICE_UNKNOWN = "device_unknown"
    """Never enrolled, removed, or the call is not signed with its key: which is not told."""
    LINK_UNKNOWN = "link_unknown"
    """An enrolment's link that was used, has expired, or never was."""
    # encrypted and signed calls
    MESSAGE_UNREADABLE = "message_unreadable"
    KEY_TAKEN = "key_taken"
    KEYS_USED_UP = "keys_used_up"
    # limits
    ATTEMPTS_BLOCKED = "attempts_blocked"
    RESEND_TOO_SOON = "resend_too_soon"
    SENDS_USED_UP = "sends_used_up"
    TOO_MANY_CALLS = "too_many_calls"
    # one call, once
    CALL_IN_PROGRESS = "call_in_progress"
    CALL_DIFFERS = "call_differs"
    # the house itself
    BUSY = "busy"
    UNAVAILABLE = "unavailable"


class Refusal(Exception):
    """Raised where nothing is to be kept; whatever was not committed is rolled back.

    `retry_after` is in seconds, where waiting helps; `detail` is for the log, never for the wire.
    """

    def __init__(self, code: Code, detail: str = "", retry_after: int | None = None) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else str(self.code)
