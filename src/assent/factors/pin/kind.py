"""The factor kind `pin`: four digits that an app presents."""

from assent.domain.hashed_secret import HashedSecret
from assent.domain.kind import Enrolled
from assent.domain.programme import PIN, PIN_FORM
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret


class Pin(HashedSecret):
    """Any four digits: no blocklist, because the API it serves documents 1234 as its example.

    What holds it up instead: it never stands alone, for no approval is granted on knowledge only;
    a person has five tries; and argon2id is keyed with a pepper that the database does not hold,
    or trying all ten thousand would take three minutes. It logs nobody in, so it is no
    `SecretKind`, and wrong ones do not count against the person's password.
    """

    name = PIN
    called = "PIN"
    proof = PIN
    most = 1

    def fits(self, presented: Secret) -> bool:
        """Four ASCII digits."""
        return PIN_FORM.fullmatch(presented.reveal()) is not None

    def enrol(self, presented: Secret, now: int) -> Enrolled:
        """Slow on purpose (about 17 ms)."""
        if not self.fits(presented):
            raise Refusal(Code.FACTOR_UNFIT, "not four digits")
        return Enrolled(self.keep({}, presented, now))
