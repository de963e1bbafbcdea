"""What carries each channel's messages, by the settings."""

from functools import partial

from assent.catalogue.dialects import SAYING
from assent.catalogue.gateways import (
    Apns,
    Fcm,
    HttpGateway,
    Smtp,
    Twilio,
    TwilioVerify,
    Webhooks,
    WebPush,
)
from assent.domain.message import Channel
from assent.kernel.clock import Clock
from assent.ports.delivery import Gateway
from assent.ports.webhooks import Poster
from assent.sandbox.inbox import VirtualInbox
from assent.settings import Settings
from assent.usecases.push_keys import push_key
from assent.usecases.say_event import Saying
from assent.usecases.world import World


def gateways(settings: Settings, world: World, clock: Clock) -> dict[Channel, Gateway]:
    """The gateways that are set up; in a sandbox all of them are virtual but Web Push, so that a
    real browser is woken."""
    pushes = _web_push(settings, world, clock)
    if settings.server.environment == "sandbox":
        return {**{channel: VirtualInbox(world) for channel in Channel}, **pushes}
    http, twilio = settings.http_gateways, settings.twilio
    made: dict[Channel, Gateway] = {
        channel: HttpGateway(room, clock) for channel, room in http.items() if room.url
    }
    if settings.mail.host:
        made[Channel.EMAIL] = Smtp(settings.mail, clock)
    if twilio.verify_service:
        made[Channel.AUTHY] = TwilioVerify(twilio)
    if settings.fcm.account_file:
        made[Channel.FCM] = Fcm(settings.fcm, clock)
    if settings.apns.key_file:
        made[Channel.APNS] = Apns(settings.apns, clock)
    return made | dict.fromkeys(twilio.senders, Twilio(twilio)) | pushes


def events(settings: Settings, world: World, clock: Clock) -> tuple[Poster, Saying]:
    """What posts events to firms' servers, and in whose words; in a sandbox too."""
    sandbox = settings.server.environment == "sandbox"
    poster = Webhooks(settings.webhooks, clock, world.randomness, sandbox)
    return poster, SAYING


def _web_push(settings: Settings, world: World, clock: Clock) -> dict[Channel, Gateway]:
    if not settings.web_push.enabled:
        return {}
    base_url = settings.server.base_url
    contact = base_url if base_url.startswith("https://") else ""
    key = partial(push_key, world)
    gateway = WebPush(settings.web_push, contact, key, clock, world.randomness)
    return {Channel.WEB_PUSH: gateway}
