"""A device becomes a person's: a link, opened once on it, and a key that signs what it was given.

The link rests on a living session. Where that is not stepped up, a code to the person's phone is
part of the ceremony and steps it up (RTS Article 24(2)(b): association takes two elements).
"""

from dataclasses import dataclass, field, replace
from typing import Any

from assent.domain.approval import Approval, ApprovalState
from assent.domain.challenge import Challenge, ChallengeState, Purpose
from assent.domain.deed import Deed
from assent.domain.device import Device, RelyingParty, fit_name
from assent.domain.english import NEW_DEVICE
from assent.domain.event import Event, EventName, Outcome
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import OfferedDevice, SigningKind
from assent.domain.policy import must_be_full
from assent.domain.programme import Programme
from assent.domain.question import ENROLMENT, NONCE_OCTETS, canonical, shown
from assent.domain.session import Caller, Session
from assent.kernel import token
from assent.kernel.base64url import encoded
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import DecideChallenge, WithdrawFactorChallenges
from assent.ports.changes import Add, ChangeFactor, RestOnSession, SpendApproval, SpendTry
from assent.ports.records import Asked
from assent.usecases.answer_challenge import WrongAnswer, answer_challenge
from assent.usecases.answer_on_device import refuse_closed, refuse_uncounted
from assent.usecases.ask_devices import active_devices, signing_kind
from assent.usecases.enrol_factor import enrol_factor
from assent.usecases.resume_session import resume_session
from assent.usecases.start_challenge import ask_step_up, challenge_for
from assent.usecases.tell import told
from assent.usecases.world import REPEATS, World, speaking

LINK = "enrol"
"""What an enrolment's token begins with."""
ACTION = "enrol_device"
_CLIENT = "device"


@dataclass(frozen=True, slots=True)
class Link:
    """What the person's device opens, once."""

    token: str = field(repr=False)
    expires_at: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the new device is to sign, and whether a code went to the person's phone."""

    programme: Programme
    challenge: Challenge
    code_sent: bool


async def make_link(world: World, caller: Caller, kind_name: str) -> Link:
    """For a person with a session. Refuses SESSION_TOO_NARROW, FACTORS_USED_UP (no room for
    another device), KIND_SWITCHED_OFF."""
    session, now = speaking(caller), world.clock.now()
    must_be_full(session)
    kind = signing_kind(world, kind_name)
    await _refuse_full(world, kind, session.subject_id)
    text = token.make(LINK, world.randomness.octets(token.OCTETS))
    approval = Approval(
        id=world.ids.next(),
        programme_id=caller.programme.id,
        subject_id=session.subject_id,
        action=ACTION,
        fingerprint=str(session.id),
        client=_CLIENT,
        lookup=_lookup(world, text),
        state=ApprovalState.GRANTED,
        proven=session.elements,
        created_at=now,
        granted_at=now,
        expires_at=now + world.device_limits.link_ms,
    )
    await world.stores.commit(
        Add(approval), world.fact(caller, "device_link_made", session.subject_id)
    )
    return Link(text, now + world.device_limits.link_ms)


async def programme_of_link(world: World, link: str) -> Programme:
    """Whose link it is, used or not, before anything is done with it. Refuses LINK_UNKNOWN."""
    approval = await world.stores.approval(_lookup(world, link)) if _is_link(link) else None
    programme = await world.stores.programme(approval.programme_id) if approval else None
    if programme is None:
        raise Refusal(Code.LINK_UNKNOWN)
    return programme


async def begin_enrolment(
    world: World,
    caller: Caller,
    link: str,
    kind_name: str,
    code_kind: str,
    action: Deed,
    chosen: str | None = None,
) -> Enrolment:
    """Opens a link, on the device. `caller` is of the link's programme (`programme_of_link`) and
    nobody yet: who it is follows from the link. `action` is what the code is for.

    Refuses LINK_UNKNOWN, SESSION_GONE, FACTORS_USED_UP, and what the sending of a code refuses.
    """
    approval = await _approval(world, link, ApprovalState.GRANTED)
    programme, session, speaker = await _ceremony(world, caller, approval)
    kind = signing_kind(world, kind_name)
    await _refuse_full(world, kind, session.subject_id)
    if not session.stepped_up:
        await _send_code(world, speaker, code_kind, action, chosen)
    for _ in range(REPEATS):
        challenge = await _begun(world, speaker, kind, approval)
        if challenge is not None:
            return Enrolment(programme, challenge, not session.stepped_up)
    raise Refusal(Code.CHANGED_MEANWHILE)


