"""What has served its time goes, in small transactions; what lives, or must be kept, stays."""

import asyncio
from typing import Any

from assent.adapters.sql.stores import SqlStores
from assent.domain.challenge import Purpose
from assent.domain.mailed_code import MailedCode, MailPurpose
from assent.domain.message import MessageState
from assent.domain.retention import RetentionLimits, Sort
from assent.domain.session import SessionLimits
from assent.kernel.clock import DAY, HOUR, MINUTE
from assent.ports.changes import Add, ClearAttempts, EndSession, SpendSend
from assent.ports.upkeep import ClaimMessage, FinishMessage
from tests.conftest import Database, rows_of
from tests.contracts.rows import FOR_EVER, Maker, Scene, applied, scene

DAYS = 30
MONTH = DAYS * DAY


def _code(person: Scene, **values: Any) -> MailedCode:
    return MailedCode(
        **{
            "id": person.make.ids.next(),
            "programme_id": person.programme.id,
            "subject_id": person.subject.id,
            "purpose": MailPurpose.INVITE,
            "expected": b"hash",
            "created_at": person.now,
            "expires_at": person.now + HOUR,
            **values,
        }
    )


async def _served(person: Scene) -> None:
    """One of each sort that has ended, or will within the hour, beside the scene's own."""
    make, programme = person.make, person.programme.id
    message = make.message(person.subject)
    await person.add(
        _code(person),
        message,
        make.delivery(programme),
        make.client_key(programme, "client"),
        make.asked(person.subject, expires_at=person.now + HOUR),
    )
    await applied(
        person.stores,
        ClaimMessage(message.id, person.now + MINUTE, person.now),
    )
    await applied(
        person.stores,
        FinishMessage(message.id, MessageState.SENT, person.now),
        SpendSend(person.session.approval_id, Purpose.STEP_UP, 3, person.now, person.now),
        person.attempt(),
        EndSession(person.session.id, "logged_out", person.now),
    )


async def _forget(stores: SqlStores, sort: Sort, before: int, most: int = 100) -> int:
    found = await stores.outdated(sort, before, most)
    await stores.forget(sort, before, most)
    return found


async def _forget_all(stores: SqlStores, before: int) -> None:
    """As upkeep does: what another server took is nothing, the next look finds the rest."""
    while await _forget(stores, Sort.MAILED_CODES, before, 30):
        pass


async def test_every_sort_goes_when_its_days_are_over(database: Database, person: Scene):
    await _served(person)
    kept = await rows_of(person.stores, database.kind)
    now = person.now + 400 * DAY
    gone = {}
    for sort, before in RetentionLimits().cutoffs(now):
        gone[sort] = await _forget(person.stores, sort, before)
        assert await person.stores.outdated(sort, before, 100) == 0
    assert gone == {
        **dict.fromkeys(Sort, 1),
        Sort.APPROVALS: 2,  # the session's and the client's
    }
    left = await rows_of(person.stores, database.kind)
    emptied = {name for name, rows in kept.items() if rows and not left[name]}
    assert emptied == {
        *("sessions", "approvals", "sends", "challenges", "mailed_codes", "outbox"),
        *("attempts", "client_keys", "deliveries"),
    }
    assert {name: rows for name, rows in left.items() if rows} == {
        name: rows for name, rows in kept.items() if rows and name not in emptied
    }


async def test_to_the_millisecond(person: Scene):
    await _served(person)
    # what ends within the hour has ended; the person's last answer was a moment ago
    ended = person.now + HOUR
    for sort in Sort:
        moment = {
            Sort.SESSIONS: person.now,
            Sort.MESSAGES: person.now,
            Sort.ATTEMPTS: person.now,
            Sort.DELIVERIES: person.now,
            Sort.CHALLENGES: person.challenge.expires_at,
        }.get(sort, ended)
        if sort is Sort.APPROVALS:
            continue  # of two ends: see below
        assert await person.stores.outdated(sort, moment, 100) == 0, sort
        assert await person.stores.outdated(sort, moment + 1, 100) == 1, sort


async def test_a_sessions_approval_goes_with_it_and_not_before(person: Scene):
    later = person.now + 10 * MONTH
    assert await person.stores.outdated(Sort.APPROVALS, later, 100) == 0
    await _forget(person.stores, Sort.SESSIONS, later)
    assert await _forget(person.stores, Sort.APPROVALS, later) == 1


