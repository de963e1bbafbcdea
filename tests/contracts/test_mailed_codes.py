"""Codes by e-mail and the gaps between them: what a store promises of them."""

from dataclasses import replace
from typing import Any

import pytest

from assent.domain.attempts import Attempts
from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.mailed_code import PROOF, MailedCode, MailPurpose
from assent.kernel.clock import MINUTE, SECOND
from assent.ports.changes import Add, Change
from assent.ports.mailing import (
    DecideMailedCode,
    GiveBackMailedTry,
    SpendGap,
    SpendMailedTry,
    WithdrawMailedCodes,
)
from assent.ports.records import Mailed
from tests.conftest import Database
from tests.contracts.racing import AT_ONCE, Race, won
from tests.contracts.rows import Maker, Scene, applied, scene, there

RESET = MailPurpose.RESET_PASSWORD


def mailed_code(person: Scene, **values: Any) -> MailedCode:
    return MailedCode(
        **{
            "id": person.make.ids.next(),
            "programme_id": person.programme.id,
            "subject_id": person.subject.id,
            "purpose": RESET,
            "expected": bytes(range(48)),
            "created_at": person.now,
            "expires_at": person.now + 15 * MINUTE,
            **values,
        }
    )


def gap(now: int, key: bytes = b"g-key") -> SpendGap:
    return SpendGap(key, now - 15 * SECOND, now, now + 15 * SECOND)


async def tries(person: Scene, code: MailedCode) -> int:
    return there(await person.stores.mailed(code.subject_id, code.purpose)).code.tries


async def test_the_latest_for_a_purpose_as_it_was_put_in(person: Scene):
    stores = person.stores
    assert await stores.mailed(person.subject.id, RESET) is None
    older = mailed_code(person)
    newer = mailed_code(person, created_at=person.now + 1)
    other = mailed_code(person, purpose=MailPurpose.INVITE, created_at=person.now + 2)
    await person.add(newer, older, other)
    assert await stores.mailed(person.subject.id, RESET) == Mailed(newer, Attempts())
    assert await stores.mailed(person.subject.id, MailPurpose.INVITE) == Mailed(other, Attempts())
    assert await stores.mailed(1, RESET) is None


async def test_it_comes_with_where_the_person_stands(person: Scene):
    code = mailed_code(person)
    await person.add(code)
    await applied(person.stores, person.attempt())  # of another proof
    await applied(person.stores, person.attempt(proof=PROOF))
    await applied(person.stores, person.attempt(proof=PROOF))
    assert there(await person.stores.mailed(person.subject.id, RESET)).attempts == Attempts(2, 0, 0)


async def test_tries_up_to_the_limit(person: Scene):
    code = mailed_code(person)
    await person.add(code)
    returned = []
    for _ in range(6):
        done = await person.stores.commit(SpendMailedTry(code.id, 5, person.now))
        returned.append(done.returned)
    assert returned == [((1,),), ((2,),), ((3,),), ((4,),), ((5,),), ()]


async def test_the_last_moment(person: Scene):
    code = mailed_code(person)
    await person.add(code)
    late = SpendMailedTry(code.id, 5, code.expires_at)
    assert (await person.stores.commit(late)).failed is late
    await applied(person.stores, SpendMailedTry(code.id, 5, code.expires_at - 1))


@pytest.mark.parametrize("state", [s for s in ChallengeState if s is not ChallengeState.PENDING])
async def test_a_decided_code_takes_no_more(person: Scene, state: ChallengeState):
    code = mailed_code(person)
    await person.add(code)
    await applied(person.stores, SpendMailedTry(code.id, 5, person.now))
    await applied(person.stores, DecideMailedCode(code.id, state, person.now))
    assert there(await person.stores.mailed(person.subject.id, RESET)).code.state is state
    for change in (
        SpendMailedTry(code.id, 5, person.now),
        DecideMailedCode(code.id, ChallengeState.PASSED, person.now),
    ):
        assert (await person.stores.commit(change)).failed is change
    await applied(person.stores, GiveBackMailedTry(code.id))
    assert await tries(person, code) == 1  # decided: nothing comes back


async def test_a_newer_one_withdraws_those_of_its_purpose(person: Scene):
    code = mailed_code(person)
    other = mailed_code(person, purpose=MailPurpose.INVITE)
    await person.add(code, other)
    await applied(person.stores, WithdrawMailedCodes(person.subject.id, RESET, person.now))
    held = there(await person.stores.mailed(person.subject.id, RESET)).code
    assert held == replace(code, state=ChallengeState.WITHDRAWN)
    assert there(await person.stores.mailed(person.subject.id, MailPurpose.INVITE)).code == other
    await applied(person.stores, WithdrawMailedCodes(person.subject.id, RESET, person.now))


async def test_a_try_comes_back_once_it_was_spent(person: Scene):
    code = mailed_code(person)
    await person.add(code)
    await applied(person.stores, SpendMailedTry(code.id, 5, person.now))
    for _ in range(2):
        await applied(person.stores, GiveBackMailedTry(code.id))
        assert await tries(person, code) == 0


async def test_a_gap_is_kept_to_the_millisecond(person: Scene):
    stores, now = person.stores, person.now
    await applied(stores, gap(now))
    early = gap(now + 15 * SECOND - 1)
    assert (await stores.commit(early)).failed is early
    done = await applied(stores, gap(now + 15 * SECOND), gap(now, b"g-other"))
    assert done.returned[0] == (now + 15 * SECOND,)
    early = gap(now + 30 * SECOND - 1)
    assert (await stores.commit(early)).failed is early


async def test_guesses_at_a_mailbox_block_no_approval(person: Scene):
    """Or whoever knows an address could keep its owner from paying."""
    for _ in range(5):
        await applied(person.stores, person.attempt(proof=PROOF))
    asked = there(await person.stores.asked(person.session.approval_id, Purpose.STEP_UP, "otp"))
    assert asked.any_until == 0


# fifty at once


@pytest.fixture
async def racing(postgres: Database, make: Maker) -> Scene:
    return await scene(await postgres.open(), make)


async def test_five_of_fifty_answers_are_counted(racing: Scene, race: Race):
    code = mailed_code(racing)
    await racing.add(code)
    guess: list[Change] = [
        SpendMailedTry(code.id, 5, racing.now),
        racing.attempt(proof=PROOF),
    ]
    assert won(await race([guess] * AT_ONCE)) == 5
    held = there(await racing.stores.mailed(racing.subject.id, RESET))
    assert (held.code.tries, held.attempts.failures, held.attempts.blocks) == (5, 5, 1)


async def test_one_of_fifty_right_answers_wins(racing: Scene, race: Race):
    code = mailed_code(racing)
    await racing.add(code)
    right: list[Change] = [DecideMailedCode(code.id, ChallengeState.PASSED, racing.now)]
    assert won(await race([right] * AT_ONCE)) == 1


async def test_one_of_fifty_mails_is_sent(racing: Scene, race: Race):
    lists: list[list[Change]] = [
        [
            gap(racing.now),
            WithdrawMailedCodes(racing.subject.id, RESET, racing.now),
            Add(mailed_code(racing)),
        ]
        for _ in range(AT_ONCE)
    ]
    assert won(await race(lists)) == 1
    later: list[list[Change]] = [[gap(racing.now + 15 * SECOND)]] * AT_ONCE
    assert won(await race(later)) == 1
