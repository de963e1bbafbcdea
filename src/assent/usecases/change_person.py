"""Changes to what is known of a person; a new address is a change of trust."""

from dataclasses import dataclass, field, replace
from typing import Any

from assent.domain.contact import Mobile, Reach, masked, same_mailbox
from assent.domain.english import EMAIL_CHANGED, MOBILE_CHANGED
from assent.domain.event import Event, EventName, Outcome
from assent.domain.factor import Factor, FactorLine, FactorState
from assent.domain.message import Channel
from assent.domain.permissions import is_root, must_be_root
from assent.domain.policy import (
    CONTACT_CHANGES,
    CONTACT_PERIOD,
    contact_change,
    must_be_full,
    must_be_stepped_up,
)
from assent.domain.session import Caller
from assent.domain.subject import Acting, Diligence, IdentityType, Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import WithdrawFactorChallenges
from assent.ports.changes import Add, Change, ChangeFactor, ChangeIdentity, ChangeSubject
from assent.ports.mailing import SpendBudget
from assent.usecases.mailed_codes import withdraw_mailed_codes
from assent.usecases.register_factor import withdraw_approvals
from assent.usecases.register_identity import refuse_bad_addresses
from assent.usecases.tell import told as tell
from assent.usecases.world import REPEATS, Keep, World, keep_nothing, speaking


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """Absent means unchanged; details take the place of those of the same name."""

    email: str | None = field(default=None, repr=False)
    mobile: Mobile | None = field(default=None, repr=False)
    country: str | None = field(default=None, repr=False)
    """Of residence, where it changes; kept among the details."""
    subject_details: dict[str, Any] = field(default_factory=dict, repr=False)
    identity_details: dict[str, Any] = field(default_factory=dict, repr=False)
    verified: tuple[str, ...] = ()
    """Details that due diligence vouches for: once it has, they stay as they are."""
    laid_over: tuple[str, ...] = ()
    """Details that are dicts, whose own values are laid over those that are there."""


async def change_person(
    world: World,
    caller: Caller,
    type: IdentityType,
    change: PersonChange,
    phone_kinds: tuple[str, ...],
    keep: Keep = keep_nothing,
) -> Acting:
    """Applies a change to the caller and the identity whose root they are.

    Refuses NOT_FOUND where that is of another type, PERMISSION_MISSING for anybody but the root,
    and what `change_once` refuses.
    """
    session = speaking(caller)
    must_be_full(session)
    for _ in range(REPEATS):
        acting = await world.stores.acting(session.subject_id, session.identity_id)
        if acting is None or acting.identity.type is not type:
            raise Refusal(Code.NOT_FOUND)
        must_be_root(acting)
        changed = await change_once(world, caller, acting, change, phone_kinds, keep)
        if changed is not None:
            return changed
    raise Refusal(Code.CHANGED_MEANWHILE)


async def change_once(
    world: World,
    caller: Caller,
    acting: Acting,
    change: PersonChange,
    phone_kinds: tuple[str, ...],
    keep: Keep,
) -> Acting | None:
    """One try to change somebody, who need not be the caller; none where another was faster.

    A new mobile takes the factors of `phone_kinds` away: the new number must be enrolled again.
    Either is told by e-mail and on a mobile that was verified, as they were before; a new address
    voids the codes that went to the old one. Refuses STEP_UP_REQUIRED,
    COUNTRY_UNKNOWN, EMAIL_INVALID, EMAIL_TAKEN, MOBILE_IMPOSSIBLE, DETAILS_VERIFIED,
    EMAIL_CHANGES_USED_UP, MOBILE_CHANGES_USED_UP.
    """
    subject = acting.subject
    new_email = change.email is not None and not same_mailbox(change.email, subject.email)
    new_mobile = _is_new(change.mobile, subject.mobile)
    if new_email or new_mobile:
        await _refuse_takeover(world, caller, subject)
    await _refuse_bad(world, acting, change)
    new = Acting(
        replace(
            subject,
            email=change.email or subject.email,
            mobile=change.mobile or subject.mobile,
            email_verified=subject.email_verified and not new_email,
            email_changed_at=world.clock.now() if new_email else subject.email_changed_at,
            mobile_verified=subject.mobile_verified and not new_mobile,
            details=_laid(subject.details, change.subject_details, change.laid_over),
        ),
        replace(
            acting.identity,
            details=_laid(acting.identity.details, change.identity_details, change.laid_over),
        ),
        acting.role,
    )
    budgets = _budgets(world, subject, new_email, new_mobile)
    done = await world.commit(
        *budgets,
        ChangeSubject(new.subject),
        *((ChangeIdentity(new.identity),) if is_root(acting) else ()),
        *(await _without_phone(world, caller, acting, phone_kinds) if new_mobile else ()),
        *(withdraw_mailed_codes(world, subject.id) if new_email else ()),
        *(_tell_old_addresses(world, caller, subject, new_email, new_mobile)),
        world.fact(caller, "person_changed", subject.id, _what(new_email, new_mobile)),
        *keep(new),
    )
    if isinstance(done.failed, SpendBudget):
        raise Refusal(budgets[done.failed])
    return new if done.failed is None else None


