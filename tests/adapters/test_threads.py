"""The pool of slow work: bounded, and honest about it."""

import asyncio
import threading

import pytest

from assent.adapters.threads.pool import PoolSettings, ThreadPool
from assent.kernel.refusals import Code, Refusal


async def test_what_does_not_fit_is_refused_at_once_and_fits_again_later() -> None:
    pool = ThreadPool(PoolSettings(threads=2, waiting=3, retry_after=7))
    go = threading.Event()
    taken = [asyncio.ensure_future(pool(go.wait)) for _ in range(5)]
    await asyncio.sleep(0)  # every call has asked for its place
    with pytest.raises(Refusal) as refused:
        await pool(lambda: True)
    assert (refused.value.code, refused.value.retry_after) == (Code.BUSY, 7)
    go.set()
    assert await asyncio.gather(*taken) == [True] * 5
    assert await pool(lambda: "there is room again") == "there is room again"
    pool.close()


async def test_a_place_is_refused_before_the_work_and_given_back_after_a_failure() -> None:
    pool = ThreadPool(PoolSettings(threads=1, waiting=0))
    with pool.place() as run:
        with pytest.raises(Refusal), pool.place():
            pytest.fail("a second place where there is one")
        with pytest.raises(ZeroDivisionError):
            await run(lambda: 1 // 0)
    with pool.place() as run:
        assert await run(lambda: 2) == 2
    pool.close()


async def test_no_more_run_at_once_than_there_are_threads() -> None:
    pool = ThreadPool(PoolSettings(threads=2, waiting=20))
    lock, both = threading.Lock(), threading.Barrier(2, timeout=10)
    running, most = 0, 0

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait()
        with lock:
            running -= 1

    await asyncio.gather(*(pool(work) for _ in range(12)))
    assert most == 2
    pool.close()
