"""A person in a store, and the rows to go with them."""

import pytest

from assent.adapters.sql.stores import SqlStores
from assent.testing.frozen import CountingIds, FrozenClock
from tests.contracts.racing import race, racers
from tests.contracts.rows import Maker, Scene, scene

__all__ = ["race", "racers"]


@pytest.fixture
def make(ids: CountingIds, clock: FrozenClock) -> Maker:
    return Maker(ids, clock)


@pytest.fixture
async def person(stores: SqlStores, make: Maker) -> Scene:
    """On each of the three stores in turn."""
    return await scene(stores, make)
