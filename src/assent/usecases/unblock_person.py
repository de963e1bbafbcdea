"""An operator lifts a block: the secure way back that RTS Article 4(4) asks for."""

from assent.domain.attempts import Attempts, holder_of
from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.ports.changes import ClearAttempts
from assent.usecases.world import World


async def unblock_person(
    world: World, caller: Caller, subject: Subject, operator: str, reason: str
) -> dict[str, Attempts]:
    """Clears every count of the person; returns what was cleared, by proof.

    Recorded with operator and reason.
    """
    programme_id = caller.programme.id
    holder = holder_of(subject.id)
    proofs = sorted({kind.proof for kind in world.kinds.values()})
    before = {proof: await world.stores.attempts(programme_id, holder, proof) for proof in proofs}
    await world.stores.commit(
        *(ClearAttempts(programme_id, holder, proof) for proof in proofs),
        world.fact(
            caller, "person_unblocked", subject.id, {"operator": operator, "reason": reason}
        ),
    )
    return before
