"""One lane of the worker: claims what is due, hands it on, and writes down what became of it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from assent.domain.message import Channel, Message, MessageState
from assent.kernel.clock import SECOND
from assent.kernel.log import Log
from assent.kernel.refusals import Refusal
from assent.ports.changes import Change
from assent.ports.delivery import NothingToSay, Undelivered
from assent.ports.records import Unreadable
from assent.ports.telemetry import Telemetry
from assent.ports.upkeep import ClaimMessage, FinishMessage
from assent.usecases.world import World

log = Log()

Send = Callable[[], Awaitable[Mapping[str, Any]]]
"""Hands one message on; raises Undelivered where it was not taken, and NothingToSay. Returns what
the log says of it besides: numbers, and names of ours."""

_POLL_SECONDS = 1.0
_BESIDE = 5.0
"""Seconds that a gateway may be over its own time-out before it is given up on."""
_TO_RECORD = 20.0
"""Seconds of a lease that are left for writing down what became of a message."""
_MOST_LOST = 3
_GRACE_SECONDS = 8.0
"""What is under way when a worker is stopped; container platforms end a process after ten."""


class Rules(Protocol):
    """What is a lane's own: which messages, in what form, and what becomes of them."""

    channel: Channel
    timeout_seconds: float
    """What handing one on may take."""
    at_once: int
    """How many are under way at most."""
    share: int
    """How many of them may be one programme's."""
    ordered: bool
    """Whether one that is done may have kept another back."""

    async def due(
        self, now: int, most: int, busy: Collection[int]
    ) -> Sequence[Message | Unreadable]:
        """What waits and is due, the longest-waiting first; `busy` programmes have their share
        under way."""
        ...

    async def ready(self, message: Message) -> Send | None:
        """What hands it on; none where nothing can."""
        ...

    async def enough(self, message: Message) -> bool:
        """Whether it is given up after so many tries."""
        ...

    def again(self, one: Message | Unreadable, tries: int) -> Change | None:
        """The change that has it wait for its next try; none where there is none."""
        ...

    async def finish(self, message: Message, state: MessageState) -> None:
        """Commits how it ended."""
        ...


class Lane:
    """The messages of one channel."""

    def __init__(self, world: World, telemetry: Telemetry, rules: Rules) -> None:
        self._world = world
        self._telemetry = telemetry
        self._rules = rules
        self._channel = rules.channel
        self._limit = rules.timeout_seconds + _BESIDE
        self._at_once = rules.at_once
        self._under_way: set[asyncio.Task[None]] = set()
        self._of: Counter[int] = Counter()
        """How many of them are of which programme."""
        self._filling = asyncio.Lock()
        self._woken = asyncio.Event()
        self._full = False
        self._busy: frozenset[int] = frozenset()

    @property
    def name(self) -> str:
        """Its channel's."""
        return self._channel.value

    @property
    def channel(self) -> Channel:
        """Of the messages in it."""
        return self._channel

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
                share = self._rules.share
                self._busy = frozenset(one for one, held in self._of.items() if held >= share)
                # where another worker took all that were seen: further on, and not all the same
                most = room if not lost else 3 * room
                found = await self._rules.due(now, most, self._busy)
                if not found:
                    break
                due = [one for one in found if isinstance(one, Message)]
                put_off = await self._put_off(found, now)
                claimed = await self._claim(self._some(due, room), now)
                begun += claimed
                lost = 0 if claimed or put_off else lost + 1
            self._full = room <= 0 or lost == _MOST_LOST
        return begun

    def _some(self, due: Sequence[Message], room: int) -> list[Message]:
        """From anywhere among them, two workers that look at once do not want the same; and no
        more of a programme than its share."""
        first = self._world.randomness.below(len(due) - room + 1) if len(due) > room else 0
        taken, of = [], Counter(self._of)
        for message in due[first : first + room]:
            if of[message.programme_id] < self._rules.share:
                of[message.programme_id] += 1
                taken.append(message)
        return taken

    async def _put_off(self, found: Collection[Message | Unreadable], now: int) -> int:
        """Those that cannot be opened, until later, when whatever opens them may be there, or for
        good once they are good for nothing; how many. They take no place of one that can be."""
        count = 0
        for one in found:
            if isinstance(one, Message):
                continue
            state = MessageState.EXPIRED if one.not_after <= now else None
            claimed = await self._world.stores.commit(ClaimMessage(one.id, now + SECOND, now))
            if claimed.failed is not None:
                continue
            change = self._rules.again(one, one.tries + 1)
            if state is None and change is None:
                state = MessageState.GIVEN_UP
            if state is not None:
                change = FinishMessage(one.id, state, now, keep=state is MessageState.GIVEN_UP)
            if change is not None:
                await self._world.stores.commit(change)
            count += 1
            event = "message_unreadable" if state is None else f"message_{state}"
            log.error(event, message=one.id, channel=self._channel)
            self._telemetry.message(self._channel, one.tries + 1).end(state or "unreadable")
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
                self._begin(replace(message, tries=claim.returned[0][0]), until)
        for claim in claims:
            if isinstance(claim, BaseException):
                raise claim
        return begun

    def _begin(self, message: Message, until: int) -> None:
        task = asyncio.create_task(self._deal(message, until))
        self._under_way.add(task)
        self._of[message.programme_id] += 1

        def done(ended: asyncio.Task[None]) -> None:
            self._done(ended, message.programme_id)

        task.add_done_callback(done)

    def _done(self, task: asyncio.Task[None], programme_id: int) -> None:
        self._under_way.discard(task)
        self._of[programme_id] -= 1
        held = self._of[programme_id]
        if not held:
            del self._of[programme_id]
        # a look at the queue is for many, and not for each one
        room = self._full and len(self._under_way) <= self._at_once // 2
        share = programme_id in self._busy and held <= self._rules.share // 2
        if room or share or self._rules.ordered:
            self._woken.set()

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
        try:
            send = await self._rules.ready(message)
            if send is None:
                log.warning("message_without_gateway", message=message.id, channel=self._channel)
                return MessageState.GIVEN_UP
            async with asyncio.timeout(self._limit):
                about = await send()
        except NothingToSay:
            return MessageState.SKIPPED
        except Undelivered as undelivered:
            return await self._not_sent(message, str(undelivered), undelivered.lasting)
        except TimeoutError:
            return await self._not_sent(message, "gateway hangs", lasting=False)
        except Refusal:
            raise
        except Exception as error:  # its words may hold the person's number
            return await self._not_sent(message, f"gateway broke: {type(error).__name__}", False)
        log.info(
            "message_sent",
            message=message.id,
            channel=self._channel,
            tries=message.tries,
            **about,
        )
        return MessageState.SENT

    async def _not_sent(self, message: Message, reason: str, lasting: bool) -> MessageState | None:
        given_up = lasting or await self._rules.enough(message)
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
        if state is None:
            change = self._rules.again(message, message.tries)
            if change is not None:
                await self._world.stores.commit(change)
                return
            state = MessageState.GIVEN_UP
        await self._rules.finish(message, state)
