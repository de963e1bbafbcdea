"""Sends the outbox."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace

import structlog

from assent.domain.message import Channel, Message, MessageState
from assent.domain.sms_length import sms_length
from assent.kernel.clock import MINUTE, SECOND
from assent.kernel.refusals import Refusal
from assent.ports.changes import Change
from assent.ports.delivery import AT_ONCE, Gateway, Receipts, Undelivered
from assent.ports.records import Unreadable
from assent.ports.telemetry import QUIET, Telemetry
from assent.ports.upkeep import ClaimMessage, FinishMessage, RetryMessage
from assent.usecases.next_channel import go_on, next_channel
from assent.usecases.settle_message import receipt_url
from assent.usecases.wordings import FRESH_SECONDS, Wordings
from assent.usecases.world import World

log = structlog.get_logger()

MOST_TRIES = 6
"""On a channel, where there is another to go on to: a minute and a half with the back-off below.
Where there is none a message is tried until it is no longer good for anything."""
_FIRST_WAIT = 2 * SECOND
_LONGEST_WAIT = 10 * MINUTE
_POLL_SECONDS = 1.0
_BESIDE = 5.0
"""Seconds that a gateway may be over its own time-out before it is given up on."""
_TO_RECORD = 20.0
"""Seconds of a lease that are left for writing down what became of a message."""
_MOST_LOST = 3
_GRACE_SECONDS = 8.0
"""What is under way when a worker is stopped; container platforms end a process after ten."""


class Worker:
    """Any number of them may run on one database: each message is claimed before it is sent.

    Each channel is a lane of its own, with so many messages under way at a time: a gateway that
    hangs holds up nobody but those behind it. A worker that dies between sending and recording
    sends again once its lease is over, which is longer than any gateway may take: at least once,
    never not at all.
    """

    def __init__(
        self,
        world: World,
        gateways: Mapping[Channel, Gateway],
        woken: asyncio.Event,
        telemetry: Telemetry = QUIET,
        base_url: str = "",
        words_seconds: float = FRESH_SECONDS,
    ) -> None:
        """`base_url` is how gateways reach this server with their receipts; empty: they do not.
        `words_seconds`: how old a programme's words may be that a message is put into."""
        self._gateways = gateways
        self._woken = woken
        self._telemetry = telemetry
        wordings = Wordings(world, words_seconds)
        self._lanes = [
            _Lane(world, wordings, telemetry, channel, gateways, base_url) for channel in Channel
        ]

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
            await asyncio.sleep(_POLL_SECONDS)

    async def _wake(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            for lane in self._lanes:
                lane.wake()

    async def drain(self) -> None:
        """Sends all that is due now; whoever waits for it also waits for what is under way."""
        while sum(await asyncio.gather(*(lane.drain() for lane in self._lanes))):
            pass  # what could not be delivered may have gone on to another channel

    async def close(self) -> None:
        """Lets go of the gateways' connections; `run` does so at its end."""
        for gateway in {id(gateway): gateway for gateway in self._gateways.values()}.values():
            with suppress(Exception):
                await gateway.close()


class _Lane:
    """The messages of one channel."""

    def __init__(
        self,
        world: World,
        wordings: Wordings,
        telemetry: Telemetry,
        channel: Channel,
        gateways: Mapping[Channel, Gateway],
        base_url: str,
    ) -> None:
        self._world = world
        self._wordings = wordings
        self._telemetry = telemetry
        self._channel = channel
        self._gateway = gateway = gateways.get(channel)
        self._ways: Collection[Channel] = gateways.keys()
        receipts = isinstance(gateway, Receipts) and gateway.receipts
        self._base_url = base_url.rstrip("/") if receipts else ""
        self._limit = (gateway.timeout_seconds if gateway else 0.0) + _BESIDE
        self._at_once = gateway.at_once if gateway else AT_ONCE
        self._under_way: set[asyncio.Task[None]] = set()
        self._filling = asyncio.Lock()
        self._woken = asyncio.Event()
        self._full = False

    @property
    def name(self) -> str:
        """Its channel's."""
        return self._channel.value

    def wake(self) -> None:
        """There may be something to send."""
        self._woken.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self._fill()
            except Refusal as refusal:  # the database is away: what waits is still there
                log.warning("worker_waits", code=refusal.code, detail=refusal.detail)
            # not `wait_for`: before Python 3.12 it may lose a cancellation that comes with the wake
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._woken.wait()
            self._woken.clear()

    async def drain(self) -> int:
        """Until nothing is due and nothing is under way; how many were begun."""
        begun = 0
        while True:
            begun += (now := await self._fill())
            if not now and not self._under_way:
                return begun
            if self._under_way:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)

    async def finish(self) -> None:
        """What is under way, as far as there is time; the rest is sent again by another."""
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=_GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _fill(self) -> int:
        """Begins as many as are due and there is room for; how many."""
        begun = lost = 0
        async with self._filling:
            while (room := self._at_once - len(self._under_way)) > 0 and lost < _MOST_LOST:
                now = self._world.clock.now()
                # where another worker took all that were seen: further on, and not all the same
                most = room if not lost else 3 * room
                found = await self._world.stores.due_messages(now, most, self._channel)
                if not found:
                    break
                due = [one for one in found if isinstance(one, Message)]
                put_off = await self._put_off(found, now)
                claimed = await self._claim(self._some(due, room), now)
                begun += claimed
                lost = 0 if claimed or put_off else lost + 1
            self._full = room <= 0 or lost == _MOST_LOST
        return begun

    def _some(self, due: Collection[Message], room: int) -> list[Message]:
        """From anywhere among them: two workers that look at once do not want the same."""
        first = self._world.randomness.below(len(due) - room + 1) if len(due) > room else 0
        return list(due)[first : first + room]

    async def _put_off(self, found: Collection[Message | Unreadable], now: int) -> int:
        """Those that cannot be opened, until later, when whatever opens them may be there, or for
        good once they are good for nothing; how many. They take no place of one that can be."""
        count = 0
        for one in found:
            if isinstance(one, Message):
                continue
            expired = one.not_after <= now
            change: Change = ClaimMessage(one.id, now + self._wait(one.tries + 1), now)
            if expired:
                change = FinishMessage(one.id, MessageState.EXPIRED, now)
            if (await self._world.stores.commit(change)).failed is None:
                count += 1
                event = "message_expired" if expired else "message_unreadable"
                log.error(event, message=one.id, channel=self._channel)
                trying = self._telemetry.message(self._channel, one.tries + 1)
                trying.end(MessageState.EXPIRED if expired else "unreadable")
        return count

    async def _claim(self, messages: list[Message], now: int) -> int:
        """Claims made at once are one statement to the database (adapters/sql/batch.py)."""
        until = now + int((self._limit + _TO_RECORD) * SECOND)
        claims = await asyncio.gather(
            *(self._world.stores.commit(ClaimMessage(one.id, until, now)) for one in messages),
            return_exceptions=True,
        )
        begun = 0
        for message, claim in zip(messages, claims, strict=True):
            if not isinstance(claim, BaseException) and claim.failed is None:
                begun += 1
                tries = claim.returned[0][0]
                task = asyncio.create_task(self._deal(replace(message, tries=tries), until))
                self._under_way.add(task)
                task.add_done_callback(self._done)
        for claim in claims:
            if isinstance(claim, BaseException):
                raise claim
        return begun

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if self._full and len(self._under_way) <= self._at_once // 2:
            self._woken.set()  # not for each one: a look at the queue is for many

    async def _deal(self, message: Message, until: int) -> None:
        """One message, claimed until then."""
        sending = self._telemetry.message(self._channel, message.tries)
        outcome = "broken"
        try:
            state = await self._try(message)
            outcome = state or "again"
        except Refusal as refusal:
            log.warning("worker_waits", code=refusal.code, detail=refusal.detail)
            return
        except Exception:
            log.exception("worker_broken", message=message.id)
            return
        finally:
            sending.end(outcome)
        while True:
            try:
                await self._record(message, state)
                return
            except Refusal as refusal:
                # whoever claims it after us sends it a second time: that is worth some patience
                log.warning("worker_waits", code=refusal.code, detail=refusal.detail)
                if self._world.clock.now() + SECOND >= until:
                    return
                await asyncio.sleep(_POLL_SECONDS)
            except Exception:
                log.exception("worker_broken", message=message.id)
                return

    async def _try(self, message: Message) -> MessageState | None:
        """The final state, or none where it is to be tried again."""
        if message.not_after <= self._world.clock.now():
            log.warning("message_expired", message=message.id, channel=self._channel)
            return MessageState.EXPIRED
        if self._gateway is None:
            log.warning("message_without_gateway", message=message.id, channel=self._channel)
            return MessageState.GIVEN_UP
        said = await self._wordings.said(message)
        if self._base_url:
            url = receipt_url(self._world, self._base_url, self._channel, message.id)
            said = replace(said, receipt_url=url)
        try:
            async with asyncio.timeout(self._limit):
                await self._gateway.send(said)
        except Undelivered as undelivered:
            return await self._not_sent(message, str(undelivered), undelivered.lasting)
        except TimeoutError:
            return await self._not_sent(message, "gateway hangs", lasting=False)
        except Exception as error:  # its words may hold the person's number
            return await self._not_sent(message, f"gateway broke: {type(error).__name__}", False)
        log.info(
            "message_sent",
            message=message.id,
            channel=self._channel,
            tries=message.tries,
            **({"parts": sms_length(said.content.body).parts} if self._is_sms() else {}),
        )
        return MessageState.SENT

    def _is_sms(self) -> bool:
        return self._channel is Channel.SMS

    async def _not_sent(self, message: Message, reason: str, lasting: bool) -> MessageState | None:
        given_up = lasting
        if message.tries >= MOST_TRIES and not lasting:
            given_up = await next_channel(self._world, message, self._ways) is not None
        log.warning(
            "message_not_sent",
            message=message.id,
            channel=self._channel,
            reason=reason,
            tries=message.tries,
            given_up=given_up,
        )
        return MessageState.GIVEN_UP if given_up else None

    async def _record(self, message: Message, state: MessageState | None) -> None:
        """What became of it; where a receipt came first, that stands."""
        world, now = self._world, self._world.clock.now()
        change: Change
        if state is None:
            change = RetryMessage(message.id, now + self._wait(message.tries))
        elif state is MessageState.GIVEN_UP:
            way = await go_on(world, message, FinishMessage(message.id, state, now), self._ways)
            if way is not None:
                log.warning("message_goes_on", message=message.id, channel=way)
            return
        else:
            keep = state is MessageState.SENT and bool(self._base_url)
            if keep:  # it is needed again only where there is somewhere to go on to
                keep = await next_channel(world, message, self._ways) is not None
            change = FinishMessage(message.id, state, now, keep)
        await world.stores.commit(change)

    def _wait(self, tries: int) -> int:
        """Doubling, and up to half as long again, so that many do not come back at once."""
        wait: int = min(_FIRST_WAIT * 2 ** min(tries - 1, 16), _LONGEST_WAIT)
        return wait + self._world.randomness.below(wait // 2)
