"""The three categories of authentication element (RTS Articles 6, 7 and 8)."""

from collections.abc import Iterable
from enum import StrEnum
from functools import cache


class Element(StrEnum):
    """Something only the person knows, has, or is."""

    KNOWLEDGE = "knowledge"
    POSSESSION = "possession"
    INHERENCE = "inherence"


def to_text(elements: Iterable[Element]) -> str:
    """The one spelling of a set of elements in a row: sorted, joined by a space."""
    return " ".join(sorted(elements))


@cache
def from_text(text: str) -> frozenset[Element]:
    """Reads what `to_text` wrote."""
    return frozenset(Element(word) for word in text.split())
