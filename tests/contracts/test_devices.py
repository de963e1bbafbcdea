"""Questions to devices as the stores keep them: sealed, in their places, decided once."""

from dataclasses import replace
from typing import Any

import pytest

from assent.domain.approval import ApprovalState
from assent.domain.challenge import Challenge, ChallengeState, Purpose
from assent.domain.factor import FactorState
from assent.kernel.clock import MINUTE
from assent.ports.asking import (
    DecideChallenge,
    DecideOnDevice,
    LockApproval,
    WithdrawChallenges,
    WithdrawFactorChallenges,
    WithdrawGranted,
    WithdrawKindChallenges,
)
from assent.ports.changes import (
    Add,
    Change,
    ChangeFactor,
    EndSession,
    GrantApproval,
    RaiseEpoch,
    SpendTry,
)
from tests.conftest import Database, rows_of
from tests.contracts.racing import AT_ONCE, Race, won
from tests.contracts.rows import Scene, applied, scene, there

CONTENT = b'{"text":"pay 12.50 EUR to ACME"}'


def question(person: Scene, **values: Any) -> Challenge:
    usual = {"content": CONTENT, "kind": "device_key", "proof": "device_key", "slot": 0}
    return person.make.challenge(person.session, person.factor, **{**usual, **values})


async def asked(person: Scene, **values: Any) -> Challenge:
    challenge = question(person, **values)
    await person.add(challenge)
    return challenge


async def read(person: Scene, challenge: Challenge) -> Challenge:
    found = await person.stores.asked_by_id(person.programme.id, person.subject.id, challenge.id)
    return there(found).challenge


async def test_a_question_comes_back_octet_for_octet_and_lies_sealed(
    database: Database, person: Scene
):
    challenge = await asked(person, content=CONTENT + bytes(range(256)))
    assert await read(person, challenge) == challenge
    [one] = await person.stores.asked_of(person.subject.id, "device_key")
    assert one == challenge
    latest = await person.stores.asked(challenge.approval_id, challenge.purpose, "device_key")
    assert there(latest).challenge == challenge
    for row in (await rows_of(person.stores, database.kind))["challenges"]:
        assert b"ACME" not in repr(row).encode()
    # the others have nothing to seal, and what is only listed is not opened
    assert (await read(person, person.challenge)).content == b""
    [listed, _] = await person.stores.lapsed(challenge.expires_at, 10)
    assert listed.content == b""


def _decisions(person: Scene, challenge: Challenge) -> dict[str, Change]:
    device = person.factor.id
    return {
        "passed": DecideOnDevice(challenge.id, device, ChallengeState.PASSED, person.now),
        "declined": DecideOnDevice(challenge.id, device, ChallengeState.DECLINED, person.now),
        "passed by code": DecideChallenge(challenge.id, ChallengeState.PASSED, person.now),
        "failed": DecideChallenge(challenge.id, ChallengeState.FAILED, person.now),
        "expired": DecideChallenge(challenge.id, ChallengeState.EXPIRED, person.now),
        "newer": WithdrawChallenges(challenge.approval_id, challenge.purpose, person.now),
        "factor": WithdrawFactorChallenges(device, person.now),
        "kind": WithdrawKindChallenges(person.subject.id, "device_key", person.now),
    }


DECISIONS = (
    "passed", "declined", "passed by code", "failed", "expired", "newer", "factor", "kind",
)  # fmt: skip


@pytest.mark.parametrize("name", DECISIONS)
async def test_whatever_decides_it_erases_what_was_asked_and_frees_its_place(
    person: Scene, name: str
):
    challenge = await asked(person)
    decisions = _decisions(person, challenge)
    assert tuple(decisions) == DECISIONS
    await applied(person.stores, decisions[name])
    kept = await read(person, challenge)
    assert kept.state is not ChallengeState.PENDING
    assert kept.content == b""
    assert await person.stores.asked_of(person.subject.id, "device_key") == []
    again = question(person)
    await person.add(again)
    assert await read(person, again) == again


async def test_the_question_is_whose_device_answered_it(person: Scene):
    other = person.make.factor(person.subject, slot=1)
    await person.add(other)
    challenge = await asked(person)
    await applied(
        person.stores, DecideOnDevice(challenge.id, other.id, ChallengeState.PASSED, person.now)
    )
    assert (await read(person, challenge)).factor_id == other.id


