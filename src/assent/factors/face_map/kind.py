"""The factor kind `face_map`: a face as an app captured it, compared by a matcher."""

import base64
from collections.abc import Mapping
from typing import Any, Final

from assent.domain.element import Element
from assent.domain.kind import Checked, Enrolled, checked
from assent.domain.presented import Presented
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.face_matcher import FaceMatcher

LONGEST: Final = 1_048_576
"""Octets of a face map, 1 MiB: an end to what is decoded and compared."""
_LONGEST_TEXT = 4 * -(-LONGEST // 3)


class FaceMap(Presented):
    """Details are `{"template": base64}`.

    That a living person was in front of the camera is for the app to see to: a matcher compares,
    and what it compares may be a recording.
    """

    name = "face_map"
    called = "face map"
    proof = "face_map"
    elements = frozenset({Element.INHERENCE})
    most = 1

    def __init__(self, matcher: FaceMatcher) -> None:
        self._matcher = matcher

    def fits(self, presented: Secret) -> bool:
        """1 octet to 1 MiB in base64, whatever the matcher will make of them."""
        try:
            _octets(presented.reveal())
        except ValueError:
            return False
        return True

    def enrol(self, presented: Secret, now: int) -> Enrolled:
        """1 octet to 1 MiB in base64, that the matcher can read."""
        try:
            template = self._matcher.template(_octets(presented.reveal()))
        except ValueError:
            raise Refusal(Code.FACTOR_UNFIT, "no face map") from None
        return Enrolled({"template": base64.b64encode(template).decode()})

    def check(
        self, details: Mapping[str, Any], counter: int, expected: bytes, answer: str, now: int
    ) -> Checked:
        """As similar as the matcher asks for."""
        try:
            blob = _octets(answer)
        except ValueError:
            return checked(False, counter, self.elements)
        template = base64.b64decode(details["template"])
        return checked(self._matcher.matches(template, blob), counter, self.elements)


def _octets(text: str) -> bytes:
    """Of the one base64 spelling (RFC 4648, section 4): padded, no line breaks, no stray bits.

    Raises ValueError.
    """
    if not 1 <= len(text) <= _LONGEST_TEXT:
        raise ValueError("too little or too much")
    octets = base64.b64decode(text, validate=True)
    if not 1 <= len(octets) <= LONGEST or base64.b64encode(octets).decode() != text:
        raise ValueError("too little or too much, or another spelling")
    return octets
