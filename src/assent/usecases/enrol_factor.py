"""The first step of an enrolment: the factor pending, and a question that proves it works."""

from dataclasses import replace

from assent.domain.challenge import Challenge, Purpose
from assent.domain.deed import Deed
from assent.domain.factor import Factor, FactorState
from assent.domain.session import Caller
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, Change, ChangeFactor
from assent.usecases.start_challenge import start_challenge
from assent.usecases.world import Keep, World, keep_nothing, speaking


async def enrol_factor(
    world: World,
    caller: Caller,
    kind_name: str,
    action: Deed,
    chosen: str | None = None,
    keep: Keep = keep_nothing,
) -> Challenge:
    """Begins, or begins again, to enrol the caller's factor of a kind.

    Refuses FACTOR_ALREADY_ENROLLED, the kind's own reasons (MOBILE_MISSING...), and what
    `start_challenge` refuses. Two first steps at once: one of them is CHANGED_MEANWHILE.
    """
    session = speaking(caller)
    kind = world.kind(kind_name)
    subject = await world.stores.subject(caller.programme.id, session.subject_id)
    if subject is None:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    if not subject.active:
        raise Refusal(Code.SUBJECT_INACTIVE)
    held = await world.stores.factor(subject.id, kind_name)
    if held is not None and held.state is not FactorState.PENDING:
        raise Refusal(Code.FACTOR_ALREADY_ENROLLED)
    details = kind.ready(subject, caller.programme.settings.countries)
    before: tuple[Change, ...] = ()
    if held is None:
        factor = Factor(
            id=world.ids.next(),
            programme_id=caller.programme.id,
            subject_id=subject.id,
            kind=kind_name,
            state=FactorState.PENDING,
            details=details,
            created_at=world.clock.now(),
        )
        before = (Add(factor),)
    else:
        factor = replace(held, details=details)
        if held.details != details:
            before = (ChangeFactor(factor),)
    return await start_challenge(
        world, caller, Purpose.ENROL, kind, factor, action, chosen, before, keep
    )