async def test_places_are_a_persons_own(person: Scene):
    other = await scene(person.stores, person.make)
    await asked(person)
    await asked(other)
    await asked(person, slot=1)
    await person.add(question(person, slot=None), question(person, slot=None))
    done = await person.stores.commit(Add(question(person, slot=1)))
    assert done.failed is not None


async def test_of_a_kind_all_but_one_are_withdrawn(person: Scene):
    mine, other = await asked(person), await asked(person, slot=1)
    withdraw = WithdrawKindChallenges(person.subject.id, "device_key", person.now, mine.id)
    decline = DecideOnDevice(mine.id, person.factor.id, ChallengeState.DECLINED, person.now)
    await applied(person.stores, withdraw, decline)
    states = [(await read(person, one)).state for one in (mine, other)]
    assert states == [ChallengeState.DECLINED, ChallengeState.WITHDRAWN]


async def test_of_a_kind_are_withdrawn_a_persons_own_only(person: Scene):
    other = await scene(person.stores, person.make)
    mine, enrolment = await asked(person), await asked(person, slot=1, purpose=Purpose.ENROL)
    authy, theirs = await asked(person, slot=2, kind="authy"), await asked(other)
    await applied(
        person.stores, WithdrawKindChallenges(person.subject.id, "device_key", person.now)
    )
    states = [(await read(person, one)).state for one in (mine, enrolment, authy)]
    withdrawn = ChallengeState.WITHDRAWN
    assert states == [withdrawn, withdrawn, ChallengeState.PENDING]
    assert (await read(other, theirs)).state is ChallengeState.PENDING


async def test_what_is_pending_of_a_kind_comes_newest_first_expired_or_not(person: Scene):
    old = await asked(person, created_at=person.now - 10 * MINUTE, expires_at=person.now - 1)
    new = await asked(person, slot=1)
    await asked(person, slot=2, kind="authy")
    found = await person.stores.asked_of(person.subject.id, "device_key")
    assert list(found) == [new, old]
    assert await person.stores.asked_of(person.make.ids.next(), "device_key") == []


async def test_what_has_lapsed_comes_oldest_first_and_so_many(person: Scene):
    late = [
        await asked(person, slot=None, expires_at=person.now + 2 - number) for number in range(3)
    ]
    assert await person.stores.lapsed(person.now - 1, 10) == []
    found = await person.stores.lapsed(person.now + 2, 2)
    assert [one.id for one in found] == [late[2].id, late[1].id]
    await applied(person.stores, DecideChallenge(late[2].id, ChallengeState.EXPIRED, person.now))
    found = await person.stores.lapsed(person.now + 2, 10)
    assert [one.id for one in found] == [late[1].id, late[0].id]


async def test_what_waits_in_the_whole_house_and_for_whom(person: Scene):
    other = await scene(person.stores, person.make)
    mine, expired = await asked(person), await asked(other, expires_at=person.now - 1)
    decided = await asked(person, slot=1)
    await asked(other, slot=1, kind="authy")
    await asked(other, slot=None)  # an enrolment, which nobody is asked about
    await applied(person.stores, DecideChallenge(decided.id, ChallengeState.FAILED, person.now))
    found = await person.stores.open_questions("device_key")
    assert found == {mine.id: person.subject.id, expired.id: other.subject.id}


async def test_an_approval_that_is_locked_stays_locked(person: Scene):
    approval_id = person.session.approval_id
    assert await person.stores.approval_state(approval_id) is ApprovalState.OPEN
    await applied(person.stores, GrantApproval(approval_id, frozenset(), person.now))
    assert await person.stores.approval_state(approval_id) is ApprovalState.GRANTED
    await applied(person.stores, LockApproval(approval_id, person.now))
    assert await person.stores.approval_state(approval_id) is ApprovalState.WITHDRAWN
    assert await person.stores.approval_state(person.make.ids.next()) is None


async def test_what_was_granted_of_one_action_and_not_used_is_void(person: Scene):
    make, states = person.make, (ApprovalState.GRANTED, ApprovalState.OPEN, ApprovalState.SPENT)
    granted, still_open, spent = (
        replace(make.asked(person.subject, state=state), action="log_in") for state in states
    )
    other = make.subject(person.programme.id)
    theirs = replace(make.asked(other, state=ApprovalState.GRANTED), action="log_in")
    another = make.asked(person.subject, state=ApprovalState.GRANTED)
    over = replace(
        make.asked(person.subject, state=ApprovalState.GRANTED, expires_at=person.now),
        action="log_in",
    )
    await person.add(other, granted, still_open, spent, theirs, another, over)
    await applied(person.stores, WithdrawGranted(person.subject.id, "log_in", person.now))
    state_of = person.stores.approval_state
    assert await state_of(granted.id) is ApprovalState.WITHDRAWN
    for kept in (still_open, spent, theirs, another, over):
        assert await state_of(kept.id) is kept.state


