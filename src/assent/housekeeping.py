"""What has to be done again and again beside serving and sending: the record, the sweeping, and
what nobody answered in time."""

import asyncio
from collections.abc import Awaitable, Callable

from assent.domain.record import Block
from assent.kernel.clock import HOUR
from assent.kernel.log import Log
from assent.kernel.refusals import Refusal
from assent.usecases.keep_record import chain_facts, still_there
from assent.usecases.lapse_challenges import lapse_challenges
from assent.usecases.retain import Retention
from assent.usecases.world import World

log = Log()

_TICK_SECONDS = 1.0
_SWEEP_SECONDS = 60.0
_HEAD_MS = HOUR
_MOST_BLOCKS = 20
"""A tick: whoever has years to chain after an upgrade does so beside everything else."""


class Housekeeping:
    """Any number of them may run on one database: what one has done, the others find done."""

    def __init__(self, world: World, refresh: Callable[[], Awaitable[None]]) -> None:
        """`refresh` reads what other processes may have changed."""
        self._world = world
        self._refresh = refresh
        self._retention = Retention(world)
        self._swept = 0.0
        self._told = 0
        self._head: Block | None = None

    async def run(self) -> None:
        """For ever, once a second."""
        while True:
            await self.tick()
            await asyncio.sleep(_TICK_SECONDS)

    async def tick(self) -> None:
        """All that is due; one job that cannot be done keeps no other from being done."""
        jobs = (self._refresh, self._lapse, self._chain, self._sweep, self._retention.tick)
        for job in jobs:
            try:
                await job()
            except Refusal as refusal:  # the database is away: what is to be done stays
                log.warning("housekeeping_waits", code=refusal.code, detail=refusal.detail)
            except Exception:
                log.exception("housekeeping_broken")

    async def _lapse(self) -> None:
        await lapse_challenges(self._world)

    async def _sweep(self) -> None:
        monotonic = self._world.clock.monotonic()
        if monotonic - self._swept >= _SWEEP_SECONDS:
            self._swept = monotonic
            await self._world.stores.sweep(self._world.clock.now())

    async def _chain(self) -> None:
        """The end of the chain goes to the log now and then, which leaves this machine: whoever
        would cut it off would have to cut it off there as well. And while this process lives,
        whoever cuts it off or makes it anew is told of, and not helped with it."""
        if self._head is not None and not await still_there(self._world, self._head):
            log.error("record_rewritten", seen=self._head.head)
            return
        for _ in range(_MOST_BLOCKS):
            block = await chain_facts(self._world)
            if block is None:
                break
            self._head = block
            if block.at - self._told >= _HEAD_MS:
                self._told = block.at
                log.info("record_chained", head=block.head)
        else:
            return
        self._head = await self._world.stores.last_block()
