"""That a client may act for a person: what OAuth calls an authorisation grant (RFC 6749 1.3)."""

from dataclasses import dataclass, field

from assent.kernel.clock import DAY, HOUR, MINUTE


@dataclass(frozen=True, slots=True)
class GrantLimits:
    """How long a client's tokens live. Times are in ms."""

    access_ms: int = 12 * HOUR
    """Of an access token, as the SCA API documents. It proves nothing by itself: what is worth
    protecting asks for an approval."""
    code_ms: int = 5 * MINUTE
    """Of an authorisation code: a redirect takes seconds, and RFC 6749 4.1.2 allows ten minutes."""
    refresh_ms: int = 7_275 * DAY
    """Of a refresh token: some twenty years, as the SCA API documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One for each client and person; its tokens replace each other."""

    id: int
    programme_id: int
    client: str
    subject_id: int
    secret: bytes | None = field(default=None, repr=False)
    """Keyed hash of the registration code, where the person was signed up with one."""
    session_id: int | None = None
    """The session of the access token that was given last: the only one that is good."""
    refresh: bytes | None = field(default=None, repr=False)
    """Keyed hash of the refresh token."""
    refresh_until: int = 0
    created_at: int
    version: int = 1
