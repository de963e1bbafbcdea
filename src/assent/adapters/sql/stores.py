"""`ports.stores.Stores` on either engine."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assent.adapters.sql import (
    approvals,
    challenges,
    factors,
    grants,
    mailed,
    payments,
    people,
    programmes,
    records,
    sessions,
)
from assent.adapters.sql.devices import SqlDeviceReads
from assent.adapters.sql.dossier import SqlPersonFiles
from assent.adapters.sql.engine import Engine
from assent.adapters.sql.events import SqlEvents
from assent.adapters.sql.house_reads import HouseReads
from assent.adapters.sql.memory import Memory
from assent.adapters.sql.retention import SqlForgetting
from assent.adapters.sql.statement import Query
from assent.adapters.sql.translate import step
from assent.domain.approval import Approval
from assent.domain.attempts import Attempts, holder_of
from assent.domain.challenge import Challenge, Purpose
from assent.domain.factor import Factor, FactorLine
from assent.domain.grant import Grant
from assent.domain.mailed_code import PROOF, MailPurpose
from assent.domain.message import Message
from assent.domain.payment import Balance, Payment
from assent.domain.programme import Client, KeyRole, Programme, ProgrammeKey
from assent.domain.session import Session, SessionLimits
from assent.domain.subject import Acting, Subject
from assent.kernel.clock import Clock
from assent.ports.changes import (
    Add,
    AddOnce,
    Change,
    ChangeProgramme,
    Committed,
    RetireKey,
    RetireKeys,
)
from assent.ports.records import (
    Asked,
    Credentials,
    Mailed,
    Sends,
)
from assent.ports.vault import Vault

REVISION = "0005"
"""The schema this code speaks: the newest of migrations/versions."""
_MOST_SWEEPS = 1_000
"""In a row: five million rows of each sort, a few thousand a transaction, so that others come in
between. Erasing must keep up with whoever fills the table."""
_NONE = Attempts()


class SqlStores(SqlPersonFiles, SqlForgetting, SqlDeviceReads, SqlEvents, HouseReads):
    """One instance a process. `outbox` is set whenever a message was committed; `listeners` are
    told of every list that was, each of them, in their order."""

    def __init__(self, engine: Engine, vault: Vault, clock: Clock) -> None:
        super().__init__(engine, vault)
        self._by_key = Memory[tuple[KeyRole, str], Programme](clock)
        self._clients = Memory[bytes | int, Client](clock)
        self._programmes = Memory[None, Sequence[Programme]](clock)
        self.outbox = asyncio.Event()
        self.listeners: list[Callable[[Sequence[Change]], None]] = []

    async def commit(self, *changes: Change) -> Committed:
        if not changes:
            return Committed()
        applied = await self._engine.apply([step(self._vault, change) for change in changes])
        if applied.failed is not None:
            return Committed(failed=changes[applied.failed])
        for listener in self.listeners:
            listener(changes)
        for change in changes:
            if isinstance(change, Add | AddOnce) and isinstance(change.row, Message):
                self.outbox.set()
            elif isinstance(change, ChangeProgramme | RetireKey | RetireKeys):
                for memory in (self._by_key, self._clients, self._programmes):
                    memory.forget()
        return Committed(returned=applied.returned)

    async def touch(self, session_id: int, now: int, limits: SessionLimits) -> Session | None:
        row = await self._engine.touch(session_id, now, limits.idle_seconds)
        return sessions.from_row(row) if row is not None else None

    async def session(self, session_id: int) -> Session | None:
        rows = await self._engine.read(sessions.BY_ID, {"id": session_id})
        return sessions.from_row(rows[0]) if rows else None

    async def programme_by_key(self, role: KeyRole, text: str) -> Programme | None:
        kept = self._by_key.get((role, text))
        if kept is not None:
            return kept
        lookup = programmes.key_lookup(self._vault, role, text)
        rows = await self._engine.read(
            programmes.PROGRAMME_BY_KEY, {"lookup": lookup, "role": role}
        )
        found = programmes.programme_from(rows[0]) if rows else None
        return self._by_key.keep((role, text), found)

    async def client_by_key(self, text: str) -> Client | None:
        lookup = programmes.key_lookup(self._vault, KeyRole.CLIENT, text)
        return await self._client(programmes.CLIENT_BY_KEY, {"lookup": lookup})

    async def client(self, key_id: int) -> Client | None:
        return await self._client(programmes.CLIENT, {"id": key_id})

    async def _client(self, query: Query, params: dict[str, Any]) -> Client | None:
        (named,) = params.values()
        kept = self._clients.get(named)
        if kept is not None:
            return kept
        rows = await self._engine.read(query, params)
        found = programmes.client_from(self._vault, rows[0]) if rows else None
        return self._clients.keep(named, found)

    async def programme(self, programme_id: int) -> Programme | None:
        rows = await self._engine.read(programmes.PROGRAMME, {"id": programme_id})
        return programmes.programme_from(rows[0]) if rows else None

    async def programmes(self) -> Sequence[Programme]:
        return [
            programmes.programme_from(row)
            for row in await self._engine.read(programmes.PROGRAMMES, {})
        ]

    async def known_programmes(self) -> Sequence[Programme]:
        kept = self._programmes.get(None)
        return kept or self._programmes.keep(None, await self.programmes()) or ()

    async def keys_of(self, programme_id: int) -> Sequence[ProgrammeKey]:
        rows = await self._engine.read(programmes.KEYS, {"programme_id": programme_id})
        return [programmes.key_from(self._vault, row) for row in rows]

    async def subject(self, programme_id: int, subject_id: int) -> Subject | None:
        rows = await self._engine.read(
            people.BY_ID, {"id": subject_id, "programme_id": programme_id}
        )
        return people.subject_from(self._vault, rows[0]) if rows else None

    async def subject_by_email(self, programme_id: int, email: str) -> Subject | None:
        lookup = people.email_lookup(self._vault, programme_id, email)
        rows = await self._engine.read(
            people.BY_EMAIL, {"programme_id": programme_id, "email_lookup": lookup}
        )
        return people.subject_from(self._vault, rows[0]) if rows else None

    async def acting(
        self, subject_id: int, identity_id: int, inactive: bool = False
    ) -> Acting | None:
        rows = await self._engine.read(
            people.ACTING,
            {
                "subject_id": subject_id,
                "identity_id": identity_id,
                "least": 0 if inactive else 1,
            },
        )
        return people.acting_from(self._vault, rows[0]) if rows else None

    async def actings_of(self, subject_id: int, inactive: bool = False) -> Sequence[Acting]:
        rows = await self._engine.read(
            people.ACTINGS, {"subject_id": subject_id, "least": 0 if inactive else 1}
        )
        return [people.acting_from(self._vault, row) for row in rows]

    async def root_of(self, programme_id: int, identity_id: int) -> Acting | None:
        rows = await self._engine.read(
            people.ROOT, {"identity_id": identity_id, "programme_id": programme_id}
        )
        return people.acting_from(self._vault, rows[0]) if rows else None

    async def members_of(
        self, identity_id: int, offset: int, limit: int, active: bool | None = None
    ) -> Sequence[Acting]:
        wanted = -1 if active is None else int(active)
        rows = await self._engine.read(
            people.MEMBERS,
            {"identity_id": identity_id, "active": wanted, "skip": offset, "most": limit},
        )
        return [people.acting_from(self._vault, row) for row in rows]

    async def count_members(self, identity_id: int, active: bool | None = None) -> int:
        wanted = -1 if active is None else int(active)
        rows = await self._engine.read(
            people.COUNT_MEMBERS, {"identity_id": identity_id, "active": wanted}
        )
        return int(rows[0]["members"])

    async def mailed(self, subject_id: int, purpose: MailPurpose) -> Mailed | None:
        rows = await self._engine.read(
            mailed.LATEST,
            {
                "subject_id": subject_id,
                "purpose": purpose,
                "holder": holder_of(subject_id),
                "proof": PROOF,
            },
        )
        return mailed.mailed_from(rows[0]) if rows else None

    async def factor(self, subject_id: int, kind: str) -> Factor | None:
        rows = await self._engine.read(factors.OF_KIND, {"subject_id": subject_id, "kind": kind})
        return factors.from_row(self._vault, rows[0]) if rows else None

    async def factors(self, subject_id: int, kind: str) -> Sequence[Factor]:
        rows = await self._engine.read(
            factors.ALL_OF_KIND, {"subject_id": subject_id, "kind": kind}
        )
        return [factors.from_row(self._vault, row) for row in rows]

    async def factor_by_claim(self, claim: bytes) -> Factor | None:
        rows = await self._engine.read(factors.BY_CLAIM, {"claim": claim})
        return factors.from_row(self._vault, rows[0]) if rows else None

    async def factor_lines(self, subject_id: int) -> Sequence[FactorLine]:
        rows = await self._engine.read(factors.LINES, {"subject_id": subject_id})
        return [factors.line_from(row) for row in rows]

    async def subject_id(self, programme_id: int, email: str) -> int | None:
        lookup = people.email_lookup(self._vault, programme_id, email)
        rows = await self._engine.read(
            people.ID_BY_EMAIL, {"programme_id": programme_id, "email_lookup": lookup}
        )
        return int(rows[0]["s_id"]) if rows else None

    async def credentials(self, programme_id: int, email: str, kind: str) -> Credentials | None:
        lookup = people.email_lookup(self._vault, programme_id, email)
        rows = await self._engine.read(
            people.CREDENTIALS,
            {"programme_id": programme_id, "email_lookup": lookup, "kind": kind},
        )
        if not rows:
            return None
        row = rows[0]
        return Credentials(
            people.subject_from(self._vault, row),
            factors.from_row(self._vault, row) if row["f_id"] is not None else None,
        )

    async def attempts(self, programme_id: int, holder: str, proof: str) -> Attempts:
        rows = await self._engine.read(
            challenges.ATTEMPTS,
            {"programme_id": programme_id, "holder": holder, "proof": proof},
        )
        return challenges.attempts_from(rows[0]) if rows else _NONE

    async def attempts_of(self, programme_id: int, holder: str) -> Mapping[str, Attempts]:
        rows = await self._engine.read(
            challenges.ATTEMPTS_OF, {"programme_id": programme_id, "holder": holder}
        )
        return {row["proof"]: challenges.attempts_from(row) for row in rows}

    async def asked(self, approval_id: int, purpose: Purpose, proof: str) -> Asked | None:
        rows = await self._engine.read(
            challenges.LATEST, {"approval_id": approval_id, "purpose": purpose, "proof": proof}
        )
        return challenges.asked_from(self._vault, rows[0]) if rows else None

    async def asked_by_id(
        self, programme_id: int, subject_id: int, challenge_id: int
    ) -> Asked | None:
        rows = await self._engine.read(
            challenges.BY_ID,
            {"id": challenge_id, "subject_id": subject_id, "programme_id": programme_id},
        )
        return challenges.asked_from(self._vault, rows[0]) if rows else None

    async def open_challenges(
        self, programme_id: int, subject_id: int, now: int
    ) -> Sequence[Challenge]:
        rows = await self._engine.read(
            challenges.OPEN,
            {"subject_id": subject_id, "programme_id": programme_id, "now": now},
        )
        return [challenges.from_row(row) for row in rows]

    async def approval(self, lookup: bytes) -> Approval | None:
        rows = await self._engine.read(approvals.BY_LOOKUP, {"lookup": lookup})
        return approvals.from_row(self._vault, rows[0]) if rows else None

    async def approval_by_claim(self, claim: bytes) -> Approval | None:
        rows = await self._engine.read(approvals.BY_CLAIM, {"claim": claim})
        return approvals.from_row(self._vault, rows[0]) if rows else None

    async def standing(self, subject_id: int, client: str, since: int) -> Approval | None:
        rows = await self._engine.read(
            approvals.STANDING, {"subject_id": subject_id, "client": client, "since": since}
        )
        return approvals.from_row(self._vault, rows[0]) if rows else None

    async def passed_kinds(self, approval_id: int) -> Sequence[str]:
        rows = await self._engine.read(approvals.PASSED_KINDS, {"approval_id": approval_id})
        return [str(row["kind"]) for row in rows]

    async def grant(self, client: str, subject_id: int) -> Grant | None:
        rows = await self._engine.read(grants.OF, {"subject_id": subject_id, "client": client})
        return grants.from_row(rows[0]) if rows else None

    async def grant_by_refresh(self, refresh: bytes) -> Grant | None:
        rows = await self._engine.read(grants.BY_REFRESH, {"refresh": refresh})
        return grants.from_row(rows[0]) if rows else None

    async def sends(self, approval_id: int, purpose: Purpose) -> Sends:
        rows = await self._engine.read(
            challenges.SENDS, {"approval_id": approval_id, "purpose": purpose}
        )
        return Sends(rows[0]["sent"], rows[0]["last_at"]) if rows else Sends()

    async def balance(self, programme_id: int, identity_id: int, balance_id: int) -> Balance | None:
        rows = await self._engine.read(
            payments.BALANCE,
            {"programme_id": programme_id, "identity_id": identity_id, "id": balance_id},
        )
        return payments.balance_from(rows[0]) if rows else None

    async def balances_of(self, identity_id: int) -> Sequence[Balance]:
        rows = await self._engine.read(payments.BALANCES, {"identity_id": identity_id})
        return [payments.balance_from(row) for row in rows]

    async def payment(self, programme_id: int, identity_id: int, payment_id: int) -> Payment | None:
        rows = await self._engine.read(
            payments.PAYMENT,
            {"programme_id": programme_id, "identity_id": identity_id, "id": payment_id},
        )
        return payments.payment_from(self._vault, rows[0]) if rows else None

    async def payment_by_reference(
        self, programme_id: int, identity_id: int, reference: str
    ) -> Payment | None:
        rows = await self._engine.read(
            payments.BY_REFERENCE,
            {"programme_id": programme_id, "identity_id": identity_id, "reference": reference},
        )
        return payments.payment_from(self._vault, rows[0]) if rows else None

    async def payments_of(
        self, identity_id: int, currency: str, since: int, until: int
    ) -> Sequence[Payment]:
        rows = await self._engine.read(
            payments.COMPLETED,
            {"identity_id": identity_id, "currency": currency, "since": since, "until": until},
        )
        return [payments.payment_from(self._vault, row) for row in rows]

    async def sweep(self, now: int) -> None:
        sweeps = [(statement, {"now": now}) for statement in records.SWEEPS]
        for _ in range(_MOST_SWEEPS):
            await self._engine.apply(sweeps)
            if not await self._engine.read(records.STILL_DUE, {"now": now}):
                return

    async def revision(self) -> str | None:
        """The database's schema; nothing where it was never migrated."""
        return await self._engine.revision()

    async def database_time(self) -> int:
        return await self._engine.database_time()

    async def close(self) -> None:
        await self._engine.close()
