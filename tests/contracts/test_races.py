"""Fifty at once, through two servers: in one process with two engines, and in two processes."""

from collections import Counter
from dataclasses import replace

import pytest

from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.payment import PaymentState
from assent.domain.subject import Membership, Role
from assent.kernel.clock import MINUTE, SECOND
from assent.ports.asking import DecideChallenge
from assent.ports.changes import (
    Add,
    Change,
    ChangeFactor,
    ChangeSubject,
    Debit,
    DecidePayment,
    EndSession,
    GrantApproval,
    SpendSend,
    SpendTry,
)
from assent.ports.upkeep import ClaimMessage, HoldCall, SetState, SpendCapture
from tests.conftest import Database
from tests.contracts.racing import AT_ONCE, Race, won
from tests.contracts.rows import FOR_EVER, Maker, Scene, scene, there


@pytest.fixture
async def person(postgres: Database, make: Maker) -> Scene:
    return await scene(await postgres.open(), make)


async def test_tries_and_attempts_of_one_challenge(person: Scene, race: Race):
    guess: list[Change] = [SpendTry(person.challenge.id, 3, person.now), person.attempt()]
    outcomes = await race([guess] * AT_ONCE)
    assert won(outcomes) == 3
    assert sorted(o for o in outcomes if isinstance(o, tuple)) == [(1,), (2,), (3,)]
    asked = there(await person.stores.asked(person.session.approval_id, Purpose.STEP_UP, "otp"))
    assert (asked.challenge.tries, asked.attempts.failures) == (3, 3)


async def test_attempts_of_one_person_over_many_challenges(person: Scene, race: Race):
    many = [person.make.challenge(person.session, person.factor) for _ in range(AT_ONCE)]
    await person.add(*many)
    lists: list[list[Change]] = [
        [SpendTry(one.id, 3, person.now), person.attempt()] for one in many
    ]
    assert won(await race(lists)) == 5
    attempts = await person.stores.attempts(person.programme.id, person.challenge.holder, "otp")
    assert (attempts.failures, attempts.blocks) == (5, 1)
    assert attempts.blocked_until == person.now + 30 * MINUTE
    open_ = await person.stores.open_challenges(person.programme.id, person.subject.id, person.now)
    assert sum(challenge.tries for challenge in open_) == 5, "a refused list spent a try"


async def test_the_first_attempts_of_somebody_unknown(person: Scene, race: Race):
    """There is no row to lock yet: they meet in making it."""
    assert won(await race([[person.attempt(holder="email:nobody")]] * AT_ONCE)) == 5


async def test_a_block_for_ever_is_reached_once(person: Scene, race: Race):
    one = person.attempt(limit=1, permanent_after=2)
    assert won(await race([[one]] * AT_ONCE)) == 1
    later = person.attempt(limit=1, permanent_after=2, now=person.now + 30 * MINUTE)
    assert won(await race([[later]] * AT_ONCE)) == 1
    attempts = await person.stores.attempts(person.programme.id, person.challenge.holder, "otp")
    assert (attempts.blocks, attempts.blocked_until) == (2, FOR_EVER)


async def test_a_challenge_is_decided_once(person: Scene, race: Race):
    approval = person.make.approval(person.subject)
    await person.add(approval)
    lists: list[list[Change]] = [
        [
            DecideChallenge(
                person.challenge.id,
                ChallengeState.PASSED if n % 3 else ChallengeState.FAILED,
                person.now,
            ),
            GrantApproval(approval.id, frozenset(), person.now),
            Add(person.make.fact(person.programme.id)),
        ]
        for n in range(AT_ONCE)
    ]
    assert won(await race(lists)) == 1
    assert len(await person.stores.facts(person.programme.id)) == 1


async def test_a_transfer_is_paid_once(person: Scene, race: Race):
    balance = person.make.balance(person.identity)
    payment = person.make.payment(person.identity)
    await person.add(balance, payment)
    lists: list[list[Change]] = [
        [
            DecidePayment(payment.id, PaymentState.COMPLETED, person.now),
            Debit(balance.id, payment.amount),
            Add(person.make.fact(person.programme.id)),
        ]
        for _ in range(AT_ONCE)
    ]
    assert won(await race(lists)) == 1
    (held,) = await person.stores.balances_of(person.identity.id)
    assert held.amount == balance.amount - payment.amount
    assert len(await person.stores.facts(person.programme.id)) == 1


async def test_a_balance_pays_what_it_holds(person: Scene, race: Race):
    """It covers ten of fifty: ten are paid, and the others still wait."""
    payments = [person.make.payment(person.identity) for _ in range(AT_ONCE)]
    covers = 10 * payments[0].amount + 999
    balance = person.make.balance(person.identity, opened_with=covers, amount=covers)
    await person.add(balance, *payments)
    lists: list[list[Change]] = [
        [
            DecidePayment(payment.id, PaymentState.COMPLETED, person.now),
            Debit(balance.id, payment.amount),
        ]
        for payment in payments
    ]
    assert won(await race(lists)) == 10
    (held,) = await person.stores.balances_of(person.identity.id)
    assert held.amount == 999
    paid = await person.stores.payments_of(person.identity.id, "EUR", 0, person.now)
    assert len(paid) == 10, "a payment was decided without its money"


