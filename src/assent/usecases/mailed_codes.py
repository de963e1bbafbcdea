"""Codes to a person's mailbox: sent, and judged. What a right one brings about is the caller's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assent.domain.attempts import Attempts, holder_of, holder_of_nobody
from assent.domain.challenge import ChallengeState
from assent.domain.contact import email_key
from assent.domain.link import link
from assent.domain.mailed_code import DIGITS, PROOF, MailedCode, MailPurpose
from assent.domain.message import Channel
from assent.domain.programme import ProgrammeSettings
from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.kernel.clock import DAY, MINUTE, SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, Change, ClearAttempts
from assent.ports.mailing import (
    DecideMailedCode,
    GiveBackMailedTry,
    SpendBudget,
    SpendGap,
    SpendMailedTry,
    WithdrawMailedCodes,
)
from assent.usecases.budgets import budget_refused, budgets
from assent.usecases.count_attempt import attempt, refuse_blocked, warning
from assent.usecases.world import Keep, World, keep_nothing

_NOBODY = 0
"""No person's id: what is asked of the store about it is asked alike, and finds nothing."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whom an answer is for, or was said to be for, and under which name it is counted."""

    subject_id: int
    holder: str


@dataclass(frozen=True, slots=True)
class RightCode:
    """The code of this person, not used up yet."""

    subject: Subject
    code: MailedCode
    holder: str
    answer: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrongCode:
    """Wrong, unknown, expired, used, void or blocked: whoever asks is not told which."""

    recorded: bool = False
    """Whether it was committed, with its record and the idempotent answer."""


async def whose_email(world: World, programme_id: int, email: str) -> Whose:
    """By an address in any spelling. Opens nothing that is sealed, as a log-in does not."""
    about = f"nobody:{programme_id}"
    nobody = holder_of_nobody(world.vault.lookup(email_key(email), about))
    subject_id = await world.stores.subject_id(programme_id, email)
    return _whose(subject_id, nobody)


async def whose_id(world: World, programme_id: int, subject_id: int) -> Whose:
    """By id, which may be nobody's here."""
    about = f"nobody of this id:{programme_id}"
    nobody = holder_of_nobody(world.vault.lookup(str(subject_id), about))
    subject = await world.stores.subject(programme_id, subject_id)
    return _whose(subject.id if subject else None, nobody)


def _whose(subject_id: int | None, nobody: str) -> Whose:
    if subject_id is None:
        return Whose(_NOBODY, nobody)
    return Whose(subject_id, holder_of(subject_id))


# sending


async def refuse_blocked_codes(world: World, programme_id: int, whose: Whose) -> None:
    """A code would be of no use while its answers are refused. Refuses ATTEMPTS_BLOCKED."""
    refuse_blocked(world, await world.stores.attempts(programme_id, whose.holder, PROOF))


