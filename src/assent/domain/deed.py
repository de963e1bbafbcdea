"""What a code is for: it completes "your code to ...".

English stands in it as people read it. Beside that the name of its words and what fills them, so
that whoever sends it can say it in a programme's own: a translation changes no approval, because
its fingerprint is over the action's parameters alone (domain/action.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assent.domain.phrases import ACTIONS, FILLED_WITH
from assent.domain.wording import filled


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that a person is asked for."""

    text: str = field(repr=False)
    """In English, as in 'pay 10.00 EUR to Ada'."""
    words: str = ""
    """Their name in `phrases.ACTIONS`; empty: it is said in English only."""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the words are filled with."""

    @property
    def given(self) -> dict[str, str]:
        """The values of a message that says it."""
        named = {FILLED_WITH["action"]: self.words} if self.words else {}
        return {**self.values, **named, "action": self.text}


def deed(words: str, **values: str) -> Deed:
    """A deed of these words. KeyError for unknown ones."""
    return Deed(filled(ACTIONS[words], values), words, values)
