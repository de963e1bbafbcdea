"""What is known of who somebody is (KYC, KYB): its beginning, and what came of it.

No provider is plugged in: a firm carries it out by its own means under the reference that is
handed out here, and an operator records what came of it.
"""

from dataclasses import replace
from typing import Final

from assent.domain.permissions import must_be_root, must_manage_users
from assent.domain.policy import may_look, must_be_full
from assent.domain.session import Caller
from assent.domain.subject import Acting, Diligence, IdentityType, Role, Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Change, ChangeIdentity, ChangeSubject
from assent.usecases.world import REPEATS, World, looking, speaking

_OF_USER: Final = "diligence"
"""Under which name an authorised user's is kept among their details; an identity has its own."""
_DECIDED = {
    Diligence.APPROVED: Code.DILIGENCE_APPROVED,
    Diligence.PENDING_REVIEW: Code.DILIGENCE_PENDING,
    Diligence.REJECTED: Code.DILIGENCE_REJECTED,
}


def diligence_of(user: Subject) -> Diligence:
    """An authorised user's."""
    return Diligence(user.details.get(_OF_USER, Diligence.NOT_STARTED))


async def read_diligence(world: World, caller: Caller, type: IdentityType) -> Diligence:
    """The identity's, for its root and managers. Refuses PERMISSION_MISSING; NOT_FOUND where the
    token acts for an identity of another type."""
    may_look(looking(caller))
    acting = await _acting(world, caller, type)
    must_manage_users(acting)
    return acting.identity.diligence


async def start_diligence(world: World, caller: Caller, type: IdentityType) -> str:
    """A reference, always the same for an identity; the root asks for it.

    Refuses EMAIL_NOT_VERIFIED, DILIGENCE_APPROVED, DILIGENCE_PENDING, DILIGENCE_REJECTED,
    PERMISSION_MISSING, NOT_FOUND.
    """
    must_be_full(speaking(caller))
    for _ in range(REPEATS):
        acting = await _acting(world, caller, type)
        must_be_root(acting)
        identity = acting.identity
        if not acting.subject.email_verified:
            raise Refusal(Code.EMAIL_NOT_VERIFIED)
        begun = ChangeIdentity(replace(identity, diligence=Diligence.INITIATED))
        if await _begin(world, caller, acting.subject, identity.id, identity.diligence, begun):
            return reference(world, identity.id)
    raise Refusal(Code.CHANGED_MEANWHILE)


async def start_users_diligence(world: World, caller: Caller, user_id: int) -> str:
    """The same for an authorised user of an identity that has passed its own.

    Refuses, besides, MOBILE_NOT_VERIFIED and DILIGENCE_OF_IDENTITY_MISSING.
    """
    for _ in range(REPEATS):
        user = await _user(world, caller, user_id)
        subject = user.subject
        if not subject.email_verified:
            raise Refusal(Code.EMAIL_NOT_VERIFIED)
        if not subject.mobile_verified:
            raise Refusal(Code.MOBILE_NOT_VERIFIED)
        if user.identity.diligence is not Diligence.APPROVED:
            raise Refusal(Code.DILIGENCE_OF_IDENTITY_MISSING)
        begun = ChangeSubject(_with(subject, Diligence.INITIATED))
        if await _begin(world, caller, subject, subject.id, diligence_of(subject), begun):
            return reference(world, subject.id)
    raise Refusal(Code.CHANGED_MEANWHILE)


async def set_diligence(
    world: World, caller: Caller, number: int, diligence: Diligence, reason: str
) -> None:
    """What came of it, as an operator records it: of an identity, or of an authorised user.

    Refuses NOT_FOUND, CHANGED_MEANWHILE.
    """
    root = await world.stores.root_of(caller.programme.id, number)
    change: Change
    if root is not None:
        subject = root.subject
        change = ChangeIdentity(replace(root.identity, diligence=diligence))
    else:
        subject = (await _user(world, caller, number)).subject
        change = ChangeSubject(_with(subject, diligence))
    about = {"of": str(number), "status": str(diligence), "reason": reason}
    recorded = world.fact(caller, "due_diligence_decided", subject.id, about)
    done = await world.stores.commit(change, recorded)
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)


def reference(world: World, number: int) -> str:
    """By which the firm and whoever carries it out know the case."""
    return world.uuid(number, "due diligence")


async def _begin(
    world: World,
    caller: Caller,
    subject: Subject,
    number: int,
    before: Diligence,
    begun: Change,
) -> bool:
    if before in _DECIDED:
        raise Refusal(_DECIDED[before])
    if before is Diligence.INITIATED:
        return True
    recorded = world.fact(caller, "due_diligence_started", subject.id, {"of": str(number)})
    return (await world.stores.commit(begun, recorded)).failed is None


async def _acting(world: World, caller: Caller, type: IdentityType) -> Acting:
    session = looking(caller)
    acting = await world.stores.acting(session.subject_id, session.identity_id)
    if acting is None or acting.identity.type is not type:
        raise Refusal(Code.NOT_FOUND)
    return acting


async def _user(world: World, caller: Caller, user_id: int) -> Acting:
    subject = await world.stores.subject(caller.programme.id, user_id)
    if subject is not None:
        for acting in await world.stores.actings_of(user_id, inactive=True):
            if acting.role is Role.USER:
                return acting
    raise Refusal(Code.NOT_FOUND)


def _with(subject: Subject, diligence: Diligence) -> Subject:
    return replace(subject, details={**subject.details, _OF_USER: str(diligence)})
