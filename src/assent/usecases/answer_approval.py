"""A proof for an approval: counted, then compared, then kept; two categories grant it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assent.domain.approval import Approval, ApprovalState, enough
from assent.domain.attempts import FOR_EVER, Attempts, holder_of
from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Checked, Kind, PresentedKind, Verdict
from assent.domain.session import Caller
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.asking import DecideChallenge
from assent.ports.changes import Add, Change, ChangeFactor, ClearAttempts, ProveApproval, SpendTry
from assent.ports.records import Asked
from assent.usecases.count_attempt import (
    attempt,
    count_attempt,
    refuse_any_block,
    refuse_blocked,
    warning,
)
from assent.usecases.start_challenge import challenge_for
from assent.usecases.world import World

_REPEATS = 5
"""A proof that comes first adds one of three categories, and after the second nothing is left to
lose. So three would do; a right answer must not be lost, and the rest is spare."""


@dataclass(frozen=True, slots=True)
class Proved:
    """The answer was right; the approval as it is now, granted or not yet."""

    approval: Approval


@dataclass(frozen=True, slots=True)
class NotProved:
    """Wrong, and counted."""


async def answer_approval(
    world: World,
    caller: Caller,
    approval: Approval,
    kind_name: str,
    answer: Secret,
    kinds: Sequence[str],
) -> Proved | NotProved:
    """Judges one answer. `kinds` are those that may prove an approval here: a block of any of
    them refuses all (RTS Article 4(3)(b)).

    Refuses KIND_SWITCHED_OFF, ATTEMPTS_BLOCKED, FACTOR_NOT_ENROLLED, CHALLENGE_NOT_OPEN (no code
    was sent, or it was used, or what it was proved with has changed meanwhile), CHALLENGE_EXPIRED,
    APPROVAL_UNKNOWN (void meanwhile), CHANGED_MEANWHILE, BUSY.
    """
    if kind_name not in kinds:
        raise Refusal(Code.KIND_SWITCHED_OFF, kind_name)
    kind = world.kind(kind_name)
    if isinstance(kind, PresentedKind):
        await refuse_any_block(world, approval.programme_id, approval.subject_id, kinds)
        return await _presented(world, caller, approval, kind, answer)
    return await _code(world, caller, approval, kind, answer)


async def _presented(
    world: World, caller: Caller, approval: Approval, kind: Kind, answer: Secret
) -> Proved | NotProved:
    """Nothing was asked first: the challenge is written down with its answer."""
    factors = [
        factor
        for factor in await world.stores.factors(approval.subject_id, kind.factor_kind)
        if factor.state is FactorState.ACTIVE
    ]
    if not factors:
        raise Refusal(Code.FACTOR_NOT_ENROLLED)
    holder, block_ms = holder_of(approval.subject_id), world.attempt_limits.approval_block_ms
    with world.offload.place() as run:
        person = await count_attempt(world, approval.programme_id, holder, kind.proof, block_ms)
        factor, checked = await run(lambda: _first_right(kind, factors, answer, world.clock.now()))
    if checked.verdict is Verdict.WRONG:
        return await _wrong(world, caller, approval, kind, person)
    asked = challenge_for(
        world, caller, approval.id, approval.subject_id, kind, factor, Purpose.APPROVE
    )
    passed = Add(replace(asked, state=ChallengeState.PASSED, tries=1))
    return await _settle(world, caller, approval, kind, factor, checked, passed)


def _first_right(
    kind: Kind, factors: Sequence[Factor], answer: Secret, now: int
) -> tuple[Factor, Checked]:
    """All are compared, whichever is right: the time says nothing of which it was."""
    judged = [
        (factor, kind.check(factor.details, factor.counter, b"", answer.reveal(), now))
        for factor in factors
    ]
    right = [one for one in judged if one[1].verdict is Verdict.RIGHT]
    return (right or judged)[0]


async def _code(
    world: World, caller: Caller, approval: Approval, kind: Kind, answer: Secret
) -> Proved | NotProved:
    asked = await world.stores.asked(approval.id, Purpose.APPROVE, kind.proof)
    if asked is None or asked.challenge.kind != kind.name:
        raise Refusal(Code.CHALLENGE_NOT_OPEN)
    now = world.clock.now()
    _refuse_closed(world, asked, now)
    person = await _count(world, asked)
    factor, challenge = asked.factor, asked.challenge
    checked = kind.check(factor.details, factor.counter, challenge.expected, answer.reveal(), now)
    if checked.verdict is Verdict.WRONG:
        return await _wrong(world, caller, approval, kind, person)
    passed = DecideChallenge(challenge.id, ChallengeState.PASSED, now)
    return await _settle(world, caller, approval, kind, factor, checked, passed)


def _refuse_closed(world: World, asked: Asked, now: int) -> None:
    # found by the read that found the code: one less for each answer
    refuse_blocked(world, Attempts(blocked_until=asked.any_until))
    if asked.challenge.state is not ChallengeState.PENDING:
        raise Refusal(Code.CHALLENGE_NOT_OPEN)
    if not asked.challenge.open(now):
        raise Refusal(Code.CHALLENGE_EXPIRED)
    if asked.factor.state is not FactorState.ACTIVE:
        raise Refusal(Code.FACTOR_NOT_ENROLLED)


async def _count(world: World, asked: Asked) -> Attempts:
    """No limit a challenge here, only the person's."""
    challenge, block_ms = asked.challenge, world.attempt_limits.approval_block_ms
    spend_try = SpendTry(challenge.id, FOR_EVER, world.clock.now())
    spend = attempt(world, challenge.programme_id, challenge.holder, challenge.proof, block_ms)
    done = await world.stores.commit(spend_try, spend)
    if done.failed is None:
        return Attempts(*done.returned[1])
    raise Refusal(
        Code.CHALLENGE_NOT_OPEN if done.failed is spend_try else Code.ATTEMPTS_BLOCKED,
        "somebody else's answer came first",
    )


