"""A question to a person's devices: what is to be approved, bound to what they will sign."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import msgspec

from assent.domain.approval import SESSION_ACTION
from assent.domain.attempts import holder_of
from assent.domain.challenge import Challenge, Purpose
from assent.domain.deed import Deed
from assent.domain.device import ASKED, LOGIN_REFUSALS, REFUSALS, device_of
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import SigningKind
from assent.domain.message import Channel, Outgoing
from assent.domain.prompt import ApproveOnDevice
from assent.domain.question import NONCE_OCTETS, Question
from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import WithdrawChallenges
from assent.ports.changes import Change
from assent.usecases.budgets import budgets_of_person
from assent.usecases.count_attempt import refuse_blocked
from assent.usecases.lapse_challenges import lapse
from assent.usecases.start_challenge import challenge_for, put, refuse_locked, refuse_send
from assent.usecases.world import REPEATS, Keep, World, keep_nothing, speaking


@dataclass(frozen=True, slots=True)
class AskedDevices:
    """A question that is on its way."""

    challenge: Challenge
    prompt: ApproveOnDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is asked about."""

    purpose: Purpose
    approval_id: int
    action: str
    fingerprint: str
    """See domain/action.py."""
    deed: Deed
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Label and value, such as amount and payee (RTS Article 5(1)(a))."""


async def ask_step_up_on_devices(
    world: World, caller: Caller, kind_name: str, action: Deed, keep: Keep = keep_nothing
) -> AskedDevices:
    """Asks all of the person's devices of a kind whether this session may do more.

    Refuses what `ask_devices` refuses, and APPROVAL_LOCKED.
    """
    session = speaking(caller)
    subject = await world.stores.subject(caller.programme.id, session.subject_id)
    if subject is None:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    await refuse_locked(world, session)
    matter = Matter(
        purpose=Purpose.STEP_UP,
        approval_id=session.approval_id,
        action=SESSION_ACTION,
        fingerprint=str(session.id),
        deed=action,
    )
    return await ask_devices(world, caller, kind_name, subject, matter, keep=keep)


async def ask_devices(
    world: World,
    caller: Caller,
    kind_name: str,
    subject: Subject,
    matter: Matter,
    before: tuple[Change, ...] = (),
    keep: Keep = keep_nothing,
) -> AskedDevices:
    """Counts the question, voids the one before for the same, and commits it with the messages
    that wake the devices.

    Refuses KIND_SWITCHED_OFF, FACTOR_NOT_ENROLLED, ATTEMPTS_BLOCKED (also after refusals),
    RESEND_TOO_SOON, SENDS_USED_UP (also where too many questions are open), CHANGED_MEANWHILE.
    """
    kind = signing_kind(world, kind_name)
    devices = await active_devices(world, subject.id, kind_name)
    devices.sort(key=_last_used, reverse=True)
    if not devices:
        raise Refusal(Code.FACTOR_NOT_ENROLLED)
    await refuse_held_back(world, caller, subject.id, kind.proof, matter.purpose)
    spent = budgets_of_person(world, caller.programme.id, subject.id, matter.purpose)
    for _ in range(world.device_limits.open_questions + REPEATS):  # one place after the other
        slot = await free_slot(world, subject.id, matter)
        if matter.purpose is Purpose.LOG_IN:  # what has just been found expired counts too
            await refuse_held_back(world, caller, subject.id, kind.proof, matter.purpose)
        asked = _asked(world, caller, kind, devices, subject, matter, slot)
        challenge = asked.challenge
        messages = _wakings(devices, challenge.id)
        about = {"challenge": str(challenge.id), "kind": kind_name}
        after = keep(asked)
        try:
            await put(world, caller, challenge, messages, about, (*spent, *before), after)
        except Refusal as refusal:
            if refusal.code is not Code.CHANGED_MEANWHILE:
                raise
            continue
        return asked
    raise Refusal(Code.CHANGED_MEANWHILE)


async def refuse_held_back(
    world: World, caller: Caller, subject_id: int, proof: str, purpose: Purpose
) -> None:
    """Refuses ATTEMPTS_BLOCKED where wrong answers, or refusals, keep questions away; those of
    log-ins keep log-ins away only."""
    held = await world.stores.attempts_of(caller.programme.id, holder_of(subject_id))
    log_ins = (LOGIN_REFUSALS,) if purpose is Purpose.LOG_IN else ()
    for counted in (proof, REFUSALS, *log_ins):
        if counted in held:
            refuse_blocked(world, held[counted])


def signing_kind(world: World, name: str) -> SigningKind:
    """Refuses KIND_SWITCHED_OFF for a kind that is not there, or is of another sort."""
    kind = world.kind(name)
    # not by isinstance: it looks for every member of the protocol, for each answer, which takes a
    # quarter of the time of a signature's check
    if not hasattr(kind, "signed"):
        raise Refusal(Code.KIND_SWITCHED_OFF, name)
    return cast("SigningKind", kind)


def _last_used(device: Factor) -> tuple[int, int, int]:
    return device_of(device.details).last_used_at, device.created_at, device.id


async def active_devices(world: World, subject_id: int, kind_name: str) -> list[Factor]:
    """A person's devices of a kind, without what was only begun; oldest first."""
    held = await world.stores.factors(subject_id, kind_name)
    return [factor for factor in held if factor.state is FactorState.ACTIVE]


