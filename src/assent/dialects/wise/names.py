"""The dialect's words for what the core calls otherwise."""

from typing import Final

from assent.domain.programme import Programme
from assent.domain.subject import IdentityType

VERSIONS: Final = ("2026Q3", "2026Q4", "2027Q1")
"""The calendar versions that are served, all alike: active, latest and preview."""

KIND_OF_TYPE: Final = {
    "PIN": "pin",
    "SMS": "sms_otp",
    "WHATSAPP": "whatsapp_otp",
    "VOICE": "voice_otp",
    "PARTNER_DEVICE_FINGERPRINT": "device_fingerprint",
    "FACE_MAP": "face_map",
}
"""Types of challenge, best first: knowledge, possession, inherence; among those of one category
what proves most, and among the channels the usual one."""
CHANNELS: Final = ("SMS", "WHATSAPP", "VOICE")
"""By which a code may travel, where the programme has them switched on; the other dialect's is
one of them."""
TYPE_OF_KIND: Final = {kind: type_ for type_, kind in KIND_OF_TYPE.items()}
TYPE_OF_IDENTITY: Final = {IdentityType.CONSUMER: "PERSONAL", IdentityType.CORPORATE: "BUSINESS"}
"""Of profiles, and of the holder of an account."""
FIXED_CODE: Final = "111111"
"""The code of every message in the vendor's sandbox, and in ours unless told not to."""


def kinds_of(programme: Programme) -> tuple[str, ...]:
    """What may prove an approval in this programme, best first."""
    settings = programme.settings
    closed = {KIND_OF_TYPE[channel] for channel in CHANNELS if channel not in settings.channels}
    if not settings.fingerprint_is_possession:
        closed.add("device_fingerprint")
    return tuple(kind for kind in KIND_OF_TYPE.values() if kind not in closed)