async def test_what_lives_or_must_stay_is_never_deleted(database: Database, person: Scene):
    make, far = person.make, person.now + 1_000 * DAY
    approval = make.approval(person.subject)
    session = make.session(person.subject, approval_id=approval.id, expires_at=far)
    await person.add(
        approval,
        session,
        _code(person, expires_at=far),
        make.message(person.subject),  # it waits
        make.client_key(person.programme.id, "client", valid_till=far),
        make.fact(person.programme.id, subject_id=person.subject.id),
        make.payment(person.identity),
    )
    await applied(person.stores, person.attempt(limit=1, permanent_after=1))
    now = person.now + 900 * DAY
    for sort, before in RetentionLimits().cutoffs(now):
        await _forget(person.stores, sort, before)
    left = await rows_of(person.stores, database.kind)
    assert [row[0] for row in left["sessions"]] == [session.id]
    assert [row[0] for row in left["approvals"]] == [approval.id]
    assert await person.stores.session(session.id) == session
    for table in ("mailed_codes", "outbox", "client_keys", "facts", "payments", "factors"):
        assert len(left[table]) == 1, table
    held = await person.stores.attempts(
        person.programme.id, person.challenge.holder, person.challenge.proof
    )
    assert held.blocked_until == FOR_EVER


async def test_a_block_that_lasts_is_kept_whenever_it_began(person: Scene):
    await applied(person.stores, person.attempt(limit=1, block_ms=500 * DAY))
    later = person.now + 400 * DAY
    assert await person.stores.outdated(Sort.ATTEMPTS, later - MONTH, 10) == 0
    over = person.now + 531 * DAY
    assert await person.stores.outdated(Sort.ATTEMPTS, over - MONTH, 10) == 1


async def test_no_more_than_asked_go_at_a_time_and_the_oldest_first(person: Scene):
    codes = [_code(person, created_at=person.now + n, expires_at=person.now + n) for n in range(5)]
    await person.add(*codes[::-1])
    later = person.now + MONTH
    assert await person.stores.outdated(Sort.MAILED_CODES, later, 3) == 3
    await person.stores.forget(Sort.MAILED_CODES, later, 3)
    left = await person.stores.mailed(person.subject.id, MailPurpose.INVITE)
    assert left is not None
    assert left.code.id == codes[4].id
    assert await person.stores.outdated(Sort.MAILED_CODES, later, 3) == 2


async def test_two_servers_that_delete_at_once_are_no_harm(database: Database, person: Scene):
    other = person.stores if database.kind == "memory" else await database.open()
    codes = [_code(person, expires_at=person.now + n) for n in range(200)]
    await person.add(*codes)
    later = person.now + MONTH
    await asyncio.gather(*(_forget_all(stores, later) for stores in (person.stores, other) * 4))
    assert await person.stores.outdated(Sort.MAILED_CODES, later, 1_000) == 0


async def test_a_bearer_whose_session_was_deleted_is_dead_like_any_other(person: Scene):
    later = person.now + 10 * MONTH
    await _forget(person.stores, Sort.SESSIONS, later)
    assert await person.stores.session(person.session.id) is None
    assert await person.stores.touch(person.session.id, person.now, SessionLimits()) is None


MANY = 30_000


async def test_people_log_in_while_a_month_of_sessions_is_deleted(postgres: Database, make: Maker):
    """Never a long lock: between two of the small transactions everybody has their turn."""
    stores, other = await postgres.open(), await postgres.open()
    person = await scene(stores, make)
    session = person.session
    engine: Any = stores._engine
    old = person.now - 2 * MONTH
    await engine._pool.execute(
        "INSERT INTO sessions (id, programme_id, subject_id, identity_id, scope, elements, "
        "approval_id, created_at, last_seen, expires_at, epoch) "
        "SELECT n, $1, $2, $3, 'full', '', 0, $4, 0, $4, 0 FROM generate_series(1, $5) n",
        *(session.programme_id, session.subject_id, session.identity_id, old, MANY),
    )
    before, done = person.now - MONTH, asyncio.Event()

    async def delete() -> None:
        while await stores.outdated(Sort.SESSIONS, before, 1_000):
            await stores.forget(Sort.SESSIONS, before, 1_000)
        done.set()

    deleting = asyncio.create_task(delete())
    waits = []
    while not done.is_set():
        began = asyncio.get_running_loop().time()
        approval = make.approval(person.subject)
        new = make.session(person.subject, approval_id=approval.id)
        await applied(
            other,
            ClearAttempts(person.programme.id, person.challenge.holder, person.challenge.proof),
            Add(approval),
            Add(new),
        )
        assert await other.touch(new.id, person.now, SessionLimits()) is not None
        waits.append(asyncio.get_running_loop().time() - began)
    await deleting
    assert len(waits) > MANY // 1_000  # more log-ins than transactions
    assert max(waits) < 1.0
    assert await stores.outdated(Sort.SESSIONS, before, 10) == 0
