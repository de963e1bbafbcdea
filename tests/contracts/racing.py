"""Lists of changes released at once, over two engines or two processes on one PostgreSQL."""

import asyncio
import pickle
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assent.ports.changes import Change
from tests.conftest import Database
from tests.contracts.racer import Outcome, outcome_of
from tests.contracts.rows import there

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 50

Lists = Sequence[Sequence[Change]]
Race = Callable[[Lists], Awaitable[list[Outcome]]]


class Racer:
    """The parent's end of a racer."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.contracts.racer"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.say(url)

    def say(self, value: Any) -> None:
        pickle.dump(value, there(self.process.stdin))
        there(self.process.stdin).flush()

    def told(self) -> Any:
        return pickle.load(there(self.process.stdout))

    def close(self) -> None:
        self.say(None)
        self.process.communicate(timeout=20)


@pytest.fixture(scope="package")
def racers(postgres_shared: str) -> Iterator[list[Racer]]:
    started = [Racer(postgres_shared) for _ in range(2)]
    yield started
    for racer in started:
        racer.close()


def run_in(racers: Sequence[Racer], lists: Lists) -> list[Outcome]:
    """Every second list to the second process; both set off together."""
    for start, racer in enumerate(racers):
        racer.say(list(lists[start :: len(racers)]))
    assert [racer.told() for racer in racers] == ["ready"] * len(racers)
    for racer in racers:
        racer.say("go")
    return [outcome for racer in racers for outcome in racer.told()]


@pytest.fixture(params=["engines", "processes"])
async def race(request: pytest.FixtureRequest, postgres: Database, racers: list[Racer]) -> Race:
    """Commits all lists at once, over two engines or two processes, and tells what became."""
    if request.param == "processes":

        async def run(lists: Lists) -> list[Outcome]:
            return await asyncio.to_thread(run_in, racers, lists)

    else:
        both = [await postgres.open(), await postgres.open()]

        async def run(lists: Lists) -> list[Outcome]:
            return list(
                await asyncio.gather(
                    *(outcome_of(both[n % 2], changes) for n, changes in enumerate(lists))
                )
            )

    return run


def won(outcomes: Sequence[Outcome]) -> int:
    """How many lists were applied. None may be lost, and none refused for want of patience."""
    assert len(outcomes) == AT_ONCE
    assert not [outcome for outcome in outcomes if isinstance(outcome, str)]
    return sum(isinstance(outcome, tuple) for outcome in outcomes)
