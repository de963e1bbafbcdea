"""Devices that wait for a question: answered at once where it is put here, and within a second
where another server did.

A waiting call costs its own task and a place in a table. One query a second, whoever waits, finds
what other servers put or settled.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from assent.domain.challenge import Challenge
from assent.domain.device import DEVICE_KEY
from assent.http.request import Request
from assent.kernel.log import Log
from assent.kernel.refusals import Refusal
from assent.ports.asking import (
    DecideChallenge,
    DecideOnDevice,
    DeviceReads,
    WithdrawKindChallenges,
)
from assent.ports.changes import Add, Change

log = Log()

LOOK_SECONDS = 1.0
MOST_OF_DEVICE = 2
"""Waiting calls of one device. Two, because whoever lost its connection calls again before the
server knows; more would be a device that takes memory for nothing."""


class Listener:
    """One call that waits. Woken as often as there may be something new."""

    __slots__ = ("_until", "device_id", "released", "woken")

    def __init__(self, device_id: int) -> None:
        self.device_id = device_id
        self.released = False
        """Whether it is to answer now, whatever there is."""
        self.woken = False
        """Whether there may be something new since it was armed."""
        self._until: asyncio.Timeout | None = None

    def arm(self) -> None:
        """Before a look: whatever happens from now on wakes it."""
        self.woken = self.released

    def wake(self) -> None:
        """There may be something new."""
        if self.woken:
            return
        self.woken = True
        if self._until is not None and not self._until.expired():
            self._until.reschedule(asyncio.get_running_loop().time())

    async def wait(self, request: Request, seconds: float) -> bool:
        """Until it is woken, the time is up, or the caller has hung up; whether there is anybody
        left to answer."""
        if self.woken:
            return True
        try:
            async with asyncio.timeout(seconds) as self._until:
                await request.gone()
        except TimeoutError:
            return True
        finally:
            self._until = None
        return False


class Hub:
    """The table of this process."""

    def __init__(self, stores: DeviceReads) -> None:
        self._stores = stores
        self._waiting: dict[int, list[Listener]] = {}
        """By person, the oldest first."""
        self._known: dict[int, int] = {}
        """Open questions and their people, as far as they were seen here."""
        self._closed = False

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    @contextmanager
    def listening(self, subject_id: int, device_id: int) -> Iterator[Listener]:
        """A place in the table, which is left however the call ends. Where the device has too many
        already its oldest goes."""
        listener = Listener(device_id)
        listener.released = self._closed
        held = self._waiting.setdefault(subject_id, [])
        own = [one for one in held if one.device_id == device_id and not one.released]
        for one in own[: max(0, len(own) - MOST_OF_DEVICE + 1)]:
            _release(one)
        held.append(listener)
        try:
            yield listener
        finally:
            held.remove(listener)
            if not held:
                del self._waiting[subject_id]

    def saw(self, questions: Sequence[Challenge]) -> None:
        """Read just now: whoever settles one of them here wakes its person."""
        self._known.update({one.id: one.subject_id for one in questions})

    def applied(self, changes: Sequence[Change]) -> None:
        """What this process has just committed."""
        if not self._waiting:
            return
        for change in changes:
            match change:
                case Add(row=Challenge() as asked) if asked.slot is not None:
                    self._known[asked.id] = asked.subject_id
                    self._wake(asked.subject_id)
                case DecideChallenge(challenge_id=number) | DecideOnDevice(challenge_id=number):
                    self._wake(self._known.pop(number, 0))
                case WithdrawKindChallenges(subject_id=subject_id):
                    self._wake(subject_id)

    async def run(self) -> None:
        """As long as the server does."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._waiting:
                continue
            try:
                await self._look()
            except Refusal as refusal:
                log.warning("listening_waits", code=refusal.code)
            except Exception:  # whatever it is: without this task devices would hear nothing
                log.exception("listening_broken")

    def close(self) -> None:
        """The server ends: whoever waits is answered now, and nobody waits any more."""
        self._closed = True
        for held in self._waiting.values():
            for listener in held:
                _release(listener)

    async def _look(self) -> None:
        found = dict(await self._stores.open_questions(DEVICE_KEY))
        before, self._known = self._known, found
        for number in before.keys() ^ found.keys():
            self._wake(before.get(number) or found[number])

    def _wake(self, subject_id: int) -> None:
        for listener in self._waiting.get(subject_id, ()):
            listener.wake()


def _release(listener: Listener) -> None:
    listener.released = True
    listener.wake()