async def _begun(
    world: World, caller: Caller, kind: SigningKind, approval: Approval
) -> Challenge | None:
    """One commit; none where another enrolment of the person's was begun in the same moment.

    An enrolment that was begun and not finished goes on as this one: what it was given is void.
    """
    programme, subject_id, now = caller.programme, approval.subject_id, world.clock.now()
    held = await world.stores.factors(subject_id, kind.name)
    pending = next((one for one in held if one.state is FactorState.PENDING), None)
    factor = pending or Factor(
        id=world.ids.next(),
        programme_id=programme.id,
        subject_id=subject_id,
        kind=kind.name,
        state=FactorState.PENDING,
        details={},
        slot=None,
        created_at=now,
    )
    base = challenge_for(world, caller, approval.id, subject_id, kind, factor, Purpose.ENROL)
    expires_at = now + world.device_limits.link_ms
    content = canonical(
        {
            "type": ENROLMENT,
            "challenge": str(base.id),
            "device": str(factor.id),
            "programme": {"id": str(programme.id), "name": programme.name},
            "user": str(subject_id),
            "nonce": encoded(world.randomness.octets(NONCE_OCTETS)),
            "created_at": now,
            "expires_at": expires_at,
        }
    )
    challenge = replace(base, content=content, expires_at=expires_at)
    spent = SpendApproval(approval.id, now)
    begun = (ChangeFactor(pending), WithdrawFactorChallenges(pending.id, now)) if pending else ()
    done = await world.commit(
        spent,
        *(begun or (Add(factor),)),
        Add(challenge),
        world.fact(caller, "device_enrolment_begun", subject_id, _about(challenge)),
    )
    if done.failed is spent:
        raise Refusal(Code.LINK_UNKNOWN, "opened meanwhile")
    return challenge if done.failed is None else None


async def finish_enrolment(
    world: World,
    caller: Caller,
    link: str,
    offered: OfferedDevice,
    push: tuple[str, str],
    code: str | None,
    kind_name: str,
    code_kind: str,
    party: RelyingParty,
) -> Factor | WrongAnswer:
    """The device's key, which signed what it was given, and how it is woken (transport and
    address; both empty: it is not). A wrong code is an answer that was counted.

    Refuses LINK_UNKNOWN, SESSION_GONE, STEP_UP_REQUIRED (no code, where one was sent),
    FACTOR_UNFIT, FACTOR_ALREADY_ENROLLED (the same key), FACTORS_USED_UP, and what `refuse_closed`
    does.
    """
    approval = await _approval(world, link, ApprovalState.SPENT)
    programme, session, speaker = await _ceremony(world, caller, approval)
    kind = signing_kind(world, kind_name)
    asked = await world.stores.asked(approval.id, Purpose.ENROL, kind.proof)
    if asked is None:
        raise Refusal(Code.LINK_UNKNOWN)
    await refuse_closed(world, asked)
    if not fit_name(offered.name):
        raise Refusal(Code.FACTOR_UNFIT, "the name")
    octets = canonical(enrolment_octets(asked.challenge.content, offered))
    # before anything is counted: whoever comes by a used link was not given what is to be signed
    device, counter = kind.enrolled(octets, offered, party, programme.settings)
    if not session.stepped_up:
        wrong = await _prove_phone(world, speaker, code_kind, code)
        if wrong is not None:
            return wrong
    await _count_try(world, asked)
    device = replace(device, transport=push[0], address=push[1])
    return await _added(world, speaker, kind, asked, device, counter)


async def _count_try(world: World, asked: Asked) -> None:
    """Of the ceremony alone, for a key that signed what it was given."""
    challenge, limits = asked.challenge, world.attempt_limits
    done = await world.commit(SpendTry(challenge.id, limits.challenge_tries, world.clock.now()))
    if done.failed is not None:
        await refuse_uncounted(world, asked)


def enrolment_octets(content: bytes, offered: OfferedDevice) -> dict[str, Any]:
    """What a device signs to be enrolled, as values: what it was given, its name, and the key of
    its calls."""
    return {**shown(content), "name": offered.name, "proof": dict(offered.proof)}


