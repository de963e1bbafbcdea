"""The record as a chain, on each of the three stores."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from assent.adapters.vault_file.vault import FileVault
from assent.domain.facts import Fact
from assent.domain.record import Block, Broken, linked
from assent.kernel.randomness import SystemRandomness
from assent.ports.changes import Add
from assent.ports.upkeep import ChainFacts
from assent.usecases.keep_record import (
    RECORD_KEY,
    Damaged,
    Verified,
    chain_facts,
    recorded,
    still_there,
    verify_record,
)
from assent.usecases.world import World
from tests.conftest import ROOTS
from tests.contracts.rows import UNICODE, Scene, applied

Told = list[tuple[Block, Sequence[Fact]]]


@pytest.fixture
def world(world: World) -> World:
    return replace(world, vault=FileVault(ROOTS, SystemRandomness()))


@pytest.fixture
def key(world: World) -> bytes:
    return world.vault.derived(RECORD_KEY)


async def happened(person: Scene, count: int = 3) -> list[Fact]:
    facts = [
        person.make.fact(
            person.programme.id,
            subject_id=person.subject.id if number % 2 else None,
            at=person.now + number,
            actor=f"operator:{UNICODE}".replace("\0", ""),
            address="192.0.2.1",
            request_ref="ref-1",
            details={"reason": "wrong number", "a": UNICODE.replace("\0", "")},
        )
        for number in range(count)
    ]
    await person.add(*facts)
    return facts


async def chained(world: World) -> list[Block]:
    blocks = []
    while block := await chain_facts(world):
        blocks.append(block)
    return blocks


async def told(world: World) -> Told:
    return [pair async for pair in recorded(world)]


async def verified(
    told: Told, key: bytes | None, noted: tuple[int, bytes] | None = None
) -> Verified | Damaged:
    async def each() -> AsyncIterator[tuple[Block, Sequence[Fact]]]:
        for pair in told:
            yield pair

    return await verify_record(each(), key, noted)


async def test_every_fact_is_in_one_block_and_the_whole_verifies(
    world: World, person: Scene, key: bytes
):
    first = await happened(person)
    assert [block.facts for block in await chained(world)] == [3]
    second = await happened(person, 2)
    (block,) = await chained(world)
    held = await told(world)
    assert [fact for _, facts in held for fact in facts] == [*first, *second]
    assert await verified(held, key) == Verified(2, 5, block.head)
    assert await chain_facts(world) is None
    assert await world.stores.unchained_facts(10) == []


async def test_a_great_many_are_several_blocks(world: World, person: Scene, key: bytes):
    await happened(person, 1_001)
    assert [block.facts for block in await chained(world)] == [500, 500, 1]
    assert isinstance(await verified(await told(world), key), Verified)


async def test_anybody_can_work_the_digests_out(world: World, person: Scene):
    """By the page docs/operations/audit.md alone, with nothing of ours."""
    await happened(person)
    await chained(world)
    await happened(person)
    await chained(world)
    before = bytes(32)
    for block, facts in await told(world):
        running = hashlib.sha256(before)
        lines: list[Any] = [[block.number, block.at]]
        lines += [
            [
                fact.id,
                fact.programme_id,
                fact.subject_id,
                fact.name,
                fact.at,
                fact.actor,
                fact.address,
                fact.request_ref,
                sorted(fact.details.items()),
            ]
            for fact in sorted(facts, key=lambda fact: fact.id)
        ]
        for line in lines:
            text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
            running.update(text.encode() + b"\n")
        before = running.digest()
        assert block.digest == before


CHANGES = {
    "id": 1,
    "programme_id": 2,
    "subject_id": 3,
    "name": "nothing_happened",
    "at": 4,
    "actor": "operator:somebody else",
    "address": "192.0.2.99",
    "request_ref": "another",
    "details": {},
}


@pytest.mark.parametrize("name", CHANGES)
async def test_no_part_of_a_fact_can_be_changed(world: World, person: Scene, key: bytes, name: str):
    await happened(person)
    await chained(world)
    await happened(person)
    await chained(world)
    (first, facts), second = await told(world)
    changed: Any = {name: CHANGES[name]}
    facts = [replace(facts[0], **changed), *facts[1:]]
    assert await verified([(first, facts), second], key) == Damaged(1, Broken.CHANGED)


async def test_nothing_can_be_taken_out_put_in_or_cut_off(world: World, person: Scene, key: bytes):
    for _ in range(3):
        await happened(person)
        await chained(world)
    held = one, two, three = await told(world)
    put_in = person.make.fact(person.programme.id)
    tampered: dict[str, tuple[Told, Damaged]] = {
        "a fact less": ([one, (two[0], two[1][1:]), three], Damaged(2, Broken.CHANGED)),
        "a fact more": ([one, (two[0], [*two[1], put_in]), three], Damaged(2, Broken.CHANGED)),
        "a block less": ([one, three], Damaged(3, Broken.GAP)),
        "the first less": ([two, three], Damaged(2, Broken.GAP)),
        "changed places": (
            [one, (three[0], three[1]), (two[0], two[1])],
            Damaged(3, Broken.GAP),
        ),
    }
    for what, (blocks, damaged) in tampered.items():
        assert await verified(blocks, key) == damaged, what
    noted = (3, three[0].digest)
    assert isinstance(await verified([one, two], key), Verified)  # a cut shows by a noted head only
    assert await verified([one, two], key, noted) == Damaged(3, Broken.GAP)
    assert isinstance(await verified(list(held), key, noted), Verified)


async def test_a_chain_made_anew_without_the_vault_is_told(world: World, person: Scene, key: bytes):
    """Whoever can write to the database knows how digests come about, but not the seals' key."""
    await happened(person)
    (genuine,) = await chained(world)
    stranger = FileVault(replace(ROOTS), SystemRandomness()).derived("something else")
    (_, facts), *_ = await told(world)
    forged = replace(genuine, seal=hashlib.sha256(stranger + genuine.digest).digest())
    assert await verified([(forged, facts)], key) == Damaged(1, Broken.FORGED)
    assert isinstance(await verified([(forged, facts)], None), Verified)
    assert await verified([(genuine, facts)], None, (1, bytes(32))) == Damaged(1, Broken.OTHER_HEAD)


