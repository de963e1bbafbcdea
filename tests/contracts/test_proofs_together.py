"""Right codes for approvals, asked for in the same moment: each proof stands or falls by itself.

PostgreSQL carries them out in one statement (adapters/sql/batch.py), those that grant and those
that do not; and a block that begins is as long as its own list says.
"""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from assent.domain.approval import Approval, ApprovalState
from assent.domain.attempts import holder_of
from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.element import Element
from assent.domain.factor import FactorState
from assent.kernel.clock import MINUTE
from assent.ports.asking import DecideChallenge
from assent.ports.changes import (
    Add,
    Change,
    ChangeFactor,
    ClearAttempts,
    ProveApproval,
    SpendTry,
    WithdrawApprovals,
)
from tests.conftest import Database
from tests.contracts.rows import Scene, scene, there

KNOWS = frozenset({Element.KNOWLEDGE})
HAS = frozenset({Element.POSSESSION})
MANY = 20


class Approver:
    """One of many people with a code for an approval; every other one has proved a PIN before."""

    def __init__(self, place: Scene, number: int) -> None:
        make, self.scene = place.make, place
        self.before = KNOWS if number % 2 else frozenset()
        self.subject = make.subject(place.programme.id, email=f"p{number}@example.com")
        self.factor = make.factor(self.subject)
        self.approval = make.asked(self.subject, proven=self.before)
        self.code = make.challenge(
            make.session(self.subject, approval_id=self.approval.id),
            self.factor,
            purpose=Purpose.APPROVE,
            holder=holder_of(self.subject.id),
        )

    def rows(self) -> list[Add]:
        return [Add(row) for row in (self.subject, self.factor, self.approval, self.code)]

    def attempt(self, **values: Any) -> Change:
        return self.scene.attempt(holder=self.code.holder, **values)

    def settle(self) -> tuple[Change, ...]:
        place, now = self.scene, self.scene.now
        state = ApprovalState.GRANTED if self.before else ApprovalState.OPEN
        return (
            DecideChallenge(self.code.id, ChallengeState.PASSED, now),
            ClearAttempts(place.programme.id, self.code.holder, self.code.proof),
            ProveApproval(
                self.approval.id, self.factor.id, self.before, self.before | HAS, state, now
            ),
            Add(place.make.fact(place.programme.id, subject_id=self.subject.id)),
        )

    def proved(self) -> Approval:
        """As it must be, once its list was applied."""
        if not self.before:
            return replace(self.approval, proven=HAS)
        state = ApprovalState.GRANTED
        return replace(self.approval, proven=KNOWS | HAS, state=state, granted_at=self.scene.now)

    async def held(self) -> Approval:
        return there(await self.scene.stores.approval(self.approval.lookup or b""))


async def crowd(place: Scene, count: int = MANY) -> list[Approver]:
    people = [Approver(place, number) for number in range(count)]
    for one in people:
        assert (await place.stores.commit(*one.rows())).failed is None
        assert (await place.stores.commit(one.attempt())).failed is None
    return people


async def test_everybody_s_proof_is_their_own(person: Scene):
    people = await crowd(person)
    done = await asyncio.gather(*(person.stores.commit(*one.settle()) for one in people))
    assert [one.failed for one in done] == [None] * MANY
    for one in people:
        assert await one.held() == one.proved()
        asked = there(await person.stores.asked(one.approval.id, Purpose.APPROVE, "otp"))
        assert asked.challenge.state is ChallengeState.PASSED
        assert asked.attempts.failures == 0


