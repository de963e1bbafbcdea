"""What all codes sent to a person's phone share: how they are drawn, kept and compared."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assent.domain.contact import Reach, masked
from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.english import CODE, WORDS
from assent.domain.kind import Begun, Checked, checked
from assent.domain.message import Channel, Outgoing
from assent.domain.prompt import EnterCode
from assent.domain.subject import Subject
from assent.domain.wording import rendered
from assent.kernel.randomness import Randomness
from assent.kernel.refusals import Code, Refusal

PROOF = "otp"
"""One budget for all of them: whoever has a phone has every channel to it, and a budget for each
would give fifteen tries."""

PHONE = "sms_otp"
"""The kind of the factor that all of them go through: the number, however it is reached."""
_SALT_OCTETS = 16
_REFUSED = {
    Reach.IMPOSSIBLE: Code.MOBILE_UNREACHABLE,
    Reach.UNREACHABLE: Code.MOBILE_UNREACHABLE,
    Reach.CLOSED: Code.MOBILE_COUNTRY_CLOSED,
}


@dataclass(frozen=True, slots=True)
class CodeSettings:
    """What a code looks like."""

    digits: int = 6
    """Digits of a code; both dialects' wire formats fix it. With three tries a challenge and five
    a person no guesser gets further than one in 200,000."""


class OneTimeCode:
    """Everything of a `Kind` but its name and its channel.

    Details are `{"mobile": E.164}`; expected is a salt and the code's keyed hash. The element is
    possession of the SIM (EBA Q&A 2018_4039).
    """

    name: str
    channel: Channel
    called = "one-time code"
    proof = PROOF
    factor_kind = PHONE
    elements = frozenset({Element.POSSESSION})
    verifies_mobile = True

    def __init__(self, settings: CodeSettings, key: bytes, life_minutes: int = 5) -> None:
        self._settings = settings
        self._life_minutes = life_minutes
        self._key = key

    def ready(self, subject: Subject, countries: tuple[str, ...]) -> dict[str, Any]:
        """The person's mobile, if a message can get there."""
        if subject.mobile is None:
            raise Refusal(Code.MOBILE_MISSING)
        refused = _REFUSED.get(subject.mobile.reach(countries))
        if refused is not None:
            raise Refusal(refused)
        return {"mobile": subject.mobile.e164}

    def begin(
        self,
        details: Mapping[str, Any],
        now: int,
        randomness: Randomness,
        action: Deed,
        chosen: str | None = None,
    ) -> Begun:
        """Draws a code, or takes the sandbox's, and says whom to send it to."""
        code = chosen or randomness.digits(self._settings.digits)
        salt = randomness.octets(_SALT_OCTETS)
        to = str(details["mobile"])
        values = {**action.given, "code": code, "minutes": str(self._life_minutes)}
        message = Outgoing(
            channel=self.channel,
            address=to,
            body=rendered(WORDS[CODE], self.channel, values).text,
            code=code,
            wording=CODE,
            values=values,
        )
        return Begun(
            prompt=EnterCode(self._settings.digits, masked(to), to[-4:]),
            expected=salt + self._hash(salt, code),
            messages=(message,),
        )

    def check(
        self, details: Mapping[str, Any], counter: int, expected: bytes, answer: str, now: int
    ) -> Checked:
        """Compares keyed hashes, in constant time."""
        salt, kept = expected[:_SALT_OCTETS], expected[_SALT_OCTETS:]
        right = hmac.compare_digest(self._hash(salt, answer), kept)
        return checked(right, counter, self.elements)

    def _hash(self, salt: bytes, code: str) -> bytes:
        octets = code.encode("utf-8", "surrogatepass")  # half a character is just wrong
        return hmac.digest(self._key, salt + octets, "sha256")
