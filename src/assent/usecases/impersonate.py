"""The back office looks as a person would, to help them: it sees what they see and touches nothing.

The look is a session of its own. It proves nothing (no elements), steps nothing up, and neither
lengthens nor ends a session of the person's. What ends all of theirs ends it too.
"""

from typing import Final

from assent.domain.session import Caller, Scope, alive
from assent.domain.subject import Acting, IdentityType
from assent.kernel.clock import HOUR
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import ExpireApproval
from assent.usecases.begin_session import begin_session
from assent.usecases.open_session import Opened
from assent.usecases.world import World

_LONGEST: Final = HOUR
"""In ms, whatever the activity. Nobody helps one person for longer at a time."""


async def impersonate(
    world: World,
    caller: Caller,
    identity_type: IdentityType,
    identity_id: int,
    subject_id: int | None = None,
) -> Opened:
    """As an identity's root, or as one of its users.

    One look at a time as one person; it is over when it was idle as long as any session may be.
    Refuses SUBJECT_UNKNOWN for an identity or person that is not there, does not belong together,
    or is inactive; LOOKED_AT_ALREADY.
    """
    acting = await _looked_at(world, caller, identity_id, subject_id)
    if acting is None or acting.identity.type is not identity_type or not acting.active:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    subject = acting.subject
    claim = world.vault.lookup(f"{subject.id}:{identity_id}", "look of the back office")
    await _free(world, claim)
    session, begun = begin_session(
        world,
        caller.programme.id,
        subject.id,
        identity_id,
        frozenset(),
        Scope.VIEW,
        epoch=subject.epoch,
        expires_at=world.clock.now() + _LONGEST,
        claim=claim,
    )
    about = {"identity": str(identity_id), "session": str(session.id)}
    recorded = world.fact(caller, "impersonated", subject.id, about)
    done = await world.stores.commit(*begun, recorded)
    if done.failed is not None:
        raise Refusal(Code.LOOKED_AT_ALREADY, "somebody was faster")
    return Opened(session, acting)


async def _looked_at(
    world: World, caller: Caller, identity_id: int, subject_id: int | None
) -> Acting | None:
    programme_id = caller.programme.id
    root = await world.stores.root_of(programme_id, identity_id)
    if root is None or subject_id is None:
        return root
    return await world.stores.acting(subject_id, identity_id)


async def _free(world: World, claim: bytes) -> None:
    """Frees the place of a look that is over. Refuses LOOKED_AT_ALREADY for one that is not."""
    held = await world.stores.approval_by_claim(claim)
    if held is None:
        return
    session = await world.stores.session(int(held.fingerprint))
    if session is not None and alive(session, world.clock.now(), world.session_limits):
        raise Refusal(Code.LOOKED_AT_ALREADY)
    # It ended with its session, which may have been before its time.
    await world.stores.commit(ExpireApproval(held.id, held.expires_at or 0))
