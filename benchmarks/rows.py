"""Rows in bulk, around the stores: people by the thousand or million, sessions, open challenges.

Rows that are read are real: sealed with the house's vault, at ids spread over the whole range, as
drawn ids are. The others are copies of a real person's rows under other ids, made by the database
itself: they are there to make tables and indexes as large as they would be.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

import asyncpg

from assent.adapters.sql import approvals, challenges, factors, people, sessions
from assent.catalogue.dialects import WEAVR_CODE
from assent.domain.approval import SESSION_ACTION, Approval, ApprovalState
from assent.domain.challenge import Challenge, Purpose
from assent.domain.contact import Mobile
from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.factor import Factor, FactorState
from assent.domain.session import Session, second
from assent.domain.subject import Identity, IdentityType, Membership, Role, Subject
from assent.kernel.clock import HOUR, MINUTE
from assent.kernel.secret import Secret
from assent.usecases.world import World
from benchmarks.house import House, Place

PASSWORD = "Correct-Horse-7"
READ = 1_000
"""People whose rows are real; the tables hold no fewer."""

_FIRST, _STEP, _RANGE = 10**15, 1_618_033_988_749, 2**52
_AGO_MS = 10_000

Rows = dict[str, list[Mapping[str, Any]]]
"""Table to rows."""
Copying = tuple[str, Sequence[Any]]
"""A statement and its values."""


def ident(number: int) -> int:
    """The id of the number-th row of a table: 16 digits, and no neighbour of the one before."""
    return _FIRST + number * _STEP % _RANGE


IDENT_SQL = f"{_FIRST} + {{}} * {_STEP} % {_RANGE}"
"""The same where the number is an expression."""


def email(number: int) -> str:
    return f"person-{number}@example.com"


def _person(house: House, number: int, password: dict[str, Any]) -> Rows:
    world, programme, now = house.base.world, house.programme, house.base.clock.now()
    vault, me = world.vault, ident(number)
    mobile = Mobile("+356", f"79{number % 1_000_000:06d}")
    name = {"name": "Ada", "surname": "Lovelace", "position": None, "tag": "x" * 20}
    subject = Subject(
        id=me,
        programme_id=programme.id,
        email=email(number),
        mobile=mobile,
        details=name,
        email_verified=True,
        mobile_verified=True,
        created_at=now,
    )
    identity = Identity(
        id=me,
        programme_id=programme.id,
        type=IdentityType.CONSUMER,
        profile_id=programme.consumers_profile,
        details=name,
        created_at=now,
    )
    enrolled = [
        Factor(
            id=ident(2 * number + place),
            programme_id=programme.id,
            subject_id=me,
            kind=kind,
            state=FactorState.ACTIVE,
            details=details,
            created_at=now,
        )
        for place, (kind, details) in enumerate(
            (("password", password), ("sms_otp", {"mobile": mobile.e164}))
        )
    ]
    counted = {
        "programme_id": programme.id,
        "holder": str(me),
        "proof": "otp",
        "failures": 0,
        "blocks": 0,
        "blocked_until": 0,
    }
    return {
        "subjects": [people.subject_row(vault, subject)],
        "identities": [people.identity_row(vault, identity)],
        "memberships": [
            people.membership_row(Membership(subject_id=me, identity_id=me, role=Role.ROOT))
        ],
        "factors": [factors.to_row(vault, factor) for factor in enrolled],
        "attempts": [counted],
    }


def session_of(house: House, number: int, now: int) -> Session:
    """The number-th session; its person is the one `users` rounds back. Last seen ten seconds
    ago, so that the next call has to write."""
    return Session(
        id=ident(number),
        programme_id=house.programme.id,
        subject_id=ident(number % READ),
        identity_id=ident(number % READ),
        elements=frozenset({Element.KNOWLEDGE}),
        approval_id=ident(number),
        created_at=now - _AGO_MS,
        last_seen=second(now - _AGO_MS),
        expires_at=now + 12 * HOUR,
    )


def _with_challenge(house: House, number: int, now: int, expected: bytes) -> Rows:
    session = session_of(house, number, now)
    approval = Approval(
        id=session.approval_id,
        programme_id=house.programme.id,
        subject_id=session.subject_id,
        action=SESSION_ACTION,
        fingerprint=str(session.id),
        state=ApprovalState.OPEN,
        proven=session.elements,
        created_at=session.created_at,
    )
    challenge = Challenge(
        id=ident(number),
        programme_id=house.programme.id,
        subject_id=session.subject_id,
        session_id=session.id,
        approval_id=session.approval_id,
        factor_id=ident(2 * (number % READ) + 1),
        kind="sms_otp",
        holder=str(session.subject_id),
        proof="otp",
        purpose=Purpose.STEP_UP,
        expected=expected,
        created_at=session.created_at,
        expires_at=now + 5 * MINUTE,
    )
    return {
        "approvals": [approvals.to_row(house.base.world.vault, approval)],
        "sessions": [sessions.to_row(session)],
        "challenges": [challenges.to_row(house.base.world.vault, challenge)],
    }


def _merged(parts: Iterable[Rows]) -> Rows:
    whole: Rows = {}
    for part in parts:
        for table, rows in part.items():
            whole.setdefault(table, []).extend(rows)
    return whole


def _expected(world: World) -> bytes:
    """The keyed hash of the sandbox's code, salt and all: one for all of them will do."""
    kind = world.kind("sms_otp")
    details = {"mobile": "+35679000000"}
    code = WEAVR_CODE
    return kind.begin(details, world.clock.now(), world.randomness, Deed("{}"), code).expected


