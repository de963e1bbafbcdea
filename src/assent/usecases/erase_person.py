"""A person is erased (GDPR Article 17); what the law has kept stays, under an id that is nobody's.

What stays: the record, by ids (RTS Article 29), and the balances and payments of an identity
(Directive (EU) 2015/849, Article 40), both under GDPR Article 17(3)(b) and (e).

Everything goes in one commit that ends with the person's own row. Whatever another server has
under way for them then fails: a change finds no row of its version, and a row that hangs on a
person (factor, mailed code, grant, message) finds nobody to hang on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assent.domain.attempts import holder_of, holder_of_nobody
from assent.domain.challenge import Purpose
from assent.domain.contact import email_key
from assent.domain.english import ERASED
from assent.domain.mailed_code import MailPurpose
from assent.domain.message import Channel, Message
from assent.domain.session import Caller
from assent.domain.subject import Acting, Identity, Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, Change, Committed
from assent.ports.erasure import (
    EraseBudget,
    EraseCounts,
    EraseDeliveries,
    EraseIdentity,
    EraseMessages,
    ErasePart,
    ErasePerson,
    Part,
)
from assent.usecases.budgets import budgets, budgets_of_person
from assent.usecases.end_sessions import end_sessions
from assent.usecases.log_in_on_device import log_in_gap
from assent.usecases.set_active import shut_out
from assent.usecases.world import World

_TRIES = 20
"""Whatever a request may do meanwhile, it does it a few times at most."""
_CLOSED = "ACCOUNT_CLOSURE"
"""The reason that a firm's server is told; the operator's own words stay in the record."""
_OF_ADDRESSES = (b"n", b"m", b"g", b"q")
"""Budgets of one number, one mailbox and one person; the others are of many people."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will go, and what will stay."""

    subject: Subject
    alone: Sequence[Identity]
    """Identities that nobody else acts for: their details go as well."""
    shared: Sequence[Acting]
    """Those that others act for, which stay as they are."""
    factors: int
    sessions: int
    messages: int
    payments: int
    """That stay."""
    mails: frozenset[str] = field(repr=False)
    phones: frozenset[str] = field(repr=False)

    @property
    def addresses(self) -> frozenset[str]:
        """Wherever the person was reached."""
        return self.mails | self.phones


async def plan_erasure(world: World, subject: Subject) -> Plan:
    """Reads what there is; changes nothing."""
    held = await world.stores.dossier(subject.id)
    alone: list[Identity] = []
    shared: list[Acting] = []
    for acting in await world.stores.actings_of(subject.id, inactive=True):
        if await world.stores.companions(acting.identity.id, subject.id):
            shared.append(acting)
        else:
            alone.append(acting.identity)
    payments = [await world.stores.payments_held(identity.id) for identity in alone]
    phones = {str(factor.details.get("mobile") or "") for factor in held.factors}
    if subject.mobile is not None:
        phones.add(subject.mobile.e164)
    texts = [value for value in subject.details.values() if isinstance(value, str)]
    return Plan(
        subject=subject,
        alone=alone,
        shared=shared,
        factors=len(held.factors),
        sessions=len(held.sessions),
        messages=len(held.messages),
        payments=sum(map(len, payments)),
        # an address that a client writes to is among the details
        mails=frozenset({subject.email, *(text for text in texts if "@" in text)}),
        phones=frozenset(phones - {""}),
    )


