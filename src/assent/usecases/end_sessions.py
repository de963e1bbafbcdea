"""An operator ends whatever sessions a person has."""

from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import EndSessions, RaiseEpoch
from assent.usecases.mailed_codes import withdraw_mailed_codes
from assent.usecases.register_factor import withdraw_approvals, withdraw_questions
from assent.usecases.world import REPEATS, World


async def end_sessions(world: World, caller: Caller, subject: Subject, reason: str) -> None:
    """Those on every server, also the ones whose opening is under way; what clients asked of the
    person is void, and so are codes by e-mail: a right one opens a session. Recorded with operator
    and reason.

    Refuses SUBJECT_UNKNOWN, CHANGED_MEANWHILE.
    """
    about = {"operator": caller.operator, "reason": reason, "why": "operator"}
    for _ in range(REPEATS):
        done = await world.stores.commit(
            RaiseEpoch(subject.id, subject.epoch),
            EndSessions(subject.id, "operator", world.clock.now()),
            withdraw_approvals(world, subject.id),
            *withdraw_questions(world, subject.id),
            *withdraw_mailed_codes(world, subject.id),
            world.fact(caller, "sessions_ended", subject.id, about),
        )
        if done.failed is None:
            return
        held = await world.stores.subject(subject.programme_id, subject.id)
        if held is None:
            raise Refusal(Code.SUBJECT_UNKNOWN)
        subject = held
    raise Refusal(Code.CHANGED_MEANWHILE)
