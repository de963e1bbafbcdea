"""Approvals that a client asked for: what is kept of them, and what each change makes of them."""

from dataclasses import replace
from typing import Any

import pytest

from assent.domain.approval import Approval, ApprovalState
from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.element import Element
from assent.domain.factor import Factor, FactorState
from assent.domain.hashed_secret import PROOF
from assent.kernel.clock import MINUTE
from assent.ports.changes import (
    ChangeFactor,
    ExpireApproval,
    GrantApproval,
    ProveApproval,
    SpendApproval,
    SpendSend,
    WithdrawApprovals,
)
from assent.ports.records import Sends
from tests.conftest import Database, rows_of
from tests.contracts.rows import Scene, applied, there

KNOWS = frozenset({Element.KNOWLEDGE})
BOTH = frozenset({Element.KNOWLEDGE, Element.POSSESSION})
OPEN, GRANTED, SPENT, WITHDRAWN = (
    ApprovalState.OPEN,
    ApprovalState.GRANTED,
    ApprovalState.SPENT,
    ApprovalState.WITHDRAWN,
)


async def found(person: Scene, approval: Approval) -> Approval:
    return there(await person.stores.approval(approval.lookup or b""))


async def granted(person: Scene, **values: Any) -> Approval:
    """Proved with the person's factor, and with another."""
    usual = {"state": GRANTED, "proven": BOTH, "granted_at": person.now}
    approval = person.make.asked(person.subject, **{**usual, **values})
    proof = person.make.challenge(
        person.session, person.factor, approval_id=approval.id, state=ChallengeState.PASSED
    )
    await person.add(approval, proof)
    return approval


def proof(person: Scene, approval: Approval, **values: Any) -> ProveApproval:
    return ProveApproval(
        **{
            "approval_id": approval.id,
            "factor_id": person.factor.id,
            "before": frozenset(),
            "proven": KNOWS,
            "state": OPEN,
            "now": person.now,
            **values,
        }
    )


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"standing": True, "claim": None, "text": "", "parameters": {}},
        {"state": GRANTED, "proven": frozenset(Element), "granted_at": 7, "expires_at": 2**53 - 1},
        {"state": SPENT, "proven": BOTH, "granted_at": 7, "claim": None},
    ],
)
async def test_it_comes_out_as_it_went_in(person: Scene, values: dict[str, Any]):
    approval = person.make.asked(person.subject, **values)
    await person.add(approval)
    assert await person.stores.approval(approval.lookup or b"") == approval
    by_claim = await person.stores.approval_by_claim(approval.claim or b"")
    assert by_claim == (approval if approval.claim else None)
    assert await person.stores.approval(b"another") is None
    assert await person.stores.approval_by_claim(b"another") is None


async def test_a_sessions_own_has_nothing_to_be_found_by(database: Database, person: Scene):
    approval = person.make.approval(person.subject)
    await person.add(approval, person.make.approval(person.subject))
    rows = (await rows_of(person.stores, database.kind))["approvals"]
    assert next(row for row in rows if row[0] == approval.id)[9:] == ("", None, None, None, 0, None)


async def test_proof_by_proof_until_it_is_granted(person: Scene):
    approval = person.make.asked(person.subject)
    await person.add(approval)
    last = there(approval.expires_at) - 1
    await applied(person.stores, proof(person, approval))
    assert await found(person, approval) == replace(approval, proven=KNOWS)
    second = proof(person, approval, before=KNOWS, proven=BOTH, state=GRANTED, now=last)
    await applied(person.stores, second)
    whole = replace(approval, proven=BOTH, state=GRANTED, granted_at=last)
    assert await found(person, approval) == whole
    assert await person.stores.approval_by_claim(approval.claim or b"") == whole


async def test_it_is_used_up_once_and_the_question_may_be_asked_again(person: Scene):
    approval = await granted(person)
    await applied(person.stores, SpendApproval(approval.id, there(approval.expires_at) - 1))
    assert await found(person, approval) == replace(approval, state=SPENT, claim=None)
    again = person.make.asked(person.subject, claim=approval.claim)
    await person.add(again)
    assert await person.stores.approval_by_claim(approval.claim or b"") == again


