"""What is done again and again: one job that fails keeps no other from being done."""

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from assent.adapters.vault_file.vault import FileVault
from assent.domain.challenge import ChallengeState
from assent.housekeeping import Housekeeping
from assent.kernel.clock import MINUTE
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Code, Refusal
from assent.testing.frozen import FrozenClock
from assent.usecases.lapse_challenges import lapse_challenges
from assent.usecases.world import World
from tests.conftest import ROOTS
from tests.contracts.rows import Scene


class Failing:
    """Stores of which one call fails; it notes what was asked of them."""

    def __init__(self, stores: Any, broken: str, error: Exception) -> None:
        self._stores, self._broken, self._error = stores, broken, error
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.asked.add(name)
        if name == self._broken:
            raise self._error
        return getattr(self._stores, name)


@pytest.mark.parametrize("error", [Refusal(Code.UNAVAILABLE), RuntimeError("broken")], ids=str)
@pytest.mark.parametrize("broken", ["lapsed", "unchained_facts", "sweep", "database_time"])
async def test_the_others_are_done(world: World, clock: FrozenClock, broken: str, error: Exception):
    clock.advance(MINUTE)
    stores: Any = Failing(world.stores, broken, error)
    world = replace(world, stores=stores, vault=FileVault(ROOTS, SystemRandomness()))
    refreshed = []

    async def refresh() -> None:
        refreshed.append(1)

    await Housekeeping(world, refresh).tick()
    assert refreshed == [1]
    assert {"lapsed", "unchained_facts", "sweep", "database_time"} <= stores.asked


async def test_what_nobody_answered_is_recorded_by_a_tick_and_a_quiet_one_costs_one_read(
    world: World, person: Scene, clock: FrozenClock
):
    world = replace(world, vault=FileVault(ROOTS, SystemRandomness()))
    keeper = Housekeeping(world, _nothing)
    await keeper.tick()
    asked = await world.stores.asked_by_id(
        person.programme.id, person.subject.id, person.challenge.id
    )
    assert asked is not None
    assert asked.challenge.state is ChallengeState.PENDING
    clock.advance(5 * MINUTE)
    await keeper.tick()
    asked = await world.stores.asked_by_id(
        person.programme.id, person.subject.id, person.challenge.id
    )
    assert asked is not None
    assert asked.challenge.state is ChallengeState.EXPIRED
    quiet: Any = Failing(world.stores, "commit", RuntimeError("nothing is due"))
    assert await lapse_challenges(replace(world, stores=quiet)) == 0
    assert quiet.asked == {"lapsed"}


async def test_one_whose_person_is_being_erased_keeps_no_other_waiting(
    world: World, person: Scene, clock: FrozenClock
):
    await person.add(*(person.make.challenge(person.session, person.factor) for _ in range(3)))
    clock.advance(5 * MINUTE)
    stores = world.stores

    class Erasing:
        """The first commit meets somebody who is erased."""

        met = False

        def __getattr__(self, name: str) -> Any:
            return getattr(stores, name)

        async def commit(self, *changes: Any) -> Any:
            if not self.met:
                self.met = True
                raise Refusal(Code.CHANGED_MEANWHILE, "foreign key")
            return await stores.commit(*changes)

    erasing: Any = Erasing()
    assert await lapse_challenges(replace(world, stores=erasing)) == 3
    assert await lapse_challenges(world) == 1


async def test_what_cannot_be_read_anew_keeps_nothing_from_being_done(
    world: World, clock: FrozenClock
):
    clock.advance(MINUTE)
    stores: Any = Failing(world.stores, "", RuntimeError())
    world = replace(world, stores=stores, vault=FileVault(ROOTS, SystemRandomness()))

    async def refresh() -> None:
        raise Refusal(Code.UNAVAILABLE)

    await Housekeeping(world, refresh).tick()
    assert {"unchained_facts", "sweep"} <= stores.asked


async def test_a_record_that_is_cut_off_is_told_and_not_made_anew(
    world: World, person: Scene, monkeypatch: pytest.MonkeyPatch
):
    """Whoever writes to the database takes the blocks away and lets the server seal a new past."""
    world = replace(world, vault=FileVault(ROOTS, SystemRandomness()))
    await person.add(person.make.fact(person.programme.id))
    keeper = Housekeeping(world, _nothing)
    await keeper.tick()
    assert await world.stores.last_block() is not None
    stores: Any = Rewritten(world.stores)
    monkeypatch.setattr(keeper, "_world", replace(world, stores=stores))
    await person.add(person.make.fact(person.programme.id))
    with capture_logs() as logs:
        await keeper.tick()
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["record_rewritten"]
    assert len(await world.stores.unchained_facts(10)) == 1


class Rewritten:
    """Stores whose chain has gone."""

    def __init__(self, stores: Any) -> None:
        self._stores = stores

    async def blocks(self, after: int, limit: int) -> list[Any]:
        return []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)


async def _nothing() -> None:
    pass
