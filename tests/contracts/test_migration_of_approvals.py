"""The third revision over a database that was in use: what was asked in a session is now asked for
its approval, and everybody goes on where they were."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.element import Element
from assent.domain.retention import Sort
from assent.domain.session import SessionLimits
from assent.kernel.clock import SECOND, SystemClock
from assent.ports.asking import DecideChallenge
from assent.ports.changes import (
    Add,
    ClearAttempts,
    GrantApproval,
    SpendSend,
    SpendTry,
    StepUpSession,
    WithdrawApprovals,
)
from assent.ports.records import Sends
from assent.testing.frozen import FrozenClock
from assent.testing.postgres import Cluster
from tests.contracts.rows import Maker, applied, there
from tests.support.older import Older

BEFORE = "0002"
BOTH = frozenset({Element.KNOWLEDGE, Element.POSSESSION})
NEW_COLUMNS = {
    "approvals": {"client", "lookup", "claim", "sealed", "standing", "expires_at"},
    "challenges": {"approval_id", "sealed", "slot"},
    "facts": {"actor"},
    "identities": {"diligence"},
    "subjects": {"email_changed_at"},
    "memberships": {"active"},
}


@pytest.fixture(params=["sqlite", "postgres"])
async def old(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Older]:
    if request.param == "sqlite":
        path = tmp_path / "assent.db"
        made = Older(f"sqlite:///{path}", path, BEFORE, NEW_COLUMNS)
        await made.begin()
        yield made
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = "before_approvals"
    url = await asyncio.to_thread(cluster.database, name)
    made = Older(url, None, BEFORE, NEW_COLUMNS)
    await made.begin()
    yield made
    await asyncio.to_thread(cluster.drop, name)


async def test_everybody_goes_on_where_they_were(old: Older, make: Maker, clock: FrozenClock):
    programme = make.programme()
    ada, bee = make.subject(programme.id), make.subject(programme.id)
    people, now = (ada, bee), clock.now()
    factors = [make.factor(subject) for subject in people]
    approvals = [make.approval(subject) for subject in people]
    sessions = [
        make.session(subject, approval_id=approval.id)
        for subject, approval in zip(people, approvals, strict=True)
    ]
    codes = [
        make.challenge(session, factor, tries=1)
        for session, factor in zip(sessions, factors, strict=True)
    ]
    older = replace(codes[0], id=make.ids.next(), created_at=now - 1, purpose=Purpose.ENROL)
    lost = make.challenge(make.session(ada), factors[0])  # its session was never kept
    await old.add(programme, *people, *factors, *approvals, *sessions, *codes, older, lost)
    spent = {"programme_id": programme.id, "proof": "otp", "failures": 2, "blocks": 1}
    await old.insert("attempts", holder=codes[0].holder, blocked_until=0, **spent)
    for number, session in enumerate(sessions):
        for purpose in (Purpose.STEP_UP, Purpose.ENROL):
            sent = {"purpose": purpose, "sent": number + 1, "last_at": now - number}
            await old.insert("sends", session_id=session.id, **sent)
    stray = make.ids.next()
    await old.insert("sends", session_id=stray, purpose=Purpose.ENROL, sent=3, last_at=now)

    stores = await old.upgraded(clock)
    try:
        for number, (session, factor, code) in enumerate(
            zip(sessions, factors, codes, strict=True)
        ):
            assert await stores.touch(session.id, now, SessionLimits()) == session
            assert await stores.factor(session.subject_id, factor.kind) == factor
            asked = there(await stores.asked(session.approval_id, Purpose.STEP_UP, "otp"))
            assert (asked.challenge, asked.factor) == (code, factor)
            assert asked.attempts.failures == (0 if number else 2)
            for purpose in (Purpose.STEP_UP, Purpose.ENROL):
                sends = await stores.sends(session.approval_id, purpose)
                assert sends == Sends(number + 1, now - number)
            assert await stores.asked(session.id, Purpose.STEP_UP, "otp") is None
        enrolment = there(await stores.asked(sessions[0].approval_id, Purpose.ENROL, "otp"))
        assert enrolment.challenge == older
        held = await stores.asked_by_id(programme.id, ada.id, lost.id)
        assert there(held).challenge == replace(lost, approval_id=0)
        assert await stores.sends(stray, Purpose.ENROL) == Sends(3, now)
        # the limits of before still hold, and what was begun comes to its end
        send = SpendSend(sessions[1].approval_id, Purpose.ENROL, 2, now, now)
        assert (await stores.commit(send)).failed is send
        await applied(stores, SpendTry(codes[0].id, 3, now))
        await applied(
            stores,
            DecideChallenge(codes[0].id, ChallengeState.PASSED, now),
            ClearAttempts(programme.id, codes[0].holder, "otp"),
            GrantApproval(sessions[0].approval_id, BOTH, now),
            StepUpSession(sessions[0].id, now),
        )
        assert there(await stores.session(sessions[0].id)).stepped_up
        # a step-up of before is no token: nobody withdraws it, it stands for nothing
        await applied(stores, WithdrawApprovals(ada.id, 0, 0))
        assert await stores.standing(ada.id, "", 0) is None
        await applied(stores, *(Add(make.asked(subject)) for subject in people))
    finally:
        await stores.close()


async def test_an_empty_database_goes_from_one_to_the_other(
    old: Older, make: Maker, clock: FrozenClock
):
    stores = await old.upgraded(clock)
    try:
        assert await stores.programmes() == []
        subject = make.subject(make.programme().id)
        await applied(
            stores,
            Add(replace(make.programme(), id=subject.programme_id)),
            Add(subject),
            Add(make.asked(subject)),
            Add(make.grant(subject)),
        )
    finally:
        await stores.close()


async def test_wrong_answers_of_before_they_were_dated_count_from_the_upgrade_on(
    old: Older, clock: FrozenClock
):
    """Else the third of somebody would be the first again; or they would stay for ever."""
    counted = {"failures": 2, "blocks": 0, "blocked_until": 0}
    await old.insert("attempts", programme_id=1, holder="subject:7", proof="otp", **counted)
    before = SystemClock().wall() - SECOND  # SQLite tells whole seconds
    stores = await old.upgraded(clock)
    after = SystemClock().wall() + SECOND
    try:
        assert await stores.outdated(Sort.ATTEMPTS, before, 10) == 0
        assert await stores.outdated(Sort.ATTEMPTS, after, 10) == 1
        await stores.forget(Sort.ATTEMPTS, after, 10)
        assert await stores.attempts_of(1, "subject:7") == {}
    finally:
        await stores.close()
