"""The store, as the use cases see it: reads, and one way to write.

Implementations hold the contract in tests/contracts. Reads see what was committed before they
began; a store that cannot be reached raises `Refusal(UNAVAILABLE)`.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from assent.domain.approval import Approval
from assent.domain.attempts import Attempts
from assent.domain.challenge import Challenge, Purpose
from assent.domain.factor import Factor, FactorLine
from assent.domain.facts import Fact
from assent.domain.grant import Grant
from assent.domain.mailed_code import MailPurpose
from assent.domain.message import Channel, Message
from assent.domain.payment import Balance, Payment
from assent.domain.programme import Client, KeyRole, Programme, ProgrammeKey
from assent.domain.record import Block
from assent.domain.session import Session, SessionLimits
from assent.domain.subject import Acting, Subject
from assent.ports.asking import DeviceReads
from assent.ports.changes import Change, Committed
from assent.ports.erasure import PersonFiles
from assent.ports.records import (
    Asked,
    Capture,
    CaptureKey,
    ClientKey,
    Credentials,
    DataKey,
    Delivery,
    HeldCall,
    JoseKey,
    Mailed,
    Resealing,
    Sends,
    SigningKey,
    Unreadable,
)
from assent.ports.retention import Forgetting
from assent.ports.webhooks import EventReads


class Stores(PersonFiles, Forgetting, DeviceReads, EventReads, Protocol):
    """Everything that outlives a request. Ids of another programme are as if they were not."""

    async def commit(self, *changes: Change) -> Committed:
        """Applies the list in one transaction, or nothing of it.

        Once handed over it is carried out even if the caller goes away. Repeated by itself only
        after a definite rollback (deadlock, a unique value taken in a race).
        """
        ...

    async def touch(self, session_id: int, now: int, limits: SessionLimits) -> Session | None:
        """The session if it lives, its five minutes begun anew, in one step; else nothing.

        Written before it returns, at most once a second a session (see domain/session.py).
        """
        ...

    async def programme_by_key(self, role: KeyRole, text: str) -> Programme | None:
        """Whose key it is, unless it was retired. May be up to a second old."""
        ...

    async def client_by_key(self, text: str) -> Client | None:
        """Whose `client id:secret` this is, unless it was retired. May be up to a second old."""
        ...

    async def client(self, key_id: int) -> Client | None:
        """The client whom a key names, unless it was retired. May be up to a second old."""
        ...

    async def grant(self, client: str, subject_id: int) -> Grant | None:
        """Whether, and how, a client may act for a person."""
        ...

    async def grant_by_refresh(self, refresh: bytes) -> Grant | None:
        """The grant whose refresh token has this keyed hash."""
        ...

    async def programme(self, programme_id: int) -> Programme | None:
        """One programme, as it is now."""
        ...

    async def programmes(self) -> Sequence[Programme]:
        """All of them, oldest first."""
        ...

    async def known_programmes(self) -> Sequence[Programme]:
        """The same. May be up to a second old."""
        ...

    async def keys_of(self, programme_id: int) -> Sequence[ProgrammeKey]:
        """The keys that work, oldest first."""
        ...

    async def subject(self, programme_id: int, subject_id: int) -> Subject | None:
        """One person."""
        ...

    async def subject_by_email(self, programme_id: int, email: str) -> Subject | None:
        """The person with this address, in whatever case or Unicode form it is written."""
        ...

    async def acting(
        self, subject_id: int, identity_id: int, inactive: bool = False
    ) -> Acting | None:
        """The person with the identity they act for; nothing if they do not, or not now, unless
        `inactive` asks for that too."""
        ...

    async def actings_of(self, subject_id: int, inactive: bool = False) -> Sequence[Acting]:
        """Every identity the person acts for, oldest first; with `inactive` also those that they
        may not act for now."""
        ...

    async def root_of(self, programme_id: int, identity_id: int) -> Acting | None:
        """An identity with its root subject."""
        ...

    async def members_of(
        self, identity_id: int, offset: int, limit: int, active: bool | None = None
    ) -> Sequence[Acting]:
        """The authorised users of an identity, without its root, oldest first."""
        ...

    async def count_members(self, identity_id: int, active: bool | None = None) -> int:
        """How many of them there are."""
        ...

    async def mailed(self, subject_id: int, purpose: MailPurpose) -> Mailed | None:
        """The person's latest mailed code for a purpose, whatever its state."""
        ...

    async def factor(self, subject_id: int, kind: str) -> Factor | None:
        """The person's factor of a kind that allows one, unless it was removed."""
        ...

    async def factors(self, subject_id: int, kind: str) -> Sequence[Factor]:
        """The person's factors of a kind that were not removed, oldest first."""
        ...

    async def factor_by_claim(self, claim: bytes) -> Factor | None:
        """Who holds what only one may hold."""
        ...

    async def factor_lines(self, subject_id: int) -> Sequence[FactorLine]:
        """All that the person ever began to enrol, oldest first."""
        ...

    async def subject_id(self, programme_id: int, email: str) -> int | None:
        """Whose address this is. Opens nothing that is sealed, so that it takes as long as not
        finding anybody."""
        ...

    async def credentials(self, programme_id: int, email: str, kind: str) -> Credentials | None:
        """The person with this address, and their active factor of that kind."""
        ...

    async def attempts(self, programme_id: int, holder: str, proof: str) -> Attempts:
        """Where a holder stands; all zero when nothing was ever counted."""
        ...

    async def attempts_of(self, programme_id: int, holder: str) -> Mapping[str, Attempts]:
        """Where a holder stands with each proof that was ever counted."""
        ...

    async def asked(self, approval_id: int, purpose: Purpose, proof: str) -> Asked | None:
        """The latest challenge of an approval for the purpose and proof, whatever its state."""
        ...

    async def asked_by_id(
        self, programme_id: int, subject_id: int, challenge_id: int
    ) -> Asked | None:
        """One challenge of a person."""
        ...

    async def open_challenges(
        self, programme_id: int, subject_id: int, now: int
    ) -> Sequence[Challenge]:
        """The person's challenges that still take answers, newest first."""
        ...

    async def approval(self, lookup: bytes) -> Approval | None:
        """The approval whose token has this keyed hash, whatever its state."""
        ...

    async def approval_by_claim(self, claim: bytes) -> Approval | None:
        """The one that asks this very question already; it may have expired."""
        ...

    async def standing(self, subject_id: int, client: str, since: int) -> Approval | None:
        """The latest low-risk approval granted after `since`, if all it rests on is still there."""
        ...

    async def passed_kinds(self, approval_id: int) -> Sequence[str]:
        """By which kinds of factor an approval was proved so far, in their order."""
        ...

    async def session(self, session_id: int) -> Session | None:
        """A session as it is, untouched, unless it has ended."""
        ...

    async def sends(self, approval_id: int, purpose: Purpose) -> Sends:
        """How many codes were sent."""
        ...

    async def balance(self, programme_id: int, identity_id: int, balance_id: int) -> Balance | None:
        """One balance of an identity."""
        ...

    async def balances_of(self, identity_id: int) -> Sequence[Balance]:
        """All of an identity's, oldest first."""
        ...

    async def payment(self, programme_id: int, identity_id: int, payment_id: int) -> Payment | None:
        """One payment of an identity, whatever its state."""
        ...

    async def payment_by_reference(
        self, programme_id: int, identity_id: int, reference: str
    ) -> Payment | None:
        """The same, found by what outsiders call it."""
        ...

    async def payments_of(
        self, identity_id: int, currency: str, since: int, until: int
    ) -> Sequence[Payment]:
        """An identity's payments that were completed from `since` to `until`, both included, in
        the order in which they were."""
        ...

    async def capture(self, programme_id: int, token: str) -> Capture | None:
        """What stands under a token."""
        ...

    async def capture_keys(self, now: int) -> Sequence[CaptureKey]:
        """Those that have not expired, newest first."""
        ...

    async def call(self, key: bytes) -> HeldCall | None:
        """What an idempotency reference stands for."""
        ...

    async def facts(self, programme_id: int, subject_id: int | None = None) -> Sequence[Fact]:
        """What was recorded, oldest first, of a person or of the whole programme."""
        ...

    async def unchained_facts(self, limit: int) -> Sequence[Fact]:
        """Those that stand in no audit block yet, oldest first."""
        ...

    async def facts_of_block(self, block: int) -> Sequence[Fact]:
        """Those of one audit block, by id."""
        ...

    async def stray_facts(self, last: int) -> int:
        """How many claim to stand in an audit block that is not there; `last` is the newest."""
        ...

    async def last_block(self) -> Block | None:
        """The end of the record's chain."""
        ...

    async def blocks(self, after: int, limit: int) -> Sequence[Block]:
        """Links of the record's chain, from the one after `after` on."""
        ...

    async def sent_message(self, message_id: int) -> Message | None:
        """A message that a gateway was given and whose content is kept and can be opened: its
        receipt may come."""
        ...

    async def due_messages(
        self, now: int, limit: int, channel: Channel | None = None
    ) -> Sequence[Message | Unreadable]:
        """Messages that wait for sending, the longest-waiting first; on one channel, or on all.
        One that cannot be opened stands among them as such, and keeps no other back."""
        ...

    async def deliveries(self, programme_id: int, address: str) -> Sequence[Delivery]:
        """What arrived at a virtual phone, by whichever channel, or mailbox, newest first (at most
        100). What cannot be opened is left out, and logged."""
        ...

    async def signing_keys(self) -> Sequence[SigningKey]:
        """All that may still verify something, newest first."""
        ...

    async def jose_keys(self) -> Sequence[JoseKey]:
        """The house's own keys for encrypted and signed calls, newest first, retired ones too."""
        ...

    async def client_keys(self, programme_id: int, client: str, now: int) -> Sequence[ClientKey]:
        """The public keys that a client gave and that have not expired, newest first."""
        ...

    async def data_keys(self) -> Sequence[DataKey]:
        """All of them, oldest first."""
        ...

    async def reseal(self) -> Resealing:
        """Seals whatever lies there for long under the newest data key."""
        ...

    async def data_keys_in_use(self) -> Mapping[int, int]:
        """How many rows rest on each data key, but for stored answers, which last a day."""
        ...

    async def state(self, name: str) -> str | None:
        """One of the few values the house keeps about itself."""
        ...

    async def sweep(self, now: int) -> None:
        """Erases answers, captures and what approvals said once they have served their time, in
        many small transactions."""
        ...

    async def database_time(self) -> int:
        """The database's own clock in ms, which also shows that it answers."""
        ...

    async def close(self) -> None:
        """Finishes what was handed over, then lets go."""
        ...
