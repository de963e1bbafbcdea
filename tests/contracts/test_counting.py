"""Tries, attempts, sends and blocks: what is counted, and what a count brings about."""

from typing import Any

import pytest

from assent.domain.attempts import Attempts
from assent.domain.challenge import ChallengeState, Purpose
from assent.kernel.clock import MINUTE, SECOND
from assent.ports.asking import DecideChallenge
from assent.ports.changes import ClearAttempts, SpendSend, SpendTry
from assent.ports.records import Sends
from tests.contracts.rows import FOR_EVER, Scene, applied


async def spend(person: Scene, **values: Any) -> tuple[int, ...] | None:
    """One attempt: what it returned, or nothing where it was refused."""
    done = await person.stores.commit(person.attempt(**values))
    return done.returned[0] if done.failed is None else None


async def test_tries_of_a_challenge_up_to_its_limit(person: Scene):
    returned = []
    for _ in range(4):
        done = await person.stores.commit(SpendTry(person.challenge.id, 3, person.now))
        returned.append(done.returned)
    assert returned == [((1,),), ((2,),), ((3,),), ()]


async def test_the_last_moment_of_a_challenge(person: Scene):
    last = person.challenge.expires_at - 1
    await applied(person.stores, SpendTry(person.challenge.id, 3, last))


@pytest.mark.parametrize("state", [s for s in ChallengeState if s is not ChallengeState.PENDING])
async def test_a_decided_challenge_takes_no_more(person: Scene, state: ChallengeState):
    await applied(person.stores, DecideChallenge(person.challenge.id, state, person.now))
    for change in (
        SpendTry(person.challenge.id, 3, person.now),
        DecideChallenge(person.challenge.id, ChallengeState.PASSED, person.now),
    ):
        assert (await person.stores.commit(change)).failed is change


async def test_attempts_block_at_the_limit_and_begin_again_after_it(person: Scene):
    until = person.now + 30 * MINUTE
    assert [await spend(person) for _ in range(6)] == [
        (1, 0, 0), (2, 0, 0), (3, 0, 0), (4, 0, 0), (5, 1, until), None,
    ]  # fmt: skip
    assert await spend(person, now=until - 1) is None
    assert await person.stores.attempts(
        person.programme.id, person.challenge.holder, "otp"
    ) == Attempts(5, 1, until)
    assert await spend(person, now=until) == (1, 1, 0)


async def test_the_last_block_is_for_ever(person: Scene):
    now, blocks = person.now, []
    for _ in range(3):
        spent = [await spend(person, now=now, block_ms=MINUTE) for _ in range(5)]
        blocks.append(spent[-1])
        now += MINUTE
    assert blocks == [
        (5, 1, person.now + MINUTE),
        (5, 2, person.now + 2 * MINUTE),
        (5, 3, FOR_EVER),
    ]
    assert await spend(person, now=FOR_EVER - 1) is None


async def test_a_right_answer_takes_everything_back(person: Scene):
    for _ in range(5):
        await spend(person)
    clear = ClearAttempts(person.programme.id, person.challenge.holder, "otp")
    await applied(person.stores, clear)
    assert await person.stores.attempts(
        person.programme.id, person.challenge.holder, "otp"
    ) == Attempts(0, 0, 0)
    assert await spend(person) == (1, 0, 0)


@pytest.mark.parametrize("limit", [1, 2])
async def test_a_small_limit_is_a_limit(person: Scene, limit: int):
    until = person.now + 30 * MINUTE
    spent = [await spend(person, limit=limit) for _ in range(limit + 1)]
    assert spent[-2:] == [(limit, 1, until), None]
    again = [await spend(person, limit=limit, now=until) for _ in range(limit)]
    assert again[-1] == (limit, 2, until + 30 * MINUTE)


async def test_the_first_answer_blocks_for_ever_where_the_firm_wants_it(person: Scene):
    assert await spend(person, limit=1, permanent_after=1) == (1, 1, FOR_EVER)


async def test_a_limit_that_was_lowered_lets_nobody_off(person: Scene):
    for _ in range(4):
        await spend(person, limit=5)
    assert await spend(person, limit=3) == (5, 1, person.now + 30 * MINUTE)


async def test_a_limit_that_was_raised_still_begins_again_after_a_block(person: Scene):
    until = person.now + 30 * MINUTE
    for _ in range(3):
        await spend(person, limit=3)
    assert await spend(person, limit=5, now=until) == (1, 1, 0)


async def test_each_holder_and_proof_counts_by_itself(person: Scene):
    await spend(person)
    assert await spend(person, proof="password") == (1, 0, 0)
    assert await spend(person, holder="subject:2") == (1, 0, 0)
    assert await spend(person, programme_id=2) == (1, 0, 0)
    assert await spend(person) == (2, 0, 0)


async def test_sends_up_to_their_limit_and_not_too_soon(person: Scene):
    stores, session, now = person.stores, person.session.id, person.now

    async def send(at: int) -> tuple[int, ...] | None:
        change = SpendSend(session, Purpose.STEP_UP, 3, at - 15 * SECOND, at)
        done = await stores.commit(change)
        return done.returned[0] if done.failed is None else None

    assert await stores.sends(session, Purpose.STEP_UP) == Sends()
    assert await send(now) == (1,)
    assert await send(now + 15 * SECOND - 1) is None
    assert await send(now + 15 * SECOND) == (2,)
    assert await stores.sends(session, Purpose.STEP_UP) == Sends(2, now + 15 * SECOND)
    assert await send(now + MINUTE) == (3,)
    assert await send(now + 10 * MINUTE) is None
    assert await stores.sends(session, Purpose.ENROL) == Sends()
