"""Everything a use case needs that is not in its arguments: handed in, never imported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from assent.domain.approval import ApprovalLimits
from assent.domain.attempts import AttemptLimits
from assent.domain.budget import BudgetLimits
from assent.domain.capture import CaptureLimits
from assent.domain.device import DeviceLimits
from assent.domain.english import WORDS, moment
from assent.domain.facts import Fact
from assent.domain.grant import GrantLimits
from assent.domain.kind import Kind, SecretKind
from assent.domain.mailed_code import MailedCodes
from assent.domain.message import Channel, Message, Outgoing
from assent.domain.phrases import FILLED_WITH, named
from assent.domain.policy import must_be_the_person
from assent.domain.programme import Programme
from assent.domain.retention import RetentionLimits
from assent.domain.session import Caller, Session, SessionLimits
from assent.domain.subject import Subject
from assent.domain.wording import rendered
from assent.kernel.clock import DAY, Clock
from assent.kernel.ids import Ids
from assent.kernel.randomness import Randomness
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, Change, Committed
from assent.ports.offload import Offload
from assent.ports.stores import Stores
from assent.ports.upkeep import KeepAnswer
from assent.ports.vault import Vault

Keep = Callable[[Any], tuple[Change, ...]]
"""Given a use case's result, the changes to commit with it: the stored idempotent answer."""


REPEATS = 3
"""How often a use case reads and changes, where somebody may change the same meanwhile. Two calls
for one person meet now and then; who loses three times in a row is told."""


def keep_nothing(result: Any) -> tuple[Change, ...]:
    """For callers without an idempotency reference."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One a process."""

    clock: Clock
    randomness: Randomness
    ids: Ids
    kinds: Mapping[str, Kind]
    stores: Stores
    vault: Vault
    offload: Offload
    attempt_limits: AttemptLimits
    session_limits: SessionLimits
    capture_limits: CaptureLimits
    approval_limits: ApprovalLimits
    grant_limits: GrantLimits
    device_limits: DeviceLimits = field(default_factory=DeviceLimits)
    budget_limits: BudgetLimits = field(default_factory=BudgetLimits)
    retention_limits: RetentionLimits = field(default_factory=RetentionLimits)
    mailed_codes: MailedCodes

    async def commit(self, *changes: Change) -> Committed:
        """`stores.commit`, for lists that may hold an idempotent answer.

        Refuses CALL_IN_PROGRESS where the call's reservation was lost: another now runs it.
        """
        done = await self.stores.commit(*changes)
        if isinstance(done.failed, KeepAnswer):
            raise Refusal(Code.CALL_IN_PROGRESS, "reservation lost", 1)
        return done

    def kind(self, name: str) -> Kind:
        """The kind of that name, if it is plugged in."""
        kind = self.kinds.get(name)
        if kind is None:
            raise Refusal(Code.KIND_SWITCHED_OFF, name)
        return kind

    def called(self, name: str) -> dict[str, str]:
        """The values of a notice that say what a person calls a kind; one that is plugged in no
        more is called by its name."""
        kind = self.kinds.get(name)
        called = kind.called if kind is not None else name.replace("_", " ")
        return {"factor": called, FILLED_WITH["factor"]: named(called)}

    def secret_kind(self, name: str) -> SecretKind:
        """The same, for a kind whose proof is a secret of the person's own choice."""
        kind = self.kind(name)
        if not isinstance(kind, SecretKind):
            raise Refusal(Code.KIND_SWITCHED_OFF, name)
        return kind

    def uuid(self, number: int, about: str) -> str:
        """An id as a UUID, unguessable, and always the same: worked out anew each time it is
        needed, and kept nowhere."""
        octets = self.vault.lookup(str(number), about)[:16]
        return str(UUID(bytes=octets, version=4))

    def fact(
        self,
        caller: Caller,
        name: str,
        subject_id: int | None,
        details: dict[str, str] | None = None,
    ) -> Add:
        """A line of the record, to be committed with what it tells of."""
        return Add(
            Fact(
                id=self.ids.next(),
                programme_id=caller.programme.id,
                subject_id=subject_id,
                name=name,
                at=self.clock.now(),
                actor=caller.actor,
                address=caller.address,
                request_ref=caller.request_ref,
                details=details or {},
            )
        )

    def message(
        self,
        programme_id: int,
        subject_id: int,
        content: Outgoing,
        not_after: int,
        dedupe: str | None = None,
    ) -> Message:
        """A message for the outbox; `dedupe` where sending it twice must be ruled out.

        Where the content names its wording, the worker says it in the programme's words and the
        person's language (usecases/wordings.py); until then it is the house's English.
        """
        number = self.ids.next()
        return Message(
            id=number,
            programme_id=programme_id,
            subject_id=subject_id,
            content=content,
            created_at=self.clock.now(),
            not_after=not_after,
            dedupe=dedupe or str(number),
        )

    def worded(
        self,
        programme: Programme,
        subject: Subject,
        channel: Channel,
        wording: str,
        values: Mapping[str, str],
        code: str | None = None,
    ) -> Outgoing:
        """A message of a named wording (domain/english.py) to the person's address for that
        channel; the programme's name and the code are put among the values.

        Refuses MOBILE_MISSING. Raises ValueError where a value that it always has is missing.
        """
        if channel is Channel.EMAIL:
            address = subject.email
        elif subject.mobile is None:
            raise Refusal(Code.MOBILE_MISSING)
        else:
            address = subject.mobile.e164
        given = {"programme": programme.name, **values}
        if code is not None:
            given["code"] = code
        words = WORDS[wording]
        if missing := words.always - given.keys():
            raise ValueError(f"{wording} without {', '.join(sorted(missing))}")
        said = rendered(words, channel, given)
        return Outgoing(
            channel=channel,
            address=address,
            body=said.text,
            code=code,
            subject=said.subject,
            wording=wording,
            values=given,
            locale=str(subject.details.get("locale") or ""),
        )

    def notice(
        self,
        caller: Caller,
        subject: Subject,
        wording: str,
        values: Mapping[str, str] | None = None,
        dedupe: str | None = None,
        channel: Channel = Channel.EMAIL,
    ) -> Message:
        """Tells a person, by e-mail unless said otherwise, of something that happened to their
        account: when, and where from if that is known."""
        now = self.clock.now()
        given = {"when": moment(now), "where": caller.address, **(values or {})}
        content = self.worded(caller.programme, subject, channel, wording, given)
        not_after = now + _NOTICE_LIFE
        return self.message(caller.programme.id, subject.id, content, not_after, dedupe)


_NOTICE_LIFE = 3 * DAY
"""A notice is worth sending as long as mail servers usually try."""


def looking(caller: Caller) -> Session:
    """The caller's session, for what only reads."""
    if caller.session is None:
        raise Refusal(Code.SESSION_GONE)
    return caller.session


def speaking(caller: Caller) -> Session:
    """The same, for all else. Refuses PERMISSION_MISSING for the back office, which looks as a
    person would and neither changes nor proves anything for them."""
    session = looking(caller)
    must_be_the_person(session)
    return session
