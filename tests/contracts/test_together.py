"""Lists that are asked for in the same moment: each stands or falls by itself, on every store.

PostgreSQL carries the hot ones out together in one statement (adapters/sql/batch.py); nobody may
notice, but by the clock.
"""

import asyncio
from dataclasses import replace
from typing import Any

from assent.adapters.sql.stores import SqlStores
from assent.domain.attempts import holder_of
from assent.domain.challenge import Challenge, ChallengeState
from assent.domain.element import Element
from assent.domain.session import Session
from assent.domain.subject import Subject
from assent.ports.asking import DecideChallenge
from assent.ports.changes import (
    Add,
    Change,
    ClearAttempts,
    EndSession,
    GrantApproval,
    SpendTry,
    StepUpSession,
)
from tests.conftest import Database
from tests.contracts.rows import Scene, scene

BOTH = frozenset({Element.KNOWLEDGE, Element.POSSESSION})
MANY = 40


class Somebody:
    """One of many people, in the middle of a step-up."""

    def __init__(self, place: Scene, number: int) -> None:
        make, self.scene = place.make, place
        self.subject: Subject = make.subject(place.programme.id, email=f"p{number}@example.com")
        self.factor = make.factor(self.subject)
        self.approval = make.approval(self.subject)
        self.session: Session = make.session(self.subject, approval_id=self.approval.id)
        self.challenge: Challenge = replace(
            make.challenge(self.session, self.factor), holder=holder_of(self.subject.id)
        )

    def rows(self) -> list[Add]:
        people = (self.subject, self.factor, self.approval, self.session, self.challenge)
        return [Add(row) for row in people]

    def spend(self) -> tuple[Change, ...]:
        attempt = self.scene.attempt(holder=self.challenge.holder)
        return (SpendTry(self.challenge.id, 3, self.scene.now), attempt)

    def settle(self) -> tuple[Change, ...]:
        place, now = self.scene, self.scene.now
        return (
            DecideChallenge(self.challenge.id, ChallengeState.PASSED, now),
            ClearAttempts(place.programme.id, self.challenge.holder, self.challenge.proof),
            GrantApproval(self.approval.id, BOTH, now),
            StepUpSession(self.session.id, now),
            Add(place.make.fact(place.programme.id, subject_id=self.subject.id)),
        )


async def crowd(place: Scene, count: int = MANY) -> list[Somebody]:
    people = [Somebody(place, number) for number in range(count)]
    for one in people:
        assert (await place.stores.commit(*one.rows())).failed is None
    return people


async def counted(stores: SqlStores, one: Somebody) -> tuple[int, int]:
    """Tries of the challenge, failures of the person."""
    asked = await stores.asked(one.session.approval_id, one.challenge.purpose, one.challenge.proof)
    assert asked is not None
    return asked.challenge.tries, asked.attempts.failures


async def test_everybody_counts_for_themselves(person: Scene):
    people = await crowd(person)
    for tries in (1, 2):
        done = await asyncio.gather(*(person.stores.commit(*one.spend()) for one in people))
        assert [one.failed for one in done] == [None] * MANY
        assert [one.returned for one in done] == [((tries,), (tries, 0, 0))] * MANY
    assert [await counted(person.stores, one) for one in people] == [(2, 2)] * MANY


async def test_whose_condition_fails_is_told_which_and_leaves_no_trace(person: Scene):
    people = await crowd(person, 9)
    decided, blocked, both = people[0:3], people[3:6], people[6:9]
    stores, now = person.stores, person.now
    for one in decided:
        await stores.commit(DecideChallenge(one.challenge.id, ChallengeState.WITHDRAWN, now))
    for one in blocked:
        for _ in range(5):
            await stores.commit(person.attempt(holder=one.challenge.holder))
    lists = [one.spend() for one in people]
    done = await asyncio.gather(*(stores.commit(*changes) for changes in lists))
    assert [one.failed for one in done] == [
        *(changes[0] for changes in lists[0:3]),
        *(changes[1] for changes in lists[3:6]),
        *(None for _ in both),
    ]
    assert [await counted(stores, one) for one in decided] == [(0, 0)] * 3
    assert [await counted(stores, one) for one in blocked] == [(0, 5)] * 3
    assert [await counted(stores, one) for one in both] == [(1, 1)] * 3


async def test_one_persons_lists_follow_one_another(person: Scene):
    """They meet on the same rows, so that no two of them may be in one statement."""
    one, other = await crowd(person, 2)
    lists = [one.spend() for _ in range(10)] + [other.spend()]
    done = await asyncio.gather(*(person.stores.commit(*changes) for changes in lists))
    passed = [entry.returned[0][0] for entry in done[:10] if entry.failed is None]
    refused = [type(entry.failed) for entry in done[:10] if entry.failed is not None]
    assert (sorted(passed), refused) == ([1, 2, 3], [SpendTry] * 7)
    assert done[10].returned == ((1,), (1, 0, 0))
    assert await counted(person.stores, one) == (3, 3)


async def test_everybody_is_settled_or_not_at_all(person: Scene):
    people = await crowd(person, 12)
    stores, now = person.stores, person.now
    gone, late, taken, fine = people[0:3], people[3:6], people[6:7], people[7:12]
    for one in people:
        await stores.commit(*one.spend())
    for one in gone:
        await stores.commit(EndSession(one.session.id, "logged_out", now))
    for one in late:
        await stores.commit(DecideChallenge(one.challenge.id, ChallengeState.EXPIRED, now))
    lists = [one.settle() for one in people]
    known = person.make.fact(person.programme.id)
    await stores.commit(Add(known))
    lists[6] = (*lists[6][:4], Add(known))  # a line of the record under a number that is taken
    done = await asyncio.gather(*(stores.commit(*changes) for changes in lists))
    assert [entry.failed for entry in done] == [
        *(changes[3] for changes in lists[0:3]),
        *(changes[0] for changes in lists[3:6]),
        lists[6][4],
        *(None for _ in fine),
    ]
    for one in people:
        settled = one in fine
        session = await stores.session(one.session.id)
        assert (session is not None and session.stepped_up) is settled
        assert (await counted(stores, one))[1] == (0 if settled else 1)
        facts = await stores.facts(person.programme.id, one.subject.id)
        assert len(facts) == int(settled)
    assert taken[0] not in fine


async def test_on_postgresql_they_do_go_together(postgres: Database, make: Any):
    """Rows that one statement wrote bear the number of one transaction."""
    person = await scene(await postgres.open(), make)
    people = await crowd(person)
    await asyncio.gather(*(person.stores.commit(*one.spend()) for one in people))
    engine: Any = person.stores._engine
    rows = await engine._pool.fetch(
        "SELECT xmin::text AS writer FROM challenges WHERE id = ANY($1)",
        [one.challenge.id for one in people],
    )
    assert len(rows) == MANY
    assert len({row["writer"] for row in rows}) <= 3


async def test_one_challenge_is_settled_once_however_many_ask(person: Scene):
    one, other = await crowd(person, 2)
    lists = [one.settle() for _ in range(10)] + [other.settle()]
    done = await asyncio.gather(*(person.stores.commit(*changes) for changes in lists))
    assert sum(entry.failed is None for entry in done[:10]) == 1
    assert {type(entry.failed) for entry in done[:10]} == {type(None), DecideChallenge}
    assert done[10].failed is None
    assert len(await person.stores.facts(person.programme.id, one.subject.id)) == 1
