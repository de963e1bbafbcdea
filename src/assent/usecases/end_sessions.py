"""Whatever sessions a person has are ended, by an operator or by the person's own device."""

from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Change, EndSessions, RaiseEpoch
from assent.usecases.mailed_codes import withdraw_mailed_codes
from assent.usecases.register_factor import withdraw_approvals, withdraw_questions
from assent.usecases.world import World


async def end_sessions(world: World, caller: Caller, subject: Subject, reason: str) -> None:
    """Recorded with operator and reason. Refuses SUBJECT_UNKNOWN."""
    about = {"operator": caller.operator, "reason": reason, "why": "operator"}
    done = await world.stores.commit(
        *all_ended(world, subject.id, "operator"),
        world.fact(caller, "sessions_ended", subject.id, about),
    )
    if done.failed is not None:
        raise Refusal(Code.SUBJECT_UNKNOWN)


def all_ended(world: World, subject_id: int, why: str, but: int = 0) -> tuple[Change, ...]:
    """The changes that end a person's sessions on every server, also the ones whose opening is
    under way; clients' too, which may open others with what was granted them. What clients asked of
    the person is void, log-ins on a device that were approved and not used as well, and so are
    questions to devices but for `but`, which the same list decides, and codes by e-mail: a right
    one opens a session.

    None of them fails because somebody else ends the same, or changes the person, at that moment.
    """
    return (
        RaiseEpoch(subject_id),
        EndSessions(subject_id, why, world.clock.now()),
        withdraw_approvals(world, subject_id),
        *withdraw_questions(world, subject_id, but),
        *withdraw_mailed_codes(world, subject_id),
    )
