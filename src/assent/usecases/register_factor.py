"""A factor that a client vouches for: it is active at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assent.domain.contact import Mobile, Reach
from assent.domain.device import ASKED
from assent.domain.element import Element
from assent.domain.english import FACTOR_ENROLLED, FACTOR_REMOVED, NEW_DEVICE, PHONE_CHANGED
from assent.domain.event import Event, EventName, Outcome
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Enrolled, PresentedKind, SigningKind
from assent.domain.one_time_code import PHONE
from assent.domain.session import Caller
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.asking import WithdrawFactorChallenges, WithdrawKindChallenges
from assent.ports.changes import Add, Change, ChangeFactor, WithdrawApprovals
from assent.usecases.tell import told as tell
from assent.usecases.world import REPEATS, Keep, World, keep_nothing


async def register_factor(
    world: World, caller: Caller, subject_id: int, kind_name: str, presented: Secret
) -> Factor:
    """Keeps a PIN, a face map or a fingerprint of a person.

    Refuses FACTOR_UNFIT, FACTOR_ALREADY_ENROLLED (the only one, or the very same), FACTORS_USED_UP
    (as many as the kind allows), KIND_SWITCHED_OFF, BUSY.
    """
    kind = world.kind(kind_name)
    if not isinstance(kind, PresentedKind):
        raise Refusal(Code.KIND_SWITCHED_OFF, kind_name)
    if not kind.fits(presented):
        raise Refusal(Code.FACTOR_UNFIT, "not of the form")
    if kind.most == 1:  # before the slow part; where there may be several, it may be the same one
        _refuse_full(kind, None, await world.stores.factors(subject_id, kind_name))
    now = world.clock.now()
    enrolled: Enrolled = await world.offload(lambda: kind.enrol(presented, now))
    mark = enrolled.mark
    claim = (
        None
        if mark is None
        else world.vault.lookup(f"{subject_id}\n{kind_name}\n{mark}", "factor mark")
    )
    for _ in range(REPEATS):
        held = await world.stores.factors(subject_id, kind_name)
        _refuse_full(kind, claim, held)
        taken = {factor.slot for factor in held}
        factor = Factor(
            id=world.ids.next(),
            programme_id=caller.programme.id,
            subject_id=subject_id,
            kind=kind_name,
            state=FactorState.ACTIVE,
            details=enrolled.details,
            slot=min(slot for slot in range(kind.most) if slot not in taken),
            claim=claim,
            created_at=now,
        )
        if await _added(world, caller, factor):
            return factor
    raise Refusal(Code.CHANGED_MEANWHILE)


def _refuse_full(kind: PresentedKind, claim: bytes | None, held: Sequence[Factor]) -> None:
    if any(claim is not None and factor.claim == claim for factor in held):
        raise Refusal(Code.FACTOR_ALREADY_ENROLLED)
    if len(held) >= kind.most:
        raise Refusal(Code.FACTOR_ALREADY_ENROLLED if kind.most == 1 else Code.FACTORS_USED_UP)


async def _added(world: World, caller: Caller, factor: Factor) -> bool:
    told = await _told(world, caller, factor, "factor_registered")
    done = await world.stores.commit(Add(factor), *told)
    return done.failed is None


_NOTICES = {
    "factor_registered": FACTOR_ENROLLED,
    "factor_removed": FACTOR_REMOVED,
    "phone_changed": PHONE_CHANGED,
}


async def _told(
    world: World, caller: Caller, factor: Factor, name: str, why: Mapping[str, str] | None = None
) -> tuple[Change, ...]:
    """The record, and a word to the person: whoever has a client's token could do it too."""
    about = {"factor": str(factor.id), "kind": factor.kind, "client": caller.client, **(why or {})}
    recorded = world.fact(caller, name, factor.subject_id, about)
    subject = await world.stores.subject(caller.programme.id, factor.subject_id)
    if subject is None:
        return (recorded,)
    kind, wording = world.kinds.get(factor.kind), _NOTICES[name]
    device = isinstance(kind, PresentedKind) and Element.POSSESSION in kind.elements
    if device and wording == FACTOR_ENROLLED:
        wording = NEW_DEVICE
    called = world.called(factor.kind)
    return (recorded, Add(world.notice(caller, subject, wording, called)))


