"""What passwords cost and what they must be like."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HashCosts:
    """argon2id parameters. The default is OWASP's first choice for servers short of memory."""

    memory_kib: int = 19_456
    """19 MiB: two at once on two cores stay well inside a 120 MiB process."""
    passes: int = 2
    """How often the memory is filled: two with 19 MiB, by the same advice."""
    lanes: int = 1
    """Threads a hash: one, because log-ins already run beside each other."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One policy for new passwords. Lengths are in Unicode code points."""

    shortest: int
    longest: int
    classes: bool
    """Whether lower case, upper case, digit and special must all be there."""
    blocklist: bool
    """Whether common and personal words are taken out before the rest is judged."""
    remembers: int
    """How many former passwords, the present one included, may not come again."""


PROFILES = {
    # What the Multi API documents. Composition rules are against ASVS 6.2.5 and SP 800-63B-4,
    # so that this is for firms whose clients expect it.
    "weavr": Profile(shortest=8, longest=30, classes=True, blocklist=False, remembers=5),
    # SP 800-63B-4: 15 where the password alone opens a session, at least 64 allowed, no classes,
    # a blocklist, no forced change; ASVS 5.0 6.2.4 and 6.2.11 for the words.
    "modern": Profile(shortest=15, longest=128, classes=False, blocklist=True, remembers=1),
}
