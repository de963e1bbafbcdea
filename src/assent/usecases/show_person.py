"""What an operator is shown of a person; in clear only where that is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assent.domain.attempts import Attempts, holder_of
from assent.domain.factor import Factor
from assent.domain.facts import Fact
from assent.domain.session import Caller, Session
from assent.domain.subject import Acting, Subject
from assent.usecases.world import World


@dataclass(frozen=True, slots=True)
class Shown:
    """A person with all that hangs on them; `facts` are the latest, oldest first."""

    subject: Subject
    actings: Sequence[Acting]
    factors: Sequence[Factor]
    """Those that were not removed."""
    attempts: Mapping[str, Attempts]
    live: Sequence[Session]
    facts: Sequence[Fact] = field(repr=False)


async def show_person(world: World, subject: Subject, facts: int) -> Shown:
    """With so many facts at most."""
    stores = world.stores
    latest = await stores.latest_facts(subject.programme_id, subject.id, facts)
    return Shown(
        subject=subject,
        actings=await stores.actings_of(subject.id, inactive=True),
        factors=await stores.held_factors(subject.id),
        attempts=await stores.attempts_of(subject.programme_id, holder_of(subject.id)),
        live=await stores.live_sessions(subject.id, world.clock.now(), world.session_limits),
        facts=latest[::-1],
    )


async def reveal_person(world: World, caller: Caller, subject: Subject, reason: str) -> None:
    """Records that an operator has read a person's addresses in clear."""
    about = {"operator": caller.operator, "reason": reason}
    await world.stores.commit(world.fact(caller, "person_revealed", subject.id, about))