async def test_a_proof_that_fails_leaves_no_trace_and_harms_nobody(person: Scene):
    people = await crowd(person, 14)
    stores, now = person.stores, person.now
    late, stale, gone, over, fine = (people[n : n + 2] for n in (0, 2, 4, 6, 8))
    for one in late:
        await stores.commit(DecideChallenge(one.code.id, ChallengeState.WITHDRAWN, now))
    for one in stale:  # another proof came first
        inherence = one.before | {Element.INHERENCE}
        first = ProveApproval(
            one.approval.id, one.factor.id, one.before, inherence, ApprovalState.OPEN, now
        )
        assert (await stores.commit(first)).failed is None
    for one in gone:
        await stores.commit(ChangeFactor(replace(one.factor, state=FactorState.SUSPENDED)))
    for one in over:
        await stores.commit(WithdrawApprovals(one.approval.subject_id, now, now))
    lists = [one.settle() for one in people[:10]]
    before = [await one.held() for one in people[:8]]
    done = await asyncio.gather(*(stores.commit(*changes) for changes in lists))
    assert [entry.failed for entry in done] == [
        *(changes[0] for changes in lists[0:2]),
        *(changes[2] for changes in lists[2:8]),
        None,
        None,
    ]
    assert [await one.held() for one in people[:8]] == before
    assert [await one.held() for one in fine] == [one.proved() for one in fine]
    for one in people[:10]:
        attempts = await stores.attempts(person.programme.id, one.code.holder, "otp")
        facts = await stores.facts(person.programme.id, one.subject.id)
        assert (attempts.failures, len(facts)) == ((0, 1) if one in fine else (1, 0))


async def test_two_proofs_of_one_approval_do_not_overwrite_each_other(person: Scene):
    """Both know of none before them: the second must be told, or the first would be lost."""
    (one,) = await crowd(person, 1)
    proofs: list[Change] = [
        ProveApproval(
            one.approval.id, one.factor.id, frozenset(), proven, ApprovalState.OPEN, person.now
        )
        for proven in (KNOWS, HAS, KNOWS, HAS)
    ]
    done = await asyncio.gather(*(person.stores.commit(proof) for proof in proofs))
    assert sum(entry.failed is None for entry in done) == 1
    assert len((await one.held()).proven) == 1


async def test_on_postgresql_they_do_go_together(postgres: Database, make: Any):
    """Rows that one statement wrote bear the number of one transaction."""
    place = await scene(await postgres.open(), make)
    people = await crowd(place)
    await asyncio.gather(*(place.stores.commit(*one.settle()) for one in people))
    engine: Any = place.stores._engine
    rows = await engine._pool.fetch(
        "SELECT xmin::text AS writer, state FROM approvals WHERE id = ANY($1)",
        [one.approval.id for one in people],
    )
    assert {row["state"] for row in rows} == {"open", "granted"}
    assert len({row["writer"] for row in rows}) <= 3


LENGTHS = (30 * MINUTE, 15 * MINUTE, 1)


@pytest.mark.parametrize("with_a_challenge", [False, True], ids=["alone", "with a challenge"])
async def test_a_block_is_as_long_as_its_own_list_says(person: Scene, with_a_challenge: bool):
    """A code of a step-up and a code of an approval are counted in the same moment."""
    people, stores = await crowd(person, 12), person.stores

    def wrong(number: int) -> tuple[Change, ...]:
        one, length = people[number], LENGTHS[number % len(LENGTHS)]
        counted = one.attempt(limit=2, block_ms=length)
        return (SpendTry(one.code.id, 9, person.now), counted) if with_a_challenge else (counted,)

    done = await asyncio.gather(*(stores.commit(*wrong(n)) for n in range(len(people))))
    assert [entry.failed for entry in done] == [None] * len(people)
    for number, (one, entry) in enumerate(zip(people, done, strict=True)):
        until = person.now + LENGTHS[number % len(LENGTHS)]
        assert entry.returned[-1] == (2, 1, until)
        held = await stores.attempts(person.programme.id, one.code.holder, one.code.proof)
        assert held.blocked_until == until


async def test_a_block_is_as_long_as_the_answer_that_began_it_says(person: Scene):
    """Both lengths for one person, and five at the most between them, whichever comes first."""
    (one,) = await crowd(person, 1)
    lists = [one.attempt(block_ms=LENGTHS[number % 2]) for number in range(20)]
    done = await asyncio.gather(*(person.stores.commit(change) for change in lists))
    counted = [entry.returned[0] for entry in done if entry.failed is None]
    assert sorted(counts[0] for counts in counted) == [2, 3, 4, 5]
    held = await person.stores.attempts(person.programme.id, one.code.holder, one.code.proof)
    assert (held.failures, held.blocks) == (5, 1)
    assert held.blocked_until in {person.now + length for length in LENGTHS[:2]}
    assert max(counted) == (5, 1, held.blocked_until)
