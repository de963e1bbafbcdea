"""Changes to what is known of a person; a new address is a change of trust."""

from dataclasses import dataclass, field, replace
from typing import Any

from assent.domain.contact import (
    Mobile,
    Reach,
    country_is_known,
    email_is_valid,
    masked,
    same_mailbox,
)
from assent.domain.factor import FactorLine, FactorState
from assent.domain.message import Channel, Outgoing
from assent.domain.policy import contact_change, must_be_full
from assent.domain.session import Caller
from assent.domain.subject import Acting, Subject
from assent.kernel.clock import DAY
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import (
    Add,
    Change,
    ChangeFactor,
    ChangeIdentity,
    ChangeSubject,
    WithdrawFactorChallenges,
)
from assent.usecases.register_factor import withdraw_approvals
from assent.usecases.world import REPEATS, Keep, World, keep_nothing, speaking

_MESSAGE_LIFE = DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """Absent means unchanged; details are laid over those that are there."""

    email: str | None = field(default=None, repr=False)
    mobile: Mobile | None = field(default=None, repr=False)
    country: str | None = field(default=None, repr=False)
    """Of residence, where it changes; kept among the details."""
    subject_details: dict[str, Any] = field(default_factory=dict, repr=False)
    identity_details: dict[str, Any] = field(default_factory=dict, repr=False)


async def change_person(
    world: World,
    caller: Caller,
    change: PersonChange,
    phone_kinds: tuple[str, ...],
    keep: Keep = keep_nothing,
) -> Acting:
    """Applies a change to the caller and the identity they act for.

    A new mobile takes the factors of `phone_kinds` away: the new number must be enrolled again.
    Whoever is reachable only at the old address is told there. Refuses STEP_UP_REQUIRED,
    COUNTRY_UNKNOWN, EMAIL_INVALID, EMAIL_TAKEN, MOBILE_IMPOSSIBLE.
    """
    session = speaking(caller)
    must_be_full(session)
    for _ in range(REPEATS):
        acting = await world.stores.acting(session.subject_id, session.identity_id)
        if acting is None:
            raise Refusal(Code.NOT_FOUND)
        changed = await _change_once(world, caller, acting, change, phone_kinds, keep)
        if changed is not None:
            return changed
    raise Refusal(Code.CHANGED_MEANWHILE)


async def _change_once(
    world: World,
    caller: Caller,
    acting: Acting,
    change: PersonChange,
    phone_kinds: tuple[str, ...],
    keep: Keep,
) -> Acting | None:
    subject = acting.subject
    new_email = change.email is not None and not same_mailbox(change.email, subject.email)
    new_mobile = _is_new(change.mobile, subject.mobile)
    if new_email or new_mobile:
        contact_change(speaking(caller), await _second_factors(world, caller, subject))
    await _refuse_bad(world, subject, change, new_email)
    new = Acting(
        replace(
            subject,
            email=change.email or subject.email,
            mobile=change.mobile or subject.mobile,
            email_verified=subject.email_verified and not new_email,
            mobile_verified=subject.mobile_verified and not new_mobile,
            details={**subject.details, **change.subject_details},
        ),
        replace(acting.identity, details={**acting.identity.details, **change.identity_details}),
        acting.role,
    )
    done = await world.commit(
        ChangeSubject(new.subject),
        ChangeIdentity(new.identity),
        *(await _without_phone(world, subject, phone_kinds) if new_mobile else ()),
        *(_tell_old_addresses(world, caller, subject, new_email, new_mobile)),
        world.fact(caller, "person_changed", subject.id, _what(new_email, new_mobile)),
        *keep(new),
    )
    return new if done.failed is None else None


def _is_new(mobile: Mobile | None, known: Mobile | None) -> bool:
    """Another number, not another spelling of the same one."""
    if mobile is None or mobile == known:
        return False
    return known is None or mobile.reach() is Reach.IMPOSSIBLE or mobile.e164 != known.e164


async def _second_factors(world: World, caller: Caller, subject: Subject) -> list[FactorLine]:
    """Those that prove more than the session was opened with: a password alone asks for nothing."""
    opened_with = speaking(caller).elements
    lines = await world.stores.factor_lines(subject.id)
    return [
        line
        for line in lines
        if (kind := world.kinds.get(line.kind)) is None or not kind.elements <= opened_with
    ]


async def _refuse_bad(
    world: World, subject: Subject, change: PersonChange, new_email: bool
) -> None:
    if change.country is not None and not country_is_known(change.country):
        raise Refusal(Code.COUNTRY_UNKNOWN)
    if change.mobile is not None and change.mobile.reach() is Reach.IMPOSSIBLE:
        raise Refusal(Code.MOBILE_IMPOSSIBLE)
    if change.email is None:
        return
    if not email_is_valid(change.email):
        raise Refusal(Code.EMAIL_INVALID)
    held = await world.stores.subject_by_email(subject.programme_id, change.email)
    if held is not None and held.id != subject.id:
        raise Refusal(Code.EMAIL_TAKEN)


async def _without_phone(
    world: World, subject: Subject, phone_kinds: tuple[str, ...]
) -> tuple[Change, ...]:
    changes: tuple[Change, ...] = ()
    for kind in phone_kinds:
        factor = await world.stores.factor(subject.id, kind)
        if factor is None:
            continue
        # A factor that was never proved leaves no trace that would ask for step-up later.
        state = FactorState.PENDING if factor.state is FactorState.PENDING else FactorState.REMOVED
        slot = factor.slot if state is FactorState.PENDING else None
        changes += (
            ChangeFactor(replace(factor, state=state, slot=slot, claim=None)),
            WithdrawFactorChallenges(factor.id, world.clock.now()),
        )
    return (*changes, withdraw_approvals(world, subject.id)) if changes else ()


def _tell_old_addresses(
    world: World, caller: Caller, old: Subject, new_email: bool, new_mobile: bool
) -> tuple[Change, ...]:
    """On another address than the one that is new, or the thief would be the one who reads it."""
    name = caller.programme.name
    changes: tuple[Change, ...] = ()
    if new_email:
        body = (
            f"The e-mail address of your {name} account is no longer {masked(old.email)}. "
            "If you did not change it, contact us now."
        )
        changes += (Add(world.notice(caller, old.id, old.email, body)),)
    if new_mobile and old.mobile is not None and old.mobile_verified:
        body = (
            f"The mobile number of your {name} account is no longer this one. "
            "If you did not change it, contact us now."
        )
        content = Outgoing(channel=Channel.SMS, address=old.mobile.e164, body=body)
        not_after = world.clock.now() + _MESSAGE_LIFE
        changes += (Add(world.message(old.programme_id, old.id, content, not_after)),)
    return changes


def _what(new_email: bool, new_mobile: bool) -> dict[str, str]:
    names = {"email": new_email, "mobile": new_mobile}
    return {"addresses": " ".join(name for name, new in names.items() if new)}
