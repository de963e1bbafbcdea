"""Fifty at once about approvals, grants and what only one may hold."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import asyncpg
import pytest

from assent.adapters.sql.statement import listed
from assent.adapters.sql.stores import SqlStores
from assent.adapters.sql.translate import step
from assent.domain.approval import Approval, ApprovalState
from assent.domain.attempts import AttemptLimits
from assent.domain.challenge import Challenge, ChallengeState, Purpose
from assent.domain.element import Element
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Checked, Enrolled, checked
from assent.domain.presented import Presented
from assent.domain.session import Caller
from assent.kernel.secret import Secret
from assent.ports.asking import WithdrawFactorChallenges
from assent.ports.changes import (
    Add,
    Change,
    ChangeFactor,
    ChangeGrant,
    ExpireApproval,
    ProveApproval,
    SpendApproval,
    WithdrawApprovals,
)
from assent.ports.offload import Run
from assent.usecases.answer_approval import Proved, answer_approval
from assent.usecases.world import World
from tests.conftest import Database
from tests.contracts.racing import AT_ONCE, Race, won
from tests.contracts.rows import Maker, Scene, scene, there

BOTH = frozenset({Element.KNOWLEDGE, Element.POSSESSION})
ROUNDS = 40
T = TypeVar("T")


@pytest.fixture
async def person(postgres: Database, make: Maker) -> Scene:
    return await scene(await postgres.open(), make)


def passed(person: Scene, approval: Approval, factor: Factor) -> Challenge:
    state, purpose = ChallengeState.PASSED, Purpose.APPROVE
    return person.make.challenge(
        person.session, factor, approval_id=approval.id, state=state, purpose=purpose
    )


async def granted(person: Scene) -> Approval:
    approval = person.make.asked(person.subject, state=ApprovalState.GRANTED, proven=BOTH)
    await person.add(approval, passed(person, approval, person.factor))
    return approval


def removal(person: Scene, factor: Factor) -> list[Change]:
    gone = replace(factor, state=FactorState.REMOVED, details={}, slot=None, claim=None)
    return [
        ChangeFactor(gone),
        WithdrawFactorChallenges(factor.id, person.now),
        WithdrawApprovals(person.subject.id, person.now, person.now),
    ]


async def test_three_devices_have_room_for_three(person: Scene, race: Race):
    lists: list[list[Change]] = [
        [
            Add(person.make.factor(person.subject, kind="device", slot=n % 3, claim=b"%d" % n)),
            Add(person.make.fact(person.programme.id)),
        ]
        for n in range(AT_ONCE)
    ]
    assert won(await race(lists)) == 3
    held = await person.stores.factors(person.subject.id, "device")
    assert sorted(there(factor.slot) for factor in held) == [0, 1, 2]
    assert len(await person.stores.facts(person.programme.id)) == 3


async def test_one_number_of_fifty_people(person: Scene, race: Race):
    people = [person.make.subject(person.programme.id) for _ in range(AT_ONCE)]
    await person.add(*people)
    lists: list[list[Change]] = [
        [
            Add(person.make.factor(one, kind="phone", claim=b"a number")),
            Add(person.make.fact(person.programme.id, subject_id=one.id)),
        ]
        for one in people
    ]
    assert won(await race(lists)) == 1
    (fact,) = await person.stores.facts(person.programme.id)
    assert there(await person.stores.factor_by_claim(b"a number")).subject_id == fact.subject_id


async def test_fifty_people_change_to_one_number(person: Scene, race: Race):
    people = [person.make.subject(person.programme.id) for _ in range(AT_ONCE)]
    phones = [
        person.make.factor(one, kind="phone", claim=b"%d" % n) for n, one in enumerate(people)
    ]
    await person.add(*people, *phones)
    lists = [[ChangeFactor(replace(phone, claim=b"a number"))] for phone in phones]
    assert won(await race(lists)) == 1
    winner = there(await person.stores.factor_by_claim(b"a number"))
    taken = [await person.stores.factor_by_claim(phone.claim or b"") for phone in phones]
    assert [phone.id for phone, held in zip(phones, taken, strict=True) if held is None] == [
        winner.id
    ]


async def test_a_question_is_asked_once(person: Scene, race: Race):
    lists: list[list[Change]] = [
        [
            Add(person.make.asked(person.subject, claim=b"a question")),
            Add(person.make.fact(person.programme.id)),
        ]
        for _ in range(AT_ONCE)
    ]
    assert won(await race(lists)) == 1
    assert await person.stores.approval_by_claim(b"a question") is not None
    assert len(await person.stores.facts(person.programme.id)) == 1


async def test_a_question_whose_time_is_over_is_asked_anew_once(person: Scene, race: Race):
    """As the use case does it: free the claim, then take it; never both for one asker."""
    over = person.make.asked(person.subject, claim=b"a question", expires_at=person.now)
    await person.add(over)
    new = [person.make.asked(person.subject, claim=b"a question") for _ in range(AT_ONCE // 2)]
    lists: list[list[Change]] = []
    for one in new:
        lists += [[Add(one)], [ExpireApproval(over.id, person.now)]]
    await race(lists)
    await race(lists[::2] * 2)
    held = there(await person.stores.approval_by_claim(b"a question"))
    assert held.id in {one.id for one in new}


async def test_it_is_used_up_once(person: Scene, race: Race):
    approval = await granted(person)
    lists: list[list[Change]] = [
        [SpendApproval(approval.id, person.now), Add(person.make.fact(person.programme.id))]
        for _ in range(AT_ONCE)
    ]
    assert won(await race(lists)) == 1
    assert len(await person.stores.facts(person.programme.id)) == 1


async def test_a_grant_is_renewed_by_one(person: Scene, race: Race):
    grant = person.make.grant(person.subject, refresh=b"refresh")
    await person.add(grant)
    lists = [[ChangeGrant(replace(grant, session_id=n + 1))] for n in range(AT_ONCE)]
    outcomes = await race(lists)
    assert won(outcomes) == 1
    held = there(await person.stores.grant("client-1", person.subject.id))
    assert held.version == grant.version + 1


class Told(Presented):
    """A kind of its own for each category: right is whatever the test says."""

    most = 1

    def __init__(self, element: Element) -> None:
        self.name = self.called = self.proof = str(element)
        self.elements = frozenset({element})

    def fits(self, presented: Secret) -> bool:
        return True

    def enrol(self, presented: Secret, now: int) -> Enrolled:
        return Enrolled({})

    def check(
        self, details: Mapping[str, Any], counter: int, expected: bytes, answer: str, now: int
    ) -> Checked:
        return checked(answer == "right", counter, self.elements)


class AtOnce:
    """A pool that is never full."""

    async def __call__(self, work: Callable[[], T]) -> T:
        return work()

    @contextmanager
    def place(self) -> Iterator[Run]:
        yield self


def server(person: Scene, stores: SqlStores) -> World:
    none: Any = None
    return World(
        clock=person.make.clock,
        randomness=none,
        ids=person.make.ids,
        kinds={str(element): Told(element) for element in Element},
        stores=stores,
        vault=none,
        offload=AtOnce(),
        attempt_limits=AttemptLimits(),
        session_limits=none,
        capture_limits=none,
        approval_limits=none,
        grant_limits=none,
        mailed_codes=none,
    )


async def test_proofs_of_three_kinds_at_once_all_count(person: Scene, postgres: Database):
    """Each reads, adds its own, and reads again where another came first: it ends granted, and
    nobody's proof is overwritten by one who knew nothing of it."""
    kinds = [str(element) for element in Element]
    await person.add(*(person.make.factor(person.subject, kind=kind) for kind in kinds))
    worlds = [server(person, await postgres.open()) for _ in range(2)]
    caller = Caller(programme=person.programme, session=person.session)
    for _ in range(10):
        approval = person.make.asked(person.subject)
        await person.add(approval)
        proofs = [
            answer_approval(worlds[n % 2], caller, approval, kind, Secret("right"), kinds)
            for n, kind in enumerate(kinds * 4)  # four of a kind: five would be a block
        ]
        last = await asyncio.gather(*proofs, return_exceptions=True)
        held = there(await person.stores.approval(approval.lookup or b""))
        assert held.state is ApprovalState.GRANTED
        assert held.granted_at == person.now
        assert len(held.proven) == 2, "the second category grants it, and then it stands"
        proved = [one for one in last if isinstance(one, Proved)]
        assert len(proved) == len(last), last
        assert any(one.approval.state is ApprovalState.GRANTED for one in proved)
        assert len(await person.stores.passed_kinds(approval.id)) == len(proofs)


