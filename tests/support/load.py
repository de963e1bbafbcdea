"""Callers that go on calling while something is done to the servers."""

import http.client
import threading
from types import TracebackType
from typing import Self

from tests.support.client import Server
from tests.support.processes import until
from tests.support.weavr import Person, log_in, new_person


class Calls:
    """Reads and log-ins in turn, each caller one after the other, until the end of the block."""

    def __init__(self, server: Server, callers: int) -> None:
        self._people = [new_person(server) for _ in range(callers)]
        self._done: list[str] = []
        self._end = threading.Event()
        self._threads = [
            threading.Thread(target=self._go, args=(person,)) for person in self._people
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _go(self, person: Person) -> None:
        while not self._end.is_set():
            for what in ("read", "log in"):
                try:
                    answer = (
                        person.factors() if what == "read" else log_in(person.server, person.email)
                    )
                    self._done.append("" if answer.status == 200 else f"{what}: {answer}")
                except (OSError, http.client.HTTPException) as error:
                    self._done.append(f"{what}: {error!r}")

    def go_on(self, count: int) -> None:
        """Until that many calls more were answered, one way or the other."""
        enough = len(self._done) + count
        until(f"{count} calls", lambda: len(self._done) >= enough, within=60)

    def failed(self) -> list[str]:
        """What was said of those that were not 200."""
        return [told for told in self._done if told]
