"""The factor kind `device_fingerprint`: a text that names a device, compared by keyed hash."""

import hmac
from collections.abc import Mapping
from typing import Any, Final

from assent.domain.element import Element
from assent.domain.kind import Checked, Enrolled, checked
from assent.domain.presented import Presented
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret

LONGEST: Final = 256
"""Characters: several times a UUID or a hash, and nothing that anybody would call a text."""


class DeviceFingerprint(Presented):
    """Details are `{"hash"}`, in hex, which is the mark too.

    It is the same each time, so whoever reads it once has it: by EBA-Op-2018-04, paragraph 35, it
    is no possession by itself, for want of a dynamic proof, and a programme must say that it
    counts it. No salt: the mark must come out the same for the same text, and the key is not in
    the database.
    """

    name = "device_fingerprint"
    called = "device"
    proof = "device_fingerprint"
    elements = frozenset({Element.POSSESSION})
    most = 3

    def __init__(self, key: bytes) -> None:
        self._key = key

    def fits(self, presented: Secret) -> bool:
        """1 to 256 printable characters, as they are: no case or space is taken for another."""
        text = presented.reveal()
        return 1 <= len(text) <= LONGEST and text.isprintable()

    def enrol(self, presented: Secret, now: int) -> Enrolled:
        """Kept as a keyed hash."""
        if not self.fits(presented):
            raise Refusal(Code.FACTOR_UNFIT, "not 1 to 256 printable characters")
        mark = self._hash(presented.reveal())
        return Enrolled({"hash": mark}, mark)

    def check(
        self, details: Mapping[str, Any], counter: int, expected: bytes, answer: str, now: int
    ) -> Checked:
        """Compares keyed hashes, in constant time."""
        right = hmac.compare_digest(self._hash(answer).encode(), str(details["hash"]).encode())
        return checked(right, counter, self.elements)

    def _hash(self, text: str) -> str:
        octets = text.encode("utf-8", "surrogatepass")  # half a character is just wrong
        return hmac.digest(self._key, octets, "sha256").hex()
