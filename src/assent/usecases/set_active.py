"""A person is shut out, or let in again."""

from dataclasses import replace

from assent.domain.english import ACTIVATED, DEACTIVATED
from assent.domain.event import Event, EventName
from assent.domain.session import Caller
from assent.domain.subject import Acting, Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.admission import Admit, EndSessionsFor
from assent.ports.changes import Add, Change, ChangeSubject
from assent.usecases.end_session import end_all_sessions
from assent.usecases.mailed_codes import withdraw_mailed_codes
from assent.usecases.register_factor import withdraw_approvals, withdraw_questions
from assent.usecases.tell import ERASED_MS, KEPT_MS, told
from assent.usecases.world import World


async def set_active(
    world: World, caller: Caller, subject: Subject, active: bool, reason: str = ""
) -> Subject:
    """Deactivation ends every session at once and voids what clients asked of the person; a
    log-in afterwards is a wrong one like any other. Codes that went by e-mail are void both ways:
    one that was asked for meanwhile would let somebody in afterwards. The person is told of both.

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
            *withdraw_questions(world, subject.id),
        )
    about = {"operator": caller.operator, "reason": reason} if caller.operator else None
    done = await world.stores.commit(
        ChangeSubject(changed),
        *ended,
        *withdraw_mailed_codes(world, subject.id),
        *(_told(world, caller, subject, active) if subject.active is not active else ()),
        *(shut_out(world, caller, subject, reason) if subject.active and not active else ()),
        world.fact(caller, name, subject.id, about),
    )
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    return changed


async def admit(world: World, caller: Caller, user: Acting, active: bool) -> None:
    """The same for one of several identities that a person acts for; the others are not touched.

    Sessions for it end both ways: one whose opening was under way when it was closed would be
    alive again. The person is told. Recorded; refuses CHANGED_MEANWHILE.
    """
    subject_id, identity_id = user.subject.id, user.identity.id
    name = "access_given" if active else "access_ended"
    done = await world.stores.commit(
        Admit(subject_id, identity_id, active),
        EndSessionsFor(subject_id, identity_id, "deactivated", world.clock.now()),
        *(() if active else (withdraw_approvals(world, subject_id),)),
        *(() if active else withdraw_questions(world, subject_id)),
        *_told(world, caller, user.subject, active),
        *(() if active else shut_out(world, caller, user.subject, "", identity_id)),
        world.fact(caller, name, subject_id, {"identity": str(identity_id)}),
    )
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)


def _told(world: World, caller: Caller, subject: Subject, active: bool) -> tuple[Change, ...]:
    """Not where from: that is somebody else's address."""
    wording = ACTIVATED if active else DEACTIVATED
    return (Add(world.notice(caller, subject, wording, {"where": ""})),)


def shut_out(
    world: World,
    caller: Caller,
    subject: Subject,
    reason: str,
    identity_id: int = 0,
    erased: bool = False,
) -> tuple[Change, ...]:
    """What a firm's server is told of it; `identity_id` 0: of all that the person acted for. It
    holds their address: of somebody `erased` it is gone once it was taken, after a day at the
    latest."""
    event = Event(
        name=EventName.USER_DEACTIVATED,
        subject_id=subject.id,
        identity_id=identity_id,
        by=caller.actor,
        reason=reason,
        address=subject.email,
        erased=erased,
        at=world.clock.now(),
    )
    kept_ms = ERASED_MS if erased else KEPT_MS
    return told(world, caller.programme, event, kept_ms=kept_ms)
