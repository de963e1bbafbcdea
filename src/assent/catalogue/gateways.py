"""What goes out: the gateways, and the poster of events."""

from assent.adapters.apns.gateway import Apns
from assent.adapters.fcm.gateway import Fcm
from assent.adapters.http_gateway.gateway import HttpGateway
from assent.adapters.smtp.gateway import Smtp
from assent.adapters.twilio.gateway import Twilio
from assent.adapters.twilio.verify import TwilioVerify
from assent.adapters.web_push.gateway import WebPush
from assent.adapters.webhook.poster import Webhooks

__all__ = [
    "Apns",
    "Fcm",
    "HttpGateway",
    "Smtp",
    "Twilio",
    "TwilioVerify",
    "WebPush",
    "Webhooks",
]
