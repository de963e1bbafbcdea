"""What operators ask of the record: how much of it stands in no block, and since when."""

import pytest

from assent.adapters.sql import vitals
from assent.adapters.sql.vitals import Unchained, Vitals
from assent.kernel.clock import MINUTE
from assent.ports.upkeep import ChainFacts
from tests.contracts.rows import Scene, applied


async def test_facts_that_stand_in_no_block_are_counted(
    person: Scene, monkeypatch: pytest.MonkeyPatch
):
    asked = Vitals(person.stores._engine)
    assert await asked.unchained() == Unchained(0, None)
    facts = [person.make.fact(person.programme.id, at=person.now + i * MINUTE) for i in (2, 1, 3)]
    await person.add(*facts)
    assert await asked.unchained() == Unchained(3, person.now + MINUTE)
    await applied(person.stores, ChainFacts(1, facts[1], 1))
    assert await asked.unchained() == Unchained(2, person.now + 2 * MINUTE)
    monkeypatch.setattr(vitals, "MOST_UNCHAINED", 1)
    assert await asked.unchained() == Unchained(1, person.now + 2 * MINUTE)
