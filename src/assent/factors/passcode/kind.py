"""The factor kind `passcode`: a few digits, for apps in which a long password is too much."""

import re
from collections.abc import Sequence

from assent.domain.hashed_secret import HashedSecret
from assent.domain.programme import PASSCODE, ProgrammeSettings
from assent.factors.passcode.blocklist import too_simple
from assent.kernel.refusals import Code
from assent.kernel.secret import Secret

_DIGITS = re.compile("[0-9]+")
"""ASCII's, as on every keypad; not whatever Unicode calls a digit."""


class Passcode(HashedSecret):
    """As many digits as the programme says when one is chosen; whatever was chosen before stays
    right."""

    name = PASSCODE
    called = "passcode"

    def objection(
        self, secret: Secret, settings: ProgrammeSettings, about: Sequence[str]
    ) -> Code | None:
        """Length before simplicity, as for passwords; what is no digit is too simple, because
        clients know no other name for it."""
        text = secret.reveal()
        if len(text) < settings.passcode_digits:
            return Code.SECRET_TOO_SHORT
        if len(text) > settings.passcode_digits:
            return Code.SECRET_TOO_LONG
        if not _DIGITS.fullmatch(text) or too_simple(text, about):
            return Code.SECRET_TOO_SIMPLE
        return None
