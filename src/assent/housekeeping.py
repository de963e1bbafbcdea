"""What has to be done again and again beside serving and sending: the record, the sweeping."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from assent.kernel.clock import SECOND
from assent.kernel.refusals import Refusal
from assent.usecases.keep_record import chain_facts
from assent.usecases.retain import Retention
from assent.usecases.world import World

log = structlog.get_logger()

_TICK_SECONDS = 1.0
_SWEEP_SECONDS = 60.0
_HEAD_MS = 3_600 * SECOND


class Housekeeping:
    """Any number of them may run on one database: what one has done, the others find done."""

    def __init__(self, world: World, refresh: Callable[[], Awaitable[None]]) -> None:
        """`refresh` reads what other processes may have changed."""
        self._world = world
        self._refresh = refresh
        self._retention = Retention(world)
        self._swept = 0.0
        self._told = 0

    async def run(self) -> None:
        """For ever, once a second."""
        while True:
            try:
                await self.tick()
            except Refusal as refusal:  # the database is away: what is to be done stays
                log.warning("housekeeping_waits", code=refusal.code, detail=refusal.detail)
            except Exception:
                log.exception("housekeeping_broken")
            await asyncio.sleep(_TICK_SECONDS)

    async def tick(self) -> None:
        """All that is due."""
        await self._refresh()
        await self._chain()
        monotonic = self._world.clock.monotonic()
        if monotonic - self._swept >= _SWEEP_SECONDS:
            self._swept = monotonic
            await self._world.stores.sweep(self._world.clock.now())
        await self._retention.tick()

    async def _chain(self) -> None:
        """The end of the chain goes to the log now and then, which leaves this machine: whoever
        would cut it off would have to cut it off there as well."""
        while block := await chain_facts(self._world):
            if block.at - self._told >= _HEAD_MS:
                self._told = block.at
                log.info("record_chained", head=block.head)
