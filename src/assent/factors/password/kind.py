"""The factor kind `password`: what may be chosen, how it is kept, how it is compared."""

import base64
import hmac
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assent.domain.element import Element
from assent.domain.kind import Begun, Checked, checked
from assent.domain.prompt import EnterSecret
from assent.domain.subject import Subject
from assent.factors.password.blocklist import too_simple
from assent.factors.password.settings import PROFILES, HashCosts
from assent.kernel.randomness import Randomness
from assent.kernel.refusals import Code
from assent.kernel.secret import Secret

_KEPT = max(profile.remembers for profile in PROFILES.values())


class Password:
    """Details are `{"hash", "history": [hash, newest first], "changed_at": ms}`."""

    name = "password"
    proof = "password"
    elements = frozenset({Element.KNOWLEDGE})
    verifies_mobile = False

    def __init__(self, costs: HashCosts, pepper: bytes) -> None:
        self._pepper = pepper
        self._hasher = PasswordHasher(
            time_cost=costs.passes, memory_cost=costs.memory_kib, parallelism=costs.lanes
        )
        # Nobody's hash, at today's costs: comparing with it takes as long as with somebody's. It is
        # of the empty text, which no password becomes when peppered: no answer is ever right.
        self._decoy = {"hash": self._hasher.hash(b""), "history": []}

    def ready(self, subject: Subject, countries: tuple[str, ...]) -> dict[str, Any]:
        """A password needs nothing but its person."""
        return {}

    def begin(
        self,
        details: Mapping[str, Any],
        now: int,
        randomness: Randomness,
        action: str,
        chosen: str | None = None,
    ) -> Begun:
        """A password needs no question but the prompt."""
        return Begun(prompt=EnterSecret(), expected=b"")

    def check(
        self, details: Mapping[str, Any], counter: int, expected: bytes, answer: str, now: int
    ) -> Checked:
        """Slow on purpose (about 17 ms)."""
        return checked(self._matches(details["hash"], Secret(answer)), counter, self.elements)

    def objection(self, secret: Secret, profile: str, about: Sequence[str]) -> Code | None:
        """Length before simplicity: the order the Multi API's clients see them in."""
        rules = PROFILES[profile]
        text = _normal(secret)
        if len(text) < rules.shortest:
            return Code.SECRET_TOO_SHORT
        if len(text) > rules.longest:
            return Code.SECRET_TOO_LONG
        if rules.classes and not _has_all_classes(text):
            return Code.SECRET_TOO_SIMPLE
        if rules.blocklist and too_simple(text, about):
            return Code.SECRET_TOO_SIMPLE
        return None

    def used_before(self, details: Mapping[str, Any], secret: Secret, profile: str) -> bool:
        """One slow comparison for each that is remembered."""
        remembered = [details["hash"], *details["history"]][: PROFILES[profile].remembers]
        return any(self._matches(former, secret) for former in remembered)

    def keep(self, details: Mapping[str, Any], secret: Secret, now: int) -> dict[str, Any]:
        """The history keeps as many as the profile that remembers most of them needs."""
        former = [details["hash"], *details["history"]] if details else []
        return {
            "hash": self._hasher.hash(self._peppered(secret)),
            "history": former[: _KEPT - 1],
            "changed_at": now,
        }

    def outdated(self, details: Mapping[str, Any]) -> bool:
        """The costs are written in the hash itself."""
        return self._hasher.check_needs_rehash(details["hash"])

    def rehashed(self, details: Mapping[str, Any], secret: Secret) -> dict[str, Any]:
        """The date stays: the person changed nothing."""
        return {**details, "hash": self._hasher.hash(self._peppered(secret))}

    def decoy(self) -> Mapping[str, Any]:
        """Made once at the start."""
        return self._decoy

    def _matches(self, kept: str, secret: Secret) -> bool:
        try:
            return self._hasher.verify(kept, self._peppered(secret))
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    def _peppered(self, secret: Secret) -> bytes:
        """The whole password, whatever its length, keyed with what the database does not hold.

        HMAC first, so that nothing is cut off (Okta, October 2024: bcrypt's 72 bytes).
        """
        octets = _normal(secret).encode("utf-8", "surrogatepass")  # half a character is just wrong
        digest = hmac.digest(self._pepper, octets, "sha256")
        return base64.b64encode(digest)


def _normal(secret: Secret) -> str:
    """OpaqueString of RFC 8265, section 4.2: every space is the one space, then NFC.

    The same keys pressed on two machines are then the same password.
    """
    spaced = (" " if unicodedata.category(one) == "Zs" else one for one in secret.reveal())
    return unicodedata.normalize("NFC", "".join(spaced))


def _has_all_classes(text: str) -> bool:
    return (
        any(letter.islower() for letter in text)
        and any(letter.isupper() for letter in text)
        and any(letter.isdigit() for letter in text)
        and any(not letter.isalnum() for letter in text)
    )
