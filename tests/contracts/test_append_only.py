"""The record only grows: the database itself refuses to change a line or take one out."""

from typing import Any

import pytest

from assent.domain.record import BEGINNING, Block
from assent.ports.changes import Add
from assent.ports.upkeep import ChainFacts
from tests.contracts.rows import Scene, applied


async def _does(person: Scene, text: str) -> None:
    """By hand, on a connection of the server's own user."""
    engine: Any = person.stores._engine
    if hasattr(engine, "_pool"):
        await engine._pool.execute(text)
    else:
        await engine.apply([(_Statement(text), {})])


class _Statement:
    must = False
    returns = ()
    keys = ()

    def __init__(self, text: str) -> None:
        self.text = text


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE facts SET name = 'nothing'",
        "UPDATE facts SET block = 2",
        "UPDATE facts SET block = NULL",
        "UPDATE facts SET details = '{}', block = 1",
        "DELETE FROM facts",
        "UPDATE audit_blocks SET facts = 0",
        "DELETE FROM audit_blocks",
    ],
)
async def test_no_line_is_changed_or_taken_out(person: Scene, text: str):
    fact = person.make.fact(person.programme.id, details={"a": "b"})
    await person.add(fact)
    block = Block(1, 1, person.now, BEGINNING, b"seal")
    await applied(person.stores, Add(block), ChainFacts(1, fact, 1))
    with pytest.raises(Exception, match=r"only grows|unavailable|refused"):
        await _does(person, text)
    assert await person.stores.facts_of_block(1) == [fact]
    assert await person.stores.last_block() == block
