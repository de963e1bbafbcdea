"""The table of devices that wait: who is woken by what, and that nothing stays behind."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from assent.dialects.device.hub import MOST_OF_DEVICE, Hub, Listener
from assent.domain.challenge import Challenge, ChallengeState, Purpose
from assent.http.request import Request
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import (
    DecideChallenge,
    DecideOnDevice,
    DeviceReads,
    WithdrawKindChallenges,
)
from assent.ports.changes import Add

ADA, EVE, DEVICE = 1, 2, 10
LONG = 60.0
"""Seconds that no test takes: whoever is not woken fails by the time-out of the suite."""


class Database:
    """What other servers have put."""

    def __init__(self) -> None:
        self.questions: dict[int, int] = {}
        self.looks = 0
        self.down = False

    async def open_questions(self, kind: str) -> Mapping[int, int]:
        self.looks += 1
        if self.down:
            raise Refusal(Code.UNAVAILABLE)
        return dict(self.questions)


class Caller:
    """A request whose caller stays on the line until told otherwise."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    async def gone(self) -> None:
        await self.left.wait()


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def hub(database: Database, monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setattr("assent.dialects.device.hub.LOOK_SECONDS", 0)
    return Hub(cast(DeviceReads, database))


@asynccontextmanager
async def looking(hub: Hub) -> AsyncIterator[None]:
    task = asyncio.create_task(hub.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def question(number: int, subject_id: int = ADA, slot: int | None = 0) -> Challenge:
    return Challenge(
        id=number,
        programme_id=1,
        subject_id=subject_id,
        session_id=1,
        approval_id=1,
        factor_id=DEVICE,
        kind="device_key",
        holder="x",
        proof="device_key",
        purpose=Purpose.STEP_UP,
        expected=b"",
        slot=slot,
        created_at=0,
        expires_at=1,
    )


async def turns(count: int) -> None:
    """Of the loop; the hub looks in each of them."""
    for _ in range(count):
        await asyncio.sleep(0)


class Waiting:
    """A call that waits, in a task of its own as the server's are."""

    def __init__(self, hub: Hub, subject_id: int = ADA, device_id: int = DEVICE) -> None:
        self.caller = Caller()
        self.listener: Listener | None = None
        self._there = asyncio.Event()
        self.task = asyncio.create_task(self._run(hub, subject_id, device_id))

    async def _run(self, hub: Hub, subject_id: int, device_id: int) -> bool:
        with hub.listening(subject_id, device_id) as listener:
            self.listener = listener
            listener.arm()
            self._there.set()
            return await listener.wait(cast(Request, self.caller), LONG)

    async def begun(self) -> "Waiting":
        await self._there.wait()
        await asyncio.sleep(0)
        return self


async def test_a_question_put_here_wakes_its_person_and_nobody_else(hub: Hub):
    ada, eve = await Waiting(hub).begun(), await Waiting(hub, EVE, 11).begun()
    hub.applied([Add(question(5))])
    assert await ada.task is True
    assert not eve.task.done()
    eve.caller.left.set()
    assert await eve.task is False
    assert len(hub) == 0


async def test_all_devices_of_a_person_are_woken(hub: Hub):
    several = [await Waiting(hub, ADA, DEVICE + number).begun() for number in range(3)]
    hub.applied([Add(question(5))])
    assert await asyncio.gather(*(one.task for one in several)) == [True] * 3


@pytest.mark.parametrize(
    "change",
    [
        DecideOnDevice(5, DEVICE, ChallengeState.PASSED, 0),
        DecideChallenge(5, ChallengeState.EXPIRED, 0),
        WithdrawKindChallenges(ADA, "device_key", 0),
    ],
    ids=lambda change: type(change).__name__,
)
async def test_what_is_settled_here_wakes_whoever_saw_it(hub: Hub, change: Any):
    waiting = await Waiting(hub).begun()
    hub.saw([question(5)])
    hub.applied([change])
    assert await waiting.task is True


async def test_codes_enrolments_and_other_changes_wake_nobody(hub: Hub):
    waiting = await Waiting(hub).begun()
    hub.applied([Add(question(5, slot=None)), DecideChallenge(99, ChallengeState.PASSED, 0)])
    hub.applied([])
    await asyncio.sleep(0)
    assert not waiting.task.done()
    waiting.caller.left.set()
    await waiting.task


async def test_what_other_servers_put_and_settle(hub: Hub, database: Database):
    async with looking(hub):
        first = await Waiting(hub).begun()
        database.questions[5] = ADA
        assert await first.task is True
        second = await Waiting(hub).begun()
        hub.saw([question(5)])
        del database.questions[5]
        assert await second.task is True


async def test_one_look_for_all_and_none_where_nobody_waits(hub: Hub, database: Database):
    async with looking(hub):
        await turns(100)
        assert database.looks == 0
        many = [await Waiting(hub, number, number).begun() for number in range(100)]
        before = database.looks
        database.questions = {number: number for number in range(100)}
        await asyncio.gather(*(one.task for one in many))
        assert database.looks - before < 20


async def test_a_database_that_is_away_for_a_while(hub: Hub, database: Database):
    database.down = True
    async with looking(hub):
        waiting = await Waiting(hub).begun()
        await turns(20)
        assert database.looks > 3
        database.questions[5] = ADA
        database.down = False
        assert await waiting.task is True


async def test_a_question_between_the_look_and_the_wait_is_not_lost(hub: Hub):
    with hub.listening(ADA, DEVICE) as listener:
        listener.arm()
        hub.applied([Add(question(5))])
        assert await listener.wait(cast(Request, Caller()), LONG) is True
        listener.arm()
        assert not listener.woken


async def test_the_time_is_up(hub: Hub):
    with hub.listening(ADA, DEVICE) as listener:
        listener.arm()
        assert await listener.wait(cast(Request, Caller()), 0.01) is True
        assert not listener.woken
        listener.wake()  # too late for that wait, in time for the next look
        assert listener.woken


async def test_who_hangs_up_leaves_nothing_behind(hub: Hub):
    waiting = await Waiting(hub).begun()
    assert len(hub) == 1
    waiting.caller.left.set()
    assert await waiting.task is False
    assert (len(hub), hub._waiting) == (0, {})


async def test_a_call_that_is_cancelled_leaves_nothing_behind(hub: Hub):
    waiting = await Waiting(hub).begun()
    before = len(asyncio.all_tasks())
    waiting.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting.task
    assert hub._waiting == {}
    hub.applied([Add(question(5))])
    assert len(asyncio.all_tasks()) == before - 1


async def test_a_waiting_call_is_one_task(hub: Hub):
    before = len(asyncio.all_tasks())
    many = [await Waiting(hub, number, number).begun() for number in range(50)]
    assert len(asyncio.all_tasks()) == before + 50
    hub.close()
    await asyncio.gather(*(one.task for one in many))


async def test_the_newest_calls_of_a_device_win(hub: Hub):
    calls = [await Waiting(hub).begun() for _ in range(MOST_OF_DEVICE + 2)]
    other = await Waiting(hub, ADA, DEVICE + 1).begun()
    assert await asyncio.gather(*(one.task for one in calls[:2])) == [True, True]
    assert all(one.listener is not None and one.listener.released for one in calls[:2])
    assert not any(one.task.done() for one in (*calls[2:], other))
    assert len(hub) == MOST_OF_DEVICE + 1
    hub.close()
    await asyncio.gather(*(one.task for one in (*calls[2:], other)))


async def test_the_end_of_the_server_answers_all_and_keeps_nobody(hub: Hub):
    waiting = await Waiting(hub).begun()
    hub.close()
    assert await waiting.task is True
    late = await Waiting(hub).begun()
    assert await late.task is True
    assert late.listener is not None
    late.listener.arm()
    assert late.listener.released
    assert late.listener.woken
