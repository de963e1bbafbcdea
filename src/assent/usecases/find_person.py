"""From what an operator types to a person."""

from assent.domain.contact import mobile_of
from assent.domain.programme import Programme
from assent.domain.subject import Subject
from assent.kernel.refusals import Code, Refusal
from assent.usecases.register_factor import phone_claim
from assent.usecases.world import World

_LONGEST_ID = 18


async def find_person(world: World, programme: Programme, who: str) -> Subject:
    """By e-mail address, id, or a phone number that only one person may hold.

    Numbers that people share (as the Multi API lets them) are sealed and nothing else: whom they
    belong to could only be found by opening every row. Refuses SUBJECT_UNKNOWN.
    """
    who = who.strip()
    subject = None
    if who.isascii() and who.isdigit() and len(who) <= _LONGEST_ID:
        subject = await world.stores.subject(programme.id, int(who))
    elif (mobile := mobile_of(who)) is not None:
        claim = phone_claim(world, programme.id, mobile)
        factor = await world.stores.factor_by_claim(claim)
        if factor is not None:
            subject = await world.stores.subject(programme.id, factor.subject_id)
    else:
        subject = await world.stores.subject_by_email(programme.id, who)
    if subject is None:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    return subject
