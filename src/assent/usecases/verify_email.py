"""A code to a mailbox, and back: the address is the person's."""

from dataclasses import dataclass, replace

from assent.domain.attempts import holder_of
from assent.domain.mailed_code import MailPurpose
from assent.domain.session import Caller
from assent.domain.subject import IdentityType, Role, Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import ChangeSubject
from assent.usecases.mailed_codes import (
    Whose,
    WrongCode,
    judge,
    refuse_blocked_codes,
    send_mailed_code,
    still_right,
    used_up,
    whose_email,
)
from assent.usecases.world import REPEATS, Keep, World, keep_nothing


@dataclass(frozen=True, slots=True)
class Verified:
    """The address was shown to be theirs."""


async def send_verification(
    world: World,
    caller: Caller,
    email: str,
    role: Role,
    identity_type: IdentityType | None = None,
    chosen: str | None = None,
    keep: Keep = keep_nothing,
    verified_is_fine: bool = False,
) -> None:
    """To whoever has the address and acts in that role, for that type of identity if one is named.

    Where `verified_is_fine`, nothing is sent to an address that was verified, and nothing refused.
    Refuses EMAIL_UNKNOWN, which tells no more than a registration's EMAIL_TAKEN does;
    EMAIL_ALREADY_VERIFIED; ATTEMPTS_BLOCKED and what `send_mailed_code` refuses.
    """
    programme_id = caller.programme.id
    subject = await world.stores.subject_by_email(programme_id, email)
    if subject is None or not subject.active:
        raise Refusal(Code.EMAIL_UNKNOWN)
    actings = await world.stores.actings_of(subject.id)
    if not any(
        acting.role is role and identity_type in (None, acting.identity.type) for acting in actings
    ):
        raise Refusal(Code.EMAIL_UNKNOWN, "of another sort")
    if subject.email_verified:
        if not verified_is_fine:
            raise Refusal(Code.EMAIL_ALREADY_VERIFIED)
        if kept := keep(None):
            await world.commit(*kept)
        return
    whose = Whose(subject.id, holder_of(subject.id))
    await refuse_blocked_codes(world, programme_id, whose)
    await send_mailed_code(
        world, caller, MailPurpose.VERIFY_EMAIL, subject, email, chosen, keep=keep
    )


async def verify_email(
    world: World, caller: Caller, email: str, answer: str
) -> Verified | WrongCode:
    """Judges the code and marks the address. Refuses CHANGED_MEANWHILE."""
    whose = await whose_email(world, caller.programme.id, email)
    right = await judge(world, caller, MailPurpose.VERIFY_EMAIL, whose, answer)
    if isinstance(right, WrongCode):
        return right
    subject: Subject | None = right.subject
    for _ in range(REPEATS):
        if subject is None:
            return WrongCode()
        passed = used_up(world, right)
        done = await world.stores.commit(
            *passed,
            # changed whatever it said before: its version holds the address still
            ChangeSubject(replace(subject, email_verified=True)),
            world.fact(caller, "verify_email_passed", subject.id),
        )
        if done.failed is None:
            return Verified()
        if done.failed is passed[0]:
            return WrongCode()
        subject = await still_right(world, right)
    raise Refusal(Code.CHANGED_MEANWHILE)
