"""Virtual phones and mailboxes: messages arrive here instead of at a gateway."""

from assent.domain.message import Message
from assent.ports.changes import Add
from assent.ports.delivery import AT_ONCE
from assent.ports.records import Delivery
from assent.usecases.world import World


class VirtualInbox:
    """`ports.delivery.Gateway`. A message sent twice arrives once: its id is the delivery's."""

    timeout_seconds = 60.0
    """What a busy database may take."""
    at_once = AT_ONCE

    def __init__(self, world: World) -> None:
        self._world = world

    async def send(self, message: Message) -> None:
        """Always arrives, and as of the moment it was written: messages of one address stand in
        the order of the calls they come from, whenever the worker got to them."""
        delivery = Delivery(
            id=message.id,
            programme_id=message.programme_id,
            content=message.content,
            sent_at=message.created_at,
        )
        await self._world.stores.commit(Add(delivery))

    async def close(self) -> None:
        """Nothing is kept."""
