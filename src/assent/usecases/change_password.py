"""A new secret in place of the old one, or of another kind beside it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from assent.domain.attempts import holder_of
from assent.domain.english import FACTOR_ENROLLED, PASSWORD_CHANGED
from assent.domain.factor import Factor
from assent.domain.kind import SecretKind, Verdict
from assent.domain.policy import must_be_stepped_up
from assent.domain.session import Caller, Scope
from assent.domain.subject import Acting, Subject
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import Add, ChangeFactor, ClearAttempts, RaiseEpoch
from assent.usecases.begin_session import begin_session
from assent.usecases.count_attempt import count_attempt, refuse_blocked, warning
from assent.usecases.end_session import end_all_sessions
from assent.usecases.read_capture import Captured
from assent.usecases.register_factor import withdraw_questions
from assent.usecases.set_password import (
    PasswordSet,
    check_candidate,
    expired,
    expiry,
    first_of,
)
from assent.usecases.world import World, speaking


@dataclass(frozen=True, slots=True)
class OldPasswordWrong:
    """Counted like a wrong password at log-in."""


async def change_password(
    world: World, caller: Caller, read: Callable[[], Awaitable[tuple[Captured, Captured]]]
) -> PasswordSet | OldPasswordWrong:
    """Needs step-up, but for the session that an expired secret opens: that renews it.

    `read` fetches old and new, once the session is known to be allowed to. The old one is any
    secret of the person; the new one takes the place of theirs of its kind, or is their first.
    All sessions of the person end; the answer holds a new one of the same level as the one that
    asked. Refuses STEP_UP_REQUIRED, SESSION_TOO_NARROW, the policy's reasons, ATTEMPTS_BLOCKED,
    SECRET_USED_BEFORE, BUSY; CHANGED_MEANWHILE where two first ones come at once.
    """
    session = speaking(caller)
    if session.scope is Scope.CHOOSE_IDENTITY:
        raise Refusal(Code.SESSION_TOO_NARROW, session.scope)
    if session.scope is not Scope.CHANGE_PASSWORD:
        must_be_stepped_up(session)
    old, new = await read()
    acting = await world.stores.acting(session.subject_id, session.identity_id)
    if acting is None:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    known = await world.stores.factor(session.subject_id, old.kind)
    factor = await world.stores.factor(session.subject_id, new.kind)
    if session.scope is Scope.CHANGE_PASSWORD:
        _must_be_renewal(world, caller, known, factor)
    kind = world.secret_kind(new.kind)
    check_candidate(kind, caller, new.secret, acting.subject)
    if not await _old_is_right(world, caller, acting.subject, known, old):
        return OldPasswordWrong()
    settings = caller.programme.settings
    if factor is not None and await world.offload(
        lambda: kind.used_before(factor.details, new.secret, settings)
    ):
        raise Refusal(Code.SECRET_USED_BEFORE)
    return await _changed(world, caller, kind, factor, new.secret, acting)


def _must_be_renewal(
    world: World, caller: Caller, known: Factor | None, factor: Factor | None
) -> None:
    """One element opened this session: it neither adds a secret nor touches one in force."""
    if known is None or factor is None or known.id != factor.id:
        raise Refusal(Code.STEP_UP_REQUIRED, "another kind")
    if not expired(caller, known, world.clock.now()):
        raise Refusal(Code.STEP_UP_REQUIRED, "in force")


async def _old_is_right(
    world: World, caller: Caller, subject: Subject, known: Factor | None, old: Captured
) -> bool:
    """Counted, and compared with nobody's where the person has none of that kind."""
    programme_id, holder = caller.programme.id, holder_of(subject.id)
    kind = world.secret_kind(old.kind)
    refuse_blocked(world, await world.stores.attempts(programme_id, holder, kind.proof))
    details = known.details if known else kind.decoy()
    answer, now = old.secret.reveal(), world.clock.now()
    with world.offload.place() as run:
        person = await count_attempt(world, programme_id, holder, kind.proof)
        checked = await run(lambda: kind.check(details, 0, b"", answer, now))
    if known is not None and checked.verdict is Verdict.RIGHT:
        await world.stores.commit(ClearAttempts(programme_id, holder, kind.proof))
        return True
    await world.stores.commit(
        world.fact(caller, "old_password_wrong", subject.id, {"kind": kind.name}),
        *warning(world, caller, subject, kind.proof, person),
    )
    return False


async def _changed(
    world: World,
    caller: Caller,
    kind: SecretKind,
    factor: Factor | None,
    new: Secret,
    acting: Acting,
) -> PasswordSet | OldPasswordWrong:
    session, now = speaking(caller), world.clock.now()
    held = factor.details if factor else {}
    details = await world.offload(lambda: kind.keep(held, new, now))
    begun_session, begun = begin_session(
        world,
        caller.programme.id,
        session.subject_id,
        session.identity_id,
        kind.elements,
        Scope.CHOOSE_IDENTITY
        if session.scope is Scope.CHANGE_PASSWORD and caller.programme.settings.multi_identity
        else Scope.FULL,
        stepped_up=session.stepped_up,
        epoch=session.epoch + 1,
    )
    changed = (
        ChangeFactor(replace(factor, details=details))
        if factor
        else Add(first_of(world, acting.subject, kind, details))
    )
    # The asking session's epoch, not the person's: a session that was ended while it asked can
    # no longer raise it.
    ended = RaiseEpoch(session.subject_id, session.epoch)
    done = await world.stores.commit(
        changed,
        ended,
        *end_all_sessions(world, caller, session.subject_id, "password_changed"),
        *withdraw_questions(world, session.subject_id),
        *begun,
        Add(
            world.notice(
                caller,
                acting.subject,
                PASSWORD_CHANGED if factor else FACTOR_ENROLLED,
                world.called(kind.name),
            )
        ),
        world.fact(caller, "password_changed", session.subject_id, {"kind": kind.name}),
    )
    if done.failed is ended:
        raise Refusal(Code.SESSION_GONE)
    if done.failed is changed and factor is None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    if done.failed is changed:
        return OldPasswordWrong()  # another change came first: what was right is right no more
    return PasswordSet(begun_session, acting.identity, expiry(caller, now))
