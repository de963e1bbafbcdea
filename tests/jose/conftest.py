"""A programme with two clients, on a store in memory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assent.testing.frozen import FrozenClock
from tests.conftest import Database
from tests.jose.house import Partner, Room


@pytest.fixture
async def room(clock: FrozenClock, sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Room]:
    database = Database("memory", clock, sqlite_template, tmp_path, "")
    yield await Room.open(await database.open(), clock)
    await database.close()


@pytest.fixture
async def bank(room: Room) -> Partner:
    return await room.partner("bank")


@pytest.fixture
async def other(room: Room) -> Partner:
    return await room.partner("other")
