"""Faults to order: the next calls of a programme fail, or take their time."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from assent.http.answer import Answer
from assent.http.request import Request


@dataclass(slots=True)
class Fault:
    """`calls` more calls get `status`, or wait `delay_seconds` and are then carried out."""

    calls: int
    status: int | None
    delay_seconds: float


class Faults:
    """Looks at every call before the house does; keyed by API key, so that one programme's
    faults are not another's."""

    def __init__(self) -> None:
        self._by_key: dict[str, Fault] = {}

    def order(self, keys: Iterable[str], fault: Fault) -> None:
        """From the next call on. A new order replaces an older one."""
        for key in keys:
            self._by_key[key] = fault

    async def __call__(self, request: Request) -> Answer | None:
        """`http.app.Interfere`."""
        if not self._by_key:
            return None
        fault = self._by_key.get(request.header(b"api-key") or "")
        if fault is None or fault.calls <= 0:
            return None
        fault.calls -= 1
        if fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        if fault.status == 429:
            return Answer(
                429,
                headers=((b"x-ratelimit-limit", b"1, 1;w=1"), (b"x-ratelimit-reset", b"1")),
            )
        if fault.status == 503:
            return Answer(503, headers=((b"retry-after", b"1"),))
        return Answer(fault.status) if fault.status else None