@pytest.mark.parametrize("first", ["spend", "remove"])
async def test_using_it_and_removing_its_factor_at_once(
    person: Scene, postgres: Database, first: str
):
    """Round after round on two servers: whatever comes first, nothing is used up after the factor
    is gone, and nobody is left in between."""
    one, other = await postgres.open(), await postgres.open()
    outcomes: Counter[bool] = Counter()
    for number in range(ROUNDS):
        factor = person.make.factor(person.subject, kind=f"kind-{number}")
        await person.add(factor)
        approval = person.make.asked(person.subject, state=ApprovalState.GRANTED, proven=BOTH)
        await person.add(approval, passed(person, approval, factor))
        spending = one.commit(
            SpendApproval(approval.id, person.now), Add(person.make.fact(person.programme.id))
        )
        removing = other.commit(*removal(person, factor))
        if first == "spend":
            spent, gone = await asyncio.gather(spending, removing)
        else:
            gone, spent = await asyncio.gather(removing, spending)
        assert gone.failed is None
        outcomes[spent.failed is None] += 1
        held = there(await person.stores.approval(approval.lookup or b""))
        assert held.state is ApprovalState.WITHDRAWN
        again = await person.stores.commit(SpendApproval(approval.id, person.now))
        assert again.failed is not None
    assert len(await person.stores.facts(person.programme.id)) == outcomes[True]


