"""The first secret of a kind that a person sets, and the check of a candidate."""

from collections.abc import Sequence
from dataclasses import dataclass

from assent.domain.attempts import holder_of
from assent.domain.english import FACTOR_ENROLLED
from assent.domain.factor import Factor, FactorLine, FactorState, was_ever_proved
from assent.domain.kind import SecretKind
from assent.domain.policy import second_secret
from assent.domain.session import Caller, Session
from assent.domain.subject import Identity, Subject
from assent.kernel.clock import DAY
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import Add, Change
from assent.usecases.begin_session import begin_session
from assent.usecases.count_attempt import refuse_blocked
from assent.usecases.read_capture import Read
from assent.usecases.world import World


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """A secret is in force, and its owner is logged in."""

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
        about += _words_of(subject)
    objection = kind.objection(secret, caller.programme.settings, about)
    if objection is not None:
        raise Refusal(objection)


def _words_of(subject: Subject) -> list[str]:
    """What is known of a person, the parts of a date or an address in one line each."""
    words = [subject.email]
    if subject.mobile is not None:
        words += [subject.mobile.number, f"{subject.mobile.country_code}{subject.mobile.number}"]
    for value in subject.details.values():
        parts = value.values() if isinstance(value, dict) else (value,)
        words.append(" ".join(str(part) for part in parts))
    return words


def expiry(caller: Caller, now: int) -> int:
    """When a secret set now must be renewed, in ms; 0: never."""
    days = caller.programme.settings.password_days
    return now + days * DAY if days else 0


def expired(caller: Caller, factor: Factor, now: int) -> bool:
    """Whether this secret had to be renewed before now; each kind has a date of its own."""
    days = caller.programme.settings.password_days
    return days > 0 and now - int(factor.details["changed_at"]) >= days * DAY


async def set_password(world: World, caller: Caller, subject_id: int, read: Read) -> PasswordSet:
    """Sets the first secret of its kind and opens a one-factor session.

    `read` fetches the secret, and told True uses its token up: not before it is known to be
    allowed. Once the person has proved another factor, only a stepped-up session of theirs may
    add a secret (RTS Article 24(2)(b)); until then, they are being onboarded. Who is blocked for
    wrong secrets gets no session by way of another one. Refuses SUBJECT_UNKNOWN,
    SECRET_ALREADY_SET, STEP_UP_REQUIRED, ATTEMPTS_BLOCKED, the policy's reasons, BUSY.
    """
    kind = world.secret_kind((await read(False)).kind)
    subject = await world.stores.subject(caller.programme.id, subject_id)
    actings = await world.stores.actings_of(subject_id) if subject else []
    if subject is None or not subject.active or not actings:
        raise Refusal(Code.SUBJECT_UNKNOWN)
    if await world.stores.factor(subject_id, kind.name) is not None:
        raise Refusal(Code.SECRET_ALREADY_SET)
    lines = await world.stores.factor_lines(subject_id)
    if has_proved_more(world, kind, lines):
        second_secret(caller.session, subject_id)
    if has_another_secret(world, lines):
        programme_id, holder = caller.programme.id, holder_of(subject_id)
        refuse_blocked(world, await world.stores.attempts(programme_id, holder, kind.proof))
    secret = (await read(True)).secret
    check_candidate(kind, caller, secret, subject)
    told = _told(world, caller, subject, kind.name) if has_another_secret(world, lines) else ()
    return await _set(world, caller, subject, actings[0].identity, kind, secret, told)


def _told(world: World, caller: Caller, subject: Subject, kind: str) -> tuple[Change, ...]:
    """Of a second way in; the first is what the person is just setting up."""
    return (Add(world.notice(caller, subject, FACTOR_ENROLLED, world.called(kind))),)


def has_another_secret(world: World, lines: Sequence[FactorLine]) -> bool:
    """Whoever has none yet cannot have been wrong: what was tried in their name was somebody
    else's doing, and must not keep them out for good."""
    return any(isinstance(world.kinds.get(line.kind), SecretKind) for line in lines)


def has_proved_more(world: World, kind: SecretKind, lines: Sequence[FactorLine]) -> bool:
    """Whether a factor of another sort was ever proved, whatever became of it since."""
    for line in lines:
        known = world.kinds.get(line.kind)
        more = known is None or not known.elements <= kind.elements
        if more and was_ever_proved(line):
            return True
    return False


async def _set(
    world: World,
    caller: Caller,
    subject: Subject,
    identity: Identity,
    kind: SecretKind,
    secret: Secret,
    told: tuple[Change, ...],
) -> PasswordSet:
    now = world.clock.now()
    details = await world.offload(lambda: kind.keep({}, secret, now))
    session, begun = begin_session(
        world, caller.programme.id, subject.id, identity.id, kind.elements, epoch=subject.epoch
    )
    added = Add(first_of(world, subject, kind, details))
    recorded = world.fact(caller, "password_set", subject.id, {"kind": kind.name})
    done = await world.stores.commit(added, *begun, *told, recorded)
    if done.failed is added:
        raise Refusal(Code.SECRET_ALREADY_SET)
    return PasswordSet(session, identity, expiry(caller, now))


def first_of(
    world: World, subject: Subject, kind: SecretKind, details: dict[str, object]
) -> Factor:
    """The row of a person's first secret of a kind."""
    return Factor(
        id=world.ids.next(),
        programme_id=subject.programme_id,
        subject_id=subject.id,
        kind=kind.name,
        state=FactorState.ACTIVE,
        details=details,
        created_at=world.clock.now(),
    )
