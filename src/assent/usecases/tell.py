"""What a firm's server is told of afterwards: a row of the outbox, committed with what happened."""

import msgspec

from assent.domain.event import Event, to_fields
from assent.domain.message import Channel, Message, Outgoing
from assent.domain.programme import Programme
from assent.kernel.clock import DAY
from assent.ports.changes import Add, Change
from assent.usecases.world import World

KEPT_MS = 30 * DAY
"""How long an event is kept, so that it can be sent again."""
ERASED_MS = DAY
"""The same for what names somebody who was erased: longer than it is tried, four hours and twenty
minutes, by some hours in which an operator may replay it."""


def told(
    world: World, programme: Programme, *events: Event, kept_ms: int = KEPT_MS
) -> tuple[Change, ...]:
    """The changes that tell of these, in this order; none where the programme names no target.

    In whose words, signed with which key and where to is seen when it is sent. What waits for the
    same person goes first (adapters/sql/events.py); two of one commit are told apart by their ids.
    After `kept_ms` they are not sent any more.
    """
    if not programme.settings.webhook_url:
        return ()
    now = world.clock.now()
    numbers = sorted(world.ids.next() for _ in events)
    return tuple(
        Add(
            Message(
                id=number,
                programme_id=programme.id,
                subject_id=event.subject_id,
                content=Outgoing(
                    channel=Channel.WEBHOOK,
                    address="",
                    body=msgspec.json.encode(to_fields(event)).decode(),
                ),
                created_at=now,
                not_after=now + kept_ms,
                dedupe=f"event:{number}",
            )
        )
        for number, event in zip(numbers, events, strict=True)
    )
