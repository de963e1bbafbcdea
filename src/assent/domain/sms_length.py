"""How long a text message is for the networks that carry it, and bill it by parts."""

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class SmsLength:
    """`units` are septets of the GSM alphabet, or else UTF-16 units (`ucs2`)."""

    ucs2: bool
    units: int
    parts: int


def sms_length(text: str) -> SmsLength:
    """By 3GPP TS 23.038: one part holds 160 septets or 70 UTF-16 units; of several, each loses
    six octets to the header that joins them (TS 23.040), and holds 153 or 67.

    Nothing is ever cut: amount and payee must reach the person whole (RTS Article 5(1)(a)).
    """
    chars = set(text)
    if chars <= _BASIC | _EXTENDED:
        units = len(text) + sum(text.count(char) for char in chars & _EXTENDED)
        return SmsLength(False, units, _parts(units, 160, 153))
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return SmsLength(True, units, _parts(units, 70, 67))


def _parts(units: int, alone: int, joined: int) -> int:
    return 1 if units <= alone else -(-units // joined)
