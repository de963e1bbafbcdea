"""One list, whole or not at all: every condition of approvals, grants and claims, failing."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from assent.domain.approval import Approval, ApprovalState
from assent.domain.challenge import ChallengeState
from assent.domain.element import Element
from assent.domain.factor import FactorState
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
from tests.conftest import Database, rows_of
from tests.contracts.rows import Scene, applied, there
from tests.contracts.test_lists import harmless

Failing = Callable[[Scene], Awaitable[Change]]
FAILING: dict[str, Failing] = {}
ONE = frozenset({Element.KNOWLEDGE})
TWO = frozenset({Element.KNOWLEDGE, Element.POSSESSION})


def failing(make_it: Failing) -> Failing:
    FAILING[make_it.__name__] = make_it
    return make_it


async def asked(person: Scene, state: ApprovalState = ApprovalState.OPEN) -> Approval:
    """Proved, as far as it is, with the person's factor."""
    approval = person.make.asked(person.subject, state=state, proven=ONE, granted_at=person.now - 1)
    passed = person.make.challenge(
        person.session, person.factor, approval_id=approval.id, state=ChallengeState.PASSED
    )
    await person.add(approval, passed)
    return approval


def proof(person: Scene, approval: Approval) -> ProveApproval:
    """One that would do."""
    granted = ApprovalState.GRANTED
    return ProveApproval(approval.id, person.factor.id, ONE, TWO, granted, person.now)


def spend(person: Scene, approval: Approval) -> SpendApproval:
    return SpendApproval(approval.id, person.now)


async def suspended(person: Scene) -> None:
    state = FactorState.SUSPENDED
    await applied(person.stores, ChangeFactor(replace(person.factor, state=state)))


async def removed(person: Scene) -> None:
    state = FactorState.REMOVED
    await applied(person.stores, ChangeFactor(replace(person.factor, state=state, slot=None)))


@failing
async def a_token_that_is_taken(person: Scene) -> Change:
    return Add(person.make.asked(person.subject, lookup=(await asked(person)).lookup))


@failing
async def a_question_that_is_asked_already(person: Scene) -> Change:
    return Add(person.make.asked(person.subject, claim=(await asked(person)).claim))


@failing
async def a_proof_of_what_was_granted(person: Scene) -> Change:
    return proof(person, await asked(person, ApprovalState.GRANTED))


@failing
async def a_proof_of_what_was_spent(person: Scene) -> Change:
    return proof(person, await asked(person, ApprovalState.SPENT))


@failing
async def a_proof_of_what_was_withdrawn(person: Scene) -> Change:
    return proof(person, await asked(person, ApprovalState.WITHDRAWN))


@failing
async def a_proof_that_knows_less_than_there_is(person: Scene) -> Change:
    return replace(proof(person, await asked(person)), before=frozenset())


@failing
async def a_proof_that_knows_more_than_there_is(person: Scene) -> Change:
    return replace(proof(person, await asked(person)), before=TWO)


@failing
async def a_proof_at_the_end_of_its_time(person: Scene) -> Change:
    approval = await asked(person)
    return replace(proof(person, approval), now=there(approval.expires_at))


@failing
async def a_proof_with_a_factor_that_was_removed(person: Scene) -> Change:
    approval = await asked(person)
    await removed(person)
    return proof(person, approval)


@failing
async def a_proof_with_a_factor_that_was_suspended(person: Scene) -> Change:
    approval = await asked(person)
    await suspended(person)
    return proof(person, approval)


@failing
async def a_proof_with_a_factor_that_never_was(person: Scene) -> Change:
    return replace(proof(person, await asked(person)), factor_id=person.make.ids.next())


@failing
async def a_proof_of_nothing(person: Scene) -> Change:
    return proof(person, person.make.asked(person.subject))


@failing
async def an_open_one_used(person: Scene) -> Change:
    return spend(person, await asked(person))


@failing
async def one_used_before(person: Scene) -> Change:
    approval = await asked(person, ApprovalState.GRANTED)
    await applied(person.stores, spend(person, approval))
    return spend(person, approval)


