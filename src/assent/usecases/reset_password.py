"""A lost password or passcode: a code to the person's mailbox, and a new one in its place.

Who reads the mailbox gets what the secret alone would give, and no more: a session of one element,
which a second factor must still step up.
"""

from dataclasses import dataclass, replace

from assent.domain.attempts import FOR_EVER, holder_of
from assent.domain.english import PASSWORD_RESET_DONE
from assent.domain.factor import Factor
from assent.domain.kind import SecretKind
from assent.domain.mailed_code import MailPurpose
from assent.domain.message import Channel
from assent.domain.policy import may_reset_by_email
from assent.domain.session import Caller, Session
from assent.domain.subject import Subject
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import (
    Add,
    Change,
    ChangeFactor,
    ChangeSubject,
    ClearAttempts,
)
from assent.ports.mailing import DecideMailedCode
from assent.ports.offload import Run
from assent.usecases.begin_session import begin_session
from assent.usecases.end_session import end_all_sessions
from assent.usecases.mailed_codes import (
    RightCode,
    WrongCode,
    give_back,
    judge,
    refuse_blocked_codes,
    send_mailed_code,
    still_right,
    used_up,
    whose_email,
)
from assent.usecases.read_capture import Read
from assent.usecases.register_factor import withdraw_approvals, withdraw_questions
from assent.usecases.set_password import check_candidate, first_of, has_another_secret
from assent.usecases.world import REPEATS, World


@dataclass(frozen=True, slots=True)
class PasswordReset:
    """The new secret is in force, and its owner is logged in, with one element."""

    session: Session


async def start_reset(world: World, caller: Caller, email: str, chosen: str | None = None) -> None:
    """Mails a code to the person's own address, unless that was changed lately or never verified
    since (`may_reset_by_email`). An address that is nobody's takes the same steps (ASVS 6.3.8),
    unless the programme wants it told: EMAIL_UNKNOWN.

    Refuses ATTEMPTS_BLOCKED, RESEND_TOO_SOON, SENDS_USED_UP, of anybody and nobody alike.
    """
    programme_id = caller.programme.id
    whose = await whose_email(world, programme_id, email)
    await refuse_blocked_codes(world, programme_id, whose)
    subject = await world.stores.subject(programme_id, whose.subject_id)
    if subject is not None and not subject.active:
        subject = None
    now = world.clock.now()
    sent_to = subject if subject and may_reset_by_email(subject, now) else None
    await send_mailed_code(world, caller, MailPurpose.RESET_PASSWORD, sent_to, email, chosen)
    if subject is None and caller.programme.settings.tells_unknown_emails:
        raise Refusal(Code.EMAIL_UNKNOWN)


async def reset_password(
    world: World, caller: Caller, email: str, answer: str, read: Read
) -> PasswordReset | WrongCode:
    """Judges the code and puts the new secret in place of the one of its kind, or beside those of
    another kind.

    In one commit the code is used, the old secret is history, a temporary block of log-in is
    lifted, every session ends, what clients asked of the person is void, the address counts as
    verified, and the person is told by another way than the mailbox where there is one.

    Before anything is counted it refuses what depends on the secret alone: the policy's reasons.
    What depends on the person is refused to the right code only, which then stays good:
    SECRET_NOT_SET (they never had one), SECRET_TOO_SIMPLE, SECRET_USED_BEFORE, and
    ATTEMPTS_BLOCKED where only an operator lifts the block of log-in. Also BUSY,
    CHANGED_MEANWHILE.
    """
    captured = await read(False)
    kind = world.secret_kind(captured.kind)
    check_candidate(kind, caller, captured.secret, None)
    whose = await whose_email(world, caller.programme.id, email)
    with world.offload.place() as run:
        right = await judge(world, caller, MailPurpose.RESET_PASSWORD, whose, answer)
        if isinstance(right, WrongCode):
            return right
        try:
            factor = await _may_be_reset(world, caller, right.subject, kind, captured.secret, run)
            await read(True)
        except Refusal:
            await give_back(world, right)
            raise
        return await _reset(world, caller, right, kind, factor, captured.secret, run)


async def _may_be_reset(
    world: World, caller: Caller, subject: Subject, kind: SecretKind, secret: Secret, run: Run
) -> Factor | None:
    """The secret that is to be replaced; none where it is the first of its kind."""
    if not has_another_secret(world, await world.stores.factor_lines(subject.id)):
        raise Refusal(Code.SECRET_NOT_SET)
    held = await world.stores.attempts(subject.programme_id, holder_of(subject.id), kind.proof)
    if held.blocked_until == FOR_EVER:
        raise Refusal(Code.ATTEMPTS_BLOCKED, "for an operator to lift")
    check_candidate(kind, caller, secret, subject)
    factor = await world.stores.factor(subject.id, kind.name)
    settings = caller.programme.settings
    if factor and await run(lambda: kind.used_before(factor.details, secret, settings)):
        raise Refusal(Code.SECRET_USED_BEFORE)
    return factor


async def _reset(
    world: World,
    caller: Caller,
    right: RightCode,
    kind: SecretKind,
    factor: Factor | None,
    secret: Secret,
    run: Run,
) -> PasswordReset | WrongCode:
    subject: Subject | None = right.subject
    for _ in range(REPEATS):
        if subject is None:
            return WrongCode()
        changed = await _replaced(world, subject, kind, factor, secret, run)
        session, effects = await _effects(world, caller, subject, kind)
        done = await world.stores.commit(*used_up(world, right), changed, *effects)
        if done.failed is None:
            return PasswordReset(session)
        if isinstance(done.failed, DecideMailedCode):
            return WrongCode()
        subject = await still_right(world, right)
        factor = await world.stores.factor(right.subject.id, kind.name)
    raise Refusal(Code.CHANGED_MEANWHILE)


async def _replaced(
    world: World,
    subject: Subject,
    kind: SecretKind,
    factor: Factor | None,
    secret: Secret,
    run: Run,
) -> Change:
    now = world.clock.now()
    details = await run(lambda: kind.keep(factor.details if factor else {}, secret, now))
    if factor is None:
        return Add(first_of(world, subject, kind, details))
    return ChangeFactor(replace(factor, details=details))


async def _effects(
    world: World, caller: Caller, subject: Subject, kind: SecretKind
) -> tuple[Session, tuple[Change, ...]]:
    actings = await world.stores.actings_of(subject.id)
    if not actings:
        raise Refusal(Code.SUBJECT_UNKNOWN, "acts for nobody")
    epoch = subject.epoch + 1
    session, begun = begin_session(
        world, subject.programme_id, subject.id, actings[0].identity.id, kind.elements, epoch=epoch
    )
    channel = Channel.SMS if subject.mobile and subject.mobile_verified else Channel.EMAIL
    return session, (
        ChangeSubject(replace(subject, email_verified=True, epoch=epoch)),
        *end_all_sessions(world, caller, subject.id, "password_reset"),
        ClearAttempts(subject.programme_id, holder_of(subject.id), kind.proof),
        withdraw_approvals(world, subject.id),
        *withdraw_questions(world, subject.id),
        *begun,
        Add(world.notice(caller, subject, PASSWORD_RESET_DONE, channel=channel)),
        world.fact(caller, "password_reset", subject.id, {"kind": kind.name}),
    )
