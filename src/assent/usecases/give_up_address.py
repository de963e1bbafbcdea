"""What a push transport said for good: nobody is at a device's address any more."""

from assent.domain.device import DEVICE_KEY, device_of
from assent.domain.factor import FactorState
from assent.domain.message import PUSHES, Message
from assent.domain.session import Caller
from assent.kernel.log import Log
from assent.kernel.refusals import Code, Refusal
from assent.usecases.manage_devices import give_up_push
from assent.usecases.world import World

log = Log()


async def give_up_address(world: World, message: Message) -> int:
    """The devices that are woken there are not woken again until they give another address; how
    many. What is asked of them stays open: they may look by themselves."""
    content = message.content
    if content.channel not in PUSHES:
        return 0
    programme = await world.stores.programme(message.programme_id)
    if programme is None:
        return 0
    count = 0
    for factor in await world.stores.factors(message.subject_id, DEVICE_KEY):
        if factor.state is not FactorState.ACTIVE:  # one that was only begun is no device yet
            continue
        device = device_of(factor.details)
        woken_at = (device.transport, device.address)
        if device.unreachable or woken_at != (content.channel, content.address):
            continue
        try:
            await give_up_push(world, Caller(programme=programme), factor, content.address)
        except Refusal as refusal:
            if refusal.code is not Code.DEVICE_UNKNOWN:  # withdrawn meanwhile
                raise
            continue
        count += 1
        log.warning("device_unreachable", device=factor.id, channel=content.channel)
    return count
