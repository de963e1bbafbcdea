"""Counting answers before they are compared; the limits themselves are in domain/attempts.py."""

from collections.abc import Sequence
from dataclasses import replace

from assent.domain.attempts import FOR_EVER, Attempts, alert_due, block_begun, holder_of
from assent.domain.challenge import Challenge
from assent.domain.device import refusals_of
from assent.domain.english import BLOCKED, BLOCKED_FOR_NOW, LAST_WARNING
from assent.domain.hashed_secret import PROOF
from assent.domain.phrases import FILLED_WITH, WHAT, named
from assent.domain.programme import Programme
from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.kernel.clock import MINUTE
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import AddOnce, Change, SpendAttempt
from assent.usecases.world import World


def refuse_blocked(world: World, attempts: Attempts) -> None:
    """Everything that needs a blocked proof is refused, the right answer too."""
    now = world.clock.now()
    if attempts.blocked(now):
        raise Refusal(Code.ATTEMPTS_BLOCKED, retry_after=attempts.retry_after(now))


def attempt(
    world: World, programme_id: int, holder: str, proof: str, block_ms: int | None = None
) -> SpendAttempt:
    """The change that counts one answer of a person; `block_ms` where a block is not the usual."""
    limits, now = world.attempt_limits, world.clock.now()
    return SpendAttempt(
        programme_id=programme_id,
        holder=holder,
        proof=proof,
        limit=limits.person_tries,
        permanent_after=limits.permanent_after,
        block_ms=block_ms or limits.block_ms,
        for_ever=FOR_EVER,
        now=now,
    )


def refusal(world: World, challenge: Challenge) -> SpendAttempt:
    """The change that counts a question that the person declined, or a log-in that they left to
    expire: several in a row keep further ones away for a while, and never for good."""
    limits, proof = world.device_limits, refusals_of(challenge.purpose)
    spend = attempt(world, challenge.programme_id, challenge.holder, proof, limits.refused_block_ms)
    return replace(spend, limit=limits.refusals, permanent_after=FOR_EVER)


async def refuse_any_block(
    world: World, programme_id: int, subject_id: int, kinds: Sequence[str]
) -> None:
    """A block of any of these kinds refuses all of them: five wrong answers block the actions, not
    only the factor (RTS Article 4(3)(b))."""
    held = await world.stores.attempts_of(programme_id, holder_of(subject_id))
    for proof in {world.kinds[name].proof for name in kinds if name in world.kinds}:
        if proof in held:
            refuse_blocked(world, held[proof])


async def count_attempt(
    world: World, programme_id: int, holder: str, proof: str, block_ms: int | None = None
) -> Attempts:
    """Counts, and commits it, before anything is compared; refuses while a block lasts."""
    done = await world.stores.commit(attempt(world, programme_id, holder, proof, block_ms))
    if done.failed is not None:
        now = world.clock.now()
        held = await world.stores.attempts(programme_id, holder, proof)
        raise Refusal(Code.ATTEMPTS_BLOCKED, retry_after=held.retry_after(now))
    return Attempts(*done.returned[0])


def warning(
    world: World, caller: Caller, subject: Subject, proof: str, person: Attempts
) -> tuple[Change, ...]:
    """The message and the record of a block, with the wrong answer that begins it. Before one
    becomes permanent the message says so (RTS Article 4(4))."""
    if not block_begun(person):
        return ()
    what = _what(world, caller.programme, proof)
    if person.blocked_until == FOR_EVER:
        wording = BLOCKED
    elif alert_due(person, world.attempt_limits):
        wording = LAST_WARNING
    else:
        wording = BLOCKED_FOR_NOW
        left = person.blocked_until - world.clock.now()
        what["minutes"] = str(max(1, -(-left // MINUTE)))
    dedupe = f"block:{subject.id}:{proof}:{person.blocked_until}"
    about = {"proof": proof, "blocks": str(person.blocks)}
    return (
        AddOnce(world.notice(caller, subject, wording, what, dedupe)),
        world.fact(caller, "blocked", subject.id, about),
    )


def _what(world: World, programme: Programme, proof: str) -> dict[str, str]:
    """What the kinds that share a budget are called, those of them that the programme has: which
    was entered wrongly last is not the point."""
    names = programme.settings.credentials if proof == PROOF else tuple(world.kinds)
    counted = (world.kinds[name] for name in names if name in world.kinds)
    called = dict.fromkeys(kind.called for kind in counted if kind.proof == proof)
    if not called:  # a code by e-mail, or of a kind that is plugged in no more
        return {"what": WHAT.get(proof, proof.replace("_", " ")), FILLED_WITH["what"]: proof}
    return {"what": " or ".join(called), FILLED_WITH["what"]: " ".join(map(named, called))}
