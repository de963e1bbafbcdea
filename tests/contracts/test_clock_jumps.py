"""The machine's clock is set by hours: what lasts longer, what ends, and what neither touches.

docs/operations/monitoring.md, "A clock that jumps", is the operator's side of this.
"""

from assent.adapters.sql.statement import Query
from assent.domain.challenge import Purpose
from assent.domain.session import SessionLimits
from assent.kernel.clock import HOUR, MINUTE, SECOND
from assent.ports.changes import Add, SpendSend, SpendTry
from assent.ports.mailing import SpendBudget, SpendGap
from assent.ports.upkeep import ClaimMessage, RetryMessage
from tests.contracts.rows import Scene, applied

LIMITS = SessionLimits()
STEP_UP = Purpose.STEP_UP


async def test_set_back_sessions_live_on_until_the_clock_has_caught_up(person: Scene) -> None:
    session = person.make.session(person.subject, expires_at=person.now + 48 * HOUR)
    await applied(person.stores, Add(session))
    back = person.now - 3 * HOUR
    for moment in (back, back + HOUR, person.now, person.now + 4 * MINUTE):
        seen = await person.stores.touch(session.id, moment, LIMITS)
        assert seen is not None
        assert seen.last_seen >= session.last_seen  # it never falls, so no idle time is given anew
    assert await person.stores.touch(session.id, person.now + 2 * HOUR, LIMITS) is None


async def test_set_forward_sessions_end_and_stay_ended(person: Scene) -> None:
    session = person.make.session(person.subject)
    await applied(person.stores, Add(session))
    assert await person.stores.touch(session.id, person.now + 3 * HOUR, LIMITS) is None


async def test_the_tries_of_a_challenge_do_not_depend_on_the_clock(person: Scene) -> None:
    counted = 0
    for jump in (0, -3 * HOUR, -30 * HOUR, 2 * MINUTE, -HOUR, 0):
        done = await person.stores.commit(SpendTry(person.challenge.id, 3, person.now + jump))
        counted += done.failed is None
    assert counted == 3


async def test_set_forward_challenges_expire(person: Scene) -> None:
    done = await person.stores.commit(SpendTry(person.challenge.id, 3, person.now + 3 * HOUR))
    assert done.failed is not None


async def test_set_back_a_block_lasts_and_five_wrong_answers_are_five(person: Scene) -> None:
    until = []
    for jump in (0, -3 * HOUR, 0, -30 * HOUR, -HOUR):
        done = await person.stores.commit(person.attempt(now=person.now + jump))
        until.append(done.returned[0][2])
    assert [bool(one) for one in until] == [False] * 4 + [True]  # whenever the five were
    for jump in (-30 * HOUR, -2 * HOUR):
        refused = await person.stores.commit(person.attempt(now=person.now + jump))
        assert refused.failed is not None


async def test_set_forward_a_block_ends_early_and_still_counts(person: Scene) -> None:
    """Who can set the clock can end a block; not the count of blocks, of which the last is for
    ever."""
    for blocks in (1, 2, 3):
        moment = person.now + blocks * 3 * HOUR
        done = [await person.stores.commit(person.attempt(now=moment)) for _ in range(5)]
        assert done[-1].returned[0][1] == blocks
    for jump in (0, 1_000 * HOUR):
        refused = await person.stores.commit(person.attempt(now=person.now + jump))
        assert refused.failed is not None


async def test_set_back_new_messages_go_at_once(person: Scene) -> None:
    back = person.now - 3 * HOUR
    message = person.make.message(
        person.subject, created_at=back, not_after=back + 5 * MINUTE, dedupe="new"
    )
    await applied(person.stores, Add(message))
    due = await person.stores.due_messages(back, 100)
    assert message.id in {one.id for one in due}


async def test_set_back_a_second_try_waits_and_is_not_lost(person: Scene) -> None:
    message = person.make.message(person.subject, dedupe="again")
    await applied(person.stores, Add(message))
    claim = ClaimMessage(message.id, person.now + 30 * SECOND, person.now)
    await applied(person.stores, claim)
    await applied(person.stores, RetryMessage(message.id, person.now + 2 * SECOND))

    async def is_due(moment: int) -> bool:
        return message.id in {one.id for one in await person.stores.due_messages(moment, 100)}

    assert not await is_due(person.now - 3 * HOUR)
    assert await is_due(person.now + 2 * SECOND)


async def test_put_right_after_a_jump_forward_mails_go_out_again(person: Scene) -> None:
    """The gap after the last mail is fifteen seconds, and not twenty days."""

    def gap(now: int) -> SpendGap:
        return SpendGap(b"g-jump", now - 15 * SECOND, now, now + 15 * SECOND)

    await applied(person.stores, gap(person.now + 20 * 24 * HOUR))
    await applied(person.stores, gap(person.now))
    for moment in (person.now - 300, person.now, person.now + 14 * SECOND):  # -300: another server
        assert (await person.stores.commit(gap(moment))).failed is not None, moment
    await applied(person.stores, gap(person.now + 15 * SECOND))


async def test_put_right_after_a_jump_forward_budgets_begin_anew(person: Scene) -> None:
    async def spend(period: int) -> tuple[int, ...]:
        done = await person.stores.commit(SpendBudget(b"b-jump", period, 2, (period + 1) * HOUR))
        return tuple(done.returned[0]) if done.failed is None else ()

    ahead = 500
    assert [await spend(ahead) for _ in range(3)] == [(1,), (2,), ()]
    assert [await spend(20) for _ in range(3)] == [(1,), (2,), ()]
    rows = await person.stores._engine.read(Query("SELECT period, until FROM budgets"), {})
    assert [(row["period"], row["until"]) for row in rows] == [(20, 21 * HOUR)]
    assert await spend(19) == ()  # a server that is a little behind
    assert [await spend(21) for _ in range(3)] == [(1,), (2,), ()]


async def test_put_right_after_a_jump_forward_codes_of_an_approval_go_out(person: Scene) -> None:
    def send(now: int) -> SpendSend:
        return SpendSend(person.challenge.approval_id, STEP_UP, 4, now - 15 * SECOND, now)

    await applied(person.stores, send(person.now + 20 * 24 * HOUR))
    await applied(person.stores, send(person.now))
    assert (await person.stores.commit(send(person.now - 300))).failed is not None
    await applied(person.stores, send(person.now + 15 * SECOND))
    await applied(person.stores, send(person.now + 30 * SECOND))
    last = await person.stores.commit(send(person.now + 45 * SECOND))
    assert last.failed is not None  # the number never depends on the clock


async def test_a_worker_that_died_holds_its_message_no_longer_than_its_lease(
    person: Scene,
) -> None:
    """Whatever the clock did meanwhile, once it has caught up."""
    message = person.make.message(person.subject, dedupe="leased")
    await applied(person.stores, Add(message))
    ahead = person.now + 3 * HOUR
    await applied(person.stores, ClaimMessage(message.id, ahead + 30 * SECOND, ahead))
    assert message.id not in {one.id for one in await person.stores.due_messages(person.now, 100)}
    later = await person.stores.due_messages(ahead + 30 * SECOND, 100)
    assert message.id in {one.id for one in later}
