"""From a session that may only choose, to one that acts for the identity chosen."""

from assent.domain.session import Caller, Scope
from assent.domain.subject import IdentityType
from assent.kernel.refusals import Code, Refusal
from assent.usecases.begin_session import begin_session
from assent.usecases.open_session import Opened
from assent.usecases.world import World, speaking


async def choose_identity(
    world: World, caller: Caller, identity_type: IdentityType, identity_id: int
) -> Opened:
    """A new one-factor session for one of the person's identities.

    The absolute limit does not begin anew.

    The session that chose goes on, so that the person may choose again; step-up does not carry
    over, because an approval is bound to its session. Refuses PERMISSION_MISSING for an identity
    that is not the person's, or not there: the two look alike.
    """
    session = speaking(caller)
    if session.scope is Scope.CHANGE_PASSWORD:
        raise Refusal(Code.SESSION_TOO_NARROW, session.scope)
    acting = await world.stores.acting(session.subject_id, identity_id)
    if acting is None or acting.identity.type is not identity_type:
        raise Refusal(Code.PERMISSION_MISSING)
    begun_session, begun = begin_session(
        world,
        caller.programme.id,
        session.subject_id,
        identity_id,
        session.elements,
        epoch=session.epoch,
        expires_at=session.expires_at,
    )
    await world.stores.commit(
        *begun,
        world.fact(caller, "identity_chosen", session.subject_id, {"identity": str(identity_id)}),
    )
    return Opened(begun_session, acting)
