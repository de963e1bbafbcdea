"""An authorised user is invited by e-mail, and comes in with the code and a first secret."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from assent.domain.contact import Mobile, Reach
from assent.domain.kind import SecretKind
from assent.domain.mailed_code import MailPurpose
from assent.domain.permissions import must_manage, must_manage_users
from assent.domain.policy import must_be_full, second_secret
from assent.domain.session import Caller, Session
from assent.domain.subject import Acting, Role, Subject
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import Add, Change, ChangeSubject
from assent.ports.mailing import DecideMailedCode
from assent.ports.offload import Run
from assent.usecases.begin_session import begin_session
from assent.usecases.mailed_codes import (
    RightCode,
    WrongCode,
    give_back,
    judge,
    refuse_blocked_codes,
    send_mailed_code,
    still_right,
    used_up,
    whose_id,
)
from assent.usecases.read_capture import Read
from assent.usecases.set_password import (
    check_candidate,
    first_of,
    has_another_secret,
    has_proved_more,
)
from assent.usecases.world import REPEATS, Keep, World, keep_nothing, speaking


@dataclass(frozen=True, slots=True)
class Invited:
    """The code is that of an invitation that is still open."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The user has a secret, and is logged in with it."""

    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """What an invited user answers with."""

    answer: str = field(repr=False)
    mobile: Mobile | None = field(default=None, repr=False)
    """In place of the one that they were created with."""


async def invite_user(
    world: World,
    caller: Caller,
    subject_id: int,
    name_of: Callable[[Acting], str],
    chosen: str | None = None,
    keep: Keep = keep_nothing,
) -> None:
    """Mails a code to a user of the caller's identity; `name_of` says, by its root, what that is
    called.

    Refuses PERMISSION_MISSING, NOT_FOUND, SUBJECT_INACTIVE, INVITE_USED where the user has a
    secret already, ATTEMPTS_BLOCKED and what `send_mailed_code` refuses.
    """
    session = speaking(caller)
    must_be_full(session)
    own = await world.stores.acting(session.subject_id, session.identity_id)
    if own is None:
        raise Refusal(Code.NOT_FOUND)
    must_manage_users(own)
    user = await world.stores.acting(subject_id, session.identity_id, inactive=True)
    if user is None or user.role is not Role.USER:
        raise Refusal(Code.NOT_FOUND)
    must_manage(own, user.subject)
    if not user.active:
        raise Refusal(Code.SUBJECT_INACTIVE)
    if has_another_secret(world, await world.stores.factor_lines(subject_id)):
        raise Refusal(Code.INVITE_USED)
    programme_id = caller.programme.id
    root = await world.stores.root_of(programme_id, session.identity_id)
    await refuse_blocked_codes(world, programme_id, await whose_id(world, programme_id, subject_id))
    await send_mailed_code(
        world,
        caller,
        MailPurpose.INVITE,
        user.subject,
        user.subject.email,
        chosen,
        {"name": name_of(root or own)},
        keep,
    )


async def validate_invite(
    world: World, caller: Caller, subject_id: int, answer: str
) -> Invited | WrongCode:
    """Judges the code without using it: a wrong one counts, a right one costs nothing."""
    whose = await whose_id(world, caller.programme.id, subject_id)
    right = await judge(world, caller, MailPurpose.INVITE, whose, answer)
    if isinstance(right, WrongCode):
        return right
    await give_back(world, right)
    if has_another_secret(world, await world.stores.factor_lines(right.subject.id)):
        return WrongCode()
    return Invited()


async def consume_invite(
    world: World,
    caller: Caller,
    subject_id: int,
    joining: Joining,
    read: Read,
    keep: Keep = keep_nothing,
) -> Joined | WrongCode:
    """Judges the code, sets the first secret, and verifies the address that the code went to.

    Before anything is counted it refuses what depends on the call alone: the policy's reasons,
    MOBILE_IMPOSSIBLE. To the right code only, which then stays good: SECRET_ALREADY_SET,
    STEP_UP_REQUIRED (a client vouched for a factor of theirs meanwhile), SECRET_TOO_SIMPLE,
    SUBJECT_UNKNOWN. Also BUSY, CHANGED_MEANWHILE.
    """
    captured = await read(False)
    kind = world.secret_kind(captured.kind)
    check_candidate(kind, caller, captured.secret, None)
    if joining.mobile is not None and joining.mobile.reach() is Reach.IMPOSSIBLE:
        raise Refusal(Code.MOBILE_IMPOSSIBLE)
    whose = await whose_id(world, caller.programme.id, subject_id)
    with world.offload.place() as run:
        right = await judge(world, caller, MailPurpose.INVITE, whose, joining.answer, keep)
        if isinstance(right, WrongCode):
            return right
        try:
            await _may_join(world, caller, right.subject, kind, captured.secret)
            await read(True)
        except Refusal:
            await give_back(world, right)
            raise
        return await _joined(world, caller, right, joining, kind, captured.secret, run, keep)


async def _may_join(
    world: World, caller: Caller, subject: Subject, kind: SecretKind, secret: Secret
) -> None:
    lines = await world.stores.factor_lines(subject.id)
    if has_another_secret(world, lines):
        raise Refusal(Code.SECRET_ALREADY_SET)
    if has_proved_more(world, kind, lines):
        second_secret(caller.session, subject.id)
    check_candidate(kind, caller, secret, subject)


async def _joined(
    world: World,
    caller: Caller,
    right: RightCode,
    joining: Joining,
    kind: SecretKind,
    secret: Secret,
    run: Run,
    keep: Keep,
) -> Joined | WrongCode:
    now = world.clock.now()
    details = await run(lambda: kind.keep({}, secret, now))
    subject: Subject | None = right.subject
    for _ in range(REPEATS):
        if subject is None:
            return WrongCode()
        session, begun = await _begun(world, subject, kind)
        result = Joined(session)
        added = Add(first_of(world, subject, kind, details))
        done = await world.commit(
            *used_up(world, right),
            added,
            ChangeSubject(_with_mobile(subject, joining.mobile)),
            *begun,
            world.fact(caller, "invite_consumed", subject.id, {"kind": kind.name}),
            *keep(result),
        )
        if done.failed is None:
            return result
        if isinstance(done.failed, DecideMailedCode):
            return WrongCode()
        if done.failed is added:
            raise Refusal(Code.SECRET_ALREADY_SET)
        subject = await still_right(world, right)
    raise Refusal(Code.CHANGED_MEANWHILE)


async def _begun(
    world: World, subject: Subject, kind: SecretKind
) -> tuple[Session, tuple[Change, ...]]:
    actings = await world.stores.actings_of(subject.id)
    if not actings:
        raise Refusal(Code.SUBJECT_UNKNOWN, "acts for nobody")
    identity_id = actings[0].identity.id
    return begin_session(
        world, subject.programme_id, subject.id, identity_id, kind.elements, epoch=subject.epoch
    )


def _with_mobile(subject: Subject, mobile: Mobile | None) -> Subject:
    """The address is verified, because the code came from there; a new number is not."""
    changed = replace(subject, email_verified=True)
    if mobile is None or mobile == subject.mobile:
        return changed
    return replace(changed, mobile=mobile, mobile_verified=False)
