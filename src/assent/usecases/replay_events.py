"""Events that a firm's server did not take, or lost: looked for, and sent once more."""

from collections.abc import Sequence
from dataclasses import replace

from assent.domain.session import Caller
from assent.ports.webhooks import EventLine, ReplayEvent, Wanted
from assent.usecases.world import World

_PAGE = 500


async def replay_event(world: World, caller: Caller, line: EventLine) -> bool:
    """Another delivery of the same event, with the same reference; recorded with the operator.

    False where it waits already, was never sent, or was erased. It goes before whatever else waits
    for the person: it happened before.
    """
    about = {"event": str(line.id), "before": line.state.value}
    done = await world.stores.commit(
        ReplayEvent(line.id, world.clock.now()),
        world.fact(caller, "event_replayed", line.subject_id, about),
    )
    return done.failed is None


async def all_events(world: World, wanted: Wanted) -> Sequence[EventLine]:
    """All that are wanted, oldest first, as they are now."""
    found: dict[int, EventLine] = {}
    while True:
        page = await world.stores.events(wanted, _PAGE)
        news = {line.id: line for line in page if line.id not in found}
        found |= news
        if not news or len(page) < _PAGE:
            return list(reversed(found.values()))
        wanted = replace(wanted, until=page[-1].created_at + 1)
