"""An operator lifts a block: the secure way back that RTS Article 4(4) asks for."""

from assent.domain import mailed_code
from assent.domain.attempts import Attempts, holder_of
from assent.domain.challenge import Purpose
from assent.domain.english import UNBLOCKED
from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, Change, ClearAttempts
from assent.ports.erasure import EraseBudget
from assent.usecases.budgets import budgets_of_person
from assent.usecases.world import World


async def unblock_person(
    world: World, caller: Caller, subject: Subject, reason: str
) -> dict[str, Attempts]:
    """Clears every count of the person; returns what was cleared, by proof. Questions to their
    devices, too: a stranger may have used up how often they are asked.

    Recorded with operator and reason; whoever was blocked is told. Refuses CHANGED_MEANWHILE.
    """
    programme_id = caller.programme.id
    holder = holder_of(subject.id)
    held = await world.stores.attempts_of(programme_id, holder)
    # of kinds that are plugged in no more, too
    known = {kind.proof for kind in world.kinds.values()} | {mailed_code.PROOF}
    before = {proof: held.get(proof, Attempts()) for proof in sorted(known | held.keys())}
    now = world.clock.now()
    told: tuple[Change, ...] = ()
    if any(attempts.blocked(now) for attempts in before.values()):
        told = (Add(world.notice(caller, subject, UNBLOCKED)),)
    about = {"operator": caller.operator, "reason": reason}
    asked = {
        spend.key
        for purpose in Purpose
        for spend in budgets_of_person(world, programme_id, subject.id, purpose)
    }
    done = await world.stores.commit(
        *(ClearAttempts(programme_id, holder, proof) for proof in before),
        *(EraseBudget(key) for key in sorted(asked)),
        world.fact(caller, "person_unblocked", subject.id, about),
        *told,
    )
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    return before
