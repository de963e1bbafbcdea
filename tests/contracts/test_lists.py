"""One list, whole or not at all: every change whose condition can fail, failing.

Long for a file: the cases are short and many, and a change without one is seen best in one place.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from assent.domain.approval import ApprovalState
from assent.domain.attempts import Attempts
from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.factor import FactorState
from assent.domain.message import MessageState
from assent.domain.subject import Diligence, Membership, Role
from assent.kernel.clock import MINUTE, SECOND
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
    AddOnce,
    Change,
    ChangeFactor,
    ChangeIdentity,
    ChangeProgramme,
    ChangeSubject,
    ClearAttempts,
    EndSession,
    EndSessions,
    GrantApproval,
    RaiseEpoch,
    RetireKey,
    RetireKeys,
    SpendSend,
    SpendTry,
    StepUpSession,
)
from assent.ports.upkeep import (
    ClaimMessage,
    FinishMessage,
    HoldCall,
    KeepAnswer,
    ReleaseCall,
    RetireSigningKeys,
    RetryMessage,
    SetState,
    SpendCapture,
)
from tests.conftest import Database, rows_of
from tests.contracts.rows import Scene, applied

Failing = Callable[[Scene], Awaitable[Change]]
FAILING: dict[str, Failing] = {}


def failing(make_it: Failing) -> Failing:
    FAILING[make_it.__name__] = make_it
    return make_it


def held(person: Scene, key: bytes = b"k", **values: Any) -> HoldCall:
    return HoldCall(
        **{
            "key": key,
            "fingerprint": b"f",
            "holder": 1,
            "lease_until": person.now + 30 * SECOND,
            "kept_until": person.now + 60 * MINUTE,
            "now": person.now,
            **values,
        }
    )


@failing
async def a_row_that_is_there(person: Scene) -> Change:
    return Add(person.subject)


@failing
async def an_email_that_is_taken(person: Scene) -> Change:
    return Add(person.make.subject(person.programme.id, email=person.subject.email.upper()))


@failing
async def a_key_that_is_taken(person: Scene) -> Change:
    key = person.make.key(person.programme.id)
    await person.add(key)
    return Add(replace(key, id=person.make.ids.next()))


@failing
async def a_slot_that_is_taken(person: Scene) -> Change:
    return Add(person.make.factor(person.subject))


@failing
async def a_membership_that_is_there(person: Scene) -> Change:
    return Add(
        Membership(subject_id=person.subject.id, identity_id=person.identity.id, role=Role.USER)
    )


@failing
async def a_message_that_is_there(person: Scene) -> Change:
    message = person.make.message(person.subject, dedupe="once")
    await person.add(message)
    return Add(replace(message, id=person.make.ids.next()))


@failing
async def a_capture_token_that_is_taken(person: Scene) -> Change:
    capture = person.make.capture(person.programme.id)
    await person.add(capture)
    return Add(replace(capture, id=person.make.ids.next(), envelope=b"another"))


@failing
async def a_capture_whose_envelope_came_before(person: Scene) -> Change:
    capture = person.make.capture(person.programme.id)
    await person.add(capture)
    return Add(replace(capture, id=person.make.ids.next(), token="another"))


@failing
async def a_signing_key_that_is_there(person: Scene) -> Change:
    key = person.make.signing_key()
    await person.add(key)
    return Add(key)


@failing
async def a_key_that_was_retired_before(person: Scene) -> Change:
    key = person.make.key(person.programme.id)
    await person.add(key)
    await applied(person.stores, RetireKey(key.id, person.now))
    return RetireKey(key.id, person.now)


@failing
async def a_key_that_never_was(person: Scene) -> Change:
    return RetireKey(person.make.ids.next(), person.now)


@failing
async def an_unknown_programme_changed(person: Scene) -> Change:
    return ChangeProgramme(person.make.programme())


@failing
async def a_subject_changed_meanwhile(person: Scene) -> Change:
    await applied(person.stores, ChangeSubject(replace(person.subject, active=False)))
    return ChangeSubject(replace(person.subject, email_verified=True))


@failing
async def a_subject_given_the_email_of_another(person: Scene) -> Change:
    other = person.make.subject(person.programme.id)
    await person.add(other)
    return ChangeSubject(replace(person.subject, email=other.email))


@failing
async def an_identity_changed_meanwhile(person: Scene) -> Change:
    await applied(
        person.stores, ChangeIdentity(replace(person.identity, diligence=Diligence.APPROVED))
    )
    return ChangeIdentity(person.identity)


@failing
async def a_factor_changed_meanwhile(person: Scene) -> Change:
    await applied(person.stores, ChangeFactor(replace(person.factor, details={})))
    return ChangeFactor(person.factor)


@failing
async def a_factor_whose_counter_would_fall(person: Scene) -> Change:
    await applied(person.stores, ChangeFactor(replace(person.factor, counter=7)))
    return ChangeFactor(replace(person.factor, counter=6, version=person.factor.version + 1))


@failing
async def a_factor_moved_to_a_taken_slot(person: Scene) -> Change:
    other = person.make.factor(person.subject, slot=1)
    await person.add(other)
    return ChangeFactor(replace(other, slot=0))


@failing
async def an_epoch_that_has_passed(person: Scene) -> Change:
    await applied(person.stores, RaiseEpoch(person.subject.id, 0))
    return RaiseEpoch(person.subject.id, 0)


@failing
async def a_change_of_a_person_read_before_all_their_sessions_ended(person: Scene) -> Change:
    """It would put the epoch back, and with it whatever session was begun meanwhile."""
    await applied(person.stores, RaiseEpoch(person.subject.id))
    return ChangeSubject(replace(person.subject, active=False))


@failing
async def an_attempt_of_somebody_who_stands_otherwise(person: Scene) -> Change:
    await applied(person.stores, person.attempt())
    return person.attempt(before=Attempts())


@failing
async def an_attempt_of_somebody_whose_blocks_are_others(person: Scene) -> Change:
    for _ in range(5):
        await applied(person.stores, person.attempt())
    stands = Attempts(failures=5, blocks=2, blocked_until=person.now + 30 * MINUTE)
    return person.attempt(before=stands, now=person.now + 31 * MINUTE)


@failing
async def an_attempt_while_blocked_of_somebody_who_stands_so(person: Scene) -> Change:
    for _ in range(5):
        await applied(person.stores, person.attempt())
    stands = Attempts(failures=5, blocks=1, blocked_until=person.now + 30 * MINUTE)
    return person.attempt(before=stands)


@failing
async def a_right_answer_with_a_factor_that_was_removed(person: Scene) -> Change:
    removed = replace(person.factor, state=FactorState.REMOVED, slot=None)
    await applied(person.stores, ChangeFactor(removed))
    return DecideChallenge(person.challenge.id, ChallengeState.PASSED, person.now)


@failing
async def a_try_beyond_the_limit(person: Scene) -> Change:
    await applied(person.stores, SpendTry(person.challenge.id, 1, person.now))
    return SpendTry(person.challenge.id, 1, person.now)


@failing
async def a_try_when_it_has_expired(person: Scene) -> Change:
    return SpendTry(person.challenge.id, 3, person.challenge.expires_at)


@failing
async def a_try_when_it_is_decided(person: Scene) -> Change:
    await applied(
        person.stores, DecideChallenge(person.challenge.id, ChallengeState.PASSED, person.now)
    )
    return SpendTry(person.challenge.id, 3, person.now)


@failing
async def an_attempt_while_blocked(person: Scene) -> Change:
    for _ in range(5):
        await applied(person.stores, person.attempt())
    return person.attempt(now=person.now + 30 * MINUTE - 1)


@failing
async def a_send_beyond_the_limit(person: Scene) -> Change:
    await applied(
        person.stores, SpendSend(person.session.approval_id, Purpose.ENROL, 1, 0, person.now)
    )
    return SpendSend(person.session.approval_id, Purpose.ENROL, 1, person.now, person.now)


@failing
async def a_send_too_soon(person: Scene) -> Change:
    await applied(
        person.stores, SpendSend(person.session.approval_id, Purpose.ENROL, 3, 0, person.now)
    )
    return SpendSend(person.session.approval_id, Purpose.ENROL, 3, person.now - 1, person.now)


@failing
async def a_challenge_decided_before(person: Scene) -> Change:
    await applied(
        person.stores, DecideChallenge(person.challenge.id, ChallengeState.FAILED, person.now)
    )
    return DecideChallenge(person.challenge.id, ChallengeState.PASSED, person.now)


@failing
async def an_answer_on_a_device_to_what_was_decided_before(person: Scene) -> Change:
    await applied(
        person.stores, DecideChallenge(person.challenge.id, ChallengeState.EXPIRED, person.now)
    )
    return _on_device(person, person.factor.id)


@failing
async def an_answer_on_a_device_that_was_removed(person: Scene) -> Change:
    removed = replace(person.factor, state=FactorState.REMOVED, slot=None)
    await applied(person.stores, ChangeFactor(removed))
    return _on_device(person, person.factor.id)


@failing
async def a_decline_on_a_device_that_is_not_enrolled_yet(person: Scene) -> Change:
    begun = person.make.factor(person.subject, state=FactorState.PENDING, slot=None)
    await person.add(begun)
    return _on_device(person, begun.id, ChallengeState.DECLINED)


@failing
async def an_answer_on_another_persons_device(person: Scene) -> Change:
    other = person.make.subject(person.programme.id)
    device = person.make.factor(other)
    await person.add(other, device)
    return _on_device(person, device.id)


def _on_device(
    person: Scene, factor_id: int, state: ChallengeState = ChallengeState.PASSED
) -> Change:
    return DecideOnDevice(person.challenge.id, factor_id, state, person.now)


@failing
async def a_question_for_a_place_that_is_taken(person: Scene) -> Change:
    await person.add(person.make.challenge(person.session, person.factor, slot=1))
    return Add(person.make.challenge(person.session, person.factor, slot=1))


@failing
async def an_approval_that_was_locked(person: Scene) -> Change:
    await applied(person.stores, LockApproval(person.session.approval_id, person.now))
    return GrantApproval(person.session.approval_id, frozenset(), person.now)


@failing
async def an_approval_that_was_spent(person: Scene) -> Change:
    approval = person.make.approval(person.subject, state=ApprovalState.SPENT)
    await person.add(approval)
    return GrantApproval(approval.id, frozenset(), person.now)


@failing
async def an_approval_that_was_withdrawn(person: Scene) -> Change:
    approval = person.make.approval(person.subject, state=ApprovalState.WITHDRAWN)
    await person.add(approval)
    return GrantApproval(approval.id, frozenset(), person.now)


@failing
async def a_step_up_of_an_ended_session(person: Scene) -> Change:
    await applied(person.stores, EndSession(person.session.id, "log-out", person.now))
    return StepUpSession(person.session.id, person.now)


@failing
async def a_step_up_of_a_session_that_ended_with_all_others(person: Scene) -> Change:
    await applied(person.stores, RaiseEpoch(person.subject.id))
    return StepUpSession(person.session.id, person.now)


@failing
async def a_session_that_had_ended(person: Scene) -> Change:
    await applied(person.stores, EndSession(person.session.id, "log-out", person.now))
    return EndSession(person.session.id, "log-out", person.now)


@failing
async def a_call_that_is_held(person: Scene) -> Change:
    await applied(person.stores, held(person))
    return held(person, holder=2, now=person.now + 30 * SECOND - 1)


@failing
async def a_call_that_was_answered(person: Scene) -> Change:
    await applied(person.stores, held(person))
    await applied(person.stores, KeepAnswer(b"k", 1, b"answer"))
    return held(person, holder=2, now=person.now + 60 * MINUTE - 1)


@failing
async def a_lapsed_call_with_another_payload(person: Scene) -> Change:
    await applied(person.stores, held(person))
    return replace(held(person, holder=2, now=person.now + MINUTE), fingerprint=b"another")


@failing
async def an_answer_to_a_call_that_another_took_over(person: Scene) -> Change:
    await applied(person.stores, held(person))
    await applied(person.stores, held(person, holder=2, now=person.now + 30 * SECOND))
    return KeepAnswer(b"k", 1, b"answer")


@failing
async def a_second_answer(person: Scene) -> Change:
    await applied(person.stores, held(person))
    await applied(person.stores, KeepAnswer(b"k", 1, b"answer"))
    return KeepAnswer(b"k", 1, b"another")


@failing
async def an_answer_to_nothing(person: Scene) -> Change:
    return KeepAnswer(b"unknown", 1, b"answer")


@failing
async def a_capture_used_before(person: Scene) -> Change:
    capture = person.make.capture(person.programme.id)
    await person.add(capture)
    await applied(person.stores, SpendCapture(capture.id, person.now))
    return SpendCapture(capture.id, person.now)


@failing
async def a_capture_that_expired(person: Scene) -> Change:
    capture = person.make.capture(person.programme.id)
    await person.add(capture)
    return SpendCapture(capture.id, capture.expires_at)


@failing
async def a_capture_that_never_was(person: Scene) -> Change:
    return SpendCapture(person.make.ids.next(), person.now)


@failing
async def a_message_that_another_worker_has(person: Scene) -> Change:
    message = person.make.message(person.subject)
    await person.add(message)
    await applied(person.stores, ClaimMessage(message.id, person.now + MINUTE, person.now))
    return ClaimMessage(message.id, person.now + MINUTE, person.now)


@failing
async def a_message_that_is_not_due(person: Scene) -> Change:
    message = person.make.message(person.subject)
    await person.add(message)
    return ClaimMessage(message.id, person.now, person.now - 1)


@failing
async def a_message_finished_before(person: Scene) -> Change:
    message = person.make.message(person.subject)
    await person.add(message)
    await applied(person.stores, FinishMessage(message.id, MessageState.SENT, person.now))
    return FinishMessage(message.id, MessageState.SENT, person.now)


@failing
async def a_retry_of_a_finished_message(person: Scene) -> Change:
    message = person.make.message(person.subject)
    await person.add(message)
    await applied(person.stores, FinishMessage(message.id, MessageState.GIVEN_UP, person.now))
    return RetryMessage(message.id, person.now)


def harmless(person: Scene) -> tuple[Change, ...]:
    """Changes of every sort that would all be applied, and that show in the tables."""
    make, now = person.make, person.now
    return (
        Add(make.fact(person.programme.id)),
        Add(make.subject(person.programme.id)),
        AddOnce(make.message(person.subject)),
        SetState("name", "value"),
        held(person, b"another call"),
        SpendSend(make.ids.next(), Purpose.STEP_UP, 3, 0, now),
        person.attempt(holder="email:nobody"),
    )


@pytest.mark.parametrize("name", FAILING)
async def test_a_failed_condition_leaves_nothing_of_its_list(
    database: Database, person: Scene, name: str
):
    change = await FAILING[name](person)
    before = await rows_of(person.stores, database.kind)
    done = await person.stores.commit(*harmless(person), change, Add(person.make.programme()))
    assert done.failed is change
    assert done.returned == ()
    assert await rows_of(person.stores, database.kind) == before
    # the same list without it is applied: nothing else had been in the way
    await applied(person.stores, *harmless(person), Add(person.make.programme()))
    assert await rows_of(person.stores, database.kind) != before


async def test_the_first_of_two_failures_is_named(person: Scene):
    first, second = SpendTry(1, 3, person.now), SpendTry(2, 3, person.now)
    done = await person.stores.commit(SetState("a", "b"), first, second)
    assert done.failed is first


async def test_a_change_that_may_touch_nothing_does_not_fail(database: Database, person: Scene):
    message = person.make.message(person.subject, dedupe="once")
    await person.add(message)
    await applied(
        person.stores, DecideChallenge(person.challenge.id, ChallengeState.PASSED, person.now)
    )
    await applied(person.stores, EndSessions(person.subject.id, "all", person.now))
    before = await rows_of(person.stores, database.kind)
    done = await applied(
        person.stores,
        AddOnce(replace(message, id=person.make.ids.next())),
        ClearAttempts(person.programme.id, "nobody", "otp"),
        RetireKeys(person.programme.id, person.make.key(1).role, person.now),
        WithdrawChallenges(person.session.approval_id, Purpose.STEP_UP, person.now),
        WithdrawFactorChallenges(person.factor.id, person.now),
        WithdrawKindChallenges(person.subject.id, person.factor.kind, person.now),
        LockApproval(person.make.ids.next(), person.now),
        WithdrawGranted(person.subject.id, "log_in", person.now),
        EndSessions(person.subject.id, "all", person.now),
        ReleaseCall(b"unknown", 1),
        RetireSigningKeys("unknown", person.now),
    )
    assert done.returned == ((),) * 11
    assert await rows_of(person.stores, database.kind) == before


async def test_what_each_change_returns_stands_in_its_place(person: Scene):
    message = person.make.message(person.subject)
    await person.add(message)
    done = await applied(
        person.stores,
        SpendTry(person.challenge.id, 3, person.now),
        SetState("name", "value"),
        person.attempt(),
        ClearAttempts(person.programme.id, "nobody", "otp"),
        SpendSend(person.session.approval_id, Purpose.STEP_UP, 3, 0, person.now),
        ClaimMessage(message.id, person.now + 1, person.now),
    )
    assert done.returned == ((1,), (), (1, 0, 0), (), (1,), (1,))


async def test_an_empty_list_is_applied(person: Scene):
    assert (await applied(person.stores)).returned == ()


async def test_the_list_is_applied_in_its_order(person: Scene):
    """A newer challenge voids the older ones and not itself; a new key outlives the old."""
    newer = person.make.challenge(person.session, person.factor)
    old, new = person.make.key(person.programme.id), person.make.key(person.programme.id)
    await person.add(old)
    await applied(
        person.stores,
        WithdrawChallenges(person.session.approval_id, Purpose.STEP_UP, person.now),
        Add(newer),
        RetireKeys(person.programme.id, old.role, person.now),
        Add(new),
    )
    assert await person.stores.open_challenges(
        person.programme.id, person.subject.id, person.now
    ) == [newer]
    assert await person.stores.keys_of(person.programme.id) == [new]


async def test_a_row_may_be_added_with_the_row_it_hangs_on(person: Scene):
    subject = person.make.subject(person.programme.id)
    factor = person.make.factor(subject, state=FactorState.PENDING)
    await applied(person.stores, Add(subject), Add(factor))
    assert await person.stores.factor(subject.id, factor.kind) == factor


async def test_a_row_that_hangs_on_nothing_is_an_error_and_not_an_answer(
    database: Database, person: Scene
):
    """No condition of ours failed: the caller has a bug, and must not read it as 'taken'."""
    before = await rows_of(person.stores, database.kind)
    stray = person.make.factor(person.make.subject(person.programme.id))
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await person.stores.commit(SetState("name", "value"), Add(stray))
    assert await rows_of(person.stores, database.kind) == before


async def test_a_value_no_database_takes_harms_nobody_else(person: Scene):
    """The lists and reads of one tick travel together; one of them is unfit."""
    huge = 2**70
    outcomes = await asyncio.gather(
        person.stores.commit(SetState("before", "value")),
        person.stores.commit(SetState("never", "value"), SpendTry(huge, 3, person.now)),
        person.stores.commit(SetState("after", "value")),
        person.stores.subject(person.programme.id, huge),
        person.stores.subject(person.programme.id, person.subject.id),
        return_exceptions=True,
    )
    assert [isinstance(outcome, Exception) for outcome in outcomes] == [
        False, True, False, True, False,
    ]  # fmt: skip
    assert outcomes[4] == person.subject
    names = ("before", "never", "after")
    assert [await person.stores.state(name) for name in names] == ["value", None, "value"]
