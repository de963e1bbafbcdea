"""Sends the outbox."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from assent.domain.message import Channel, Message, MessageState
from assent.domain.sms_length import sms_length
from assent.kernel.clock import MINUTE, SECOND
from assent.kernel.log import Log
from assent.lane import Lane, Send
from assent.ports.changes import Change
from assent.ports.delivery import AT_ONCE, AddressGone, Gateway, Receipts
from assent.ports.records import Unreadable
from assent.ports.telemetry import QUIET, Telemetry
from assent.ports.upkeep import FinishMessage, RetryMessage
from assent.ports.webhooks import Poster, RetryEvent
from assent.usecases.give_up_address import give_up_address
from assent.usecases.next_channel import go_on, next_channel
from assent.usecases.say_event import Saying, event_call, event_of
from assent.usecases.settle_message import receipt_url
from assent.usecases.wordings import FRESH_SECONDS, Wordings
from assent.usecases.world import World

log = Log()

MOST_TRIES = 6
"""On a channel, where there is another to go on to: a minute and a half with the back-off below.
Where there is none a message is tried until it is no longer good for anything."""
_FIRST_WAIT = 2 * SECOND
_LONGEST_WAIT = 10 * MINUTE
_REST_SECONDS = 1.0
"""Before a part that broke is begun again."""
_EVENT_WAITS = tuple(seconds * SECOND for seconds in (10, 60, 360, 2_160, 12_960))
"""Until an event is tried again: six times as long each time, as the Multi API documents. After
that, four hours and twenty minutes, it is kept for an operator to replay."""


class Worker:
    """Any number of them may run on one database: each message is claimed before it is sent.

    Each channel is a lane of its own (lane.py), with so many messages under way at a time: a
    gateway that hangs holds up nobody but those behind it. A worker that dies between sending and
    recording sends again once its lease is over, which is longer than any gateway may take: at
    least once, never not at all.
    """

    def __init__(
        self,
        world: World,
        gateways: Mapping[Channel, Gateway],
        woken: asyncio.Event,
        telemetry: Telemetry = QUIET,
        base_url: str = "",
        words_seconds: float = FRESH_SECONDS,
        poster: Poster | None = None,
        saying: Saying = (),
    ) -> None:
        """`base_url` is how gateways reach this server with their receipts; empty: they do not.
        `words_seconds`: how old a programme's words may be that a message is put into. `poster`
        and `saying`: what posts events to firms' servers, and in whose words."""
        self._closing = [*{id(one): one for one in gateways.values()}.values()]
        self._woken = woken
        self._telemetry = telemetry
        wordings = Wordings(world, words_seconds)
        self._lanes = [
            Lane(world, telemetry, _ToPeople(world, wordings, channel, gateways, base_url))
            for channel in Channel
            if channel is not Channel.WEBHOOK
        ]
        self._events = None
        if poster is not None:
            self._events = Lane(world, telemetry, _ToServers(world, poster, saying))
            self._lanes.append(self._events)
        self._poster = poster

    async def run(self) -> None:
        """For ever. Woken by a commit of this process; looks by itself once a second. Cancelled,
        it finishes what is under way."""
        parts: dict[str, Callable[[], Awaitable[None]]] = {"waking": self._wake}
        parts |= {lane.name: lane.run for lane in self._lanes}
        running = [asyncio.create_task(self._kept(name, part)) for name, part in parts.items()]
        try:
            await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await asyncio.gather(*(lane.finish() for lane in self._lanes))
            await self.close()

    async def _kept(self, name: str, part: Callable[[], Awaitable[None]]) -> None:
        """A part that ends, which none should, is told of and begun again: the process looks
        alive without it. A cancellation that nobody here asked for is such an end too; a library
        below may lose hold of one."""
        mine = asyncio.current_task()
        while True:
            try:
                await part()
            except Exception:
                log.exception("worker_broken", part=name)
            except asyncio.CancelledError:
                if mine is None or mine.cancelling():
                    raise
                log.exception("worker_broken", part=name)
            self._telemetry.worker_broken(name)
            await asyncio.sleep(_REST_SECONDS)

    async def _wake(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            for lane in self._lanes:
                lane.wake()

    async def drain(self, events: bool = False) -> None:
        """Sends all that is due now; whoever waits for it also waits for what is under way. With
        `events` those too: a firm's server may take its time."""
        lanes = [lane for lane in self._lanes if events or lane is not self._events]
        while sum(await asyncio.gather(*(lane.drain() for lane in lanes))):
            pass  # what could not be delivered may have gone on to another channel

    async def close(self) -> None:
        """Lets go of the gateways' connections; `run` does so at its end."""
        for gateway in (*self._closing, *((self._poster,) if self._poster else ())):
            with suppress(Exception):
                await gateway.close()


class _ToPeople:
    """`lane.Rules` of a channel that a gateway carries to a person."""

    ordered = False

    def __init__(
        self,
        world: World,
        wordings: Wordings,
        channel: Channel,
        gateways: Mapping[Channel, Gateway],
        base_url: str,
    ) -> None:
        self.channel = channel
        self._world = world
        self._wordings = wordings
        self._gateway = gateway = gateways.get(channel)
        self._ways: Collection[Channel] = gateways.keys()
        receipts = isinstance(gateway, Receipts) and gateway.receipts
        self._base_url = base_url.rstrip("/") if receipts else ""
        self.timeout_seconds = gateway.timeout_seconds if gateway else 0.0
        self.at_once = self.share = gateway.at_once if gateway else AT_ONCE

    async def due(
        self, now: int, most: int, busy: Collection[int]
    ) -> Sequence[Message | Unreadable]:
        """Programmes share one gateway, which is as fast for each of them."""
        return await self._world.stores.due_messages(now, most, self.channel)

    async def ready(self, message: Message) -> Send | None:
        """In the programme's words."""
        gateway = self._gateway
        if gateway is None:
            return None
        said = await self._wordings.said(message)
        if self._base_url:
            url = receipt_url(self._world, self._base_url, self.channel, message.id)
            said = replace(said, receipt_url=url)

        async def send() -> dict[str, Any]:
            try:
                await gateway.send(said)
            except AddressGone:
                await give_up_address(self._world, message)
                raise
            sms = self.channel is Channel.SMS
            return {"parts": sms_length(said.content.body).parts} if sms else {}

        return send

    async def enough(self, message: Message) -> bool:
        """Where there is another channel to go on to."""
        if message.tries < MOST_TRIES:
            return False
        return await next_channel(self._world, message, self._ways) is not None

    def again(self, one: Message | Unreadable, tries: int) -> Change:
        """Doubling, and up to half as long again, so that many do not come back at once."""
        wait: int = min(_FIRST_WAIT * 2 ** min(tries - 1, 16), _LONGEST_WAIT)
        wait += self._world.randomness.below(wait // 2)
        return RetryMessage(one.id, self._world.clock.now() + wait)

    async def finish(self, message: Message, state: MessageState) -> None:
        """One that was given up goes on to the next channel, if there is one."""
        world, now = self._world, self._world.clock.now()
        if state is MessageState.GIVEN_UP:
            way = await go_on(world, message, FinishMessage(message.id, state, now), self._ways)
            if way is not None:
                log.warning("message_goes_on", message=message.id, channel=way)
            return
        keep = state is MessageState.SENT and bool(self._base_url)
        if keep:  # it is needed again only where there is somewhere to go on to
            keep = await next_channel(world, message, self._ways) is not None
        await world.stores.commit(FinishMessage(message.id, state, now, keep))


class _ToServers:
    """`lane.Rules` of the events that firms' servers are told of, in order a person."""

    channel = Channel.WEBHOOK
    ordered = True

    def __init__(self, world: World, poster: Poster, saying: Saying) -> None:
        self._world = world
        self._poster = poster
        self._saying = saying
        self.timeout_seconds = poster.timeout_seconds
        self.at_once, self.share = poster.at_once, poster.share

    async def due(
        self, now: int, most: int, busy: Collection[int]
    ) -> Sequence[Message | Unreadable]:
        """Each person's oldest."""
        return await self._world.stores.due_events(now, most, busy)

    async def ready(self, message: Message) -> Send | None:
        """In a dialect's words, and with the key of now."""
        call = await event_call(self._world, message, self._saying)

        async def send() -> dict[str, Any]:
            await self._poster.post(call)
            return {"programme": message.programme_id}

        return send

    async def enough(self, message: Message) -> bool:
        """One delivery and five retries."""
        return message.tries > len(_EVENT_WAITS)

    def again(self, one: Message | Unreadable, tries: int) -> Change | None:
        """Later, with all that waits behind it."""
        if tries > len(_EVENT_WAITS):
            return None
        next_at = self._world.clock.now() + _EVENT_WAITS[tries - 1]
        return RetryEvent(one.id, one.subject_id, next_at)

    async def finish(self, message: Message, state: MessageState) -> None:
        """Kept as long as it is good for, for an operator may replay it: also one that a firm's
        server took and lost, unless its person is gone."""
        taken = state is MessageState.SENT and not event_of(message.content.body).erased
        keep = taken or state is MessageState.GIVEN_UP
        now = self._world.clock.now()
        await self._world.stores.commit(FinishMessage(message.id, state, now, keep))
