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
    PASSWORDS: "Passwords and passcodes: the first, its change, its loss, and the policy.",
    FACTORS: "What a person can prove themselves with beside a password.",
    STEP_UP: "A second factor for the session that is under way.",
    CONSUMERS: "People who act for themselves.",
    CORPORATES: "Companies, each with a root user.",
    USERS: "More people who act for an identity.",
    BACK_OFFICE: "The firm's own staff, who look as a person would.",
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
