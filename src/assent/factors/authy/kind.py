"""The factor kind `authy`: yes or no in a vendor's app, which the vendor vouches for."""

from collections.abc import Mapping
from typing import Any

from assent.domain.contact import Reach
from assent.domain.deed import Deed
from assent.domain.device import AUTHY
from assent.domain.element import Element
from assent.domain.kind import Begun, Checked, Verdict
from assent.domain.subject import Subject
from assent.kernel.randomness import Randomness
from assent.kernel.refusals import Code, Refusal

_REFUSED = {
    Reach.IMPOSSIBLE: Code.MOBILE_UNREACHABLE,
    Reach.UNREACHABLE: Code.MOBILE_UNREACHABLE,
    Reach.CLOSED: Code.MOBILE_COUNTRY_CLOSED,
}


class Authy:
    """Details are `{"mobile": E.164}`: the phone that the app was put on.

    An answer is evidence of the vendor's, and no signature of the person's own: it proves
    possession alone, also where the app asked for a finger, which only the vendor saw. It is
    settled by usecases/remote_answer.py.
    """

    name = AUTHY
    called = "Authy app"
    proof = AUTHY
    elements = frozenset({Element.POSSESSION})
    verifies_mobile = False
    factor_kind = AUTHY

    def ready(self, subject: Subject, countries: tuple[str, ...]) -> dict[str, Any]:
        """The person's mobile. Refuses MOBILE_MISSING, MOBILE_UNREACHABLE, MOBILE_COUNTRY_CLOSED,
        and MOBILE_NOT_VERIFIED: whoever puts another number into an account has the phone for it.
        """
        if subject.mobile is None:
            raise Refusal(Code.MOBILE_MISSING)
        refused = _REFUSED.get(subject.mobile.reach(countries))
        if refused is not None:
            raise Refusal(refused)
        if not subject.mobile_verified:
            raise Refusal(Code.MOBILE_NOT_VERIFIED)
        return {"mobile": subject.mobile.e164}

    def begin(
        self,
        details: Mapping[str, Any],
        now: int,
        randomness: Randomness,
        action: Deed,
        chosen: str | None = None,
    ) -> Begun:
        """It is asked by usecases/ask_push.py. Refuses KIND_SWITCHED_OFF."""
        raise Refusal(Code.KIND_SWITCHED_OFF, "an app is no way to send a code")

    def check(
        self, details: Mapping[str, Any], counter: int, expected: bytes, answer: str, now: int
    ) -> Checked:
        """A code is never right."""
        return Checked(Verdict.WRONG, counter)
