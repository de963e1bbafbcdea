"""A caller who goes away, a database that goes away, a store that is closed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assent.adapters.sql.migrations.run import upgrade
from assent.adapters.sql.sqlite import SecondServer, SqliteEngine
from assent.domain.session import SessionLimits
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, SpendTry
from assent.ports.upkeep import SetState
from assent.testing.frozen import FrozenClock
from assent.testing.postgres import Cluster
from tests.conftest import Database
from tests.contracts.rows import Maker, Scene, scene

LIMITS = SessionLimits()


async def turn_of_the_loop() -> None:
    turned = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(turned.set_result, None)
    await turned


async def whole_lists(database: Database, programme_id: int) -> tuple[set[str], set[str]]:
    """Which of the lists are seen in the one table, and which in the other."""
    stores = await database.open()
    facts = {fact.details["n"] for fact in await stores.facts(programme_id)}
    states = {str(n) for n in range(20) if await stores.state(f"n{n}") is not None}
    return facts, states


@pytest.mark.parametrize("steps", range(6))
async def test_a_caller_who_goes_away_leaves_all_or_nothing(
    database: Database, make: Maker, steps: int
):
    """Gone at once, or some turns of the loop later: what was handed over is carried out whole."""
    if database.kind == "memory":
        pytest.skip("a database in memory is gone with its store")
    person = await scene(await database.open(), make)
    lists = []
    for n in range(20):
        fact = make.fact(person.programme.id, details={"n": str(n)})
        lists.append((SetState(f"n{n}", "there"), Add(fact)))
    tasks = [asyncio.ensure_future(person.stores.commit(*changes)) for changes in lists]
    for _ in range(steps):
        await turn_of_the_loop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await person.stores.close()
    facts, states = await whole_lists(database, person.programme.id)
    assert facts == states
    # one turn starts the tasks, which hand over; a task cancelled before that never began
    assert len(facts) == (20 if steps else 0)


async def test_the_reads_of_others_go_on_when_one_goes_away(person: Scene):
    reads = [
        asyncio.ensure_future(person.stores.subject(person.programme.id, person.subject.id))
        for _ in range(10)
    ]
    await turn_of_the_loop()
    reads[0].cancel()
    found = await asyncio.gather(*reads, return_exceptions=True)
    assert found[1:] == [person.subject] * 9


async def test_a_closed_store_says_so(person: Scene):
    await person.stores.close()
    await person.stores.close()
    for work in (
        person.stores.commit(SetState("a", "b")),
        person.stores.state("a"),
        person.stores.touch(person.session.id, person.now + SECOND, LIMITS),
    ):
        with pytest.raises(Refusal) as refused:
            await asyncio.wait_for(work, 5)
        assert refused.value.code is Code.UNAVAILABLE


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """One that may be taken away, with its log flushed, so that a crash loses nothing."""
    with Cluster(fsync=True) as cluster:
        yield cluster


@pytest.fixture
async def shaky(own_cluster: Cluster, clock: FrozenClock, tmp_path: Path):
    url = own_cluster.database("shaky")
    await asyncio.to_thread(upgrade, url)
    database = Database("postgres", clock, tmp_path, tmp_path, url)
    yield database
    await database.close()


async def refusals_of(*works) -> list[Code | None]:
    """Which code each was refused with; anything else that is raised fails the test."""
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    codes: list[Code | None] = []
    for outcome in outcomes:
        if isinstance(outcome, Refusal):
            codes.append(outcome.code)
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            codes.append(None)
    return codes


def everything(person: Scene, round_: int):
    now = person.now + round_ * SECOND
    return (
        person.stores.commit(SpendTry(person.challenge.id, 1_000, person.now)),
        person.stores.subject(person.programme.id, person.subject.id),
        person.stores.touch(person.session.id, now, LIMITS),
        person.stores.facts(person.programme.id),
        person.stores.database_time(),
    )


@pytest.mark.parametrize("how", ["kill", "stop"])
async def test_a_database_that_goes_away_comes_back(
    own_cluster: Cluster, shaky: Database, make: Maker, how: str
):
    person = await scene(await shaky.open(), make)
    assert await refusals_of(*everything(person, 1)) == [None] * 5
    getattr(own_cluster, how)()
    for round_ in (2, 3):
        assert await refusals_of(*everything(person, round_)) == [Code.UNAVAILABLE] * 5
    own_cluster.start()
    assert await refusals_of(*everything(person, 4)) == [None] * 5


async def test_a_database_that_goes_away_in_the_middle_leaves_lists_whole(
    own_cluster: Cluster, shaky: Database, make: Maker
):
    """Traffic all the while: each list is told applied and is there, or is whole or absent."""
    person = await scene(await shaky.open(), make)
    applied_, refused, codes, stop = set(), set(), set(), asyncio.Event()

    async def traffic(lane: int) -> None:
        n = 0
        while not stop.is_set():
            n += 1
            name = f"{lane}-{n}"
            fact = make.fact(person.programme.id, details={"n": name})
            try:
                await person.stores.commit(SetState(name, "there"), Add(fact))
                applied_.add(name)
            except Refusal as refusal:
                refused.add(name)
                codes.add(refusal.code)

    lanes = [asyncio.ensure_future(traffic(lane)) for lane in range(8)]
    for done in (50, 200):
        while len(applied_) < done:
            await turn_of_the_loop()
        await asyncio.to_thread(own_cluster.kill)
        missed = len(refused)
        while len(refused) < missed + 8:
            await turn_of_the_loop()
        await asyncio.to_thread(own_cluster.start)
        again = len(applied_)
        while len(applied_) < again + 50:
            await turn_of_the_loop()
    stop.set()
    await asyncio.gather(*lanes)
    assert codes == {Code.UNAVAILABLE}
    there = {fact.details["n"] for fact in await person.stores.facts(person.programme.id)}
    assert applied_ <= there, "told applied, and lost"
    assert there <= applied_ | refused
    engine: Any = person.stores._engine
    rows = await engine._pool.fetch("SELECT name FROM state")
    assert {row["name"] for row in rows} == there, "half a list"


async def test_a_store_opened_while_the_database_is_away_works_when_it_comes(
    own_cluster: Cluster, shaky: Database, make: Maker
):
    own_cluster.stop()
    engine = await shaky.engine()
    with pytest.raises(Refusal) as refused:
        await engine.database_time()
    assert refused.value.code is Code.UNAVAILABLE
    own_cluster.start()
    assert await engine.database_time() > 0
    await engine.close()


async def test_a_file_serves_one_process(database: Database):
    if database.kind != "sqlite":
        pytest.skip("only a file can be opened twice")
    first = SqliteEngine(database.path, serve=True)
    with pytest.raises(SecondServer):
        SqliteEngine(database.path, serve=True)
    await first.close()
    second = SqliteEngine(database.path, serve=True)
    await second.close()
