"""What a journey needs of a client, whatever the dialect it speaks.

A person has a first element of proof, a password or a PIN, that their app gives without being
told; the journeys are about the second, their phone, and about something that needs both.
"""

from typing import Protocol


class Client(Protocol):
    """One person's app. What may be refused answers whether it was done; all else must succeed."""

    blocked_seconds: int
    """How long five wrong answers keep a person out."""

    def register(self) -> None:
        """A new person with the first element, and no phone."""
        ...

    def phones(self) -> list[str]:
        """States of their phones: `pending`, `active`."""
        ...

    def enrol_phone(self) -> None:
        """To its end."""
        ...

    def act(self) -> bool:
        """What needs both elements."""
        ...

    def begin(self) -> None:
        """The first element is proved, and a code is on its way to the phone."""
        ...

    def answer(self, code: str) -> bool:
        """Whether it was the right one; what was begun may then be done."""
        ...

    def newest_code(self) -> str:
        """What the phone received last."""
        ...

    def stay(self, seconds: int) -> None:
        """Time passes, with the app open."""
        ...

    def come_back(self, seconds: int) -> None:
        """Time passes without it, and then it is opened again."""
        ...

    def enrolled_person(self) -> None:
        """With an active phone."""
        ...