async def test_it_rests_on_what_passed_and_on_nothing_else(person: Scene):
    """A code that was wrong, or void, was sent to a phone that may go; another's proof may too."""
    gone = person.make.factor(person.subject, slot=1, state=FactorState.REMOVED)
    approval, other = await granted(person), person.make.asked(person.subject)
    await person.add(
        gone,
        other,
        *(
            person.make.challenge(person.session, gone, approval_id=approval.id, state=state)
            for state in ChallengeState
            if state is not ChallengeState.PASSED
        ),
        person.make.challenge(
            person.session, gone, approval_id=other.id, state=ChallengeState.PASSED
        ),
    )
    await applied(person.stores, SpendApproval(approval.id, person.now))


@pytest.mark.parametrize("state", [OPEN, GRANTED])
async def test_once_its_time_is_over_it_frees_its_question(person: Scene, state: ApprovalState):
    approval = person.make.asked(person.subject, state=state)
    await person.add(approval)
    end = there(approval.expires_at)
    await applied(person.stores, ExpireApproval(approval.id, end - 1))
    assert await found(person, approval) == approval
    await applied(person.stores, ExpireApproval(approval.id, end))
    assert await found(person, approval) == replace(approval, claim=None)


async def test_one_whose_time_is_over_stands_as_long_as_it_stands(person: Scene):
    approval = await granted(person, standing=True)
    await applied(person.stores, ExpireApproval(approval.id, there(approval.expires_at)))
    held = there(await person.stores.standing(person.subject.id, approval.client, person.now - 1))
    assert held == replace(approval, claim=None)


async def test_a_spent_one_does_not_expire(person: Scene):
    approval = await granted(person, state=SPENT, claim=None, standing=True)
    await applied(person.stores, ExpireApproval(approval.id, there(approval.expires_at)))
    assert await found(person, approval) == approval


async def test_whatever_was_asked_of_a_person_is_void(database: Database, person: Scene):
    """All of theirs and nobody else's; a session's own step-up stays, as do those long over."""
    make, other = person.make, person.make.subject(person.programme.id)
    theirs = [make.asked(person.subject, state=state) for state in (OPEN, GRANTED)]
    spent = make.asked(person.subject, state=SPENT, claim=None, standing=True)
    over, stands = (
        make.asked(person.subject, state=SPENT, expires_at=person.now, granted_at=at)
        for at in (person.now - 1, person.now)
    )
    kept = [over, make.asked(other)]
    await person.add(other, *theirs, spent, stands, *kept)
    await applied(person.stores, WithdrawApprovals(person.subject.id, person.now, person.now - 1))
    for approval in (*theirs, spent, stands):
        void = replace(approval, state=WITHDRAWN, claim=None)
        assert await found(person, approval) == void
    for approval in kept:
        assert await found(person, approval) == approval
    rows = (await rows_of(person.stores, database.kind))["approvals"]
    assert [row[5] for row in rows if row[0] == person.session.approval_id] == ["open"]


@pytest.mark.parametrize("state", [GRANTED, SPENT])
async def test_a_low_risk_one_stands_for_others(person: Scene, state: ApprovalState):
    await granted(person, standing=True, granted_at=person.now - 2)
    approval = await granted(person, state=state, standing=True, granted_at=person.now)
    read = person.stores.standing
    assert await read(person.subject.id, "client-1", person.now - 3) == approval
    assert await read(person.subject.id, "client-1", person.now - 1) == approval
    assert await read(person.subject.id, "client-1", person.now) is None
    assert await read(person.subject.id, "client-2", 0) is None
    assert await read(person.make.ids.next(), "client-1", 0) is None


@pytest.mark.parametrize(
    "values",
    [
        {"standing": False},
        {"state": OPEN},
        {"state": WITHDRAWN},
        {"granted_at": None},
        {"lookup": None},
    ],
)
async def test_what_does_not_stand(person: Scene, values: dict[str, Any]):
    await granted(person, **{"standing": True, "claim": None, **values})
    assert await person.stores.standing(person.subject.id, "client-1", 0) is None


@pytest.mark.parametrize("state", [FactorState.SUSPENDED, FactorState.REMOVED])
async def test_nothing_stands_on_a_factor_that_is_gone(person: Scene, state: FactorState):
    approval = await granted(person, standing=True)
    read = person.stores.standing
    assert await read(person.subject.id, "client-1", 0) == approval
    await applied(person.stores, ChangeFactor(replace(person.factor, state=state)))
    assert await read(person.subject.id, "client-1", 0) is None


