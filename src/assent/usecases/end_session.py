"""Log-out, and whatever else ends sessions."""

from assent.domain.challenge import Purpose
from assent.domain.session import Caller
from assent.ports.asking import WithdrawChallenges
from assent.ports.changes import Change, EndSession, EndSessions
from assent.usecases.world import World, looking


async def end_session(world: World, caller: Caller) -> None:
    """The bearer is dead on every server as soon as this returns, and what devices were asked for
    it is void. Ending twice is no harm.

    The back office ends its own look like this: it is no session of the person's.
    """
    session = looking(caller)
    now = world.clock.now()
    await world.stores.commit(
        EndSession(session.id, "logged_out", now),
        WithdrawChallenges(session.approval_id, Purpose.STEP_UP, now),
        world.fact(caller, "session_ended", session.subject_id, {"session": str(session.id)}),
    )


def end_all_sessions(
    world: World, caller: Caller, subject_id: int, why: str, keep: int = 0
) -> tuple[Change, ...]:
    """The changes that end a person's sessions, but for `keep`, together with their reason."""
    return (
        EndSessions(subject_id, why, world.clock.now(), keep),
        world.fact(caller, "sessions_ended", subject_id, {"why": why}),
    )
