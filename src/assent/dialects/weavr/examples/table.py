"""The table: each operation's words and example."""

from typing import Final

from assent.dialects.weavr.examples import (
    access,
    consumers,
    corporates,
    factors,
    passwords,
    users,
)
from assent.dialects.weavr.examples.words import Words

WORDS: Final[dict[str, Words]] = {
    **access.WORDS,
    **passwords.WORDS,
    **factors.WORDS,
    **consumers.WORDS,
    **corporates.WORDS,
    **users.WORDS,
}
"""By `METHOD /path`."""