async def register_phone(world: World, caller: Caller, subject_id: int, mobile: Mobile) -> Factor:
    """The person's one phone, which the client has verified; a number has one owner in a
    programme.

    Refuses MOBILE_IMPOSSIBLE, MOBILE_UNREACHABLE, MOBILE_COUNTRY_CLOSED, MOBILE_TAKEN (another
    person's), FACTOR_ALREADY_ENROLLED (this person has another number).
    """
    refuse_unreachable(mobile, caller.programme.settings.countries)
    claim = phone_claim(world, caller.programme.id, mobile)
    for _ in range(REPEATS):
        for held in await world.stores.factors(subject_id, PHONE):
            same = held.details.get("mobile") == mobile.e164
            if same and held.claim == claim and held.state is FactorState.ACTIVE:
                return held
            # begun or proved by a code, in a dialect where people may share a number
            if held.state is FactorState.PENDING or (same and held.claim is None):
                return await change_phone(world, caller, held, mobile)
            raise Refusal(Code.FACTOR_ALREADY_ENROLLED)
        owner = await world.stores.factor_by_claim(claim)
        if owner is not None and owner.subject_id != subject_id:
            raise Refusal(Code.MOBILE_TAKEN)
        if owner is not None:  # the same call, sent twice at once: the other came first
            continue
        factor = Factor(
            id=world.ids.next(),
            programme_id=caller.programme.id,
            subject_id=subject_id,
            kind=PHONE,
            state=FactorState.ACTIVE,
            details={"mobile": mobile.e164, "client": caller.client},
            claim=claim,
            created_at=world.clock.now(),
        )
        if await _added(world, caller, factor):
            return factor
    raise Refusal(Code.CHANGED_MEANWHILE)


async def change_phone(world: World, caller: Caller, factor: Factor, mobile: Mobile) -> Factor:
    """Another number in place of the one before; what was asked of the person is void.

    Refuses what `register_phone` refuses but FACTOR_ALREADY_ENROLLED.
    """
    refuse_unreachable(mobile, caller.programme.settings.countries)
    claim = phone_claim(world, caller.programme.id, mobile)
    told = await _told(world, caller, factor, "phone_changed")
    for _ in range(REPEATS):
        owner = await world.stores.factor_by_claim(claim)
        if owner is not None and owner.id != factor.id:
            raise Refusal(Code.MOBILE_TAKEN)
        details = {**factor.details, "mobile": mobile.e164, "client": caller.client}
        changed = replace(factor, details=details, claim=claim, state=FactorState.ACTIVE)
        done = await world.stores.commit(
            ChangeFactor(changed),
            WithdrawFactorChallenges(factor.id, world.clock.now()),
            withdraw_approvals(world, factor.subject_id),
            *told,
        )
        if done.failed is None:
            return replace(changed, version=changed.version + 1)
        factor = await _still_there(world, factor)
    raise Refusal(Code.CHANGED_MEANWHILE)


async def remove_factor(
    world: World, caller: Caller, factor: Factor, why: Mapping[str, str] | None = None
) -> None:
    """What is kept of it is erased; whatever was asked of the person, proved or not, is void.

    `why` goes into the record. Refuses FACTOR_NOT_ENROLLED where it has gone meanwhile.
    """
    for _ in range(REPEATS):
        now = world.clock.now()
        done = await world.stores.commit(
            ChangeFactor(_gone(factor)),
            _withdrawn(world, factor, now),
            withdraw_approvals(world, factor.subject_id),
            # anew: what the device did meanwhile stands before it in the record
            *await _told(world, caller, factor, "factor_removed", why),
            *tell(world, caller.programme, _event(world, factor)),
        )
        if done.failed is None:
            return
        factor = await _still_there(world, factor)
    raise Refusal(Code.CHANGED_MEANWHILE)