async def test_a_device_is_found_by_its_id_until_it_is_removed(person: Scene):
    factor = person.factor
    assert await person.stores.factor_by_id(factor.id) == factor
    removed = replace(factor, state=FactorState.REMOVED, slot=None, details={})
    await applied(person.stores, ChangeFactor(removed))
    assert await person.stores.factor_by_id(factor.id) is None


async def test_a_device_counts_from_the_moment_it_was_enrolled(person: Scene):
    """Its row was made when the link was opened, by whoever opened one first."""
    begun = person.make.factor(person.subject, state=FactorState.PENDING, slot=None, details={})
    await person.add(begun)
    there_now = replace(
        begun, state=FactorState.ACTIVE, slot=4, counter=7, created_at=person.now + MINUTE
    )
    await applied(person.stores, ChangeFactor(there_now))
    kept = there(await person.stores.factor_by_id(begun.id))
    assert kept == replace(there_now, version=2)
    same = replace(kept, counter=7)
    await applied(person.stores, ChangeFactor(same))  # a browser's that counts nothing
    lower = ChangeFactor(replace(same, counter=6, version=3))
    assert (await person.stores.commit(lower)).failed is lower


async def test_fifty_answers_on_two_servers_decide_it_once(
    postgres: Database, race: Race, make: Any
):
    person = await scene(await postgres.open(), make)
    challenge = await asked(person)
    outcomes = await race(
        [
            [
                DecideOnDevice(
                    challenge.id,
                    person.factor.id,
                    ChallengeState.PASSED if number % 3 else ChallengeState.DECLINED,
                    person.now,
                )
            ]
            for number in range(AT_ONCE)
        ]
    )
    assert won(outcomes) == 1


async def test_fifty_questions_on_two_servers_take_a_place_once(
    postgres: Database, race: Race, make: Any
):
    person = await scene(await postgres.open(), make)
    outcomes = await race([[Add(question(person))] for _ in range(AT_ONCE)])
    assert won(outcomes) == 1
    assert len(await person.stores.asked_of(person.subject.id, "device_key")) == 1


async def test_fifty_tries_of_a_question_that_is_withdrawn_meanwhile(
    postgres: Database, race: Race, make: Any
):
    person = await scene(await postgres.open(), make)
    challenge = await asked(person)
    withdraw = WithdrawKindChallenges(person.subject.id, "device_key", person.now)
    lists: list[list[Change]] = [
        [SpendTry(challenge.id, 100, person.now)] for _ in range(AT_ONCE - 1)
    ]
    outcomes = await race([*lists, [withdraw]])
    assert not [one for one in outcomes if isinstance(one, str)]
    kept = await read(person, challenge)
    assert kept.state is ChallengeState.WITHDRAWN
    assert kept.tries == sum(isinstance(one, tuple) for one in outcomes) - 1


async def test_one_read_brings_what_a_devices_answer_is_judged_by(person: Scene):
    challenge = await asked(person)
    device = replace(person.factor, counter=7)  # as its caller has it: it is not read again
    programme, read_it = person.programme.id, person.stores.put_to_device
    found, session = there(await read_it(programme, device, challenge.id))
    assert (found.challenge, found.factor, session) == (challenge, device, person.session)
    stranger = await scene(person.stores, person.make)
    assert await read_it(programme, stranger.factor, challenge.id) is None
    assert await read_it(stranger.programme.id, device, challenge.id) is None
    assert await read_it(programme, device, 1) is None
    spend = SpendTry(challenge.id, 5, person.now)
    await applied(person.stores, spend, EndSession(person.session.id, "log-out", person.now))
    found, session = there(await read_it(programme, device, challenge.id))
    assert (found.challenge.tries, session) == (1, None)


async def test_one_read_knows_that_all_sessions_have_ended(person: Scene):
    challenge = await asked(person)
    await applied(person.stores, RaiseEpoch(person.subject.id))
    read_it = person.stores.put_to_device(person.programme.id, person.factor, challenge.id)
    assert there(await read_it)[1] is None