@failing
async def one_used_after_it_was_withdrawn(person: Scene) -> Change:
    approval = await asked(person, ApprovalState.GRANTED)
    await applied(person.stores, WithdrawApprovals(person.subject.id, person.now, person.now))
    return spend(person, approval)


@failing
async def one_used_at_the_end_of_its_time(person: Scene) -> Change:
    approval = await asked(person, ApprovalState.GRANTED)
    return SpendApproval(approval.id, there(approval.expires_at))


@failing
async def one_used_whose_factor_was_removed(person: Scene) -> Change:
    approval = await asked(person, ApprovalState.GRANTED)
    await removed(person)
    return spend(person, approval)


@failing
async def one_used_whose_factor_was_suspended(person: Scene) -> Change:
    approval = await asked(person, ApprovalState.GRANTED)
    await suspended(person)
    return spend(person, approval)


@failing
async def one_used_that_never_was(person: Scene) -> Change:
    return SpendApproval(person.make.ids.next(), person.now)


@failing
async def a_grant_that_is_there(person: Scene) -> Change:
    grant = person.make.grant(person.subject)
    await person.add(grant)
    return Add(replace(grant, id=person.make.ids.next()))


@failing
async def a_refresh_token_that_is_taken(person: Scene) -> Change:
    await person.add(person.make.grant(person.subject, refresh=b"refresh"))
    return Add(person.make.grant(person.subject, client="client-2", refresh=b"refresh"))


@failing
async def a_grant_changed_meanwhile(person: Scene) -> Change:
    grant = person.make.grant(person.subject)
    await person.add(grant)
    await applied(person.stores, ChangeGrant(replace(grant, session_id=1)))
    return ChangeGrant(replace(grant, session_id=2))


@failing
async def a_grant_that_never_was(person: Scene) -> Change:
    return ChangeGrant(person.make.grant(person.subject))


@failing
async def a_claim_that_is_taken(person: Scene) -> Change:
    other = person.make.subject(person.programme.id)
    await person.add(other, person.make.factor(other, claim=b"claim"))
    return Add(person.make.factor(person.subject, kind="phone", claim=b"claim"))


@failing
async def a_factor_given_the_claim_of_another(person: Scene) -> Change:
    other = person.make.subject(person.programme.id)
    await person.add(other, person.make.factor(other, claim=b"claim"))
    return ChangeFactor(replace(person.factor, claim=b"claim"))


@pytest.mark.parametrize("name", FAILING)
async def test_a_failed_condition_leaves_nothing_of_its_list(
    database: Database, person: Scene, name: str
):
    change = await FAILING[name](person)
    more = await asked_of_another(person)
    before = await rows_of(person.stores, database.kind)
    done = await person.stores.commit(*harmless(person), *more, change)
    assert done.failed is change
    assert await rows_of(person.stores, database.kind) == before
    # the same list without it is applied: nothing else had been in the way
    await applied(person.stores, *harmless(person), *more)
    after = await rows_of(person.stores, database.kind)
    assert all(after[table] != before[table] for table in ("approvals", "grants", "facts"))


async def asked_of_another(person: Scene) -> tuple[Change, ...]:
    """Changes to approvals and grants that would be applied, and that show."""
    other = person.make.subject(person.programme.id)
    spent = person.make.asked(other, state=ApprovalState.GRANTED)
    proved, void = person.make.asked(other, proven=ONE), person.make.asked(other)
    grant, factor = person.make.grant(other), person.make.factor(other)
    await person.add(other, factor, spent, proved, void, grant)
    return (
        SpendApproval(spent.id, person.now),
        replace(proof(person, proved), factor_id=factor.id),
        ExpireApproval(void.id, there(void.expires_at)),
        ChangeGrant(replace(grant, session_id=3)),
        Add(person.make.asked(other)),
    )


async def test_what_may_touch_nothing_does_not_fail(database: Database, person: Scene):
    before = await rows_of(person.stores, database.kind)
    done = await applied(
        person.stores,
        ExpireApproval(person.make.ids.next(), person.now),
        WithdrawApprovals(person.subject.id, person.now, person.now),
        WithdrawApprovals(person.make.ids.next(), person.now, person.now),
    )
    assert done.returned == ((),) * 3
    assert await rows_of(person.stores, database.kind) == before