async def remove_factors(
    world: World,
    caller: Caller,
    subject_id: int,
    kind_name: str,
    keep: Keep = keep_nothing,
    why: Mapping[str, str] | None = None,
) -> None:
    """All that a person has of a kind, and what was begun of it, in one commit.

    `why` goes into the record. Refuses FACTOR_NOT_ENROLLED where there is nothing.
    """
    for _ in range(REPEATS):
        held = await world.stores.factors(subject_id, kind_name)
        if not held:
            raise Refusal(Code.FACTOR_NOT_ENROLLED)
        now = world.clock.now()
        named = {"factors": " ".join(str(factor.id) for factor in held), **(why or {})}
        done = await world.commit(
            *(ChangeFactor(_gone(factor)) for factor in held),
            *dict.fromkeys(_withdrawn(world, factor, now) for factor in held),
            withdraw_approvals(world, subject_id),
            *await _told(world, caller, held[0], "factor_removed", named),
            *tell(world, caller.programme, _event(world, held[0])),
            *keep(None),
        )
        if done.failed is None:
            return
    raise Refusal(Code.CHANGED_MEANWHILE)


def _gone(factor: Factor) -> Factor:
    return replace(factor, state=FactorState.REMOVED, details={}, slot=None, claim=None)


def _withdrawn(world: World, factor: Factor, now: int) -> Change:
    """What was asked through it. All devices are asked at a time: whoever has the one that goes
    may have seen what the others were asked."""
    if isinstance(world.kinds.get(factor.kind), SigningKind):
        return WithdrawKindChallenges(factor.subject_id, factor.kind, now)
    return WithdrawFactorChallenges(factor.id, now)


def _event(world: World, factor: Factor) -> Event:
    return Event(
        name=EventName.FACTOR_CHANGED,
        subject_id=factor.subject_id,
        kind=factor.kind,
        outcome=Outcome.INACTIVE,
        at=world.clock.now(),
    )


def withdraw_questions(world: World, subject_id: int, but: int = 0) -> tuple[Change, ...]:
    """The changes that void what a person's devices were asked, and what was begun with them: in
    the moment in which they are shut out, nobody becomes or answers for them. `but` is a challenge
    that the same list decides."""
    now = world.clock.now()
    return tuple(WithdrawKindChallenges(subject_id, kind, now, but) for kind in ASKED)


def withdraw_approvals(world: World, subject_id: int) -> WithdrawApprovals:
    """The change that voids whatever was asked of a person, and what still stands of it."""
    now = world.clock.now()
    return WithdrawApprovals(subject_id, now, now - world.approval_limits.standing_ms)


async def _still_there(world: World, factor: Factor) -> Factor:
    """As it is now: a number may have been changed in the same moment."""
    for held in await world.stores.factors(factor.subject_id, factor.kind):
        if held.id == factor.id:
            return held
    raise Refusal(Code.FACTOR_NOT_ENROLLED, "removed meanwhile")


def refuse_unreachable(mobile: Mobile, countries: tuple[str, ...]) -> None:
    """Refuses a number that no message can reach, or that the programme does not send to."""
    refused = {
        Reach.IMPOSSIBLE: Code.MOBILE_IMPOSSIBLE,
        Reach.UNREACHABLE: Code.MOBILE_UNREACHABLE,
        Reach.CLOSED: Code.MOBILE_COUNTRY_CLOSED,
    }.get(mobile.reach(countries))
    if refused is not None:
        raise Refusal(refused)


def phone_claim(world: World, programme_id: int, mobile: Mobile) -> bytes:
    """What only one person of a programme may hold."""
    return world.vault.lookup(f"{programme_id}\n{mobile.e164}", "phone claim")
