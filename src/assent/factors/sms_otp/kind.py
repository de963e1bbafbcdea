"""The factor kind `sms_otp`: a code as a text message."""

from assent.domain.message import Channel
from assent.domain.one_time_code import OneTimeCode


class SmsOtp(OneTimeCode):
    """To any mobile number."""

    name = "sms_otp"
    channel = Channel.SMS