async def test_a_last_proof_and_the_removal_of_its_factor_at_once(
    person: Scene, postgres: Database
):
    """Whichever came first, what was proved with it opens nothing any more."""
    one, other = await postgres.open(), await postgres.open()
    for number in range(ROUNDS):
        factor = person.make.factor(person.subject, kind=f"kind-{number}")
        approval = person.make.asked(person.subject, proven=frozenset({Element.KNOWLEDGE}))
        await person.add(factor, approval)
        state = ApprovalState.GRANTED
        proving = one.commit(
            Add(passed(person, approval, factor)),
            ProveApproval(approval.id, factor.id, approval.proven, BOTH, state, person.now),
        )
        _, gone = await asyncio.gather(proving, other.commit(*removal(person, factor)))
        assert gone.failed is None
        spend = SpendApproval(approval.id, person.now)
        assert (await person.stores.commit(spend)).failed is spend


async def test_an_approval_that_the_removal_did_not_see(person: Scene, postgres: Database):
    """Asked for and proved while the removal of its factor was under way, so that neither saw the
    other: using it up asks once more."""
    server = await postgres.open()
    removing = [step(server._vault, change) for change in removal(person, person.factor)]
    whole = listed(tuple(statement for statement, _ in removing))
    approval = person.make.asked(person.subject, standing=True)
    db = await asyncpg.connect(postgres.url)
    try:
        async with db.transaction():
            await db.fetchrow(whole.text, *whole.arguments(removing))
            await person.add(approval)
            state = ApprovalState.GRANTED
            proving = asyncio.create_task(
                person.stores.commit(
                    Add(passed(person, approval, person.factor)),
                    ProveApproval(
                        approval.id, person.factor.id, frozenset(), BOTH, state, person.now
                    ),
                )
            )
            waits = False
            while not (waits or proving.done()):
                waits = await _somebody_waits(db)
        proved = await proving
    finally:
        await db.close()
    assert proved.failed is None, "it was let through: the test is about what comes then"
    held = there(await person.stores.approval(approval.lookup or b""))
    assert held.state is ApprovalState.GRANTED
    spend = SpendApproval(approval.id, person.now)
    assert (await person.stores.commit(spend)).failed is spend
    assert await person.stores.standing(person.subject.id, approval.client, 0) is None


async def _somebody_waits(db: "asyncpg.Connection[asyncpg.Record]") -> bool:
    return bool(
        await db.fetchval(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid IS NOT NULL"
        )
    )
