"""What is known of an identity and of its root, for whoever may read it."""

from assent.domain.permissions import is_root, must_manage_users
from assent.domain.policy import may_look
from assent.domain.session import Caller
from assent.domain.subject import Acting, IdentityType
from assent.kernel.refusals import Code, Refusal
from assent.usecases.world import World, looking


async def read_identity(world: World, caller: Caller, type: IdentityType) -> Acting:
    """The identity that the caller acts for, with its root, whoever asks.

    Refuses NOT_FOUND where it is of another type; PERMISSION_MISSING to users who manage nobody:
    the root's addresses are not theirs to read.
    """
    session = looking(caller)
    may_look(session)
    acting = await world.stores.acting(session.subject_id, session.identity_id)
    if acting is None or acting.identity.type is not type:
        raise Refusal(Code.NOT_FOUND)
    must_manage_users(acting)
    if is_root(acting):
        return acting
    root = await world.stores.root_of(caller.programme.id, acting.identity.id)
    if root is None:
        raise Refusal(Code.NOT_FOUND)
    return root
