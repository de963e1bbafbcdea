"""Where a message goes that could not be delivered: on the next channel of its programme."""

from collections.abc import Collection
from dataclasses import replace

from assent.domain.english import WORDS
from assent.domain.message import PHONED, Channel, Message
from assent.domain.wording import rendered
from assent.ports.changes import Add, Change
from assent.ports.mailing import SpendBudget
from assent.usecases.budgets import budgets
from assent.usecases.world import World

_WAYS = {channel.name: channel for channel in PHONED}
"""What a programme's `channels` are called. Never by e-mail: a mailbox is no element of
authentication, and a notice that goes to a phone is about the mailbox. Nor by push, which wakes a
device and carries no code."""


async def next_channel(world: World, message: Message, ways: Collection[Channel]) -> Channel | None:
    """The first in the programme's order that has a gateway (`ways`) and was not tried for this
    message; none where its words cannot be said elsewhere."""
    content = message.content
    wording = WORDS.get(content.wording)
    if wording is None or not wording.phoned or content.channel is Channel.EMAIL:
        return None
    programme = await world.stores.programme(message.programme_id)
    if programme is None:
        return None
    order = (_WAYS.get(name) for name in programme.settings.channels)
    gone = (*content.tried, content.channel)
    return next((way for way in order if way in ways and way not in gone), None)


async def go_on(
    world: World, message: Message, ended: Change, ways: Collection[Channel]
) -> Channel | None:
    """Commits how a message ended, together with the next one, if there can be one: the same
    code, good as long as before. The next channel; none where this was the end.

    Where a budget does not hold, or `ended` was committed before by another, nothing follows.
    """
    way = None
    if message.not_after > world.clock.now():
        way = await next_channel(world, message, ways)
    if way is not None:
        content = message.content
        said = rendered(WORDS[content.wording], way, content.values)
        tried = (*content.tried, content.channel)
        again = replace(content, channel=way, body=said.text, tried=tried)
        follows = world.message(
            message.programme_id,
            message.subject_id,
            again,
            message.not_after,
            dedupe=f"next:{message.id}",
        )
        spend = budgets(world, message.programme_id, way, content.address)
        done = await world.stores.commit(ended, *spend, Add(follows))
        if not isinstance(done.failed, SpendBudget):
            return way if done.failed is None else None
    await world.stores.commit(ended)
    return None
