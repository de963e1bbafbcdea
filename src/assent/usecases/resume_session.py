"""Who is speaking: a session's id becomes a living session, its five minutes begun anew."""

from assent.domain.programme import Programme
from assent.domain.session import Session
from assent.kernel.refusals import Code, Refusal
from assent.usecases.world import World


async def resume_session(world: World, programme: Programme, session_id: int) -> Session:
    """Refuses SESSION_GONE for what is unknown, ended, idle too long, or another programme's."""
    session = await world.stores.touch(session_id, world.clock.now(), world.session_limits)
    if session is None or session.programme_id != programme.id:
        raise Refusal(Code.SESSION_GONE)
    return session
