"""Ids: integers that both dialects can print, one as a string, the other as a JSON number."""

from typing import Protocol

from assent.kernel.randomness import Randomness

LIMIT = 2**53  # the largest range in which every JSON reader agrees on every integer
_FLOOR = 10**15  # keeps all ids 16 digits long, so that they line up and sort as text too


class Ids(Protocol):
    """Hands out ids."""

    def next(self) -> int:
        """A new id: 16 decimal digits, below 2**53."""
        ...


class RandomIds:
    """Ids drawn at random, so that one id says nothing of how many there are or which come next.

    Two draws may meet; every table holds its ids unique, and the second writer then fails
    cleanly. At ten million rows a table that is one insert in 800 million.
    """

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness

    def next(self) -> int:
        """Uniform over the 16-digit ids."""
        return _FLOOR + self._randomness.below(LIMIT - _FLOOR)
