"""The factor kind `whatsapp_otp`: a code as a WhatsApp message."""

from assent.domain.message import Channel
from assent.domain.one_time_code import OneTimeCode


class WhatsAppOtp(OneTimeCode):
    """To the account of that number; whether there is one is for the gateway to find out."""

    name = "whatsapp_otp"
    channel = Channel.WHATSAPP
