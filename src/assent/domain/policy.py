"""When a session must be stepped up first."""

from collections.abc import Iterable
from typing import Final

from assent.domain.factor import FactorLine, was_ever_proved
from assent.domain.session import Scope, Session
from assent.domain.subject import Subject
from assent.kernel.clock import DAY
from assent.kernel.refusals import Code, Refusal

CONTACT_CHANGES: Final = 5
"""New e-mail addresses, and new numbers, that a person may be given in a period of time. Nobody
moves more often; whoever does sends messages on somebody else's account."""
CONTACT_PERIOD: Final = DAY
"""In ms."""


RESET_WAIT: Final = DAY
"""In ms: how long a changed e-mail address gets no code for a lost password. No bearer that changed
it lives as long, and its owner has been told at the old address."""


def must_be_the_person(session: Session) -> None:
    """Refuses the back office, which only looks."""
    if session.scope is Scope.VIEW:
        raise Refusal(Code.PERMISSION_MISSING, "the back office only looks")


def must_be_full(session: Session) -> None:
    """Refuses a session that is only good for choosing an identity, renewing a password or
    looking."""
    must_be_the_person(session)
    may_look(session)


def may_look(session: Session) -> None:
    """For what only reads: refuses a session that is only good for choosing an identity or
    renewing a password."""
    if session.scope not in (Scope.FULL, Scope.VIEW):
        raise Refusal(Code.SESSION_TOO_NARROW, session.scope)


def must_be_stepped_up(session: Session) -> None:
    """Refuses a session that rests on one element."""
    must_be_the_person(session)
    if not session.stepped_up:
        raise Refusal(Code.STEP_UP_REQUIRED)


def second_secret(session: Session | None, subject_id: int) -> None:
    """Needs a stepped-up session of that very person (RTS Article 24(2)(b)); another's is as good
    as none."""
    if session is None or session.subject_id != subject_id:
        raise Refusal(Code.STEP_UP_REQUIRED, "no session of this person")
    must_be_stepped_up(session)


def contact_change(session: Session, factors: Iterable[FactorLine]) -> None:
    """A new e-mail or mobile needs step-up as soon as the person ever proved a second factor.

    Otherwise a stolen password would be enough: change the number, enrol one's own phone, step
    up (RTS Article 24(2)(b)). That a factor *was* proved is enough: between a change of number
    and the new phone's enrolment there is no active factor, and the gap must not be a door.
    """
    if any(was_ever_proved(line) for line in factors):
        must_be_stepped_up(session)


def may_reset_by_email(subject: Subject, now: int) -> bool:
    """Whether a lost password may be reset by way of the person's address: the one they came with,
    or one that was verified and a day old since.

    A stolen bearer moves the address where no second factor was ever proved, and whoever moved it
    can verify it: without the wait, five minutes of a session would be an account for good.
    """
    if not subject.email_changed_at:
        return True
    return subject.email_verified and now - subject.email_changed_at >= RESET_WAIT
