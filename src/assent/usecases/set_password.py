"""The first password of a person, and the check of a candidate."""

from dataclasses import dataclass

from assent.domain.factor import Factor, FactorState
from assent.domain.kind import SecretKind
from assent.domain.session import Caller, Session
from assent.domain.subject import Identity, Subject
from assent.kernel.clock import DAY
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import Add
from assent.usecases.begin_session import begin_session
from assent.usecases.world import World


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """A password is in force, and its owner is logged in."""

    session: Session
    identity: Identity
    expires_at: int
    """In ms; 0: never."""


def check_candidate(
    kind: SecretKind, caller: Caller, secret: Secret, subject: Subject | None
) -> None:
    """Refuses the first rule a new secret breaks: SECRET_TOO_SHORT, _TOO_LONG, _TOO_SIMPLE."""
    about = [caller.programme.name]
    if subject is not None:
        about += [subject.email, *(str(value) for value in subject.details.values())]
    objection = kind.objection(secret, caller.programme.settings.password_profile, about)
    if objection is not None:
        raise Refusal(objection)


def expiry(caller: Caller, now: int) -> int:
    """When a password set now must be renewed, in ms; 0: never."""
    days = caller.programme.settings.password_days
    return now + days * DAY if days else 0


async def set_password(
    world: World, caller: Caller, subject_id: int, kind_name: str, secret: Secret
) -> PasswordSet:
    """Sets the first one and opens a one-factor session.

    Refuses SUBJECT_UNKNOWN, SECRET_ALREADY_SET, the policy's reasons, BUSY.
    """
    kind = world.secret_kind(kind_name)
    subject = await world.stores.subject(caller.programme.id, subject_id)
    actings = await world.stores.actings_of(subject_id) if subject else []
    if subject is None or not subject.active or not actings:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    if await world.stores.factor(subject_id, kind_name) is not None:
        raise Refusal(Code.SECRET_ALREADY_SET)
    check_candidate(kind, caller, secret, subject)
    now = world.clock.now()
    details = await world.offload(lambda: kind.keep({}, secret, now))
    factor = Factor(
        id=world.ids.next(),
        programme_id=caller.programme.id,
        subject_id=subject_id,
        kind=kind_name,
        state=FactorState.ACTIVE,
        details=details,
        created_at=now,
    )
    identity = actings[0].identity
    session, begun = begin_session(
        world, caller.programme.id, subject_id, identity.id, kind.elements, epoch=subject.epoch
    )
    added = Add(factor)
    done = await world.stores.commit(added, *begun, world.fact(caller, "password_set", subject_id))
    if done.failed is added:
        raise Refusal(Code.SECRET_ALREADY_SET)
    return PasswordSet(session, identity, expiry(caller, now))
