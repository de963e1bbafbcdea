"""What nobody answered in time is recorded as expired, and whoever waits for it is told."""

from assent.domain.challenge import Challenge, ChallengeState, Purpose
from assent.domain.event import Event, EventName, Outcome
from assent.domain.programme import Programme
from assent.domain.session import Session
from assent.kernel.clock import DAY
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import DecideChallenge
from assent.ports.changes import Change
from assent.usecases.count_attempt import refusal
from assent.usecases.login_token import login_lookup, login_token
from assent.usecases.tell import told
from assent.usecases.world import World

_AT_A_TIME = 200
_MOST_TIMES = 5
"""At a call: whoever has years of them after an upgrade does so beside everything else."""
_NEWS_MS = DAY
"""What ended longer ago is told to nobody: it did so before an upgrade, or while nothing ran."""
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
    """One of them; whether it was pending still. A log-in that nobody answered counts as one that
    was declined; nobody is told of that by mail, or a stranger could have mails sent."""
    now = world.clock.now()
    expired = DecideChallenge(challenge.id, ChallengeState.EXPIRED, now)
    fresh = now - challenge.expires_at < _NEWS_MS
    told_of: tuple[Change, ...] = ()
    if fresh:
        programme = await world.stores.programme(challenge.programme_id)
        told_of = await decided(world, programme, challenge, Outcome.EXPIRED)
    if fresh and challenge.purpose is Purpose.LOG_IN:  # a stranger's, ignored, is no invitation
        spend = refusal(world, challenge)
        done = await world.stores.commit(expired, *told_of, spend)
        if done.failed is not spend:  # it fails while a block lasts
            return done.failed is None
    done = await world.stores.commit(expired, *told_of)
    return done.failed is None


async def decided(
    world: World,
    programme: Programme | None,
    challenge: Challenge,
    outcome: Outcome,
    session: Session | None = None,
) -> tuple[Change, ...]:
    """Tells the firm's server what came of a question, where that is something it waits for. The
    `session` that asked is read where it is not given."""
    name = _TOLD.get(challenge.purpose)
    if name is None or programme is None or not programme.settings.webhook_url:
        return ()
    event = Event(
        name=name,
        subject_id=challenge.subject_id,
        identity_id=await _identity_id(world, challenge, session),
        kind=challenge.kind,
        challenge_id=challenge.id,
        outcome=outcome,
        at=world.clock.now(),
    )
    return told(world, programme, event)


async def _identity_id(world: World, challenge: Challenge, session: Session | None) -> int:
    """For which the session that asks acts, or that a log-in was asked for; 0: none is known."""
    if challenge.purpose is Purpose.LOG_IN:
        token = login_token(world, challenge.approval_id)
        approval = await world.stores.approval(login_lookup(world, token))
        return int(approval.parameters.get("identity", 0)) if approval else 0
    session = session or await world.stores.session(challenge.session_id)
    return session.identity_id if session else 0
