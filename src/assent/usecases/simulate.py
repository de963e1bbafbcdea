"""Outcomes by decree, for a sandbox: what a person, a registry or time would have brought about."""

from dataclasses import dataclass, field, replace
from enum import Enum

from assent.domain.challenge import Purpose
from assent.domain.device import ASKED
from assent.domain.evidence import Evidence, Said
from assent.domain.kind import Checked, SigningKind, Verdict
from assent.domain.session import Caller
from assent.domain.subject import Diligence, IdentityType
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import ChangeIdentity, ChangeSubject
from assent.ports.records import Asked
from assent.usecases.answer_challenge import judge
from assent.usecases.answer_on_device import approved, count_answer, failed, refuse_closed
from assent.usecases.lapse_challenges import lapse
from assent.usecases.remote_answer import answer_remotely
from assent.usecases.world import World


class Decree(Enum):
    """How a challenge is to end."""

    SUCCESS = "success"
    INVALID = "invalid"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Simulated:
    """Whether there was something to end; `token` is what a log-in then yielded."""

    done: bool
    token: str = field(default="", repr=False)


async def simulate_answer(
    world: World, caller: Caller, subject_id: int, challenge_id: int, outcome: Decree
) -> Simulated:
    """Ends an open challenge as told: a code's, or one that the person's devices were asked.

    A wrong answer counts as one that the person gave. The enrolment of a device, or its new key,
    cannot be passed by decree: there would be no key. Refuses NOT_FOUND, and what
    `answer_challenge`, `answer_on_device` and `answer_remotely` refuse for a challenge that takes
    no answers.
    """
    asked = await world.stores.asked_by_id(caller.programme.id, subject_id, challenge_id)
    if asked is None:
        raise Refusal(Code.NOT_FOUND)
    challenge = asked.challenge
    if challenge.purpose is Purpose.APPROVE:  # a client's; it has its own fixed code
        return Simulated(False)
    if not challenge.open(world.clock.now()):
        return Simulated(False)
    if isinstance(world.kind(challenge.kind), SigningKind) and challenge.purpose in _NEED_A_KEY:
        return Simulated(False)
    if outcome is Decree.EXPIRED:
        return Simulated(await lapse(world, challenge))
    if challenge.kind in ASKED:
        return await _on_device(world, caller, asked, outcome)
    return await _code(world, caller, asked, outcome)


_NEED_A_KEY = (Purpose.ENROL, Purpose.ROTATE)


async def _code(world: World, caller: Caller, asked: Asked, outcome: Decree) -> Simulated:
    session = await world.stores.session(asked.challenge.session_id)
    if session is None:
        return Simulated(False)
    checked = _checked(world, asked, outcome)
    await judge(world, caller, session, asked, lambda: checked)
    return Simulated(True)


async def _on_device(world: World, caller: Caller, asked: Asked, outcome: Decree) -> Simulated:
    """As if the device that the challenge names had answered, or, of an app, its vendor."""
    challenge = asked.challenge
    await refuse_closed(world, asked)
    if outcome is Decree.INVALID:
        tries, person = await count_answer(world, asked)
        await failed(world, caller, asked, tries, person)
        return Simulated(True)
    if not isinstance(world.kind(challenge.kind), SigningKind):
        said = Evidence(Said.APPROVED, _SOURCE)
        await answer_remotely(world, caller, challenge.subject_id, challenge.id, said)
        return Simulated(True)
    await count_answer(world, asked)
    used = replace(
        asked.factor, details={**asked.factor.details, "last_used_at": world.clock.now()}
    )
    checked, about = _checked(world, asked, outcome), {"evidence": _SOURCE}
    result = await approved(world, caller, asked, used, checked, about)
    return Simulated(True, result.token)


_SOURCE = "simulator"


def _checked(world: World, asked: Asked, outcome: Decree) -> Checked:
    if outcome is Decree.INVALID:
        return Checked(Verdict.WRONG)
    elements = world.kind(asked.challenge.kind).elements
    return Checked(Verdict.RIGHT, asked.factor.counter, elements)


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