async def populate(house: House) -> Rows:
    """The people that are read, each with a session and a challenge long answered. Returns what
    `multiply` copies."""
    world, now = house.base.world, house.base.clock.now()
    kind = world.secret_kind("password")
    password = kind.keep({}, Secret(PASSWORD), now)
    expected = _expected(world)
    everything = [
        _merged(
            [
                _person(house, number, password),
                _with_challenge(house, number, now - HOUR, expected),
            ]
        )
        for number in range(READ)
    ]
    await insert(house.place, _merged(everything))
    return everything[0]


async def prepare(house: House, first: int, count: int, challenged: bool) -> list[str]:
    """Fresh sessions, counted from `first` on; with a challenge each, if wanted. Their bearers."""
    now = house.base.clock.now()
    expected = _expected(house.base.world)
    first += house.place.users
    numbers = range(first, first + count)
    whole = _merged(_with_challenge(house, number, now, expected) for number in numbers)
    if not challenged:
        del whole["challenges"]
    await insert(house.place, whole)
    return [house.bearers.mint(session_of(house, number, now)) for number in numbers]


async def insert(place: Place, tables: Rows) -> None:
    """In one transaction."""
    if place.engine == "sqlite":
        with closing(sqlite3.connect(place.url.removeprefix("sqlite:///"), timeout=30)) as file:
            for table, rows in tables.items():
                columns = list(rows[0])
                slots = ", ".join(f":{column}" for column in columns)
                text = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({slots})"
                file.executemany(text, rows)
            file.commit()
        return
    db = await asyncpg.connect(place.url)
    try:
        async with db.transaction():
            for table, rows in tables.items():
                columns = list(rows[0])
                records = [tuple(row.values()) for row in rows]
                await db.copy_records_to_table(table, records=records, columns=columns)
    finally:
        await db.close()


_NUMBERED: dict[str, dict[str, str]] = {
    "subjects": {"id": "k", "email_lookup": "?"},
    "factors": {"id": "2 * k + {row}", "subject_id": "k"},
    "attempts": {"holder": "k"},
    "approvals": {"id": "k", "subject_id": "k"},
    "sessions": {"id": "k", "subject_id": "k", "identity_id": "k", "approval_id": "k"},
    "challenges": {
        "id": "k",
        "subject_id": "k",
        "session_id": "k",
        "approval_id": "k",
        "factor_id": "2 * k + 1",
        "holder": "k",
    },
}
"""The tables that are read or written here, and what differs in them from person to person; the
other columns are the example's."""


def _copying(place: Place, table: str, example: Mapping[str, Any], row: int) -> Copying:
    on_sqlite = place.engine == "sqlite"
    last = place.users - 1
    series = (
        f"WITH RECURSIVE s(k) AS (SELECT {READ} UNION ALL SELECT k + 1 FROM s WHERE k < {last}) "
        if on_sqlite
        else f"WITH s(k) AS (SELECT generate_series({READ}, {last}::bigint)) "
    )
    values: list[str] = []
    constants: list[Any] = []
    for column, value in example.items():
        number = _NUMBERED[table].get(column)
        if number == "?":
            values.append("randomblob(32)" if on_sqlite else "sha256(int8send(s.k))")
        elif number is not None:
            made = IDENT_SQL.format(f"({number.format(row=row)})")
            values.append(f"CAST({made} AS text)" if column == "holder" else made)
        else:
            constants.append(value)
            values.append("?" if on_sqlite else f"${len(constants)}")
    order = list(example).index("id") + 1 if "id" in example else 2  # pages fill up one by one
    text = (
        f"INSERT INTO {table} ({', '.join(example)}) {series}"
        f"SELECT {', '.join(values)} FROM s ORDER BY {order}"
    )
    return text, constants


async def multiply(place: Place, example: Rows) -> None:
    """Up to the number of people of the place. Nobody else has the database open."""
    if place.users <= READ:
        return
    copies = [
        _copying(place, table, one, row)
        for table in _NUMBERED
        for row, one in enumerate(example[table])
    ]
    if place.engine == "sqlite":
        _multiply_sqlite(place.url.removeprefix("sqlite:///"), copies)
    else:
        await _multiply_postgres(place.url, copies)


def _multiply_sqlite(path: str, copies: Iterable[Copying]) -> None:
    with closing(sqlite3.connect(path)) as file:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000"):
            file.execute(f"PRAGMA {pragma}")
        for text, constants in copies:
            file.execute(text, constants)
        file.commit()
        file.execute("PRAGMA journal_mode = WAL")


async def _multiply_postgres(url: str, copies: Iterable[Copying]) -> None:
    db = await asyncpg.connect(url, server_settings={"work_mem": "128MB"})
    try:
        await db.execute("SET session_replication_role = replica")  # no look-up a foreign key
        await db.execute("SET synchronous_commit = off")
        for text, constants in copies:
            await db.execute(text, *constants, timeout=600)
        await db.execute("VACUUM (ANALYZE)", timeout=600)
        await db.execute("CHECKPOINT", timeout=600)
    finally:
        await db.close()
