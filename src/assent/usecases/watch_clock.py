"""Notices that this machine's clock was set, and keeps it on record for `assent doctor`.

Rules trust the clock. Set back, sessions, codes and blocks last that much longer and what waits
for a second try is sent that much later; set forward, they end at once. None of that can be told
from time that passed, so the operator is told.
"""

from dataclasses import dataclass

from assent.kernel.clock import MINUTE, SECOND, Clock
from assent.kernel.log import Log
from assent.ports.stores import Stores
from assent.ports.telemetry import Telemetry
from assent.ports.upkeep import SetState

log = Log()

LATEST = "clock_latest"
"""Where the store keeps the latest time that a process of this house has seen, in ms."""
JUMP = "clock_jump"
"""Where it keeps when the clock was last set, and by how much: two numbers of ms."""
MOST_DRIFT = SECOND
"""As for readiness. Clocks that are put right smoothly (slewed) never drift so far in a second."""
APART = 5 * SECOND
"""Several servers write the latest time; this far their clocks may differ without a word."""
_KEEP_EVERY = MINUTE


@dataclass(frozen=True, slots=True)
class Jump:
    """When the clock was set, as it said afterwards, and by how much."""

    at: int
    by_ms: int


class ClockWatch:
    """`look` wants to be called about once a second."""

    def __init__(self, clock: Clock, stores: Stores, telemetry: Telemetry) -> None:
        self._clock = clock
        self._stores = stores
        self._telemetry = telemetry
        self._wall = clock.wall()
        self._monotonic = clock.monotonic()
        self._kept_at: float | None = None

    async def look(self) -> Jump | None:
        """The jump since the last look, or since the last time on record. Refuses UNAVAILABLE,
        after it was told."""
        wall, monotonic = self._clock.wall(), self._clock.monotonic()
        passed = round((monotonic - self._monotonic) * 1_000)
        by_ms = wall - self._wall - passed
        self._wall, self._monotonic = wall, monotonic
        jump = Jump(wall, by_ms) if abs(by_ms) > MOST_DRIFT else None
        if jump is not None:
            self._tell(jump)
        due = self._kept_at is None or monotonic - self._kept_at >= _KEEP_EVERY / 1_000
        if jump is None and due:
            jump = await self._against_the_record(wall)
        if jump is not None or due:
            told = () if jump is None else (SetState(JUMP, f"{jump.at} {jump.by_ms}"),)
            await self._stores.commit(SetState(LATEST, str(wall)), *told)
            self._kept_at = monotonic
        return jump

    async def _against_the_record(self, wall: int) -> Jump | None:
        """Time that went back while nobody watched. Forward, it only passed."""
        kept = int(await self._stores.state(LATEST) or 0)
        if kept - wall <= APART:
            return None
        jump = Jump(wall, wall - kept)
        self._tell(jump)
        return jump

    def _tell(self, jump: Jump) -> None:
        self._telemetry.clock_jumped(jump.by_ms)
        log.warning("clock_jumped", by_ms=jump.by_ms)


async def last_jump(stores: Stores) -> Jump | None:
    """What is on record."""
    kept = await stores.state(JUMP)
    if kept is None:
        return None
    at, by_ms = kept.split()
    return Jump(int(at), int(by_ms))
