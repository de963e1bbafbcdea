"""What is posted to Twilio for a message: the resource, and the fields of its form."""

import html
import json
import re

from assent.adapters.twilio.settings import TwilioSettings
from assent.domain.message import Channel, Message, Outgoing
from assent.ports.delivery import Undelivered

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def form(settings: TwilioSettings, message: Message) -> tuple[str, dict[str, str]]:
    """`Messages` or `Calls`, with the names of Twilio's REST API of 2010-04-01."""
    resource, fields = _form(settings, message.content)
    if message.receipt_url:
        fields["StatusCallback"] = message.receipt_url
    return resource, fields


def _form(settings: TwilioSettings, content: Outgoing) -> tuple[str, dict[str, str]]:
    if content.channel is Channel.SMS:
        service = settings.sms_from.startswith("MG") and len(settings.sms_from) == 34
        sender = "MessagingServiceSid" if service else "From"
        return "Messages", {
            "To": content.address,
            sender: settings.sms_from,
            "Body": content.body,
        }
    if content.channel is Channel.WHATSAPP:
        return "Messages", {
            "To": f"whatsapp:{content.address}",
            "From": f"whatsapp:{settings.whatsapp_from}",
            **_whatsapp_words(settings, content),
        }
    if content.channel is Channel.VOICE:
        return "Calls", {
            "To": content.address,
            "From": settings.voice_from,
            "Twiml": twiml(content.body),
        }
    raise Undelivered(f"Twilio carries no {content.channel}", lasting=True)


def _whatsapp_words(settings: TwilioSettings, content: Outgoing) -> dict[str, str]:
    """An authentication template takes the code alone, as its variable 1, and no text."""
    if settings.whatsapp_content and content.code is not None:
        variables = json.dumps({"1": content.code})
        return {"ContentSid": settings.whatsapp_content, "ContentVariables": variables}
    return {"Body": content.body}


def twiml(text: str) -> str:
    """Reads the text out. XML has no way to write some control characters: they become blanks."""
    said = html.escape(_NOT_IN_XML.sub(" ", text), quote=False)
    return f"<Response><Say>{said}</Say></Response>"
