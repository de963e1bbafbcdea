"""From what an operator types to a person."""

from assent.domain.programme import Programme
from assent.domain.subject import Subject
from assent.kernel.refusals import Code, Refusal
from assent.usecases.world import World

_LONGEST_ID = 18


async def find_person(world: World, programme: Programme, who: str) -> Subject:
    """By e-mail address or id. Refuses SUBJECT_UNKNOWN."""
    subject = (
        await world.stores.subject(programme.id, int(who))
        if who.isascii() and who.isdigit() and len(who) <= _LONGEST_ID
        else await world.stores.subject_by_email(programme.id, who)
    )
    if subject is None:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    return subject
