"""The account at Twilio, and who the senders are."""

import re
from dataclasses import dataclass, field

from assent.domain.capture import is_loopback, is_origin
from assent.domain.message import Channel
from assent.kernel.secret import Secret


@dataclass(frozen=True, slots=True)
class TwilioSettings:
    """Twilio carries each channel whose sender is set, and AUTHY where a Verify service is."""

    account_sid: str = ""
    """The account: AC and 32 hexadecimal digits."""
    key: str = ""
    """SID of an API key (SK...), which can be revoked by itself; empty: the account's own token."""
    secret: Secret = field(default_factory=lambda: Secret(""))
    """The API key's secret; without a key, the account's auth token."""
    auth_token: Secret = field(default_factory=lambda: Secret(""))
    """The account's auth token, which Twilio signs receipts with. Empty: with a key, none are asked
    for; without one, it is `secret`."""
    sms_from: str = ""
    """Sender of text messages: a number with its plus, a messaging service (MG...), or a name of
    up to 11 letters and digits. Empty: Twilio carries no text messages."""
    whatsapp_from: str = ""
    """Sender of WhatsApp messages: a number with its plus. Empty: Twilio carries none."""
    whatsapp_content: str = ""
    """SID (HX...) of an approved authentication template, whose one variable is the code. Empty:
    the text itself, which WhatsApp takes only within a day of the person's own last message."""
    voice_from: str = ""
    """The number, with its plus, that codes are read out from. Empty: Twilio makes no calls."""
    verify_service: str = ""
    """SID of a Verify service (VA...) whose app people approve with, on the channel AUTHY. Empty:
    there is no such channel."""
    verify_url: str = "https://verify.twilio.com"
    """Origin of the Verify API."""
    base_url: str = "https://api.twilio.com"
    """Origin of the REST API; another one for an account in another of Twilio's regions."""
    timeout_seconds: int = 10
    """How long Twilio may take; a message that timed out is sent again."""

    @property
    def signing_token(self) -> bytes:
        """What receipts are checked with; empty: there are none."""
        return (self.auth_token if self.key else self.secret).octets()

    @property
    def senders(self) -> dict[Channel, str]:
        """The setting that names a channel's sender, for the channels that have one."""
        channels = (Channel.SMS, Channel.WHATSAPP, Channel.VOICE)
        named = {channel: f"{channel}_from" for channel in channels}
        return {channel: name for channel, name in named.items() if getattr(self, name)}


_HEX = "[0-9a-fA-F]{32}"
_NUMBER = r"\+[1-9][0-9]{6,14}"
_NAME = "(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ]{0,10}"
_FORMS = {
    "account_sid": (f"AC{_HEX}", "AC and 32 hexadecimal digits"),
    "key": (f"SK{_HEX}", "SK and 32 hexadecimal digits, or empty"),
    "sms_from": (
        f"{_NUMBER}|MG{_HEX}|{_NAME}",
        "a number as in +35679000001, a messaging service (MG and 32 hexadecimal digits) or a "
        "name of up to 11 letters, digits and blanks",
    ),
    "whatsapp_from": (_NUMBER, "a number as in +35679000001"),
    "whatsapp_content": (f"HX{_HEX}", "HX and 32 hexadecimal digits, or empty"),
    "voice_from": (_NUMBER, "a number as in +35679000001"),
    "verify_service": (f"VA{_HEX}", "VA and 32 hexadecimal digits, or empty"),
}


def wrong(settings: TwilioSettings) -> str:
    """What cannot be, as a sentence without the value: it may be a secret in the wrong place.
    Empty where all is well."""
    for name, (form, told) in _FORMS.items():
        value = getattr(settings, name)
        if value and not re.fullmatch(form, value):
            return f"twilio.{name} is {told}"
    for name in ("base_url", "verify_url"):
        url = getattr(settings, name)
        if not is_origin(url) or not (url.startswith("https://") or is_loopback(url)):
            return f"twilio.{name} is an origin that begins with https://, without a path"
    used = "a channel of Twilio's has a sender"
    if settings.verify_service:
        used = "twilio.verify_service is set"
    if (settings.senders or settings.verify_service) and not settings.account_sid:
        return f"twilio.account_sid must be set too: {used}"
    if (settings.senders or settings.verify_service) and not settings.secret.reveal():
        return f"twilio.secret must be set too: {used}"
    if settings.verify_service and not settings.signing_token:
        return "twilio.auth_token must be set too: answers to twilio.verify_service are signed"
    if settings.auth_token.reveal() and not settings.key:
        return "twilio.auth_token goes with twilio.key: without one, twilio.secret is the token"
    return ""