async def test_of_two_servers_one_makes_the_block(world: World, person: Scene, key: bytes):
    await happened(person)
    (block,) = await chained(world)
    late = await happened(person, 1)
    again = ChainFacts(block.number, late[0], 1)
    done = await person.stores.commit(Add(block), again)
    assert isinstance(done.failed, Add)
    assert [fact.id for fact in await world.stores.unchained_facts(10)] == [late[0].id]
    other = replace(block, number=2)
    mixed = ChainFacts(2, late[0], 2)
    done = await person.stores.commit(Add(other), mixed)
    assert done.failed is mixed
    assert await world.stores.last_block() == block
    await applied(person.stores, Add(other), ChainFacts(2, late[0], 1))
    assert await world.stores.unchained_facts(10) == []


async def test_a_fact_that_came_meanwhile_and_belongs_before_is_not_left_out(
    world: World, person: Scene, key: bytes
):
    """Its moment is earlier than that of the last one that was read."""
    facts = await happened(person)
    block = linked(key, None, facts, person.now)
    early = person.make.fact(person.programme.id, at=person.now)
    await person.add(early)
    chain = ChainFacts(block.number, facts[-1], len(facts))
    done = await person.stores.commit(Add(block), chain)
    assert done.failed is chain
    (both,) = await chained(world)
    assert both.facts == 4
    assert isinstance(await verified(await told(world), key), Verified)


async def test_facts_that_claim_a_block_that_is_not_there_are_found(world: World, person: Scene):
    await happened(person)
    (block,) = await chained(world)
    assert await world.stores.stray_facts(block.number) == 0
    assert await world.stores.stray_facts(block.number - 1) == 3


async def test_what_was_taken_away_is_not_there_any_more(world: World, person: Scene):
    await happened(person)
    (block,) = await chained(world)
    assert await still_there(world, block)
    assert not await still_there(world, replace(block, digest=bytes(32)))
    assert not await still_there(world, replace(block, number=2))


async def test_years_of_facts_are_chained_block_by_block(world: World, person: Scene, key: bytes):
    """After an upgrade all that ever happened stands in no block."""
    for _ in range(40):
        await happened(person, 500)
    blocks = await chained(world)
    assert [block.facts for block in blocks] == [500] * 40
    assert isinstance(await verified(await told(world), key), Verified)
