"""What is held of one person, read for an operator."""

from collections.abc import Sequence
from typing import Any

from assent.adapters.sql import audit, erasing, factors, payments
from assent.adapters.sql.engine import Engine
from assent.adapters.sql.sessions import SESSION_COLUMNS, STANDS
from assent.adapters.sql.sessions import from_row as session_from
from assent.adapters.sql.statement import Query
from assent.domain.factor import Factor
from assent.domain.facts import Fact
from assent.domain.payment import Payment
from assent.domain.session import Session, SessionLimits, second
from assent.ports.erasure import Dossier, Line, SessionLine
from assent.ports.vault import Vault


def _of_person(columns: str, table: str, where: str = "") -> Query:
    return Query(
        f"SELECT {columns} FROM {table} WHERE subject_id = $subject_id {where}"
        "ORDER BY created_at, id",
        {"subject_id": "bigint"},
        gather=False,
    )


_SESSIONS = _of_person(f"{', '.join(SESSION_COLUMNS)}, ended_at, ended_why", "sessions")
_FACTORS = _of_person(factors.COLUMNS, "factors f")
_HELD_FACTORS = _of_person(factors.COLUMNS, "factors f", "AND state <> 'removed' ")
_LIVE = Query(
    f"SELECT {', '.join(SESSION_COLUMNS)} FROM sessions WHERE subject_id = $subject_id "
    "AND ended_at IS NULL AND expires_at > $now AND last_seen >= $since "
    f"AND {STANDS.format('sessions')} ORDER BY created_at, id",
    {"subject_id": "bigint", "now": "bigint", "since": "bigint"},
    gather=False,
)
_FACTS = Query(
    "SELECT id, programme_id, subject_id, name, at, actor, address, request_ref, details "
    "FROM facts WHERE programme_id = $programme_id AND subject_id = $subject_id "
    "ORDER BY at DESC, id DESC LIMIT $most",
    {"programme_id": "bigint", "subject_id": "bigint", "most": "bigint"},
    gather=False,
)
_APPROVALS = Query(
    "SELECT id, action, client, state, proven, created_at, granted_at, expires_at "
    f"FROM approvals WHERE subject_id = $subject_id AND id IN ({erasing.APPROVALS}) "
    "ORDER BY created_at, id",
    {"subject_id": "bigint"},
    gather=False,
)
_CHALLENGES = _of_person(
    "id, approval_id, kind, purpose, state, tries, created_at, expires_at, decided_at",
    "challenges",
)
_MESSAGES = _of_person("id, channel, state, tries, created_at, finished_at", "outbox")
_MAILED = _of_person(
    "id, purpose, state, tries, created_at, expires_at, decided_at", "mailed_codes"
)
_CLIENTS = _of_person("id, client, created_at, refresh_until", "grants")
_COMPANIONS = Query(
    "SELECT count(*) AS others FROM memberships "
    "WHERE identity_id = $identity_id AND subject_id <> $subject_id",
    {"identity_id": "bigint", "subject_id": "bigint"},
    gather=False,
)


class SqlPersonFiles:
    """The part of `ports.stores.Stores` that is `ports.erasure.PersonFiles`; see stores.py."""

    _engine: Engine
    _vault: Vault

    async def dossier(self, subject_id: int) -> Dossier:
        asked = {"subject_id": subject_id}
        sessions = await self._engine.read(_SESSIONS, asked)
        held = await self._engine.read(_FACTORS, asked)
        return Dossier(
            sessions=[
                SessionLine(session_from(row), row["ended_at"], row["ended_why"] or "")
                for row in sessions
            ],
            factors=[factors.from_row(self._vault, row) for row in held],
            approvals=await self._lines(_APPROVALS, subject_id),
            challenges=await self._lines(_CHALLENGES, subject_id),
            messages=await self._lines(_MESSAGES, subject_id),
            mailed_codes=await self._lines(_MAILED, subject_id),
            clients=await self._lines(_CLIENTS, subject_id),
        )

    async def held_factors(self, subject_id: int) -> Sequence[Factor]:
        rows = await self._engine.read(_HELD_FACTORS, {"subject_id": subject_id})
        return [factors.from_row(self._vault, row) for row in rows]

    async def live_sessions(
        self, subject_id: int, now: int, limits: SessionLimits
    ) -> Sequence[Session]:
        since = second(now) - limits.idle_seconds
        asked = {"subject_id": subject_id, "now": now, "since": since}
        return [session_from(row) for row in await self._engine.read(_LIVE, asked)]

    async def latest_facts(self, programme_id: int, subject_id: int, most: int) -> Sequence[Fact]:
        asked = {"programme_id": programme_id, "subject_id": subject_id, "most": most}
        return [audit.fact_from(row) for row in await self._engine.read(_FACTS, asked)]

    async def _lines(self, query: Query, subject_id: int) -> list[Line]:
        rows: Sequence[Any] = await self._engine.read(query, {"subject_id": subject_id})
        return [{name: row[name] for name in row.keys()} for row in rows]  # noqa: SIM118

    async def companions(self, identity_id: int, subject_id: int) -> int:
        asked = {"identity_id": identity_id, "subject_id": subject_id}
        return int((await self._engine.read(_COMPANIONS, asked))[0]["others"])

    async def payments_held(self, identity_id: int) -> Sequence[Payment]:
        rows = await self._engine.read(payments.OF_IDENTITY, {"identity_id": identity_id})
        return [payments.payment_from(self._vault, row) for row in rows]

    async def erase_answers(self, marks: Sequence[bytes]) -> int:
        return await erasing.erase_answers(self._engine, self._vault, marks)
