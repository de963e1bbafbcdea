"""A World with a vault around each store, a person with a phone in it, and gateways that do as they
are told."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from assent.adapters.sql.statement import Query
from assent.adapters.sql.stores import SqlStores
from assent.domain.budget import BudgetLimits, Window
from assent.domain.english import WORDS
from assent.domain.message import Channel, Message, MessageState, Outgoing
from assent.domain.programme import Programme, ProgrammeSettings
from assent.domain.subject import Subject
from assent.domain.wording import rendered
from assent.kernel.clock import MINUTE
from assent.ports.changes import Add, ChangeProgramme
from assent.ports.delivery import AT_ONCE, ReceiptCall, Undelivered
from assent.testing.frozen import CountingIds, FrozenClock
from assent.usecases.world import World
from tests.contracts.rows import Maker, applied
from tests.jose.house import world_of

CODE, ACTION, NUMBER = "493817", "pay 12.50 EUR to ACME", "+35679846213"
MANY = (Window(1_000, 60),)


@dataclass
class Post:
    """A gateway that writes down what it gets. `does` is asked first, and may raise or wait."""

    does: Any = None
    got: list[Message] = field(default_factory=list)
    receipts: bool = False
    timeout_seconds: float = 10.0
    at_once: int = AT_ONCE
    closed: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def send(self, message: Message) -> None:
        async with self.changed:
            self.got.append(message)
            self.changed.notify_all()
        if self.does is not None:
            await self.does(message)

    def receipt(self, call: ReceiptCall) -> MessageState | None:
        return {"here": MessageState.DELIVERED, "lost": MessageState.UNDELIVERED}.get(
            call.query.get("is", "")
        )

    async def close(self) -> None:
        self.closed += 1

    async def has(self, count: int) -> None:
        """Waits until it has got so many."""
        async with asyncio.timeout(30), self.changed:
            await self.changed.wait_for(lambda: len(self.got) >= count)


def failing(lasting: bool = False) -> Any:
    async def does(message: Message) -> None:
        raise Undelivered("gateway answered 500", lasting)

    return does


@dataclass
class House:
    """A programme with SMS, WhatsApp and calls, in that order, and one person."""

    world: World
    make: Maker
    programme: Programme
    subject: Subject

    @property
    def stores(self) -> Any:
        return self.world.stores

    @property
    def clock(self) -> Any:
        return self.world.clock

    async def change(self, **settings: Any) -> None:
        self.programme = replace(
            self.programme, settings=replace(self.programme.settings, **settings)
        )
        await applied(self.stores, ChangeProgramme(self.programme))

    def code(self, channel: Channel = Channel.SMS, **values: Any) -> Message:
        given = {"code": CODE, "action": ACTION, "minutes": "5"}
        content = Outgoing(
            channel=channel,
            address=NUMBER,
            body=rendered(WORDS["code"], channel, given).text,
            code=CODE,
            wording="code",
            values=given,
        )
        return self.make.message(self.subject, **{"content": content, **values})

    def mail(self, **values: Any) -> Message:
        content = self.world.worded(
            self.programme,
            self.subject,
            Channel.EMAIL,
            "password_changed",
            {"when": "1 May 2030, 12:00 UTC"},
        )
        return self.make.message(self.subject, **{"content": content, **values})

    async def put(self, *messages: Message) -> None:
        await applied(self.stores, *(Add(message) for message in messages))

    async def states(self) -> dict[int, str]:
        """Of every message there is, the way an operator would look."""
        return {
            row["id"]: row["state"]
            for row in await rows(self.stores, "SELECT id, state FROM outbox")
        }


async def rows(stores: Any, text: str) -> list[Any]:
    """Through the engine's own door: no port shows these."""
    return list(await stores._engine.read(Query(text), {}))


@pytest.fixture
def make(ids: CountingIds, clock: FrozenClock) -> Maker:
    return Maker(ids, clock)


@pytest.fixture
async def house(stores: SqlStores, make: Maker, clock: FrozenClock) -> House:
    settings = ProgrammeSettings(channels=("SMS", "WHATSAPP", "VOICE"))
    programme = make.programme(settings=settings)
    subject = make.subject(programme.id)
    await applied(stores, Add(programme), Add(subject))
    limits = BudgetLimits(number=MANY, prefix=MANY, programme=MANY)
    world = replace(world_of(stores, clock), ids=make.ids, budget_limits=limits)
    return House(world, make, programme, subject)


__all__ = ["ACTION", "CODE", "MINUTE", "NUMBER", "House", "Post", "failing", "rows"]
