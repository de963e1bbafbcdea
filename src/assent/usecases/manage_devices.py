"""What a device does to itself: another key, another push address, its own withdrawal."""

from collections.abc import Mapping
from dataclasses import replace

from assent.domain.challenge import Challenge, ChallengeState, Purpose
from assent.domain.device import RelyingParty, Transport, device_of, fit_name
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import OfferedDevice, Signature, Verdict
from assent.domain.question import NONCE_OCTETS, ROTATION, canonical
from assent.domain.session import Caller
from assent.kernel.base64url import encoded
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import DecideChallenge, WithdrawChallenges
from assent.ports.changes import Add, ChangeFactor, ClearAttempts
from assent.ports.records import Asked
from assent.usecases.answer_on_device import NotSigned, count_answer, failed, refuse_closed
from assent.usecases.ask_devices import signing_kind
from assent.usecases.enrol_device import enrolment_octets, key_claim
from assent.usecases.start_challenge import challenge_for
from assent.usecases.world import REPEATS, World


async def begin_rotation(world: World, caller: Caller, device: Factor) -> Challenge:
    """What the old key and the new one are both to sign. One that was begun before is void: they
    stand among what is open, of which so many are read and no more."""
    now = world.clock.now()
    kind = signing_kind(world, device.kind)
    base = challenge_for(world, caller, device.id, device.subject_id, kind, device, Purpose.ROTATE)
    expires_at = now + world.device_limits.link_ms
    content = canonical(
        {
            "type": ROTATION,
            "challenge": str(base.id),
            "device": str(device.id),
            "nonce": encoded(world.randomness.octets(NONCE_OCTETS)),
            "created_at": now,
            "expires_at": expires_at,
        }
    )
    challenge = replace(base, content=content, expires_at=expires_at)
    done = await world.commit(
        WithdrawChallenges(device.id, Purpose.ROTATE, now),
        Add(challenge),
        world.fact(caller, "device_rotation_begun", device.subject_id),
    )
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    return challenge


async def finish_rotation(
    world: World,
    caller: Caller,
    device: Factor,
    challenge_id: int,
    offered: OfferedDevice,
    signature: Signature,
    party: RelyingParty,
) -> Factor | NotSigned:
    """The new key in place of the old one, which signs for it; what is asked of the device goes
    on. Refuses NOT_FOUND, FACTOR_UNFIT, FACTOR_ALREADY_ENROLLED, CHANGED_MEANWHILE, and what
    `refuse_closed` does."""
    asked = await _asked(world, device, challenge_id)
    await refuse_closed(world, asked)
    kind, held = signing_kind(world, device.kind), device_of(device.details)
    if not fit_name(offered.name):
        raise Refusal(Code.FACTOR_UNFIT, "the name")
    octets = canonical(enrolment_octets(asked.challenge.content, offered))
    # before anything is counted: an unfit key is no wrong answer
    fresh, start = kind.enrolled(octets, offered, party, caller.programme.settings)
    tries, person = await count_answer(world, asked)
    # a rotation is used once: a native device need not count it
    count = device.counter - held.base + 1
    checked = kind.signed(held, device.counter, octets, signature, count, party)
    if checked.verdict is Verdict.WRONG:
        return await failed(world, caller, asked, tries, person)
    claim = key_claim(world, fresh)
    counter = checked.counter
    kept = replace(
        fresh,
        transport=held.transport,
        address=held.address,
        unreachable=held.unreachable,
        last_used_at=held.last_used_at,
        base=counter,  # another key counts anew, and the row's counter only rises
    )
    changed = replace(device, details=kept.details(), claim=claim, counter=counter + start)
    cleared = ClearAttempts(device.programme_id, asked.challenge.holder, asked.challenge.proof)
    try:
        await _rotated(world, caller, asked.challenge, changed, cleared)
    except Refusal:  # both signatures were right, and cost nothing
        await world.stores.commit(cleared)
        raise
    return replace(changed, version=changed.version + 1)


async def _asked(world: World, device: Factor, challenge_id: int) -> Asked:
    """A rotation of this device, and of no other."""
    asked = await world.stores.asked_by_id(device.programme_id, device.subject_id, challenge_id)
    if (
        asked is None
        or asked.challenge.purpose is not Purpose.ROTATE
        or asked.challenge.factor_id != device.id
    ):
        raise Refusal(Code.NOT_FOUND)
    return asked


async def _rotated(
    world: World, caller: Caller, challenge: Challenge, changed: Factor, cleared: ClearAttempts
) -> None:
    if changed.claim is not None and await world.stores.factor_by_claim(changed.claim) is not None:
        raise Refusal(Code.FACTOR_ALREADY_ENROLLED)
    about = {"challenge": str(challenge.id), "device": str(changed.id)}
    done = await world.commit(
        DecideChallenge(challenge.id, ChallengeState.PASSED, world.clock.now()),
        ChangeFactor(changed),
        cleared,
        world.fact(caller, "device_key_rotated", changed.subject_id, about),
    )
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)


async def renew_push(
    world: World, caller: Caller, device: Factor, transport: Transport | None, address: str
) -> None:
    """How the device is woken from now on; no transport: not at all. Refuses DEVICE_UNKNOWN."""
    told = {"transport": transport.value if transport else "", "address": address}
    await _change(world, caller, device, {**told, "unreachable": False}, "device_push_renewed")


async def give_up_push(world: World, caller: Caller, device: Factor, address: str) -> None:
    """The transport refused this address for good: the device looks by itself until it has
    another. Nothing happens where it has one already."""
    if device_of(device.details).address == address:
        changed = {"unreachable": True}
        await _change(world, caller, device, changed, "device_push_given_up", address)


async def _change(
    world: World,
    caller: Caller,
    device: Factor,
    changed: Mapping[str, object],
    name: str,
    given_up: str | None = None,
) -> None:
    """`given_up`: an address that it is about, and no other."""
    for _ in range(REPEATS):
        factor = replace(device, details={**device.details, **changed})
        about = {"device": str(device.id)}
        done = await world.commit(
            ChangeFactor(factor), world.fact(caller, name, device.subject_id, about)
        )
        if done.failed is None:
            return
        again = await world.stores.factor_by_id(device.id)
        if again is None or again.state is not FactorState.ACTIVE:
            raise Refusal(Code.DEVICE_UNKNOWN)
        if given_up is not None and device_of(again.details).address != given_up:
            return
        device = again
    raise Refusal(Code.CHANGED_MEANWHILE)
