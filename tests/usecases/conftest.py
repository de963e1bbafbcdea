"""A World around each of the three stores, and a caller who speaks for a person in it."""

from typing import Any

import pytest

from assent.adapters.sql.stores import SqlStores
from assent.domain.approval import ApprovalLimits
from assent.domain.attempts import AttemptLimits
from assent.domain.capture import CaptureLimits
from assent.domain.grant import GrantLimits
from assent.domain.mailed_code import MailedCodeLimits, MailedCodes
from assent.domain.session import Caller, SessionLimits
from assent.testing.frozen import CountingIds, FrozenClock, ScriptedRandomness
from assent.usecases.world import World
from tests.contracts.conftest import make, person
from tests.contracts.rows import Maker, Scene
from tests.support.device_house import DeviceHouse, device_world

__all__ = ["make", "person"]


@pytest.fixture
def world(
    stores: SqlStores, clock: FrozenClock, ids: CountingIds, randomness: ScriptedRandomness
) -> World:
    """Without kinds, vault or threads: for use cases that need none."""
    none: Any = None
    return World(
        clock=clock,
        randomness=randomness,
        ids=ids,
        kinds={},
        stores=stores,
        vault=none,
        offload=none,
        attempt_limits=AttemptLimits(),
        session_limits=SessionLimits(),
        capture_limits=CaptureLimits(),
        approval_limits=ApprovalLimits(),
        grant_limits=GrantLimits(),
        mailed_codes=MailedCodes(MailedCodeLimits(), b"k" * 32),
    )


@pytest.fixture
def caller(person: Scene) -> Caller:
    return Caller(programme=person.programme, session=person.session, address="192.0.2.1")


@pytest.fixture
async def house(
    stores: SqlStores, clock: FrozenClock, ids: CountingIds, make: Maker, person: Scene
) -> DeviceHouse:
    """One server, and a person who may have devices."""
    return DeviceHouse([device_world(stores, clock, ids)], make, person)