async def test_by_what_it_was_proved_in_order(person: Scene):
    approval, make = await granted(person), person.make
    later = [
        make.challenge(
            person.session,
            replace(person.factor, kind=kind),
            approval_id=approval.id,
            purpose=Purpose.APPROVE,
            state=state,
            created_at=person.now + at,
        )
        for kind, state, at in (
            ("face_map", ChallengeState.PASSED, 2),
            ("pin", ChallengeState.PASSED, 1),
            ("voice_otp", ChallengeState.PENDING, 0),
        )
    ]
    await person.add(*later)
    kinds = await person.stores.passed_kinds(approval.id)
    assert kinds == [person.factor.kind, "pin", "face_map"]
    assert await person.stores.passed_kinds(make.ids.next()) == []


async def test_codes_and_their_count_are_the_approvals(person: Scene):
    """Two questions at once, each with a code of its own."""
    make, stores, now = person.make, person.stores, person.now
    first, second = make.asked(person.subject), make.asked(person.subject)
    codes = [
        make.challenge(person.session, person.factor, approval_id=one.id, purpose=Purpose.APPROVE)
        for one in (first, second)
    ]
    await person.add(first, second, *codes)
    for one, code in zip((first, second), codes, strict=True):
        asked = there(await stores.asked(one.id, Purpose.APPROVE, "otp"))
        assert asked.challenge == code
        assert await stores.asked(one.id, Purpose.STEP_UP, "otp") is None
    await applied(stores, SpendSend(first.id, Purpose.APPROVE, 3, now - MINUTE, now))
    assert await stores.sends(first.id, Purpose.APPROVE) == Sends(1, now)
    assert await stores.sends(second.id, Purpose.APPROVE) == Sends()


async def test_what_is_asked_comes_with_every_block_that_matters(person: Scene):
    """Of whichever factor: they block the actions, not only the factor (RTS Article 4(3)(b)). A
    block of passwords closes the log-in alone, and other people's are other people's."""
    stores, approval = person.stores, person.make.asked(person.subject)
    code = person.make.challenge(
        person.session, person.factor, approval_id=approval.id, purpose=Purpose.APPROVE
    )
    await person.add(approval, code)

    async def until() -> int:
        return there(await stores.asked(approval.id, Purpose.APPROVE, "otp")).any_until

    assert await until() == 0
    others: tuple[dict[str, Any], ...] = (
        {"proof": PROOF},
        {"holder": "subject:2"},
        {"programme_id": 2},
        {"proof": "pin", "limit": 2},
    )
    for values in others:
        await applied(stores, person.attempt(**{"limit": 1, **values}))
        assert await until() == 0
    await applied(stores, person.attempt(proof="face_map", limit=1, block_ms=MINUTE))
    assert await until() == person.now + MINUTE
    await applied(stores, person.attempt(proof="pin", limit=2, block_ms=2 * MINUTE))
    assert await until() == person.now + 2 * MINUTE
    assert there(await stores.asked(approval.id, Purpose.APPROVE, "otp")).attempts.failures == 0


async def test_a_step_up_is_no_token(person: Scene):
    """One without an end is proved in its session only."""
    approval = person.make.approval(person.subject)
    await person.add(approval)
    for change in (proof(person, approval), SpendApproval(approval.id, person.now)):
        assert (await person.stores.commit(change)).failed is change
    await applied(person.stores, GrantApproval(approval.id, BOTH, person.now))
    spend = SpendApproval(approval.id, person.now)
    assert (await person.stores.commit(spend)).failed is spend


async def test_a_factor_may_be_there_and_not_yet_good(person: Scene):
    """Whoever is in the middle of an enrolment proves nothing with it."""
    pending: Factor = person.make.factor(person.subject, slot=1, state=FactorState.PENDING)
    approval = person.make.asked(person.subject)
    await person.add(pending, approval)
    change = proof(person, approval, factor_id=pending.id)
    assert (await person.stores.commit(change)).failed is change


async def test_the_sweep_erases_what_an_expired_one_said(person: Scene):
    """And leaves the rest: what became of it stays on record, and its question can be put anew."""
    over, alive = (
        person.make.asked(person.subject, expires_at=person.now + more) for more in (0, 1)
    )
    of_a_session = person.make.approval(person.subject)
    await person.add(over, alive, of_a_session)
    await person.stores.sweep(person.now)
    assert await found(person, alive) == alive
    erased = replace(over, text="", parameters={}, claim=None)
    assert await found(person, over) == erased
    await person.add(person.make.asked(person.subject, claim=over.claim))
