"""The fifth revision over a database that was in use: what was asked goes on, and devices can be
asked."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from assent.domain.challenge import ChallengeState, Purpose
from assent.kernel.clock import MINUTE
from assent.ports.asking import DecideChallenge, DecideOnDevice, LockApproval
from assent.ports.changes import Add, GrantApproval, SpendTry, StepUpSession
from assent.testing.frozen import CountingIds, FrozenClock
from assent.testing.postgres import Cluster
from assent.usecases.lapse_challenges import lapse_challenges
from tests.contracts.rows import Maker, applied, there
from tests.support.device_house import device_world
from tests.support.older import Older

BEFORE = "0004"
NEW_COLUMNS = {"challenges": {"sealed", "slot"}}


@pytest.fixture(params=["sqlite", "postgres"])
async def old(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Older]:
    if request.param == "sqlite":
        path = tmp_path / "assent.db"
        made = Older(f"sqlite:///{path}", path, BEFORE, NEW_COLUMNS)
        await made.begin()
        yield made
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = "before_devices"
    url = await asyncio.to_thread(cluster.database, name)
    made = Older(url, None, BEFORE, NEW_COLUMNS)
    await made.begin()
    yield made
    await asyncio.to_thread(cluster.drop, name)


async def test_what_was_asked_goes_on_and_devices_can_be_asked(
    old: Older, make: Maker, clock: FrozenClock, ids: CountingIds
):
    programme = make.programme()
    ada = make.subject(programme.id)
    phone, approval = make.factor(ada), make.approval(ada)
    session = make.session(ada, approval_id=approval.id)
    open_code = make.challenge(session, phone, tries=1)
    lost = [make.challenge(session, phone, expires_at=clock.now() - n) for n in range(1, 4)]
    enrolment = make.challenge(session, phone, purpose=Purpose.ENROL, expires_at=clock.now() - 1)
    await old.add(programme, ada, phone, approval, session, open_code, *lost, enrolment)

    stores = await old.upgraded(clock)
    try:
        world = device_world(stores, clock, ids)
        found = await stores.asked_by_id(programme.id, ada.id, open_code.id)
        assert there(found).challenge == open_code
        # what nobody ever answered is closed now, once; what may be answered still is not
        assert await lapse_challenges(world) == 4
        assert await lapse_challenges(world) == 0
        for challenge in (*lost, enrolment):
            kept = await stores.asked_by_id(programme.id, ada.id, challenge.id)
            assert there(kept).challenge == replace(challenge, state=ChallengeState.EXPIRED)
        await applied(stores, SpendTry(open_code.id, 3, clock.now()))
        await applied(
            stores,
            DecideChallenge(open_code.id, ChallengeState.PASSED, clock.now()),
            GrantApproval(approval.id, frozenset(), clock.now()),
            StepUpSession(session.id, clock.now()),
        )
        device = make.factor(ada, kind="device_key")
        question = make.challenge(
            session, device, kind="device_key", content=b"pay", slot=0, proof="device_key"
        )
        await applied(stores, Add(device), Add(question))
        assert await stores.asked_of(ada.id, "device_key") == [question]
        twice = Add(make.challenge(session, device, kind="device_key", slot=0))
        assert (await stores.commit(twice)).failed is twice
        await applied(
            stores,
            DecideOnDevice(question.id, device.id, ChallengeState.DECLINED, clock.now()),
            LockApproval(approval.id, clock.now()),
        )
        clock.advance(10 * MINUTE)
        assert await lapse_challenges(world) == 0
    finally:
        await stores.close()