def _laid(
    held: dict[str, Any], changed: dict[str, Any], laid_over: tuple[str, ...]
) -> dict[str, Any]:
    """Worked out anew with each try: what was read before another's change would undo it."""
    merged = {
        name: {**held.get(name, {}), **changed[name]} for name in laid_over if name in changed
    }
    return {**held, **changed, **merged}


async def _refuse_takeover(world: World, caller: Caller, subject: Subject) -> None:
    """Whoever changes where somebody else is reached could become them: never with one element
    (RTS Article 24(2)(b))."""
    session = speaking(caller)
    if session.subject_id == subject.id:
        contact_change(session, await _second_factors(world, caller, subject))
    else:
        must_be_stepped_up(session)


def _budgets(
    world: World, subject: Subject, new_email: bool, new_mobile: bool
) -> dict[SpendBudget, Code]:
    """Counted for the person, whoever changes it; and what is said when there is none left."""
    period = world.clock.now() // CONTACT_PERIOD
    return {
        SpendBudget(
            key=world.vault.lookup(str(subject.id), f"{name} changes"),
            period=period,
            limit=CONTACT_CHANGES,
            until=(period + 1) * CONTACT_PERIOD,
        ): code
        for name, new, code in (
            ("email", new_email, Code.EMAIL_CHANGES_USED_UP),
            ("mobile", new_mobile, Code.MOBILE_CHANGES_USED_UP),
        )
        if new
    }


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


async def _refuse_bad(world: World, acting: Acting, change: PersonChange) -> None:
    subject = acting.subject
    refuse_bad_addresses(change.email, change.mobile, change.country)
    if any(
        name in change.subject_details and change.subject_details[name] != subject.details.get(name)
        for name in change.verified
    ):
        await _refuse_verified(world, subject)
    if change.email is None:
        return
    held = await world.stores.subject_by_email(subject.programme_id, change.email)
    if held is not None and held.id != subject.id:
        raise Refusal(Code.EMAIL_TAKEN)


async def _refuse_verified(world: World, subject: Subject) -> None:
    """Whichever of their identities the person speaks for: it was this person who was verified."""
    for acting in await world.stores.actings_of(subject.id):
        if is_root(acting) and acting.identity.diligence is Diligence.APPROVED:
            raise Refusal(Code.DETAILS_VERIFIED)


async def _without_phone(
    world: World, caller: Caller, acting: Acting, phone_kinds: tuple[str, ...]
) -> tuple[Change, ...]:
    subject = acting.subject
    changes: tuple[Change, ...] = ()
    for kind in phone_kinds:
        factor = await world.stores.factor(subject.id, kind)
        if factor is None:
            continue
        # A factor that was never proved leaves no trace that would ask for step-up later.
        state = FactorState.PENDING if factor.state is FactorState.PENDING else FactorState.REMOVED
        kept = state is FactorState.PENDING
        slot, details = (factor.slot, factor.details) if kept else (None, {})
        changes += (
            ChangeFactor(replace(factor, state=state, details=details, slot=slot, claim=None)),
            WithdrawFactorChallenges(factor.id, world.clock.now()),
            *_gone(world, caller, acting, factor),
        )
    return (*changes, withdraw_approvals(world, subject.id)) if changes else ()


def _gone(world: World, caller: Caller, acting: Acting, factor: Factor) -> tuple[Change, ...]:
    """For the firm's server, of one that was in use."""
    if factor.state is not FactorState.ACTIVE:
        return ()
    event = Event(
        name=EventName.FACTOR_CHANGED,
        subject_id=acting.subject.id,
        identity_id=acting.identity.id,
        kind=factor.kind,
        outcome=Outcome.INACTIVE,
        at=world.clock.now(),
    )
    return tell(world, caller.programme, event)


def _tell_old_addresses(
    world: World, caller: Caller, old: Subject, new_email: bool, new_mobile: bool
) -> tuple[Change, ...]:
    """By e-mail, and on the mobile if it was verified, both as they were: on a phone alone its
    thief would be the one who reads it, and in a mailbox alone whoever took that over."""
    ways = [Channel.EMAIL]
    if old.mobile is not None and old.mobile_verified:
        ways.append(Channel.SMS)
    gone = {"address": masked(old.email)}
    told: list[tuple[str, dict[str, str]]] = [(EMAIL_CHANGED, gone)] if new_email else []
    told += [(MOBILE_CHANGED, {})] if new_mobile else []
    return tuple(
        Add(world.notice(caller, old, wording, values, channel=way))
        for wording, values in told
        for way in ways
    )


def _what(new_email: bool, new_mobile: bool) -> dict[str, str]:
    names = {"email": new_email, "mobile": new_mobile}
    return {"addresses": " ".join(name for name, new in names.items() if new)}
