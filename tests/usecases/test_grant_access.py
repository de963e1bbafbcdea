"""Two ways to a person's tokens at the same moment: nothing is used up for nothing."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from assent.adapters.vault_file.vault import FileVault
from assent.domain.grant import GrantLimits
from assent.domain.session import Caller
from assent.kernel.clock import MINUTE
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Change, ChangeGrant, Committed
from assent.ports.stores import Stores
from assent.testing.frozen import FrozenClock
from assent.usecases.grant_access import (
    Access,
    access_by_code,
    access_by_refresh,
    authorise,
)
from assent.usecases.world import REPEATS, World
from tests.conftest import ROOTS
from tests.contracts.rows import Scene, there

URI = "https://bank.example/back"


@pytest.fixture
def house(world: World) -> World:
    randomness = SystemRandomness()
    return replace(world, vault=FileVault(ROOTS, randomness), randomness=randomness)


@pytest.fixture
def client(person: Scene) -> Caller:
    return Caller(programme=person.programme, client="client-1")


class Renewed:
    """The store, where somebody else renews a grant just before this call does, so many times."""

    def __init__(self, stores: Stores, times: int) -> None:
        self._stores = stores
        self.left = times

    async def commit(self, *changes: Change) -> Committed:
        for change in changes:
            if isinstance(change, ChangeGrant) and self.left:
                self.left -= 1
                other = replace(change.grant, session_id=None, refresh=b"%d" % self.left)
                assert (await self._stores.commit(ChangeGrant(other))).failed is None
        return await self._stores.commit(*changes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)


def beside(house: World, times: int) -> World:
    stores: Any = Renewed(house.stores, times)
    return replace(house, stores=stores)


async def refusal(made: Any) -> Code:
    with pytest.raises(Refusal) as refused:
        await made
    return refused.value.code


async def test_a_code_is_not_lost_to_another_grant(house: World, client: Caller, person: Scene):
    code = await authorise(house, client, person.subject.id, client.client, URI)
    access = await access_by_code(beside(house, REPEATS - 1), client, code, URI)
    grant = there(await person.stores.grant(client.client, person.subject.id))
    assert grant.session_id == access.session.id
    assert await refusal(access_by_code(house, client, code, URI)) is Code.GRANT_WRONG


async def test_a_code_that_never_found_its_turn_is_still_good(
    house: World, client: Caller, person: Scene
):
    code = await authorise(house, client, person.subject.id, client.client, URI)
    made = access_by_code(beside(house, REPEATS), client, code, URI)
    assert await refusal(made) is Code.CHANGED_MEANWHILE
    assert isinstance(await access_by_code(house, client, code, URI), Access)


async def test_a_refresh_token_that_is_replaced_meanwhile(
    house: World, client: Caller, person: Scene
):
    code = await authorise(house, client, person.subject.id, client.client, URI)
    access = await access_by_code(house, client, code, URI)
    made = access_by_refresh(beside(house, 1), client, access.refresh)
    assert await refusal(made) is Code.GRANT_WRONG


async def test_one_code_fifty_times_at_once(house: World, client: Caller, person: Scene):
    code = await authorise(house, client, person.subject.id, client.client, URI)
    outcomes = await asyncio.gather(
        *(access_by_code(house, client, code, URI) for _ in range(50)), return_exceptions=True
    )
    told = Counter(one.code if isinstance(one, Refusal) else type(one) for one in outcomes)
    assert told == {Access: 1, Code.GRANT_WRONG: 49}


@pytest.mark.parametrize("minutes", [1, 10])
async def test_how_long_a_code_is_good(
    house: World, client: Caller, person: Scene, clock: FrozenClock, minutes: int
):
    """By a setting of its own, whatever is typed into frames has."""
    house = replace(house, grant_limits=GrantLimits(code_ms=minutes * MINUTE))
    first, second = [
        await authorise(house, client, person.subject.id, client.client, URI) for _ in "12"
    ]
    clock.advance(minutes * MINUTE - 1)
    await access_by_code(house, client, first, URI)
    clock.advance(1)
    assert await refusal(access_by_code(house, client, second, URI)) is Code.GRANT_WRONG
