"""Outcomes by decree, for a sandbox: what a person, a registry or time would have brought about."""

from dataclasses import replace
from enum import Enum

from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.kind import Checked, Verdict
from assent.domain.session import Caller
from assent.domain.subject import Diligence, IdentityType
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import DecideChallenge
from assent.ports.changes import ChangeIdentity, ChangeSubject
from assent.usecases.answer_challenge import judge
from assent.usecases.world import World


class Outcome(Enum):
    """How a challenge is to end."""

    SUCCESS = "success"
    INVALID = "invalid"
    EXPIRED = "expired"


async def simulate_answer(
    world: World, caller: Caller, subject_id: int, challenge_id: int, outcome: Outcome
) -> bool:
    """Ends an open challenge as told; false where there is none to end.

    A wrong answer counts as one that the person gave. Refuses NOT_FOUND, and what
    `answer_challenge` refuses for a challenge that takes no answers.
    """
    asked = await world.stores.asked_by_id(caller.programme.id, subject_id, challenge_id)
    if asked is None:
        raise Refusal(Code.NOT_FOUND)
    if asked.challenge.purpose is Purpose.APPROVE:  # a client's; it has its own fixed code
        return False
    session = await world.stores.session(asked.challenge.session_id)
    now = world.clock.now()
    if session is None or not asked.challenge.open(now):
        return False
    if outcome is Outcome.EXPIRED:
        done = await world.stores.commit(DecideChallenge(challenge_id, ChallengeState.EXPIRED, now))
        return done.failed is None
    elements = world.kind(asked.challenge.kind).elements
    checked = (
        Checked(Verdict.RIGHT, asked.factor.counter, elements)
        if outcome is Outcome.SUCCESS
        else Checked(Verdict.WRONG)
    )
    await judge(world, caller, session, asked, lambda: checked)
    return True


async def simulate_due_diligence(
    world: World, caller: Caller, type: IdentityType, identity_id: int
) -> None:
    """E-mail and mobile count as verified and due diligence as passed; no factor is enrolled.

    Refuses NOT_FOUND, for an identity of another type too.
    """
    acting = await world.stores.root_of(caller.programme.id, identity_id)
    if acting is None or acting.identity.type is not type:
        raise Refusal(Code.NOT_FOUND)
    subject = replace(acting.subject, email_verified=True, mobile_verified=True)
    done = await world.stores.commit(
        ChangeSubject(subject),
        ChangeIdentity(replace(acting.identity, diligence=Diligence.APPROVED)),
        world.fact(caller, "due_diligence_simulated", subject.id),
    )
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
