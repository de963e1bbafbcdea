"""Pushes as the use cases write them, and devices that they wake."""

import json
from dataclasses import replace
from typing import Any

from assent.domain.device import DEVICE_KEY, Device, Transport, device_of
from assent.domain.factor import Factor
from assent.domain.message import Channel, Message, Outgoing
from assent.kernel.clock import MINUTE
from assent.ports.changes import Add
from assent.testing.frozen import NOON
from tests.contracts.rows import applied
from tests.delivery.conftest import House

CHALLENGE = "6340705537124801"
BODY = json.dumps({"challenge": CHALLENGE}, separators=(",", ":"))


def push(channel: Channel, address: str, challenge: str = CHALLENGE, number: int = 1) -> Message:
    """Good for five minutes from NOON on."""
    body = json.dumps({"challenge": challenge}, separators=(",", ":"))
    return Message(
        id=number,
        programme_id=1,
        subject_id=2,
        content=Outgoing(channel=channel, address=address, body=body),
        created_at=NOON,
        not_after=NOON + 5 * MINUTE,
        dedupe=str(number),
    )


def of_house(house: House, channel: Channel, address: str, **values: Any) -> Message:
    """To one person of a house."""
    content = push(channel, address).content
    return house.make.message(house.subject, **{"content": content, **values})


async def device(house: House, transport: Transport, address: str, **values: Any) -> Factor:
    """One that is woken there."""
    held = Device(
        name="Ada's phone", scheme="jws", key={}, proof={}, transport=transport, address=address
    )
    details = {**held.details(), **values}
    held_already = await house.stores.factors(house.subject.id, DEVICE_KEY)
    made = house.make.factor(
        house.subject, kind=DEVICE_KEY, details=details, claim=None, slot=len(held_already)
    )
    await applied(house.stores, Add(made))
    return made


async def now(house: House, factor: Factor) -> Device:
    """As the store has it."""
    found = await house.stores.factor_by_id(factor.id)
    assert found is not None
    return device_of(found.details)


__all__ = ["BODY", "CHALLENGE", "device", "now", "of_house", "push", "replace"]
