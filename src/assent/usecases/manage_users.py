"""Authorised users: whom an identity lets act for it, and who may change what about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assent.domain.contact import Mobile
from assent.domain.permissions import (
    ROLES,
    kept,
    must_change_roles,
    must_manage,
    must_manage_users,
    roles_named,
    roles_of,
)
from assent.domain.policy import may_look, must_be_full, must_be_stepped_up
from assent.domain.session import Caller
from assent.domain.subject import Acting, Membership, Role, Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add
from assent.usecases.change_person import PersonChange, change_once
from assent.usecases.register_identity import refuse_bad_addresses
from assent.usecases.set_active import admit, set_active
from assent.usecases.world import REPEATS, Keep, World, keep_nothing, looking, speaking


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What is asked for. `details` are the dialect's own and given back as they came."""

    email: str = field(repr=False)
    mobile: Mobile | None = field(default=None, repr=False)
    country: str | None = field(default=None, repr=False)
    """Of residence, where it is given; kept among the details."""
    details: dict[str, Any] = field(repr=False)
    roles: Sequence[str] = ()


async def create_user(
    world: World, caller: Caller, new: NewUser, keep: Keep = keep_nothing
) -> Acting:
    """A person who may act for the caller's identity from now on.

    Refuses PERMISSION_MISSING, STEP_UP_REQUIRED, ROLE_UNKNOWN, EMAIL_INVALID, EMAIL_TAKEN,
    MOBILE_IMPOSSIBLE, COUNTRY_UNKNOWN.
    """
    must_be_full(speaking(caller))
    manager = await _acting(world, caller)
    must_manage_users(manager)
    must_be_stepped_up(speaking(caller))
    roles = roles_named(new.roles)
    must_change_roles(manager, None, roles)
    refuse_bad_addresses(new.email, new.mobile, new.country)
    subject = Subject(
        id=world.ids.next(),
        programme_id=caller.programme.id,
        email=new.email,
        mobile=new.mobile,
        details={**new.details, ROLES: kept(roles)},
        created_at=world.clock.now(),
    )
    user = Acting(subject, manager.identity, Role.USER)
    about = {"identity": str(manager.identity.id), "roles": " ".join(kept(roles))}
    done = await world.commit(
        Add(subject),
        Add(Membership(subject_id=subject.id, identity_id=manager.identity.id, role=Role.USER)),
        world.fact(caller, "user_created", subject.id, about),
        *keep(user),
    )
    if done.failed is not None:
        raise Refusal(Code.EMAIL_TAKEN)
    return user


async def read_user(world: World, caller: Caller, user_id: int) -> Acting:
    """One user, for a manager or for the user. Refuses PERMISSION_MISSING; NOT_FOUND for anybody
    else's, and for a root, who is none."""
    may_look(looking(caller))
    acting = await _acting(world, caller)
    if user_id != acting.subject.id:
        must_manage_users(acting)
    return await _user(world, acting, user_id)


async def list_users(
    world: World, caller: Caller, offset: int, limit: int, active: bool | None
) -> tuple[Sequence[Acting], int]:
    """A part of the identity's users, oldest first, and how many there are. Refuses
    PERMISSION_MISSING."""
    may_look(looking(caller))
    acting = await _acting(world, caller)
    must_manage_users(acting)
    identity_id = acting.identity.id
    count = await world.stores.count_members(identity_id, active)
    return await world.stores.members_of(identity_id, offset, limit, active), count


async def change_user(
    world: World,
    caller: Caller,
    user_id: int,
    change: PersonChange,
    roles: Sequence[str] | None,
    phone_kinds: tuple[str, ...],
    keep: Keep = keep_nothing,
) -> Acting:
    """By a manager, or by the user; nobody changes their own roles.

    Other roles take step-up, as making a user does; they are all that a manager changes of somebody
    who acts for another identity too. Refuses PERMISSION_MISSING, NOT_FOUND,
    ROLE_UNKNOWN, ROLES_ARE_OWN, ADMIN_ROLE_STAYS, and what `change_once` refuses.
    """
    must_be_full(speaking(caller))
    for _ in range(REPEATS):
        acting = await _acting(world, caller)
        user = await _managed(world, acting, user_id)
        if change != PersonChange(verified=change.verified) and user_id != acting.subject.id:
            await _refuse_shared(world, user)
        wanted = change if roles is None else _with_roles(caller, acting, user, change, roles)
        changed = await change_once(world, caller, user, wanted, phone_kinds, keep)
        if changed is not None:
            return changed
    raise Refusal(Code.CHANGED_MEANWHILE)


async def set_user_active(world: World, caller: Caller, user_id: int, active: bool) -> None:
    """By a manager, and never by the user. A second time is no harm.

    Access to one's own identity ends in any case: whoever acts for another one too goes on there,
    anybody else is shut out as a person. Letting in again takes step-up: a leaver's account,
    brought back to life, is a new one (RTS Article 24(2)(b)).

    Refuses PERMISSION_MISSING (also to let in whom an operator shut out of several identities),
    NOT_FOUND, STEP_UP_REQUIRED, CHANGED_MEANWHILE.
    """
    must_be_full(speaking(caller))
    for _ in range(REPEATS):
        acting = await _acting(world, caller)
        user = await _managed(world, acting, user_id)
        if user_id == acting.subject.id:
            raise Refusal(Code.PERMISSION_MISSING, "oneself")
        if active:
            must_be_stepped_up(speaking(caller))
        shared = await _is_shared(world, user)
        if active and shared and not user.subject.active:
            raise Refusal(Code.PERMISSION_MISSING, "an operator shut them out")
        if (user.admitted if shared else user.subject.active) is active:
            return
        try:
            if shared:
                await admit(world, caller, user, active)
            else:
                await set_active(world, caller, user.subject, active)
        except Refusal as refusal:
            if refusal.code is Code.CHANGED_MEANWHILE:
                continue
            raise
        return
    raise Refusal(Code.CHANGED_MEANWHILE)


async def _acting(world: World, caller: Caller) -> Acting:
    session = looking(caller)
    acting = await world.stores.acting(session.subject_id, session.identity_id)
    if acting is None:
        raise Refusal(Code.NOT_FOUND)
    return acting


async def _user(world: World, acting: Acting, user_id: int) -> Acting:
    user = await world.stores.acting(user_id, acting.identity.id, inactive=True)
    if user is None or user.role is not Role.USER:
        raise Refusal(Code.NOT_FOUND)
    return user


async def _managed(world: World, acting: Acting, user_id: int) -> Acting:
    """The user, if the caller may change anything about them."""
    if user_id == acting.subject.id:
        return await _user(world, acting, user_id)
    must_manage_users(acting)
    user = await _user(world, acting, user_id)
    must_manage(acting, user.subject)
    return user


async def _refuse_shared(world: World, user: Acting) -> None:
    """Whoever acts for another identity too is not this one's to change: its managers would reach
    into the other."""
    if await _is_shared(world, user):
        raise Refusal(Code.PERMISSION_MISSING, "acts for another identity too")


async def _is_shared(world: World, user: Acting) -> bool:
    return len(await world.stores.actings_of(user.subject.id, inactive=True)) > 1


def _with_roles(
    caller: Caller, acting: Acting, user: Acting, change: PersonChange, roles: Sequence[str]
) -> PersonChange:
    wanted = roles_named(roles)
    must_change_roles(acting, user.subject, wanted)
    if wanted != roles_of(user.subject):
        must_be_stepped_up(speaking(caller))
    return replace(change, subject_details={**change.subject_details, ROLES: kept(wanted)})
