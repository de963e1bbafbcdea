"""Log-in with an e-mail address and a secret."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from assent.domain.attempts import Attempts, block_begun, holder_of, holder_of_nobody
from assent.domain.contact import email_key
from assent.domain.event import Event, EventName, Outcome
from assent.domain.factor import Factor
from assent.domain.kind import SecretKind, Verdict
from assent.domain.session import Caller, Scope, Session
from assent.domain.subject import Acting, Subject
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import Change, ChangeFactor, ClearAttempts
from assent.usecases.begin_session import begin_session
from assent.usecases.count_attempt import count_attempt, refuse_blocked, warning
from assent.usecases.read_capture import Captured
from assent.usecases.set_password import expired
from assent.usecases.tell import told
from assent.usecases.world import World


@dataclass(frozen=True, slots=True)
class Opened:
    """A session, and for whom. Its scope says what it is good for."""

    session: Session
    acting: Acting


@dataclass(frozen=True, slots=True)
class Denied:
    """Wrong, whatever was wrong about it; counted."""


async def open_session(
    world: World, caller: Caller, email: str, captured: Captured
) -> Opened | Denied:
    """Counts, compares, and opens a one-factor session.

    An address that is nobody's takes the same steps over the same time and is counted and
    blocked alike (ASVS 6.3.8); so does a person who has no secret of this kind. Refuses
    ATTEMPTS_BLOCKED, BUSY.
    """
    programme_id, secret = caller.programme.id, captured.secret
    kind = world.secret_kind(captured.kind)
    holder = await _holder(world, programme_id, email)
    refuse_blocked(world, await world.stores.attempts(programme_id, holder, kind.proof))
    held = await world.stores.credentials(programme_id, email, kind.name)
    if held is not None and holder != holder_of(held.subject.id):
        raise Refusal(Code.CREDENTIALS_WRONG, "the address moved meanwhile")
    factor = held.factor if held and held.subject.active else None
    details: Mapping[str, Any] = factor.details if factor else kind.decoy()
    with world.offload.place() as run:
        person = await count_attempt(world, programme_id, holder, kind.proof)
        checked = await run(lambda: kind.check(details, 0, b"", secret.reveal(), world.clock.now()))
    if held is None or factor is None or checked.verdict is Verdict.WRONG:
        return await _denied(world, caller, held.subject if held else None, kind, person)
    return await _opened(world, caller, held.subject, factor, kind, secret)


async def _holder(world: World, programme_id: int, email: str) -> str:
    """Under which name the answer is counted. Nothing is unsealed for it: a blocked account is
    then refused as quickly as a blocked nobody, to the hundredth of a millisecond."""
    nobody = holder_of_nobody(world.vault.lookup(email_key(email), f"nobody:{programme_id}"))
    subject_id = await world.stores.subject_id(programme_id, email)
    return nobody if subject_id is None else holder_of(subject_id)


async def _denied(
    world: World, caller: Caller, subject: Subject | None, kind: SecretKind, person: Attempts
) -> Denied:
    changes: tuple[Change, ...] = (
        world.fact(caller, "log_in_denied", subject.id if subject else None),
    )
    if subject is not None:
        changes += warning(world, caller, subject, kind.proof, person)
        if block_begun(person):  # not before: somebody known would take longer than nobody
            changes += _announced(world, caller, subject, kind, Outcome.DECLINED)
    await world.stores.commit(*changes)
    return Denied()


async def _opened(
    world: World,
    caller: Caller,
    subject: Subject,
    factor: Factor,
    kind: SecretKind,
    secret: Secret,
) -> Opened:
    actings = await world.stores.actings_of(subject.id)
    if not actings:
        raise Refusal(Code.SUBJECT_UNKNOWN, "acts for nobody")
    acting = actings[0]
    session, begun = begin_session(
        world,
        caller.programme.id,
        subject.id,
        acting.identity.id,
        kind.elements,
        _scope(caller, factor, world.clock.now()),
        epoch=subject.epoch,
    )
    changes: tuple[Change, ...] = (
        ClearAttempts(caller.programme.id, holder_of(subject.id), kind.proof),
        *begun,
        world.fact(caller, "session_opened", subject.id, {"session": str(session.id)}),
    )
    if session.scope is not Scope.CHANGE_PASSWORD:  # which is no log-in yet
        identity_id = acting.identity.id if session.scope is Scope.FULL else 0
        changes += _announced(world, caller, subject, kind, Outcome.VERIFIED, identity_id)
    if kind.outdated(factor.details):
        details = await world.offload(lambda: kind.rehashed(factor.details, secret))
        changes += (ChangeFactor(replace(factor, details=details)),)
    done = await world.stores.commit(*changes)
    if done.failed is not None:
        raise Refusal(Code.CREDENTIALS_WRONG, "changed meanwhile")
    return Opened(session, acting)


def _announced(
    world: World,
    caller: Caller,
    subject: Subject,
    kind: SecretKind,
    outcome: Outcome,
    identity_id: int = 0,
) -> tuple[Change, ...]:
    """For the firm's server. Of an address that is nobody's there is nobody to tell of."""
    if not caller.programme.settings.webhook_url:
        return ()
    event = Event(
        name=EventName.LOG_IN_DECIDED,
        subject_id=subject.id,
        identity_id=identity_id,
        kind=kind.name,
        outcome=outcome,
        at=world.clock.now(),
    )
    return told(world, caller.programme, event)


def _scope(caller: Caller, factor: Factor, now: int) -> Scope:
    if expired(caller, factor, now):
        return Scope.CHANGE_PASSWORD
    return Scope.CHOOSE_IDENTITY if caller.programme.settings.multi_identity else Scope.FULL
