"""What is deleted by: the clock, unless it cannot be right."""

import pytest

from assent.adapters.sql.stores import SqlStores
from assent.domain.retention import MOST_APART, STEP, Sort
from assent.kernel.clock import DAY, HOUR, SECOND
from assent.testing.frozen import FrozenClock
from assent.usecases.retain import Due, Retention, counted, due
from assent.usecases.world import World
from tests.contracts.rows import Scene

YEAR = 366 * DAY


@pytest.fixture(autouse=True)
def one_clock(stores: SqlStores, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The database's clock is the machine's, and as far from it as the list says."""
    apart = [0]

    async def database_time() -> int:
        return clock.wall() + apart[0]

    monkeypatch.setattr(stores, "database_time", database_time)
    return apart


async def _sessions(world: World) -> int:
    return await world.stores.outdated(Sort.SESSIONS, 2**53, 100)


async def test_sessions_go_thirty_days_after_they_ended(
    world: World, clock: FrozenClock, person: Scene
) -> None:
    retention = Retention(world)
    for _ in range(30 * 24):  # as a server would: it looks all the time, and deletes each hour
        await retention.tick()
        assert await _sessions(world) == 1
        clock.advance(HOUR)
    for _ in range(24):
        clock.advance(HOUR)
        await retention.tick()
    assert await _sessions(world) == 0


async def test_a_clock_that_jumps_a_year_deletes_a_days_worth_an_hour(
    world: World, clock: FrozenClock, person: Scene
) -> None:
    retention = Retention(world)
    await retention.tick()
    reached = clock.now()
    clock.advance(YEAR)
    assert await due(world) == Due(reached + STEP, YEAR - STEP)
    await retention.tick()
    assert await _sessions(world) == 1
    await retention.tick()  # not again within the hour
    assert await due(world) == Due(reached + 2 * STEP, YEAR - 2 * STEP)
    another = Retention(world)  # nor by another server
    clock.advance(60 * SECOND)
    await another.tick()
    assert (await due(world)) == Due(reached + 2 * STEP, YEAR - 2 * STEP + 60 * SECOND)
    # the operator has a day to set it right; then nothing was lost
    clock.advance(-YEAR)
    clock.advance(2 * HOUR)
    await retention.tick()
    assert await _sessions(world) == 1


async def test_where_it_was_right_the_servers_catch_up(
    world: World, clock: FrozenClock, person: Scene
) -> None:
    await Retention(world).tick()
    clock.advance(60 * DAY)  # they were all down
    retention = Retention(world)
    for _ in range(35):
        await retention.tick()
        clock.advance(HOUR)
    assert await _sessions(world) == 0


@pytest.mark.parametrize("by", [MOST_APART + 1, -MOST_APART - 1])
async def test_nothing_is_deleted_while_the_database_says_another_time(
    world: World, clock: FrozenClock, person: Scene, one_clock: list[int], by: int
) -> None:
    retention = Retention(world)
    clock.advance(YEAR)  # nothing was ever deleted: only the two clocks can tell
    one_clock[0] = by
    assert await due(world) is None
    await retention.tick()
    assert await _sessions(world) == 1
    one_clock[0] = MOST_APART
    clock.advance(HOUR)
    await retention.tick()
    assert await _sessions(world) == 0


async def test_the_clock_of_a_sandbox_was_moved_on_purpose(
    world: World, clock: FrozenClock, person: Scene
) -> None:
    retention = Retention(world)
    await retention.tick()
    clock.now_ms += YEAR  # the machine's own stays
    await retention.tick()
    assert await _sessions(world) == 0


async def test_what_would_go_is_counted_and_stays(
    world: World, clock: FrozenClock, person: Scene
) -> None:
    clock.advance(31 * DAY)
    found = await counted(world, clock.now())
    assert found == {
        **dict.fromkeys(Sort, 0),
        Sort.SESSIONS: 1,
        Sort.CHALLENGES: 1,
    }
    assert await _sessions(world) == 1
    assert await Retention(world).all(clock.now()) == {
        Sort.SESSIONS: 1,
        Sort.APPROVALS: 1,  # its session has gone now
        Sort.CHALLENGES: 1,
    }
