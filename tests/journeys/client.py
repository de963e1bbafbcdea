"""What a journey needs of a client, whatever the dialect it speaks."""

from typing import Protocol


class Client(Protocol):
    """One person's app. What may be refused answers whether it was done; all else must succeed."""

    def register(self) -> None:
        """A new person, known to the programme and without any proof yet."""
        ...

    def set_password(self, password: str) -> None:
        """The first one."""
        ...

    def log_in(self, password: str) -> bool:
        """A session with one element."""
        ...

    def alive(self) -> bool:
        """Whether the session still is; to ask is activity."""
        ...

    def factors(self) -> list[str]:
        """States of the second factors: `pending`, `active`."""
        ...

    def begin_enrolment(self) -> None:
        """Of the phone."""
        ...

    def enrol(self, code: str) -> bool:
        """Ends it."""
        ...

    def begin_step_up(self) -> None:
        """A code to the phone."""
        ...

    def step_up(self, code: str) -> bool:
        """Ends it."""
        ...

    def change_password(self, old: str, new: str) -> bool:
        """With what the session has proved so far."""
        ...

    def newest_code(self) -> str:
        """What the phone received last."""
        ...

    def advance(self, seconds: int) -> None:
        """The clock."""
        ...

    def idle(self, seconds: int) -> None:
        """A last call, and then so long nothing, to the second."""
        ...

    def person(self, password: str) -> None:
        """Registered and logged in."""
        ...

    def enrolled_person(self, password: str) -> None:
        """With an active phone, logged in anew."""
        ...
