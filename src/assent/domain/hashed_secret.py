"""What all secrets of a person's own choice share: how they are kept, compared and remembered."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.kind import Begun, Checked, checked
from assent.domain.programme import ProgrammeSettings
from assent.domain.prompt import EnterSecret
from assent.domain.subject import Subject
from assent.kernel.randomness import Randomness
from assent.kernel.secret import Secret

PROOF = "password"
"""One budget for all of them: RTS Article 4(3)(b) counts the person's attempts. With a budget
for each, whoever has two secrets could be tried ten times."""

REMEMBERED = {"weavr": 5, "modern": 1}
"""By password profile, how many former secrets of a kind, the present one included, may not come
again. `weavr`: as the Multi API documents."""
_KEPT = max(REMEMBERED.values())


@dataclass(frozen=True, slots=True)
class HashCosts:
    """argon2id parameters. The default is OWASP's first choice for servers short of memory."""

    memory_kib: int = 19_456
    """19 MiB: two at once on two cores stay well inside a 120 MiB process."""
    passes: int = 2
    """How often the memory is filled: two with 19 MiB, by the same advice."""
    lanes: int = 1
    """Threads a hash: one, because log-ins already run beside each other."""


class HashedSecret:
    """Everything of a `SecretKind` but its names and its objections.

    Details are `{"hash", "history": [hash, newest first], "changed_at": ms}`.
    """

    name: str
    called: str
    proof = PROOF
    elements = frozenset({Element.KNOWLEDGE})
    verifies_mobile = False

    def __init__(self, costs: HashCosts, pepper: bytes) -> None:
        self._pepper = pepper
        self._hasher = _hasher(costs)
        # Nobody's hash, at today's costs: comparing with it takes as long as with somebody's.
        self._decoy = {"hash": _hash_of_nothing(costs), "history": []}

    @property
    def factor_kind(self) -> str:
        """Its own."""
        return self.name

    def normal(self, secret: Secret) -> str:
        """The one spelling of what may be typed in several ways; as it is, unless a kind says
        otherwise."""
        return secret.reveal()

    def ready(self, subject: Subject, countries: tuple[str, ...]) -> dict[str, Any]:
        """A secret needs nothing but its person."""
        return {}

    def begin(
        self,
        details: Mapping[str, Any],
        now: int,
        randomness: Randomness,
        action: Deed,
        chosen: str | None = None,
    ) -> Begun:
        """A secret needs no question but the prompt."""
        return Begun(prompt=EnterSecret(), expected=b"")

    def check(
        self, details: Mapping[str, Any], counter: int, expected: bytes, answer: str, now: int
    ) -> Checked:
        """Slow on purpose (about 17 ms)."""
        return checked(self._matches(details["hash"], Secret(answer)), counter, self.elements)

    def used_before(
        self, details: Mapping[str, Any], secret: Secret, settings: ProgrammeSettings
    ) -> bool:
        """One slow comparison for each that is remembered."""
        remembered = [details["hash"], *details["history"]][: REMEMBERED[settings.password_profile]]
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
        """The whole secret, whatever its length, keyed with what the database does not hold.

        HMAC first, so that nothing is cut off (Okta, October 2024: bcrypt's 72 bytes).
        """
        octets = self.normal(secret).encode("utf-8", "surrogatepass")  # half a character: wrong
        digest = hmac.digest(self._pepper, octets, "sha256")
        return base64.b64encode(digest)


def _hasher(costs: HashCosts) -> PasswordHasher:
    return PasswordHasher(
        time_cost=costs.passes, memory_cost=costs.memory_kib, parallelism=costs.lanes
    )


@cache
def _hash_of_nothing(costs: HashCosts) -> str:
    """Of the empty text, which no secret becomes when peppered: no answer is ever right.

    Once for all kinds: glibc gives the memory of a first hash back, and keeps that of a second.
    """
    return _hasher(costs).hash(b"")
