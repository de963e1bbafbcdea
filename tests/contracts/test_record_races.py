"""Many servers chain the record at once."""

import pytest

from assent.domain.record import BEGINNING, Block
from assent.ports.changes import Add, Change
from assent.ports.upkeep import ChainFacts
from tests.conftest import Database
from tests.contracts.racing import AT_ONCE, Race, won
from tests.contracts.rows import Maker, Scene, scene


@pytest.fixture
async def person(postgres: Database, make: Maker) -> Scene:
    return await scene(await postgres.open(), make)


async def test_one_of_fifty_makes_the_block_and_no_fact_is_in_two(person: Scene, race: Race):
    await person.add(*(person.make.fact(person.programme.id) for _ in range(AT_ONCE)))
    facts = await person.stores.unchained_facts(1_000)
    lists: list[list[Change]] = [
        [Add(Block(1, n, n, BEGINNING, b"")), ChainFacts(1, facts[n - 1], n)]
        for n in range(1, AT_ONCE + 1)
    ]
    assert won(await race(lists)) == 1
    block = await person.stores.last_block()
    assert block is not None
    assert len(await person.stores.facts_of_block(1)) == block.facts
    assert len(await person.stores.unchained_facts(1_000)) == len(facts) - block.facts
