"""A person is shut out, or let in again."""

from dataclasses import replace

from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Change, ChangeSubject
from assent.usecases.end_session import end_all_sessions
from assent.usecases.register_factor import withdraw_approvals
from assent.usecases.world import World


async def set_active(
    world: World,
    caller: Caller,
    subject: Subject,
    active: bool,
    operator: str = "",
    reason: str = "",
) -> Subject:
    """Deactivation ends every session at once and voids what clients asked of the person; a
    log-in afterwards is a wrong one like any other.

    Recorded with who did it; where that was an operator, with their reason. Refuses
    CHANGED_MEANWHILE.
    """
    epoch = subject.epoch if active else subject.epoch + 1
    changed = replace(subject, active=active, epoch=epoch)
    name = "person_activated" if active else "person_deactivated"
    ended: tuple[Change, ...] = ()
    if not active:
        ended = (
            *end_all_sessions(world, caller, subject.id, "deactivated"),
            withdraw_approvals(world, subject.id),
        )
    about = {"operator": operator, "reason": reason} if operator else None
    done = await world.stores.commit(
        ChangeSubject(changed), *ended, world.fact(caller, name, subject.id, about)
    )
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    return changed