def matching_number(world: World, challenge_id: int, number: str) -> bytes:
    """What is kept of the number that another screen shows."""
    return world.vault.lookup(f"{challenge_id}:{number}", "number matching")


def _asked(
    world: World,
    caller: Caller,
    kind: SigningKind,
    devices: Sequence[Factor],
    subject: Subject,
    matter: Matter,
    slot: int,
) -> AskedDevices:
    matching = caller.programme.settings.number_matching
    number = str(10 + world.randomness.below(90)) if matching else ""
    base = challenge_for(
        world, caller, matter.approval_id, subject.id, kind, devices[0], matter.purpose
    )
    expected = matching_number(world, base.id, number) if number else b""
    challenge = posed(world, caller, replace(base, expected=expected), matter, slot, matching)
    return AskedDevices(challenge, ApproveOnDevice(number))


def posed(
    world: World, caller: Caller, base: Challenge, matter: Matter, slot: int, number: bool = False
) -> Challenge:
    """A challenge with what the person reads in it, its end and its place. `number`: whether the
    answer must hold the one that another screen shows."""
    expires_at = base.created_at + world.attempt_limits.code_life_ms
    question = Question(
        challenge=base.id,
        programme_id=caller.programme.id,
        programme=caller.programme.name,
        action=matter.action,
        fingerprint=matter.fingerprint,
        text=matter.deed.text,
        fields=matter.fields,
        nonce=world.randomness.octets(NONCE_OCTETS),
        number=number,
        created_at=base.created_at,
        expires_at=expires_at,
    )
    return replace(base, content=question.content(), expires_at=expires_at, slot=slot)


async def free_slot(world: World, subject_id: int, matter: Matter) -> int:
    """The unique place of a question among those that are open, whatever kind they are put
    through. What has expired is recorded as such first; where all places are taken and one of them
    is this matter's own, that goes. Refuses SENDS_USED_UP, RESEND_TOO_SOON.

    Log-ins leave one place free: whoever knows an e-mail address can ask for one, and must not
    keep people from approving what they do themselves.
    """
    now = world.clock.now()
    taken: set[int | None] = set()
    ends: list[int] = []
    own = False
    for kind_name in ASKED:
        for challenge in await world.stores.asked_of(subject_id, kind_name):
            if challenge.expires_at <= now:
                await lapse(world, challenge)
                continue
            taken.add(challenge.slot)
            ends.append(challenge.expires_at)
            own |= (challenge.approval_id, challenge.purpose) == (
                matter.approval_id,
                matter.purpose,
            )
    most = world.device_limits.open_questions
    log_in = matter.purpose is Purpose.LOG_IN
    for slot in range(most - 1) if log_in else reversed(range(most)):
        if slot not in taken:
            return slot
    if own:
        await refuse_send(world, matter.approval_id, matter.purpose)  # before anything is lost
        await world.stores.commit(WithdrawChallenges(matter.approval_id, matter.purpose, now))
        return await free_slot(world, subject_id, matter)
    wait = min(ends, default=now) - now
    raise Refusal(Code.SENDS_USED_UP, "too many open questions", max(1, -(-wait // SECOND)))


def _wakings(devices: Sequence[Factor], challenge_id: int) -> list[Outgoing]:
    """They say which question waits, and nothing of it: whoever carries them reads them."""
    body = msgspec.json.encode({"challenge": str(challenge_id)}).decode()
    woken = [device_of(factor.details) for factor in devices]
    return [
        Outgoing(channel=Channel(device.transport), address=device.address, body=body)
        for device in woken
        if device.transport and device.address and not device.unreachable
    ]
