"""A code that went to a person's mailbox.

It shows who reads that mailbox, and no more: e-mail is no element of authentication
(EBA-Op-2019-06; ASVS 6.3.6), so these codes are no challenges and grant no approval. Wrong answers
are counted where all others are (domain/attempts.py).
"""

import hmac
from dataclasses import dataclass, field
from enum import StrEnum

from assent.domain.challenge import ChallengeState
from assent.kernel.clock import DAY, MINUTE
from assent.kernel.randomness import Randomness

PROOF = "mailed_code"
"""One budget for all purposes: whoever guesses at one guesses at the mailbox."""
DIGITS = 6
"""As the Multi API's fields have it."""
_SALT_OCTETS = 16
_HASH_OCTETS = 32


class MailPurpose(StrEnum):
    """What the right code brings about."""

    VERIFY_EMAIL = "verify_email"
    INVITE = "invite"
    RESET_PASSWORD = "reset_password"


@dataclass(frozen=True, slots=True)
class MailedCodeLimits:
    """Times in ms."""

    tries: int = 5
    """Wrong answers until a code is void."""
    verify_ms: int = 60 * MINUTE
    """As the Multi API documents for e-mail verification."""
    reset_ms: int = 15 * MINUTE
    """The published documents are silent; ASVS 6.4.1 asks for short."""
    invite_ms: int = 30 * DAY
    """The Multi API documents a month."""

    def life_ms(self, purpose: MailPurpose) -> int:
        """How long a code for this is good."""
        return {
            MailPurpose.VERIFY_EMAIL: self.verify_ms,
            MailPurpose.RESET_PASSWORD: self.reset_ms,
            MailPurpose.INVITE: self.invite_ms,
        }[purpose]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedCode:
    """A row of the store (times in ms)."""

    id: int
    programme_id: int
    subject_id: int
    purpose: MailPurpose
    state: ChallengeState = ChallengeState.PENDING
    tries: int = 0
    """Answers counted so far. Spent before they are compared."""
    expected: bytes = field(repr=False)
    created_at: int
    expires_at: int

    def open(self, now: int, limits: MailedCodeLimits) -> bool:
        """Whether it still takes answers."""
        pending = self.state is ChallengeState.PENDING
        return pending and now < self.expires_at and self.tries < limits.tries


def expected_of(key: bytes, randomness: Randomness, email: str, code: str) -> bytes:
    """What is kept of a code: a salt and a keyed hash over the address too. A code that went to
    one address verifies no other, should it change meanwhile."""
    salt = randomness.octets(_SALT_OCTETS)
    return salt + _hash(key, salt, email, code)


def is_right(key: bytes, expected: bytes, email: str, answer: str) -> bool:
    """Compared in constant time."""
    salt, kept = expected[:_SALT_OCTETS], expected[_SALT_OCTETS:]
    return hmac.compare_digest(_hash(key, salt, email, answer), kept)


def _hash(key: bytes, salt: bytes, email: str, code: str) -> bytes:
    # as narrow as `contact.same_mailbox`: another spelling may be another mailbox
    about = email.encode("utf-8", "surrogatepass").lower()
    # the length first: no two pairs of address and code give the same octets
    parts = salt + len(about).to_bytes(4, "big") + about + code.encode("utf-8", "surrogatepass")
    return hmac.digest(key, parts, "sha256")


@dataclass(frozen=True, slots=True)
class MailedCodes:
    """How a house makes and compares them: the limits, and the key of what is kept."""

    limits: MailedCodeLimits
    key: bytes = field(repr=False)

    def expected(self, randomness: Randomness, email: str, code: str) -> bytes:
        """What to keep of a code that goes to this address."""
        return expected_of(self.key, randomness, email, code)

    def right(self, code: MailedCode | None, email: str, answer: str) -> bool:
        """Whether that is the code. Nobody's is compared like somebody's, and never right."""
        kept = code.expected if code else bytes(_SALT_OCTETS + _HASH_OCTETS)
        return is_right(self.key, kept, email, answer) and code is not None