async def _settle(
    world: World,
    caller: Caller,
    approval: Approval,
    kind: Kind,
    factor: Factor,
    checked: Checked,
    passed: Add | DecideChallenge,
) -> Proved:
    """The proof and what it makes of the approval, in one commit."""
    now, held = world.clock.now(), approval
    recorded = world.fact(caller, "approval_proved", held.subject_id, _about(held, kind))
    for _ in range(_REPEATS):
        proved = _with(held, checked, now)
        done = await world.stores.commit(
            passed,
            ClearAttempts(held.programme_id, holder_of(held.subject_id), kind.proof),
            *_counter(factor, checked),
            *_prove(held, proved, factor, now),
            recorded,
        )
        if done.failed is None:
            return Proved(proved)
        if not isinstance(done.failed, ProveApproval):
            raise Refusal(Code.CHALLENGE_NOT_OPEN)
        again = await world.stores.approval(held.lookup or b"")
        if again is None or not again.usable(now):
            raise Refusal(Code.APPROVAL_UNKNOWN, "void meanwhile")
        held = again
    raise Refusal(Code.CHANGED_MEANWHILE)


def _with(held: Approval, checked: Checked, now: int) -> Approval:
    proven = held.proven | checked.elements
    if held.state is not ApprovalState.OPEN or not enough(proven):
        return replace(held, proven=proven)
    return replace(held, proven=proven, state=ApprovalState.GRANTED, granted_at=now)


def _prove(held: Approval, proved: Approval, factor: Factor, now: int) -> tuple[Change, ...]:
    """Nothing where it was granted before: more proof changes nothing."""
    if held.state is not ApprovalState.OPEN:
        return ()
    return (ProveApproval(held.id, factor.id, held.proven, proved.proven, proved.state, now),)


def _counter(factor: Factor, checked: Checked) -> tuple[Change, ...]:
    if checked.counter == factor.counter:
        return ()
    return (ChangeFactor(replace(factor, counter=checked.counter)),)


async def _wrong(
    world: World, caller: Caller, approval: Approval, kind: Kind, person: Attempts
) -> NotProved:
    changes: tuple[Change, ...] = (
        world.fact(caller, "approval_denied", approval.subject_id, _about(approval, kind)),
    )
    subject = await world.stores.subject(approval.programme_id, approval.subject_id)
    if subject is not None:
        changes += warning(world, caller, subject, kind.proof, person)
    await world.stores.commit(*changes)
    return NotProved()


def _about(approval: Approval, kind: Kind) -> dict[str, str]:
    return {"approval": str(approval.id), "kind": kind.name}