async def test_a_call_is_held_once(person: Scene, race: Race):
    now = person.now

    def hold(holder: int, at: int) -> HoldCall:
        return HoldCall(b"k", b"f", holder, at + 30 * SECOND, now + 60 * MINUTE, at)

    assert won(await race([[hold(n, now)] for n in range(AT_ONCE)])) == 1
    lapsed = now + 30 * SECOND
    assert won(await race([[hold(n + 100, lapsed)] for n in range(AT_ONCE)])) == 1


async def test_an_address_is_given_once(person: Scene, race: Race):
    make, programme = person.make, person.programme.id
    lists = []
    for n in range(AT_ONCE):
        subject = make.subject(programme, email=f"{'NEW' if n % 2 else 'new'}@example.com")
        lists.append([Add(subject), Add(make.fact(programme, subject_id=subject.id))])
    assert won(await race(lists)) == 1
    (fact,) = await person.stores.facts(programme)
    winner = there(await person.stores.subject_by_email(programme, "new@example.com"))
    assert winner.id == fact.subject_id


async def test_an_address_is_moved_to_once(person: Scene, race: Race):
    """Different rows want the same value: the loser hears of it, and no error gets out."""
    people = [person.make.subject(person.programme.id) for _ in range(AT_ONCE)]
    await person.add(*people)
    lists = [[ChangeSubject(replace(one, email="new@example.com"))] for one in people]
    assert won(await race(lists)) == 1


async def test_a_slot_is_filled_once(person: Scene, race: Race):
    lists = [[Add(person.make.factor(person.subject, kind="new"))] for _ in range(AT_ONCE)]
    assert won(await race(lists)) == 1


async def test_a_version_is_changed_once(person: Scene, race: Race):
    assert won(await race([[ChangeFactor(person.factor)]] * AT_ONCE)) == 1


async def test_sends_are_counted(person: Scene, race: Race):
    send = SpendSend(person.session.approval_id, Purpose.ENROL, 3, person.now, person.now)
    assert won(await race([[send]] * AT_ONCE)) == 3
    assert (await person.stores.sends(person.session.approval_id, Purpose.ENROL)).count == 3


async def test_a_code_is_not_sent_twice_within_the_gap(person: Scene, race: Race):
    send = SpendSend(person.session.approval_id, Purpose.ENROL, 3, person.now - 1, person.now)
    assert won(await race([[send]] * AT_ONCE)) == 1


@pytest.mark.parametrize("what", ["capture", "message", "session"])
async def test_what_can_be_had_once_is_had_once(person: Scene, race: Race, what: str):
    capture = person.make.capture(person.programme.id)
    message = person.make.message(person.subject)
    await person.add(capture, message)
    changes: dict[str, Change] = {
        "capture": SpendCapture(capture.id, person.now),
        "message": ClaimMessage(message.id, person.now + MINUTE, person.now),
        "session": EndSession(person.session.id, "log-out", person.now),
    }
    assert won(await race([[changes[what]]] * AT_ONCE)) == 1


async def test_lists_that_lock_in_opposite_orders(person: Scene, race: Race):
    """Deadlocks on purpose: each list ends applied or refused, and is not applied in part."""
    names = [f"n{n}" for n in range(4)]
    lists: list[list[Change]] = []
    for n in range(AT_ONCE):
        order = names if n % 2 else names[::-1]
        fact = Add(person.make.fact(person.programme.id, details={"list": str(n)}))
        lists.append([*(SetState(name, str(n)) for name in order), fact])
    outcomes = await race(lists)
    assert len(outcomes) == AT_ONCE
    counted = Counter(type(outcome) for outcome in outcomes)
    assert set(counted) <= {tuple, str}
    assert {o for o in outcomes if isinstance(o, str)} <= {"unavailable"}
    facts = await person.stores.facts(person.programme.id)
    assert len(facts) == counted[tuple], "an answer says another thing than the table"
    assert counted[tuple] > AT_ONCE // 2, "nearly all of them get through"
    values = {await person.stores.state(name) for name in names}
    assert len(values) == 1, "the last list that was applied was applied whole"


async def test_memberships_and_people_made_at_once_are_all_there(person: Scene, race: Race):
    """No condition between them: nobody waits in vain, and nobody is lost."""
    make, programme = person.make, person.programme.id
    lists, people = [], []
    for _ in range(AT_ONCE):
        subject = make.subject(programme)
        membership = Membership(
            subject_id=subject.id, identity_id=person.identity.id, role=Role.USER
        )
        people.append(subject)
        lists.append([Add(subject), Add(membership)])
    assert won(await race(lists)) == AT_ONCE
    for subject in people:
        assert (await person.stores.actings_of(subject.id))[0].identity == person.identity
