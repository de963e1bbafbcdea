"""The record is chained, exported and verified."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from assent.domain.facts import Fact
from assent.domain.record import Block, Broken, linked, wrong_with
from assent.ports.changes import Add
from assent.ports.upkeep import ChainFacts
from assent.usecases.world import World

RECORD_KEY = "record"
"""What the vault derives the key of the seals from."""
_MOST_FACTS = 500
"""Of one block."""
_MOST_BLOCKS = 200
"""Read at a time."""


async def chain_facts(world: World) -> Block | None:
    """Puts facts that stand in no block yet into the next one; nothing where there are none, or
    where another server was faster.

    Not in the commit that a fact belongs to: all commits of all servers would wait for one row.
    """
    facts = await world.stores.unchained_facts(_MOST_FACTS)
    if not facts:
        return None
    before = await world.stores.last_block()
    block = linked(world.vault.derived(RECORD_KEY), before, facts, world.clock.now())
    chained = ChainFacts(block.number, facts[-1], len(facts))
    done = await world.stores.commit(Add(block), chained)
    return block if done.failed is None else None


async def chain_all(world: World) -> None:
    """Whatever happened until now stands in a block, whoever put it there."""
    started = world.clock.now()
    while waiting := await world.stores.unchained_facts(1):
        if waiting[0].at > started:
            return
        await chain_facts(world)


async def still_there(world: World, head: Block) -> bool:
    """Whether a block that was once seen is as it was: nobody has taken the chain's end off, or
    made it anew."""
    found = await world.stores.blocks(head.number - 1, 1)
    return bool(found) and found[0] == head


async def recorded(world: World) -> AsyncIterator[tuple[Block, Sequence[Fact]]]:
    """Every block with its facts, from the first on."""
    after = 0
    while blocks := await world.stores.blocks(after, _MOST_BLOCKS):
        for block in blocks:
            yield block, await world.stores.facts_of_block(block.number)
        after = blocks[-1].number


@dataclass(frozen=True, slots=True)
class Verified:
    """The whole record, as it should be."""

    blocks: int
    facts: int
    head: str
    """To be noted where nobody who can write to the database can write."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """The first block that is not as it should be."""

    block: int
    why: Broken


async def verify_record(
    blocks: AsyncIterator[tuple[Block, Sequence[Fact]]],
    key: bytes | None,
    noted: tuple[int, bytes] | None = None,
) -> Verified | Damaged:
    """Works the chain out anew. `noted` is a head from before: number and digest; a record that
    ends before it is damaged there."""
    before: Block | None = None
    facts_seen = 0
    async for block, facts in blocks:
        wrong = wrong_with(block, before, facts, key)
        if wrong is None and noted and noted[0] == block.number and noted[1] != block.digest:
            wrong = Broken.OTHER_HEAD
        if wrong is not None:
            return Damaged(block.number, wrong)
        before, facts_seen = block, facts_seen + len(facts)
    number = before.number if before else 0
    if noted is not None and noted[0] > number:
        return Damaged(number + 1, Broken.GAP)
    return Verified(number, facts_seen, before.head if before else "")
