"""What is wrong with a request's form, in words that no dialect owns."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invalid:
    """One invalid field: where (`rootUser.email`), how, and the measure it fails.

    `how` is one of: required, type (params: the expected one), pattern (the pattern), length
    (shortest, longest), range (lowest, highest), one_of (the values), text (not clean text),
    exactly (how often), key (why this public key cannot be used).
    """

    field: str
    how: str
    params: tuple[str, ...] = ()


class Malformed(Exception):
    """Every invalid field at once; none where the body is no JSON object at all."""

    def __init__(self, fields: list[Invalid]) -> None:
        super().__init__(fields)
        self.fields = fields


class TooLarge(Exception):
    """Body or reference over its limit."""