async def _added(
    world: World,
    caller: Caller,
    kind: SigningKind,
    asked: Asked,
    device: Device,
    counter: int,
) -> Factor:
    subject = await world.stores.subject(caller.programme.id, asked.challenge.subject_id)
    if subject is None:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    alive = RestOnSession(speaking(caller).id)
    passed = DecideChallenge(asked.challenge.id, ChallengeState.PASSED, world.clock.now())
    for _ in range(REPEATS):
        factor = await _placed(world, kind, asked.factor, device, counter)
        done = await world.commit(
            passed,
            alive,
            ChangeFactor(factor),
            world.fact(caller, "device_enrolled", subject.id, _about(asked.challenge)),
            Add(world.notice(caller, subject, NEW_DEVICE, {"device": device.name})),
            *told(world, caller.programme, _event(caller, factor)),
        )
        if done.failed is None:
            return replace(factor, version=factor.version + 1)
        if done.failed is passed:
            raise Refusal(Code.CHALLENGE_NOT_OPEN)
        if done.failed is alive:
            raise Refusal(Code.SESSION_GONE)
    raise Refusal(Code.CHANGED_MEANWHILE)


async def _placed(
    world: World, kind: SigningKind, begun: Factor, device: Device, counter: int
) -> Factor:
    """The factor that was begun, as it becomes active: in the first place that is free. Refuses
    FACTOR_ALREADY_ENROLLED (the same key), FACTORS_USED_UP."""
    claim = key_claim(world, device)
    if await world.stores.factor_by_claim(claim) is not None:
        raise Refusal(Code.FACTOR_ALREADY_ENROLLED)
    taken = {one.slot for one in await active_devices(world, begun.subject_id, kind.name)}
    slot = next((slot for slot in range(kind.most) if slot not in taken), None)
    if slot is None:
        raise Refusal(Code.FACTORS_USED_UP)
    return replace(
        begun,
        state=FactorState.ACTIVE,
        details=device.details(),
        counter=counter,
        slot=slot,
        claim=claim,
        created_at=world.clock.now(),
    )


def _event(caller: Caller, factor: Factor) -> Event:
    return Event(
        name=EventName.FACTOR_CHANGED,
        subject_id=factor.subject_id,
        identity_id=caller.session.identity_id if caller.session else 0,
        kind=factor.kind,
        outcome=Outcome.ACTIVE,
        at=factor.created_at,
    )


def key_claim(world: World, device: Device) -> bytes:
    """One key is one device, in the whole house."""
    return world.vault.lookup(canonical(device.key).decode(), "device key")


async def _approval(world: World, link: str, state: ApprovalState) -> Approval:
    approval = None
    if _is_link(link):
        approval = await world.stores.approval(_lookup(world, link))
    if approval is None or approval.state is not state or not approval.left(world.clock.now()):
        raise Refusal(Code.LINK_UNKNOWN)
    return approval


async def _ceremony(
    world: World, caller: Caller, approval: Approval
) -> tuple[Programme, Session, Caller]:
    """Whose it is, and in which session; that begins its five minutes anew."""
    programme = await world.stores.programme(approval.programme_id)
    if programme is None:
        raise Refusal(Code.LINK_UNKNOWN)
    session = await resume_session(world, programme, int(approval.fingerprint))
    return programme, session, replace(caller, programme=programme, session=session)


async def _send_code(
    world: World, caller: Caller, code_kind: str, action: Deed, chosen: str | None
) -> None:
    """To the phone that the person proved, or to the one that is known of them."""
    await (ask_step_up if await _has_phone(world, caller, code_kind) else enrol_factor)(
        world, caller, code_kind, action, chosen
    )


async def _prove_phone(
    world: World, caller: Caller, code_kind: str, code: str | None
) -> WrongAnswer | None:
    if code is None:
        raise Refusal(Code.STEP_UP_REQUIRED)
    has_phone = await _has_phone(world, caller, code_kind)
    purpose = Purpose.STEP_UP if has_phone else Purpose.ENROL
    answered = await answer_challenge(world, caller, purpose, code_kind, code)
    return answered if isinstance(answered, WrongAnswer) else None


async def _has_phone(world: World, caller: Caller, code_kind: str) -> bool:
    held = await world.stores.factor(speaking(caller).subject_id, code_kind)
    return held is not None and held.state is FactorState.ACTIVE


async def _refuse_full(world: World, kind: SigningKind, subject_id: int) -> None:
    if len(await active_devices(world, subject_id, kind.name)) >= kind.most:
        raise Refusal(Code.FACTORS_USED_UP)


def _is_link(text: str) -> bool:
    return token.is_one(LINK, text)


def _lookup(world: World, link: str) -> bytes:
    return world.vault.lookup(link, "enrolment link")


def _about(challenge: Challenge) -> dict[str, str]:
    return {"challenge": str(challenge.id), "device": str(challenge.factor_id)}
