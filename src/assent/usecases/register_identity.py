"""A new consumer or corporate, with its root subject."""

from dataclasses import dataclass, field
from typing import Any

from assent.domain.contact import Mobile, Reach, country_is_known, email_is_valid
from assent.domain.factor import FactorState
from assent.domain.programme import Programme
from assent.domain.session import Caller
from assent.domain.subject import Acting, Identity, IdentityType, Membership, Role, Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, ChangeSubject
from assent.usecases.world import Keep, World, keep_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIdentity:
    """What is asked for. `details` are the dialect's own and given back as they came."""

    type: IdentityType
    profile_id: int
    email: str = field(repr=False)
    mobile: Mobile | None = field(repr=False)
    country: str | None = field(default=None, repr=False)
    """Of residence, where the dialect asks for it; kept among the details."""
    subject_details: dict[str, Any] = field(repr=False)
    identity_details: dict[str, Any] = field(repr=False)
    first: bool = False
    """Of a person who is not there yet, even where one may be the root of several identities."""


async def may_log_in(world: World, programme: Programme, email: str) -> bool:
    """Whether this address belongs to somebody who has a secret of one of the programme's kinds.
    Nothing that is sealed is opened for it."""
    subject_id = await world.stores.subject_id(programme.id, email)
    if subject_id is None:
        return False
    lines = await world.stores.factor_lines(subject_id)
    return any(
        line.kind in programme.settings.credentials and line.state is not FactorState.REMOVED
        for line in lines
    )


async def register_identity(
    world: World, caller: Caller, new: NewIdentity, keep: Keep = keep_nothing
) -> Acting:
    """Refuses PROFILE_UNKNOWN, COUNTRY_UNKNOWN, EMAIL_INVALID, MOBILE_IMPOSSIBLE; and EMAIL_TAKEN,
    unless the programme lets one person be the root of several identities.

    It then refuses SUBJECT_INACTIVE, and EMAIL_NOT_VERIFIED: whoever signed up with somebody
    else's address, and their own password, would be handed what its owner opens later.
    """
    programme = caller.programme
    profile = {
        IdentityType.CONSUMER: programme.consumers_profile,
        IdentityType.CORPORATE: programme.corporates_profile,
    }[new.type]
    if new.profile_id != profile:
        raise Refusal(Code.PROFILE_UNKNOWN)
    refuse_bad_addresses(new.email, new.mobile, new.country)
    held = await world.stores.subject_by_email(programme.id, new.email)
    if held is not None:
        if new.first or not programme.settings.multi_identity:
            raise Refusal(Code.EMAIL_TAKEN)
        if not held.active:
            raise Refusal(Code.SUBJECT_INACTIVE)
        if not held.email_verified:
            raise Refusal(Code.EMAIL_NOT_VERIFIED)
    now = world.clock.now()
    subject = held or Subject(
        id=world.ids.next(),
        programme_id=programme.id,
        email=new.email,
        mobile=new.mobile,
        details=new.subject_details,
        created_at=now,
    )
    identity = Identity(
        id=world.ids.next(),
        programme_id=programme.id,
        type=new.type,
        profile_id=new.profile_id,
        details=new.identity_details,
        created_at=now,
    )
    acting = Acting(subject, identity, Role.ROOT)
    # Changed in nothing but its version: what was looked at above still holds in the commit, and a
    # manager who changes the same person at this moment looks again for whom they act.
    person = ChangeSubject(held) if held else Add(subject)
    done = await world.commit(
        person,
        Add(identity),
        Add(Membership(subject_id=subject.id, identity_id=identity.id, role=Role.ROOT)),
        world.fact(caller, "identity_registered", subject.id, {"identity": str(identity.id)}),
        *keep(acting),
    )
    if done.failed is person and held is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    if done.failed is not None:
        raise Refusal(Code.EMAIL_TAKEN)
    return acting


def refuse_bad_addresses(email: str | None, mobile: Mobile | None, country: str | None) -> None:
    """Whichever are given. Refuses COUNTRY_UNKNOWN, EMAIL_INVALID, MOBILE_IMPOSSIBLE."""
    if country is not None and not country_is_known(country):
        raise Refusal(Code.COUNTRY_UNKNOWN)
    if email is not None and not email_is_valid(email):
        raise Refusal(Code.EMAIL_INVALID)
    if mobile is not None and mobile.reach() is Reach.IMPOSSIBLE:
        raise Refusal(Code.MOBILE_IMPOSSIBLE)
