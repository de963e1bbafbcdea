"""What nobody answered in time is recorded as expired, and whoever waits for it is told."""

from assent.domain.challenge import Challenge, ChallengeState, Purpose
from assent.domain.event import Event, EventName, Outcome
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import DecideChallenge
from assent.ports.changes import Change
from assent.usecases.tell import told
from assent.usecases.world import World

_AT_A_TIME = 200
_MOST_TIMES = 5
"""At a call: whoever has years of them after an upgrade does so beside everything else."""
_TOLD = {Purpose.STEP_UP: EventName.STEP_UP_DECIDED, Purpose.LOG_IN: EventName.LOG_IN_DECIDED}


async def lapse_challenges(world: World) -> int:
    """What is due, a thousand at most; how many were recorded here. Another server may have been
    faster, and one whose person is being erased keeps no other waiting."""
    done = 0
    for _ in range(_MOST_TIMES):
        due = await world.stores.lapsed(world.clock.now(), _AT_A_TIME)
        for challenge in due:
            try:
                done += await lapse(world, challenge)
            except Refusal as refusal:
                if refusal.code is not Code.CHANGED_MEANWHILE:
                    raise
        if len(due) < _AT_A_TIME:
            break
    return done


async def lapse(world: World, challenge: Challenge) -> bool:
    """One of them; whether it was pending still."""
    now = world.clock.now()
    expired = DecideChallenge(challenge.id, ChallengeState.EXPIRED, now)
    done = await world.stores.commit(expired, *await decided(world, challenge, Outcome.EXPIRED))
    return done.failed is None


async def decided(world: World, challenge: Challenge, outcome: Outcome) -> tuple[Change, ...]:
    """Tells the firm's server what came of a question, where that is something it waits for."""
    name = _TOLD.get(challenge.purpose)
    if name is None:
        return ()
    for programme in await world.stores.known_programmes():
        if programme.id == challenge.programme_id and programme.settings.webhook_url:
            session = await world.stores.session(challenge.session_id)
            event = Event(
                name=name,
                subject_id=challenge.subject_id,
                identity_id=session.identity_id if session else 0,
                kind=challenge.kind,
                challenge_id=challenge.id,
                outcome=outcome,
                at=world.clock.now(),
            )
            return told(world, programme, event)
    return ()
