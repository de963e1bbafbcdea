"""What a code by SMS is like."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeSettings:
    """Six digits are what both dialects' wire formats fix; with three tries a challenge and five
    a person no guesser gets further than one in 200,000."""

    digits: int = 6
    """Digits of a code; both dialects' wire formats fix it."""
