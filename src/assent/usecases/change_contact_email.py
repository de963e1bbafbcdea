"""The address to which a client sends what a person is to read; it signs nobody in."""

from dataclasses import replace
from typing import Final

from assent.domain.contact import email_is_valid
from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import ChangeSubject
from assent.usecases.world import REPEATS, World

_DETAIL: Final = "contactEmail"
"""Under which name it is kept among the person's details."""


def contact_email(subject: Subject) -> str:
    """Their own address, where none was given for it."""
    return str(subject.details.get(_DETAIL, subject.email))


async def change_contact_email(world: World, caller: Caller, subject_id: int, email: str) -> None:
    """Refuses EMAIL_INVALID, SUBJECT_UNKNOWN, CHANGED_MEANWHILE."""
    if not email_is_valid(email):
        raise Refusal(Code.EMAIL_INVALID)
    recorded = world.fact(caller, "contact_email_changed", subject_id)
    for _ in range(REPEATS):
        subject = await world.stores.subject(caller.programme.id, subject_id)
        if subject is None:
            raise Refusal(Code.SUBJECT_UNKNOWN)
        changed = replace(subject, details={**subject.details, _DETAIL: email})
        done = await world.stores.commit(ChangeSubject(changed), recorded)
        if done.failed is None:
            return
    raise Refusal(Code.CHANGED_MEANWHILE)
