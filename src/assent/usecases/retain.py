"""What has served its time is deleted, a little at a time (domain/retention.py)."""

from collections.abc import Mapping
from dataclasses import dataclass

from assent.domain.retention import MOST_APART, moment
from assent.kernel.clock import HOUR, SECOND
from assent.kernel.log import Log
from assent.ports.upkeep import SetState
from assent.usecases.world import World

log = Log()

_REACHED = "retention_reached"
"""Where the store keeps the moment that was deleted by last, and when, by the machine: in ms."""
MOST = 1_000
"""Rows a transaction: others come in between."""
_TRANSACTIONS = 20
"""A tick: whatever else is to be done each second is not held up."""
COUNTED = 1_000_000
"""What is counted at most."""
_NEARLY = HOUR - 5 * 60 * SECOND
"""Since the last time; several servers together delete once an hour."""


@dataclass(frozen=True, slots=True)
class Due:
    """By which moment is deleted, and what is held back from, if anything."""

    moment: int
    held_back_ms: int = 0


async def due(world: World) -> Due | None:
    """By which moment may be deleted now; nothing where the clocks disagree.

    The clock of a sandbox that was moved was moved on purpose: there the guards do not hold.
    """
    now, wall = world.clock.now(), world.clock.wall()
    if _was_moved(world):
        return Due(now)
    apart = await world.stores.database_time() - wall
    if abs(apart) > MOST_APART:
        log.warning("retention_waits", clocks_apart_ms=apart)
        return None
    reached, _ = await _reached(world)
    by = moment(now, reached)
    return Due(by, now - by)


def _was_moved(world: World) -> bool:
    return world.clock.now() - world.clock.wall() > SECOND


async def _reached(world: World) -> tuple[int, int]:
    reached, _, at = (await world.stores.state(_REACHED) or "0 0").partition(" ")
    return int(reached), int(at)


async def keep_reached(world: World, by: int) -> None:
    """Everything up to there was deleted. It never goes back: a clock that does deletes less."""
    reached, _ = await _reached(world)
    await world.stores.commit(SetState(_REACHED, f"{max(by, reached)} {world.clock.wall()}"))


async def counted(world: World, by: int) -> Mapping[str, int]:
    """How many of each sort would go, counted up to a million."""
    stores, limits = world.stores, world.retention_limits
    return {
        sort.value: await stores.outdated(sort, before, COUNTED)
        for sort, before in limits.cutoffs(by)
    }


class Retention:
    """Deletes whatever is due, some transactions at each call of `tick`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._began_at: int | None = None
        self._by: int | None = None
        self._told: dict[str, int] = {}

    async def tick(self) -> None:
        """Begins once an hour of business time, and goes on until nothing is left."""
        now = self._world.clock.now()
        if self._by is None:
            if self._began_at is not None and abs(now - self._began_at) < HOUR:
                return
            _, at = await _reached(self._world)
            if 0 <= now - at < _NEARLY and not _was_moved(self._world):
                self._began_at = at
                return  # another server has just done it
            found = await due(self._world)
            self._began_at = now
            if found is None:
                return
            if found.held_back_ms:
                log.warning("retention_held_back", by_ms=found.held_back_ms)
            self._by = found.moment
        if await self._some(self._by):
            await keep_reached(self._world, self._by)
            if self._told:
                log.info("retention_done", deleted=dict(sorted(self._told.items())))
            self._by, self._told = None, {}

    async def all(self, by: int) -> Mapping[str, int]:
        """Everything that is due by a moment, at once; how many of each sort."""
        while not await self._some(by):
            pass
        told, self._told = self._told, {}
        await keep_reached(self._world, by)
        return told

    async def _some(self, by: int) -> bool:
        """Whether nothing is left."""
        stores = self._world.stores
        left = _TRANSACTIONS
        for sort, before in self._world.retention_limits.cutoffs(by):
            while found := await stores.outdated(sort, before, MOST):
                if not left:
                    return False
                left -= 1
                await stores.forget(sort, before, MOST)
                self._told[sort.value] = self._told.get(sort.value, 0) + found
                if found < MOST:
                    break
        return True
