"""What no route says of itself, and the tags that operations are listed under."""

from dataclasses import dataclass
from typing import Final

from assent.http.openapi import Example

ACCESS: Final = "Access"
PASSWORDS: Final = "Passwords"
FACTORS: Final = "Authentication factors"
STEP_UP: Final = "Step-up"
CONSUMERS: Final = "Consumers"
CORPORATES: Final = "Corporates"
USERS: Final = "Authorised users"
BACK_OFFICE: Final = "Back office"

TAGS: Final = {
    ACCESS: "Log-in, log-out, and tokens for one of a person's identities.",
    PASSWORDS: "Setting, changing, checking and resetting passwords and passcodes.",
    FACTORS: "What a person can authenticate with besides a password.",
    STEP_UP: "A second factor for the present session.",
    CONSUMERS: "People who act on their own behalf.",
    CORPORATES: "Companies, each with a root user.",
    USERS: "Further people who may act for a consumer or corporate.",
    BACK_OFFICE: "Read-only access for the firm's own staff.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What no route says of itself."""

    id: str
    tag: str
    summary: str
    about: str = ""
    """More, in CommonMark."""
    example: Example
