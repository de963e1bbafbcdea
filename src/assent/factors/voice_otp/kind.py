"""The factor kind `voice_otp`: a code read out in a telephone call."""

from assent.domain.message import Channel
from assent.domain.one_time_code import OneTimeCode


class VoiceOtp(OneTimeCode):
    """To the same mobile numbers as a text message."""

    name = "voice_otp"
    channel = Channel.VOICE
