"""Sends the outbox and sweeps out what has served its time."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import structlog

from assent.domain.message import Channel, Message
from assent.kernel.clock import MINUTE, SECOND
from assent.kernel.refusals import Refusal
from assent.ports.delivery import Gateway, Undelivered
from assent.ports.upkeep import ClaimMessage, FinishMessage, RetryMessage
from assent.usecases.world import World

log = structlog.get_logger()

MOST_TRIES = 6
"""With the back-off below a message is tried for about half an hour; a code expires long before."""
_FIRST_WAIT = 2 * SECOND
_LONGEST_WAIT = 10 * MINUTE
_LEASE = 30 * SECOND
_BATCH = 100
_POLL_SECONDS = 1.0
_SWEEP_SECONDS = 60.0


class Worker:
    """Any number of them may run on one database: each message is claimed before it is sent.

    A worker that dies between sending and recording sends again: at least once, never not at all.
    """

    def __init__(
        self, world: World, gateways: Mapping[Channel, Gateway], woken: asyncio.Event
    ) -> None:
        self._world = world
        self._gateways = gateways
        self._woken = woken
        self._swept = 0.0
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """For ever. Woken by a commit of this process; looks by itself once a second."""
        while True:
            try:
                await self.drain()
                await self._sweep()
            except Refusal as refusal:  # the database is away: what waits is still there
                log.warning("worker_waits", code=refusal.code, detail=refusal.detail)
            except Exception:
                log.exception("worker_broken")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _POLL_SECONDS)
            self._woken.clear()

    async def drain(self) -> None:
        """Sends all that is due now; whoever waits for it also waits for what is under way."""
        async with self._sending:
            await self._send_due()

    async def _send_due(self) -> None:
        while due := await self._world.stores.due_messages(self._world.clock.now(), _BATCH):
            if not any(await asyncio.gather(*(self._send(message) for message in due))):
                return

    async def _send(self, message: Message) -> bool:
        """Whether this worker dealt with it."""
        now = self._world.clock.now()
        claimed = await self._world.stores.commit(ClaimMessage(message.id, now + _LEASE, now))
        if claimed.failed is not None:
            return False
        state = await self._try(message, tries=claimed.returned[0][0])
        if state is None:
            wait = self._wait(claimed.returned[0][0])
            change: RetryMessage | FinishMessage = RetryMessage(message.id, now + wait)
        else:
            change = FinishMessage(message.id, state, self._world.clock.now())
        await self._world.stores.commit(change)
        return True

    async def _try(self, message: Message, tries: int) -> str | None:
        """The final state, or none where it is to be tried again."""
        channel = message.content.channel
        if message.not_after <= self._world.clock.now():
            log.warning("message_expired", message=message.id, channel=channel)
            return "expired"
        gateway = self._gateways.get(channel)
        if gateway is None:
            log.warning("message_without_gateway", message=message.id, channel=channel)
            return "given_up"
        try:
            await gateway.send(message)
        except Undelivered as undelivered:
            given_up = undelivered.lasting or tries >= MOST_TRIES
            log.warning(
                "message_not_sent",
                message=message.id,
                channel=channel,
                reason=str(undelivered),
                tries=tries,
                given_up=given_up,
            )
            return "given_up" if given_up else None
        log.info("message_sent", message=message.id, channel=channel, tries=tries)
        return "sent"

    def _wait(self, tries: int) -> int:
        """Doubling, and up to half as long again, so that many do not come back at once."""
        wait: int = min(_FIRST_WAIT * 2 ** (tries - 1), _LONGEST_WAIT)
        return wait + self._world.randomness.below(wait // 2)

    async def _sweep(self) -> None:
        monotonic = self._world.clock.monotonic()
        if monotonic - self._swept >= _SWEEP_SECONDS:
            self._swept = monotonic
            await self._world.stores.sweep(self._world.clock.now())
