"""The factor kind `password`: what may be chosen, and which spellings of it are one."""

import unicodedata
from collections.abc import Sequence

from assent.domain.hashed_secret import HashedSecret
from assent.domain.programme import PASSWORD, ProgrammeSettings
from assent.factors.password.blocklist import too_simple
from assent.factors.password.settings import PROFILES
from assent.kernel.refusals import Code
from assent.kernel.secret import Secret


class Password(HashedSecret):
    """Some characters, by one of the profiles."""

    name = PASSWORD
    called = "password"

    def normal(self, secret: Secret) -> str:
        """OpaqueString of RFC 8265, section 4.2: every space is the one space, then NFC.

        The same keys pressed on two machines are then the same password.
        """
        spaced = (" " if unicodedata.category(one) == "Zs" else one for one in secret.reveal())
        return unicodedata.normalize("NFC", "".join(spaced))

    def objection(
        self, secret: Secret, settings: ProgrammeSettings, about: Sequence[str]
    ) -> Code | None:
        """Length before simplicity: the order the Multi API's clients see them in."""
        rules = PROFILES[settings.password_profile]
        text = self.normal(secret)
        if len(text) < rules.shortest:
            return Code.SECRET_TOO_SHORT
        if len(text) > rules.longest:
            return Code.SECRET_TOO_LONG
        if rules.classes and not _has_all_classes(text):
            return Code.SECRET_TOO_SIMPLE
        if rules.blocklist and too_simple(text, about):
            return Code.SECRET_TOO_SIMPLE
        return None


def _has_all_classes(text: str) -> bool:
    return (
        any(letter.islower() for letter in text)
        and any(letter.isupper() for letter in text)
        and any(letter.isdigit() for letter in text)
        and any(not letter.isalnum() for letter in text)
    )