async def send_mailed_code(
    world: World,
    caller: Caller,
    purpose: MailPurpose,
    subject: Subject | None,
    email: str,
    chosen: str | None = None,
    values: Mapping[str, str] | None = None,
    keep: Keep = keep_nothing,
) -> None:
    """Counts the message, voids the codes before, and commits code and message together.

    It goes to the person's own stored address, whatever `email` says: that only names whose it is,
    and is all there is where it is nobody's. Then the same is counted, and refused. `values` are
    the wording's own. Refuses RESEND_TOO_SOON, SENDS_USED_UP.
    """
    programme, now = caller.programme, world.clock.now()
    address = subject.email if subject else email
    code = chosen or world.randomness.digits(DIGITS)
    # made for nobody too: it takes as long
    expected = world.mailed_codes.expected(world.randomness, address, code)
    gap = _gap(world, programme.id, purpose, address)
    about: tuple[Change, ...] = ()
    if subject is not None:
        row = MailedCode(
            id=world.ids.next(),
            programme_id=programme.id,
            subject_id=subject.id,
            purpose=purpose,
            expected=expected,
            created_at=now,
            expires_at=now + world.mailed_codes.limits.life_ms(purpose),
        )
        about = _sent(world, caller, subject, row, code, values or {})
    done = await world.commit(
        gap,
        *budgets(world, programme.id, Channel.EMAIL, address),
        *about,
        world.fact(caller, f"{purpose}_sent", subject.id if subject else None),
        *keep(None),
    )
    if done.failed is gap:
        wait = max(1, -(-world.attempt_limits.resend_gap_ms // SECOND))
        raise Refusal(Code.RESEND_TOO_SOON, retry_after=wait)
    if isinstance(done.failed, SpendBudget):
        raise budget_refused(world, done.failed)
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)


def withdraw_mailed_codes(world: World, subject_id: int) -> tuple[Change, ...]:
    """Voids what waits for an answer, for whatever purpose, an invitation too: whoever reads a
    mailbox that the person lost could come in by it."""
    now = world.clock.now()
    return tuple(WithdrawMailedCodes(subject_id, purpose, now) for purpose in MailPurpose)


def _gap(world: World, programme_id: int, purpose: MailPurpose, address: str) -> SpendGap:
    now, gap = world.clock.now(), world.attempt_limits.resend_gap_ms
    about = f"mail gap:{programme_id}:{purpose}"
    key = b"g" + world.vault.lookup(email_key(address), about)
    return SpendGap(key, now - gap, now, now + gap)


def _sent(
    world: World,
    caller: Caller,
    subject: Subject,
    row: MailedCode,
    code: str,
    values: Mapping[str, str],
) -> tuple[Change, ...]:
    """The row and its message, which is not sent once the code has expired."""
    life = row.expires_at - row.created_at
    filled = {
        "link": link(
            _page(caller.programme.settings, row.purpose), code, subject.email, subject.id
        ),
        "minutes": str(life // MINUTE),
        "days": str(-(-life // DAY)),
        **values,
    }
    content = world.worded(caller.programme, subject, Channel.EMAIL, row.purpose, filled, code=code)
    return (
        WithdrawMailedCodes(subject.id, row.purpose, row.created_at),
        Add(row),
        Add(world.message(subject.programme_id, subject.id, content, row.expires_at)),
    )


def _page(settings: ProgrammeSettings, purpose: MailPurpose) -> str:
    return {
        MailPurpose.VERIFY_EMAIL: settings.verify_email_url,
        MailPurpose.RESET_PASSWORD: settings.reset_url,
        MailPurpose.INVITE: settings.invite_url,
    }[purpose]


# judging


async def judge(
    world: World,
    caller: Caller,
    purpose: MailPurpose,
    whose: Whose,
    answer: str,
    keep: Keep = keep_nothing,
) -> RightCode | WrongCode:
    """Counts, then compares. Nothing is used up yet: see `used_up` and `give_back`.

    Whoever is nobody, has no open code or is inactive takes the same steps, and is counted and
    blocked alike (ASVS 6.3.8).
    """
    programme_id, now = caller.programme.id, world.clock.now()
    held = await world.stores.attempts(programme_id, whose.holder, PROOF)
    if held.blocked(now):
        return WrongCode()
    subject = await world.stores.subject(programme_id, whose.subject_id)
    mailed = await world.stores.mailed(whose.subject_id, purpose)
    code = mailed.code if mailed and subject and subject.active else None
    if code is not None and not code.open(now, world.mailed_codes.limits):
        code = None
    counted = await _count(world, programme_id, whose.holder, code)
    if counted is None:
        return WrongCode()
    person, code = counted
    right = world.mailed_codes.right(code, subject.email if subject else "", answer)
    if right and subject is not None and code is not None:
        return RightCode(subject, code, whose.holder, answer)
    return await _wrong(world, caller, purpose, subject, person, keep)


async def _count(
    world: World, programme_id: int, holder: str, code: MailedCode | None
) -> tuple[Attempts, MailedCode | None] | None:
    """Where the person stands, and the code if it may be compared; nothing where they are
    blocked. An answer to a code that is void meanwhile counts as well."""
    spend = attempt(world, programme_id, holder, PROOF)
    if code is not None:
        limit, now = world.mailed_codes.limits.tries, world.clock.now()
        done = await world.stores.commit(SpendMailedTry(code.id, limit, now), spend)
        if done.failed is None:
            return Attempts(*done.returned[1]), code
        if done.failed is spend:
            return None
    done = await world.stores.commit(spend)
    return (Attempts(*done.returned[0]), None) if done.failed is None else None


async def _wrong(
    world: World,
    caller: Caller,
    purpose: MailPurpose,
    subject: Subject | None,
    person: Attempts,
    keep: Keep,
) -> WrongCode:
    result = WrongCode(recorded=True)
    changes: tuple[Change, ...] = (
        world.fact(caller, f"{purpose}_denied", subject.id if subject else None),
    )
    if subject is not None:
        changes += warning(world, caller, subject, PROOF, person)
    await world.commit(*changes, *keep(result))
    return result


def used_up(world: World, right: RightCode) -> tuple[Change, ...]:
    """The changes that use a right code up, the first of which fails for all but one of several
    right answers; to stand first in the list of what it brings about."""
    return (
        DecideMailedCode(right.code.id, ChallengeState.PASSED, world.clock.now()),
        _cleared(right),
    )


async def give_back(world: World, right: RightCode) -> None:
    """The answer was right but is not used: it cost nothing."""
    await world.stores.commit(GiveBackMailedTry(right.code.id), _cleared(right))


def _cleared(right: RightCode) -> ClearAttempts:
    return ClearAttempts(right.subject.programme_id, right.holder, PROOF)


async def still_right(world: World, right: RightCode) -> Subject | None:
    """The person once more, after somebody changed them: nothing where the code went to an
    address that is no longer theirs, or where they were shut out."""
    subject = await world.stores.subject(right.subject.programme_id, right.subject.id)
    if subject is None or not subject.active:
        return None
    same = world.mailed_codes.right(right.code, subject.email, right.answer)
    return subject if same else None
