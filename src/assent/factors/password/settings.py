"""What passwords must be like."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """One policy for new passwords. Lengths are in Unicode code points.

    How many former ones may not come again stands in domain/hashed_secret.py: other secrets of
    the programme follow it.
    """

    shortest: int
    longest: int
    classes: bool
    """Whether lower case, upper case, digit and special must all be there."""
    blocklist: bool
    """Whether common and personal words are taken out before the rest is judged."""


PROFILES = {
    # What the Multi API documents. Composition rules are against ASVS 6.2.5 and SP 800-63B-4,
    # so that this is for firms whose clients expect it.
    "weavr": Profile(shortest=8, longest=30, classes=True, blocklist=False),
    # SP 800-63B-4: 15 where the password alone opens a session, at least 64 allowed, no classes,
    # a blocklist, no forced change; ASVS 5.0 6.2.4 and 6.2.11 for the words.
    "modern": Profile(shortest=15, longest=128, classes=False, blocklist=True),
}
