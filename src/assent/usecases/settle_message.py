"""What a gateway says later of a message it took: arrived, or not."""

from collections.abc import Collection

from assent.domain.message import Channel, MessageState
from assent.kernel.log import Log
from assent.ports.upkeep import SettleMessage
from assent.usecases.next_channel import go_on
from assent.usecases.world import World

log = Log()
_ABOUT = "receipt"
_MAC_OCTETS = 16


def receipt_mac(world: World, channel: str, message_id: int) -> str:
    """What shows that a receipt's URL is one that we told: 32 hex digits, keyed."""
    return world.vault.lookup(f"{channel}:{message_id}", _ABOUT)[:_MAC_OCTETS].hex()


def receipt_url(world: World, base_url: str, channel: str, message_id: int) -> str:
    """Where a gateway may say what became of a message."""
    mac = receipt_mac(world, channel, message_id)
    return f"{base_url}/receipts/{channel}/{message_id}/{mac}"


async def settle_message(
    world: World, channel: Channel, message_id: int, state: MessageState, ways: Collection[Channel]
) -> None:
    """DELIVERED or UNDELIVERED, once: what is said again, or later, changes nothing.

    One that did not arrive goes on to the next channel, as long as its code is good. `ways` are
    the channels that have a gateway.
    """
    settle = SettleMessage(message_id, state, world.clock.now())
    kept = None
    if state is MessageState.UNDELIVERED:
        kept = await world.stores.sent_message(message_id)
    if kept is None:
        done = await world.stores.commit(settle)
        log.info("message_settled", message=message_id, state=state, news=done.failed is None)
        return
    way = await go_on(world, kept, settle, ways)
    log.warning("message_undelivered", message=message_id, channel=channel, goes_on=way)
