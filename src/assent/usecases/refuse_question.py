"""What follows when a person says no to a question that they were asked on a device."""

from collections.abc import Sequence
from dataclasses import replace

from assent.domain.approval import LOG_IN_ACTION
from assent.domain.attempts import begins_block
from assent.domain.challenge import Challenge, Purpose
from assent.domain.device import NOT_ME, refusals_of
from assent.domain.english import DEVICE_NOT_ME, DEVICE_REFUSALS, LOG_IN_NOT_ME
from assent.domain.session import Caller
from assent.ports.asking import LockApproval, WithdrawGranted
from assent.ports.changes import Add, AddOnce, Change
from assent.usecases.count_attempt import attempt, refusal
from assent.usecases.end_sessions import all_ended
from assent.usecases.world import REPEATS, World

_UNCOUNTED = 2**31
"""A limit that is never reached: what is only counted."""
_NOWHERE = {"where": ""}
"""The address that a notice would name is the person's own device, not whoever asked."""


async def alarm(world: World, caller: Caller, challenge: Challenge) -> tuple[Change, ...]:
    """What a person did not ask for: to be committed with the answer that says so, and so told of
    once. No proof counts any more for what asked; it is counted, and they are told what to do.

    Whoever asked in a session has a secret of theirs, and may have others open: all of the person's
    end. A log-in is asked for by whoever knows an address: nobody has come in, and nothing ends
    but what was approved of that kind and waits to be used.
    """
    subject_id, now = challenge.subject_id, world.clock.now()
    risk = attempt(world, challenge.programme_id, challenge.holder, NOT_ME)
    log_in = challenge.purpose is Purpose.LOG_IN
    ended: tuple[Change, ...] = (WithdrawGranted(subject_id, LOG_IN_ACTION, now),)
    if not log_in:
        ended = (
            *all_ended(world, subject_id, "not_me", but=challenge.id),
            world.fact(caller, "sessions_ended", subject_id, {"why": "not_me"}),
        )
    changes = (
        LockApproval(challenge.approval_id, now),
        *ended,
        replace(risk, limit=_UNCOUNTED),
    )
    subject = await world.stores.subject(challenge.programme_id, subject_id)
    if subject is None:
        return changes
    wording = LOG_IN_NOT_ME if log_in else DEVICE_NOT_ME
    return (*changes, Add(world.notice(caller, subject, wording, _NOWHERE)))


async def commit_refusal(
    world: World, caller: Caller, challenge: Challenge, changes: Sequence[Change]
) -> Change | None:
    """The commit of a decline, which counts it: several in a row keep further questions away for a
    while, and the person is told of that. The change that failed, if one did; a decline that comes
    while a block lasts is not counted."""
    proof = refusals_of(challenge.purpose)
    failed: Change | None = None
    for _ in range(world.device_limits.open_questions + REPEATS):  # others may be declined as well
        now = world.clock.now()
        before = await world.stores.attempts(challenge.programme_id, challenge.holder, proof)
        if before.blocked(now):
            return (await world.commit(*changes)).failed
        spend = replace(refusal(world, challenge), before=before)
        told: tuple[Change, ...] = ()
        if begins_block(before, spend.limit):
            told = await _told_of_refusals(world, caller, challenge)
        failed = (await world.commit(*changes, *told, spend)).failed
        if failed is not spend:
            break
    return failed


async def _told_of_refusals(
    world: World, caller: Caller, challenge: Challenge
) -> tuple[Change, ...]:
    subject = await world.stores.subject(challenge.programme_id, challenge.subject_id)
    if subject is None:
        return ()
    dedupe = f"refusals:{challenge.id}"
    return (
        AddOnce(world.notice(caller, subject, DEVICE_REFUSALS, _NOWHERE, dedupe)),
        world.fact(caller, f"{refusals_of(challenge.purpose)}_blocked", subject.id),
    )
