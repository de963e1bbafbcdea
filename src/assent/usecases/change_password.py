"""A new password in place of the old one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from assent.domain.attempts import holder_of
from assent.domain.factor import Factor
from assent.domain.kind import SecretKind, Verdict
from assent.domain.policy import must_be_stepped_up
from assent.domain.session import Caller, Scope
from assent.domain.subject import Identity, Subject
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import ChangeFactor, ClearAttempts, RaiseEpoch
from assent.usecases.begin_session import begin_session
from assent.usecases.count_attempt import count_attempt, refuse_blocked, warning
from assent.usecases.end_session import end_all_sessions
from assent.usecases.set_password import PasswordSet, check_candidate, expiry
from assent.usecases.world import World, speaking


@dataclass(frozen=True, slots=True)
class OldPasswordWrong:
    """Counted like a wrong password at log-in."""


async def change_password(
    world: World,
    caller: Caller,
    kind_name: str,
    read: Callable[[], Awaitable[tuple[Secret, Secret]]],
) -> PasswordSet | OldPasswordWrong:
    """Needs step-up, but for the session that an expired password opens.

    `read` fetches old and new, once the session is known to be allowed to. All sessions of the
    person end; the answer holds a new one of the same level as the one that asked. Refuses
    STEP_UP_REQUIRED, SESSION_TOO_NARROW, the policy's reasons, ATTEMPTS_BLOCKED, BUSY.
    """
    session = speaking(caller)
    if session.scope is Scope.CHOOSE_IDENTITY:
        raise Refusal(Code.SESSION_TOO_NARROW, session.scope)
    if session.scope is not Scope.CHANGE_PASSWORD:
        must_be_stepped_up(session)
    old, new = await read()
    kind = world.secret_kind(kind_name)
    acting = await world.stores.acting(session.subject_id, session.identity_id)
    factor = await world.stores.factor(session.subject_id, kind_name)
    if acting is None or factor is None:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    check_candidate(kind, caller, new, acting.subject)
    if not await _old_is_right(world, caller, kind, acting.subject, factor, old):
        return OldPasswordWrong()
    profile = caller.programme.settings.password_profile
    if await world.offload(lambda: kind.used_before(factor.details, new, profile)):
        raise Refusal(Code.SECRET_USED_BEFORE)
    return await _changed(world, caller, kind, factor, new, acting.identity)


async def _old_is_right(
    world: World, caller: Caller, kind: SecretKind, subject: Subject, factor: Factor, old: Secret
) -> bool:
    programme_id, holder = caller.programme.id, holder_of(subject.id)
    refuse_blocked(world, await world.stores.attempts(programme_id, holder, kind.proof))
    with world.offload.place() as run:
        person = await count_attempt(world, programme_id, holder, kind.proof)
        checked = await run(
            lambda: kind.check(factor.details, 0, b"", old.reveal(), world.clock.now())
        )
    if checked.verdict is Verdict.RIGHT:
        await world.stores.commit(ClearAttempts(programme_id, holder, kind.proof))
        return True
    await world.stores.commit(
        world.fact(caller, "old_password_wrong", subject.id),
        *warning(world, caller, subject, kind.proof, person),
    )
    return False


async def _changed(
    world: World, caller: Caller, kind: SecretKind, factor: Factor, new: Secret, identity: Identity
) -> PasswordSet | OldPasswordWrong:
    session, now = speaking(caller), world.clock.now()
    details = await world.offload(lambda: kind.keep(factor.details, new, now))
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
    changed = ChangeFactor(replace(factor, details=details))
    # The asking session's epoch, not the person's: a session that was ended while it asked can
    # no longer raise it.
    ended = RaiseEpoch(session.subject_id, session.epoch)
    done = await world.stores.commit(
        changed,
        ended,
        *end_all_sessions(world, caller, session.subject_id, "password_changed"),
        *begun,
        world.fact(caller, "password_changed", session.subject_id),
    )
    if done.failed is ended:
        raise Refusal(Code.SESSION_GONE)
    if done.failed is changed:
        return OldPasswordWrong()  # another change came first: what was right is right no more
    return PasswordSet(begun_session, identity, expiry(caller, now))
