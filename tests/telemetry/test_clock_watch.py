"""A clock that is set is noticed, told and kept on record; one that only runs is not."""

import pytest

from assent.adapters.sql.stores import SqlStores
from assent.kernel.clock import HOUR, MINUTE, SECOND
from assent.kernel.refusals import Refusal
from assent.ports.telemetry import Quiet
from assent.ports.upkeep import SetState
from assent.testing.frozen import FrozenClock
from assent.usecases.watch_clock import LATEST, ClockWatch, Jump, last_jump


class Told(Quiet):
    """Writes down which jumps it is told of."""

    def __init__(self) -> None:
        self.jumps: list[int] = []

    def clock_jumped(self, by_ms: int) -> None:
        self.jumps.append(by_ms)


@pytest.fixture
def told() -> Told:
    return Told()


def _runs(clock: FrozenClock, ms: int, off_by: int = 0) -> None:
    clock.advance(ms)
    clock.wall_ms += off_by


async def test_a_clock_that_runs(stores: SqlStores, clock: FrozenClock, told: Told) -> None:
    watch = ClockWatch(clock, stores, told)
    for off_by in (0, 900, -900, 500):  # put right smoothly, or by less than what is minded
        _runs(clock, SECOND, off_by)
        assert await watch.look() is None
    assert told.jumps == []
    assert await last_jump(stores) is None


@pytest.mark.parametrize("by", [-3 * HOUR, 3 * HOUR, -2 * SECOND, 2 * SECOND])
async def test_a_clock_that_is_set(
    stores: SqlStores, clock: FrozenClock, told: Told, by: int
) -> None:
    watch = ClockWatch(clock, stores, told)
    await watch.look()
    _runs(clock, SECOND, by)
    jump = await watch.look()
    assert jump == Jump(clock.wall_ms, by)
    assert await last_jump(stores) == jump
    _runs(clock, SECOND)
    assert await watch.look() is None
    assert told.jumps == [by]


async def test_a_sandboxs_time_travel_is_none(
    stores: SqlStores, clock: FrozenClock, told: Told
) -> None:
    watch = ClockWatch(clock, stores, told)
    await watch.look()
    clock.now_ms += 30 * HOUR
    _runs(clock, SECOND)
    assert await watch.look() is None


async def test_time_that_went_back_while_nobody_looked(
    stores: SqlStores, clock: FrozenClock, told: Told
) -> None:
    await ClockWatch(clock, stores, told).look()
    _runs(clock, 0, -3 * HOUR)
    assert await ClockWatch(clock, stores, told).look() == Jump(clock.wall_ms, -3 * HOUR)
    assert await ClockWatch(clock, stores, told).look() is None  # told once
    assert told.jumps == [-3 * HOUR]


async def test_a_server_that_was_off_is_no_jump(
    stores: SqlStores, clock: FrozenClock, told: Told
) -> None:
    await ClockWatch(clock, stores, told).look()
    _runs(clock, 0, 30 * HOUR)
    assert await ClockWatch(clock, stores, told).look() is None


async def test_two_servers_whose_clocks_differ_a_little(
    stores: SqlStores, clock: FrozenClock, told: Told
) -> None:
    ahead = FrozenClock(clock.now_ms + 3 * SECOND)
    watches = [ClockWatch(one, stores, told) for one in (ahead, clock)]
    for _ in range(5):
        for watch in watches:
            assert await watch.look() is None
        for one in (ahead, clock):
            _runs(one, MINUTE)
    assert int(await stores.state(LATEST) or 0) == clock.wall_ms - MINUTE


async def test_it_is_told_though_the_database_is_away(
    stores: SqlStores, clock: FrozenClock, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*changes: SetState) -> None:
        raise Refusal("unavailable")  # type: ignore[arg-type]

    watch = ClockWatch(clock, stores, told)
    monkeypatch.setattr(stores, "commit", away)
    _runs(clock, SECOND, HOUR)
    with pytest.raises(Refusal):
        await watch.look()
    assert told.jumps == [HOUR]
