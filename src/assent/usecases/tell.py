"""What a firm's server is told of afterwards: a row of the outbox, committed with what happened."""

from dataclasses import replace

import msgspec

from assent.domain.event import Event, to_fields
from assent.domain.message import Channel, Outgoing
from assent.domain.programme import Programme
from assent.kernel.clock import DAY
from assent.ports.changes import Add, Change
from assent.usecases.world import World

KEPT_MS = 30 * DAY
"""How long an event is kept, so that it can be sent again."""


def told(world: World, programme: Programme, *events: Event) -> tuple[Change, ...]:
    """The changes that tell of these, in this order; none where the programme names no target.

    In whose words, signed with which key and where to is seen when it is sent.
    """
    if not programme.settings.webhook_url:
        return ()
    now = world.clock.now()
    rows = []
    for place, event in enumerate(events):
        body = msgspec.json.encode(to_fields(event)).decode()
        content = Outgoing(channel=Channel.WEBHOOK, address="", body=body, wording="")
        row = world.message(programme.id, event.subject_id, content, now + KEPT_MS)
        rows.append(Add(replace(row, created_at=now + place)))
    return tuple(rows)
