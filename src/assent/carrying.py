"""What carries each channel's messages, by the settings."""

from assent import catalogue
from assent.domain.message import Channel
from assent.kernel.clock import Clock
from assent.ports.delivery import Gateway
from assent.sandbox.inbox import VirtualInbox
from assent.settings import Settings
from assent.usecases.world import World


def gateways(settings: Settings, world: World, clock: Clock) -> dict[Channel, Gateway]:
    """The gateways that are set up; in a sandbox all of them are virtual."""
    if settings.server.environment == "sandbox":
        return {channel: VirtualInbox(world) for channel in Channel}
    http, twilio = settings.http_gateways, settings.twilio
    made: dict[Channel, Gateway] = {
        channel: catalogue.HttpGateway(room, clock) for channel, room in http.items() if room.url
    }
    if settings.mail.host:
        made[Channel.EMAIL] = catalogue.Smtp(settings.mail, clock)
    return made | dict.fromkeys(twilio.senders, catalogue.Twilio(twilio))
