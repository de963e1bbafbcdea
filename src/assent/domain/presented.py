"""What the kinds that an app presents again share: nothing is asked, nothing is sent."""

from collections.abc import Mapping
from typing import Any

from assent.domain.deed import Deed
from assent.domain.kind import Begun
from assent.domain.prompt import Present
from assent.domain.subject import Subject
from assent.kernel.randomness import Randomness


class Presented:
    """Everything of a `PresentedKind` that has to do with asking."""

    name: str
    called: str
    verifies_mobile = False

    @property
    def factor_kind(self) -> str:
        """Its own."""
        return self.name

    def ready(self, subject: Subject, countries: tuple[str, ...]) -> dict[str, Any]:
        """What is presented needs nothing but its person."""
        return {}

    def begin(
        self,
        details: Mapping[str, Any],
        now: int,
        randomness: Randomness,
        action: Deed,
        chosen: str | None = None,
    ) -> Begun:
        """The prompt alone: what was enrolled is the answer."""
        return Begun(prompt=Present(), expected=b"")
