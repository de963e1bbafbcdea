"""What a worker does with a message goes by the programme as it is now: another server may have
changed it a moment ago, while this one still knows it as it was."""

from dataclasses import replace
from typing import Any

import pytest

from assent.domain.english import CODE
from assent.domain.event import Event, EventName, EventWords, Outcome
from assent.domain.message import Channel, Message
from assent.domain.programme import Programme
from assent.kernel.clock import MINUTE
from assent.ports.changes import Add, ChangeProgramme
from assent.testing.frozen import CountingIds, FrozenClock
from assent.usecases.lapse_challenges import lapse_challenges
from assent.usecases.next_channel import next_channel
from assent.usecases.say_event import event_call
from assent.usecases.tell import told
from tests.conftest import Database
from tests.contracts.rows import Maker, applied, scene
from tests.support.device_house import DeviceHouse, device_world


@pytest.fixture
async def house(
    postgres: Database, clock: FrozenClock, ids: CountingIds, make: Maker
) -> DeviceHouse:
    """Two servers that have just looked at the programme."""
    stores, other = await postgres.open(), await postgres.open()
    worlds = [device_world(one, clock, ids) for one in (stores, other)]
    held = DeviceHouse(worlds, make, await scene(stores, make))
    for world in worlds:
        assert await world.stores.known_programmes() == [held.scene.programme]
    return held


async def change(house: DeviceHouse, **settings: Any) -> Programme:
    """At the first server."""
    before = house.scene.programme
    changed = replace(before, settings=replace(before.settings, **settings))
    await applied(house.stores, ChangeProgramme(changed))
    assert await house.worlds[1].stores.known_programmes() == [before]
    return changed


async def test_an_event_goes_where_the_programme_says_now(house: DeviceHouse):
    await applied(house.stores, Add(house.make.key(house.scene.programme.id)))
    changed = await change(house, webhook_url="https://bank.example.com/hooks")
    event = Event(
        name=EventName.FACTOR_CHANGED,
        subject_id=house.subject_id,
        outcome=Outcome.ACTIVE,
        at=house.clock.now(),
    )
    (add,) = told(house.world, changed, event)
    assert isinstance(add, Add)
    words = EventWords("/factors", {})
    call = await event_call(house.worlds[1], add.row, [lambda *_: words])  # type: ignore[arg-type]
    assert call.url == "https://bank.example.com/hooks/factors"


async def test_a_code_goes_on_to_a_channel_that_was_just_added(house: DeviceHouse):
    await change(house, channels=("SMS", "VOICE"))
    content = replace(house.make.outgoing(), channel=Channel.SMS, wording=CODE)
    message = house.make.message(house.scene.subject, content=content)
    assert await next_channel(house.worlds[1], message, tuple(Channel)) is Channel.VOICE


async def test_a_question_that_lapses_is_told_to_an_address_that_was_just_set(house: DeviceHouse):
    await house.enrol()
    await house.ask()
    house.clock.advance(10 * MINUTE)
    assert await house.worlds[1].stores.known_programmes() == [house.scene.programme]
    await change(house, webhook_url="https://bank.example.com/hooks")
    await lapse_challenges(house.worlds[1])
    (due,) = await house.stores.due_events(house.clock.now(), 10, ())
    assert isinstance(due, Message)
    assert "expired" in due.content.body
