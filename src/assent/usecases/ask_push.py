"""A question through a vendor's app, which puts it to the person and says what came of it."""

from dataclasses import dataclass, replace

import msgspec

from assent.domain.approval import SESSION_ACTION
from assent.domain.challenge import Challenge, Purpose
from assent.domain.deed import Deed
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Kind
from assent.domain.message import Channel, Outgoing
from assent.domain.policy import must_be_full, must_be_stepped_up
from assent.domain.prompt import ApproveOnDevice
from assent.domain.question import seen
from assent.domain.session import Caller, Session
from assent.domain.subject import Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, Change, ChangeFactor
from assent.usecases.ask_devices import (
    AskedDevices,
    Matter,
    free_slot,
    posed,
    refuse_held_back,
)
from assent.usecases.budgets import budgets_of_person
from assent.usecases.start_challenge import challenge_for, put, refuse_locked
from assent.usecases.world import REPEATS, Keep, World, keep_nothing, speaking

_ENROL = "enrol_push"
"""The name of what an enrolment's question is about."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Whom it is put to, and what stands in the way."""

    session: Session
    subject: Subject
    held: Factor | None


async def enrol_push(
    world: World, caller: Caller, kind_name: str, deed: Deed, keep: Keep = keep_nothing
) -> AskedDevices:
    """The factor pending, and a question whose approval in the person's app makes it active; a
    decline suspends it, and it can be begun anew.

    Refuses STEP_UP_REQUIRED, FACTOR_ALREADY_ENROLLED, SECRET_NOT_SET (neither password nor
    passcode to fall back on), MOBILE_MISSING, MOBILE_UNREACHABLE, MOBILE_COUNTRY_CLOSED,
    MOBILE_NOT_VERIFIED, SUBJECT_INACTIVE, and what `ask_push` does.
    """
    kind = _kind(world, caller, kind_name)
    must_be_stepped_up(speaking(caller))
    person = await _person(world, caller, kind)
    if not person.subject.active:
        raise Refusal(Code.SUBJECT_INACTIVE)
    held = person.held
    if held is not None and held.state is FactorState.ACTIVE and same_phone(held, person.subject):
        raise Refusal(Code.FACTOR_ALREADY_ENROLLED)
    details = kind.ready(person.subject, caller.programme.settings.countries)
    await _refuse_without_secret(world, caller, person.subject.id)
    factor = Factor(
        id=world.ids.next(),
        programme_id=caller.programme.id,
        subject_id=person.subject.id,
        kind=kind_name,
        state=FactorState.PENDING,
        details=details,
        created_at=world.clock.now(),
    )
    before: Change = Add(factor)
    if held is not None:
        factor = replace(held, state=FactorState.PENDING, details=details)
        before = ChangeFactor(factor)
    # Of an id of its own: what was sent to prove the phone, just before, is of the same purpose,
    # and there are 15 s between two of one.
    matter = _matter(Purpose.ENROL, person.session.id, _ENROL, str(factor.id), deed)
    return await _ask(world, caller, kind, factor, person.subject, matter, (before,), keep)


async def ask_push(
    world: World, caller: Caller, kind_name: str, deed: Deed, keep: Keep = keep_nothing
) -> AskedDevices:
    """Asks in the person's app whether this session may do more.

    Refuses KIND_SWITCHED_OFF (no such kind, nobody to carry it, or the programme has numbers
    matched, which such an app cannot), FACTOR_NOT_ENROLLED (also where the phone is another one
    since), APPROVAL_LOCKED, ATTEMPTS_BLOCKED (also after refusals), RESEND_TOO_SOON, SENDS_USED_UP
    (also where too many questions are open), CHANGED_MEANWHILE.
    """
    kind = _kind(world, caller, kind_name)
    person = await _person(world, caller, kind)
    factor, session = person.held, person.session
    if factor is None or factor.state is not FactorState.ACTIVE:
        raise Refusal(Code.FACTOR_NOT_ENROLLED)
    if not same_phone(factor, person.subject):
        raise Refusal(Code.FACTOR_NOT_ENROLLED, "another phone")
    await refuse_locked(world, session)
    matter = _matter(Purpose.STEP_UP, session.approval_id, SESSION_ACTION, str(session.id), deed)
    return await _ask(world, caller, kind, factor, person.subject, matter, (), keep)


def same_phone(factor: Factor, subject: Subject) -> bool:
    """Whether the app is on the phone that the person has now."""
    mobile = subject.mobile
    return mobile is not None and factor.details.get("mobile") == mobile.e164


def _kind(world: World, caller: Caller, name: str) -> Kind:
    kind = world.kind(name)
    if caller.programme.settings.number_matching:
        raise Refusal(Code.KIND_SWITCHED_OFF, "a vendor's app matches no numbers")
    return kind


def _matter(
    purpose: Purpose, approval_id: int, action: str, fingerprint: str, deed: Deed
) -> Matter:
    return Matter(
        purpose=purpose,
        approval_id=approval_id,
        action=action,
        fingerprint=fingerprint,
        deed=deed,
    )


async def _person(world: World, caller: Caller, kind: Kind) -> _Person:
    session = speaking(caller)
    must_be_full(session)
    subject = await world.stores.subject(caller.programme.id, session.subject_id)
    if subject is None:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    return _Person(session, subject, await world.stores.factor(subject.id, kind.name))


async def _refuse_without_secret(world: World, caller: Caller, subject_id: int) -> None:
    """A phone is lost one day: what the person knows is what lets them in then."""
    secrets = caller.programme.settings.credentials
    for line in await world.stores.factor_lines(subject_id):
        if line.kind in secrets and line.state is FactorState.ACTIVE:
            return
    raise Refusal(Code.SECRET_NOT_SET)


async def _ask(
    world: World,
    caller: Caller,
    kind: Kind,
    factor: Factor,
    subject: Subject,
    matter: Matter,
    before: tuple[Change, ...],
    keep: Keep,
) -> AskedDevices:
    await refuse_held_back(world, caller, subject.id, kind.proof, matter.purpose)
    spent = budgets_of_person(world, caller.programme.id, subject.id, matter.purpose)
    for _ in range(REPEATS):
        slot = await free_slot(world, subject.id, matter)
        base = challenge_for(
            world, caller, matter.approval_id, subject.id, kind, factor, matter.purpose
        )
        challenge = posed(world, caller, base, matter, slot)
        asked = AskedDevices(challenge, ApproveOnDevice())
        about = {"challenge": str(challenge.id), "kind": kind.name}
        messages = (_message(factor, challenge, matter.deed),)
        try:
            await put(world, caller, challenge, messages, about, (*spent, *before), keep(asked))
        except Refusal as refusal:
            if refusal.code is not Code.CHANGED_MEANWHILE:
                raise
            continue
        return asked
    raise Refusal(Code.CHANGED_MEANWHILE)


def _message(factor: Factor, challenge: Challenge, deed: Deed) -> Outgoing:
    """What is pushed says which question waits, and nothing of it, as with any device. The
    question itself goes beside it, as the `subject`: this app has no way back to us to fetch it,
    and nobody may approve what they cannot read (RTS Article 5(1)(a))."""
    body = msgspec.json.encode({"challenge": str(challenge.id)}).decode()
    mobile = str(factor.details["mobile"])
    return Outgoing(
        channel=Channel.AUTHY,
        address=mobile,
        body=body,
        subject=seen(deed.text),
        values={"user": str(factor.subject_id)},
    )
