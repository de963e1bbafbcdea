"""Each operation in words and with an example: for the OpenAPI document, its page and the mock."""

from typing import Final

from assent.dialects.weavr.examples import (
    access,
    consumers,
    corporates,
    factors,
    passwords,
    users,
)
from assent.dialects.weavr.examples.words import ACCESS, TAGS, Words

WORDS: Final = {
    **access.WORDS,
    **passwords.WORDS,
    **factors.WORDS,
    **consumers.WORDS,
    **corporates.WORDS,
    **users.WORDS,
}
"""By `METHOD /path`."""

__all__ = ["ACCESS", "TAGS", "WORDS", "Words"]
