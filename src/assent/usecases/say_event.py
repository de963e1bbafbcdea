"""An event in a dialect's words, with where it goes and what it is signed with, as of now."""

from collections.abc import Sequence
from typing import Any

import msgspec

from assent.domain.event import Event, Say, from_fields
from assent.domain.message import Message
from assent.domain.programme import KeyRole
from assent.domain.subject import Acting, Role
from assent.ports.delivery import NothingToSay, Undelivered
from assent.ports.webhooks import EventCall
from assent.usecases.world import World

Saying = Sequence[Say]
"""The dialects that are plugged in; the first that has words for an event says it."""


async def event_call(world: World, message: Message, saying: Saying) -> EventCall:
    """What is posted for a row of the outbox.

    Raises NothingToSay where no dialect has words for it, and Undelivered, lasting, where the
    programme names no address any more, or has no API key.
    """
    event = event_of(message.content.body)
    acting = await _acting(world, event)
    for say in saying:
        said = say(event, acting)
        if said is not None:
            break
    else:
        raise NothingToSay
    # as it is now: an event that goes to no address, or to one of before, may be lost for good
    programme = await world.stores.programme(message.programme_id)
    target = programme.settings.webhook_url if programme else ""
    if not target:
        raise Undelivered("the programme has no webhook_url", lasting=True)
    return EventCall(
        url=target.rstrip("/") + said.path,
        body=msgspec.json.encode(said.payload),
        key=await signing_key(world, message.programme_id),
        reference=str(message.id),
    )


def event_of(body: str) -> Event:
    """Of a row of the outbox. Raises Undelivered for what another version wrote: one that
    understands it may come."""
    try:
        fields: dict[str, Any] = msgspec.json.decode(body)
        return from_fields(fields)
    except (ValueError, TypeError, KeyError) as error:
        raise Undelivered("an event that this version does not know") from error


async def signing_key(world: World, programme_id: int) -> str:
    """The oldest API key that works: a new one is added beside it, given to whoever checks
    signatures, and signs once the old one is retired. Raises Undelivered, lasting."""
    for key in await world.stores.keys_of(programme_id):
        if key.role is KeyRole.API:
            return key.text
    raise Undelivered("the programme has no API key", lasting=True)


async def _acting(world: World, event: Event) -> Acting | None:
    """In what quality the person acts. Of what concerns all identities: as the root, if they are
    one anywhere."""
    if event.identity_id:
        return await world.stores.acting(event.subject_id, event.identity_id, inactive=True)
    held = await world.stores.actings_of(event.subject_id, inactive=True)
    roots = (acting for acting in held if acting.role is Role.ROOT)
    return next(roots, held[0] if held else None)