async def erase_person(
    world: World, caller: Caller, subject: Subject, reason: str, tell: bool = True
) -> Plan:
    """Erases them for good; recorded with operator and reason.

    With `tell` a last message goes to their e-mail address; it is erased when it is sent, after
    three days at the latest. The firm's server is told too; that is erased when it was taken,
    after a day at the latest. Refuses SUBJECT_UNKNOWN, CHANGED_MEANWHILE.
    """
    # whoever would go on changing the person is logged out first: then only what is under way is
    # left to be waited for
    await end_sessions(world, caller, subject, reason)
    for _ in range(_TRIES):
        held = await world.stores.subject(subject.programme_id, subject.id)
        if held is None:
            raise Refusal(Code.SUBJECT_UNKNOWN)
        subject = held
        plan = await plan_erasure(world, subject)
        notice = world.notice(caller, subject, ERASED) if tell else None
        event = shut_out(world, caller, subject, _CLOSED, erased=True) if subject.active else ()
        done = await _erased(world, _changes(world, caller, plan, reason, notice, event))
        if done is not None and done.failed is None:
            await _clean_up(world, plan, notice, event)
            return plan
    raise Refusal(Code.CHANGED_MEANWHILE)


async def _erased(world: World, changes: Sequence[Change]) -> Committed | None:
    try:
        return await world.stores.commit(*changes)
    except Refusal as refusal:
        if refusal.code is not Code.CHANGED_MEANWHILE:
            raise
        return None  # a row was added that hangs on the person: read and try again


def _changes(
    world: World,
    caller: Caller,
    plan: Plan,
    reason: str,
    notice: Message | None,
    event: tuple[Change, ...],
) -> list[Change]:
    subject = plan.subject
    about = {
        "operator": caller.operator,
        "reason": reason,
        "identities": " ".join(str(identity.id) for identity in plan.alone),
    }
    recorded = world.fact(caller, "person_erased", subject.id, about)
    return [
        EraseMessages(subject.id),
        *((Add(notice),) if notice else ()),
        *event,
        *(ErasePart(subject.id, part) for part in Part),
        *(EraseIdentity(replace(one, details={}), subject.id) for one in plan.alone),
        *_traces(world, plan),
        recorded,
        ErasePerson(subject.id, subject.version),
    ]


def _traces(world: World, plan: Plan) -> list[Change]:
    """What is kept under a hash of an address, or under the id."""
    programme_id = plan.subject.programme_id
    counts = {holder_of(plan.subject.id)}
    keys: set[bytes] = set()
    for mail in plan.mails:
        about = f"nobody:{programme_id}"
        counts.add(holder_of_nobody(world.vault.lookup(email_key(mail), about)))
        keys |= {one.key for one in budgets(world, programme_id, Channel.EMAIL, mail)}
        for purpose in MailPurpose:
            gap = f"mail gap:{programme_id}:{purpose}"
            keys.add(b"g" + world.vault.lookup(email_key(mail), gap))
    for phone in plan.phones:
        keys |= {one.key for one in budgets(world, programme_id, Channel.SMS, phone)}
    keys.add(log_in_gap(world, plan.subject.id))
    for asked in Purpose:
        keys |= {one.key for one in budgets_of_person(world, programme_id, plan.subject.id, asked)}
    own = [key for key in sorted(keys) if key[:1] in _OF_ADDRESSES]
    return [
        *(EraseCounts(programme_id, holder) for holder in sorted(counts)),
        *(EraseBudget(key) for key in own),
        *(EraseDeliveries(programme_id, address) for address in sorted(plan.addresses)),
    ]


async def _clean_up(
    world: World, plan: Plan, notice: Message | None, event: tuple[Change, ...]
) -> None:
    """What was committed in the moment of the erasure by whoever had begun before; and stored
    answers, which can only be found one by one."""
    kept = [one.row.id for one in event if isinstance(one, Add) and isinstance(one.row, Message)]
    await world.stores.commit(
        EraseMessages(plan.subject.id, notice.id if notice else 0, kept[0] if kept else 0),
        *(ErasePart(plan.subject.id, part) for part in Part if part is not Part.MEMBERSHIPS),
        *_traces(world, plan),
    )
    marks = [f'"{address}"'.encode() for address in sorted(plan.addresses)]
    ids = [plan.subject.id, *(identity.id for identity in plan.alone)]
    marks += [str(number).encode() for number in ids]
    await world.stores.erase_answers(marks)
