"""How often devices may be asked and answer, on each of the stores: open questions, wrong answers,
refusals, expiry."""

from dataclasses import replace
from typing import Any, cast

import pytest

from assent.adapters.sql.stores import SqlStores
from assent.domain.approval import ApprovalState
from assent.domain.attempts import Wrong
from assent.domain.budget import BudgetLimits
from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.deed import deed
from assent.domain.device import DEVICE_KEY, LOGIN_REFUSALS, NOT_ME, REFUSALS
from assent.domain.event import Outcome
from assent.kernel.clock import DAY, MINUTE, SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import LockApproval
from assent.ports.changes import Change, ChangeProgramme, Committed
from assent.ports.webhooks import Wanted
from assent.usecases.answer_challenge import answer_challenge
from assent.usecases.answer_on_device import Approved, Declined, NotSigned
from assent.usecases.end_session import end_session
from assent.usecases.lapse_challenges import lapse_challenges
from assent.usecases.register_factor import remove_factor
from assent.usecases.say_event import event_of
from assent.usecases.start_challenge import ask_step_up
from assent.usecases.unblock_person import unblock_person
from tests.contracts.rows import Maker, applied, there
from tests.support.authenticator import SoftDevice
from tests.support.device_house import (
    CODE,
    PHONE,
    DeviceHouse,
    Holder,
    content_of,
    operator,
    refused,
)


async def test_three_questions_may_be_open_and_their_places_are_free_again(house: DeviceHouse):
    phone = await house.enrol()
    first, second, third = [await house.ask() for _ in range(3)]
    assert (await refused(house.ask())).code == Code.SENDS_USED_UP
    await house.says(first, phone)
    await house.says(second, phone, "decline")
    fourth, fifth = await house.ask(), await house.ask()
    assert (await refused(house.ask())).code == Code.SENDS_USED_UP
    factor = there(await house.stores.factor_by_id(phone.id))
    house.clock.advance(4 * MINUTE)
    assert (await refused(house.ask())).code == Code.SENDS_USED_UP
    house.clock.advance(MINUTE)
    assert (await house.ask()).challenge.slot is not None
    states = [await house.state(one) for one in (third, fourth, fifth)]
    assert states == [ChallengeState.EXPIRED] * 3
    await remove_factor(house.world, await house.session(stepped_up=True), factor)
    await house.enrol()
    slots = [(await house.ask()).challenge.slot for _ in range(3)]
    assert sorted(map(there, slots)) == [0, 1, 2]


async def asked_till_it_is_enough(house: DeviceHouse) -> Holder:
    """By somebody who has the password of whose phone this is."""
    house.worlds[0] = replace(house.world, budget_limits=BudgetLimits())
    phone = await house.enrol()
    for _ in range(10):
        here = await house.session()
        await house.ask(here)
        await end_session(house.world, here)
    return phone


async def test_sessions_that_end_at_once_do_not_wake_the_person_all_night(house: DeviceHouse):
    """Whoever has the password could log in, ask and log out again: nothing is open, and nothing
    was declined, but the phone has rung each time."""
    phone = await asked_till_it_is_enough(house)
    refusal = await refused(house.ask())
    assert (refusal.code, there(refusal.retry_after) <= 600) == (Code.SENDS_USED_UP, True)
    wanted = await house.log_in()  # who asks to come in is counted apart
    assert wanted.challenge.purpose is Purpose.LOG_IN
    house.clock.advance(10 * MINUTE)
    assert await house.says(await house.ask(), phone) == Approved()


async def test_a_session_that_asks_again_keeps_its_place_though_all_are_taken(house: DeviceHouse):
    phone = await house.enrol()
    here = await house.session()
    asked = [await house.ask(here), await house.ask(), await house.ask()]
    assert (await refused(house.ask(here))).code == Code.RESEND_TOO_SOON
    assert await house.state(asked[0]) == ChallengeState.PENDING  # and is not lost by trying
    house.clock.advance(16 * SECOND)
    again = await house.ask(here)
    assert await house.state(asked[0]) == ChallengeState.WITHDRAWN
    assert await house.says(again, phone) == Approved()


async def test_wrong_signatures_decide_the_question_and_then_block_the_person(house: DeviceHouse):
    phone = await house.enrol()
    stranger = Holder(SoftDevice(), phone.id)
    asked = await house.ask()
    said = [await house.says(asked, stranger) for _ in range(3)]
    assert said == [NotSigned(left) for left in (Wrong.MORE_LEFT, Wrong.ONE_LEFT, Wrong.USED_UP)]
    assert await house.state(asked) == ChallengeState.FAILED
    assert (await refused(house.says(asked, phone))).code == Code.CHALLENGE_USED_UP
    other = await house.ask()
    said = [await house.says(other, stranger) for _ in range(2)]
    assert said == [NotSigned(Wrong.ONE_LEFT), NotSigned(Wrong.USED_UP)]
    assert (await refused(house.says(other, phone))).code == Code.ATTEMPTS_BLOCKED
    assert (await refused(house.ask())).code == Code.ATTEMPTS_BLOCKED
    assert (await house.mails()).count("blocked_for_now") == 1


async def test_a_wrong_number_is_a_wrong_answer_and_a_decline_needs_none(house: DeviceHouse):
    settings = replace(house.scene.programme.settings, number_matching=True)
    programme = replace(house.scene.programme, settings=settings)
    await applied(house.stores, ChangeProgramme(programme))
    house.scene = replace(house.scene, programme=programme)
    phone = await house.enrol()
    asked = await house.ask()
    shown = asked.prompt.number
    assert 10 <= int(shown) <= 99
    assert content_of(asked)["number"] is True
    wrong = str(10 + (int(shown) - 9) % 90)
    assert isinstance(await house.says(asked, phone, number=wrong), NotSigned)
    assert isinstance(await house.says(asked, phone), NotSigned)
    assert await house.says(asked, phone, number=shown) == Approved()
    assert await house.says(await house.ask(), phone, "decline") == Declined()


async def test_three_refusals_keep_questions_away_for_a_quarter_of_an_hour(house: DeviceHouse):
    phone = await house.enrol()
    for _ in range(3):
        await house.says(await house.ask(), phone, "decline")
    refusal = await refused(house.ask())
    assert (refusal.code, refusal.retry_after) == (Code.ATTEMPTS_BLOCKED, 900)
    assert (await refused(house.log_in())).code == Code.ATTEMPTS_BLOCKED
    assert (await house.mails()).count("device_refusals") == 1
    # and nothing else: a code still steps up
    here = await house.session()
    action = deed("step_up", programme="Demo Bank")
    await ask_step_up(house.world, here, PHONE, action, CODE)
    await answer_challenge(house.world, here, Purpose.STEP_UP, PHONE, CODE)
    assert await house.stepped_up(here)
    house.clock.advance(15 * MINUTE)
    for _ in range(2):
        await house.says(await house.ask(), phone, "decline")
    await house.ask()
    assert (await house.mails()).count("device_refusals") == 1


async def test_a_refusal_while_none_counts_is_a_refusal_too(house: DeviceHouse):
    phone = await house.enrol()
    await house.says(await house.ask(), phone, "decline")
    asked = [await house.ask() for _ in range(3)]
    assert [await house.says(one, phone, "decline") for one in asked] == [Declined()] * 3
    assert [await house.state(one) for one in asked] == [ChallengeState.DECLINED] * 3
    counted = await house.attempts(REFUSALS)
    assert (counted.failures, counted.blocks) == (3, 1)
    assert (await house.mails()).count("device_refusals") == 1


async def test_a_refusal_is_counted_in_the_commit_that_keeps_it(house: DeviceHouse):
    phone = await house.enrol()
    house.worlds[0] = replace(house.world, stores=cast("Any", LostAfter(house.stores)))
    for count in (1, 2, 3):
        asked = await house.ask()
        signed = house.signed(asked, phone, "decline")
        cast("Any", house.stores).until = 2  # the try, and the decline
        assert await signed.send() == Declined()
        cast("Any", house.stores).until = None
        assert await house.state(asked) == ChallengeState.DECLINED
        assert (await house.attempts(REFUSALS)).failures == count
    assert (await refused(house.ask())).code == Code.ATTEMPTS_BLOCKED


class LostAfter:
    """A store that is lost after so many commits."""

    def __init__(self, stores: SqlStores) -> None:
        self._stores = stores
        self.until: int | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)

    async def commit(self, *changes: Change) -> Committed:
        if self.until is not None:
            self.until -= 1
            if self.until < 0:
                raise Refusal(Code.UNAVAILABLE)
        return await self._stores.commit(*changes)


async def test_a_persons_own_approval_clears_their_refusals(house: DeviceHouse):
    phone = await house.enrol()
    for _ in range(3):
        for _ in range(2):
            await house.says(await house.ask(), phone, "decline")
        assert await house.says(await house.ask(), phone) == Approved()
    assert (await house.attempts(REFUSALS)).failures == 0


async def test_log_ins_that_are_declined_keep_log_ins_away_and_nothing_else(house: DeviceHouse):
    """Whoever knows an address could else take the person's own step-up from them."""
    phone = await house.enrol()
    for _ in range(3):
        await house.says(await house.log_in(), phone, "decline")
        house.clock.advance(15 * SECOND)
    refusal = await refused(house.log_in())
    assert (refusal.code, refusal.retry_after) == (Code.ATTEMPTS_BLOCKED, 885)
    assert (await house.mails()).count("device_refusals") == 1
    assert await house.facts("login_refusals_blocked") == 1
    assert (await house.attempts(REFUSALS)).failures == 0
    assert await house.says(await house.ask(), phone) == Approved()
    assert (await house.attempts(LOGIN_REFUSALS)).failures == 3
    house.clock.advance(15 * MINUTE)
    await house.log_in()


async def test_log_ins_that_nobody_answers_keep_further_ones_away(house: DeviceHouse):
    phone = await house.enrol()
    for _ in range(2):
        await house.log_in()
        house.clock.advance(15 * SECOND)
    assert (await refused(house.log_in())).code == Code.SENDS_USED_UP
    house.clock.advance(5 * MINUTE)
    await house.log_in()  # records the two
    assert (await house.attempts(LOGIN_REFUSALS)).failures == 2
    house.clock.advance(5 * MINUTE)
    refusal = await refused(house.log_in())  # records the third before it asks once more
    assert (refusal.code, refusal.retry_after) == (Code.ATTEMPTS_BLOCKED, 900)
    assert await house.stores.asked_of(house.subject_id, DEVICE_KEY) == []
    assert "device_refusals" not in await house.mails(), "a stranger has no mail sent either"
    assert await house.says(await house.ask(), phone) == Approved()
    house.clock.advance(15 * MINUTE)
    await house.log_in()


async def test_what_expires_while_no_log_in_is_let_through_expires_too(house: DeviceHouse):
    phone = await house.enrol()
    open_still = await house.log_in()
    for _ in range(3):
        house.clock.advance(15 * SECOND)
        await house.says(await house.log_in(), phone, "decline")
    house.clock.advance(5 * MINUTE)
    assert await lapse_challenges(house.world) >= 1
    assert await house.state(open_still) == ChallengeState.EXPIRED
    counted = await house.attempts(LOGIN_REFUSALS)
    assert (counted.failures, counted.blocks) == (3, 1)


async def test_step_ups_that_nobody_answers_keep_nothing_away(house: DeviceHouse):
    await house.enrol()
    for _ in range(2):
        for _ in range(3):
            await house.ask()
        house.clock.advance(5 * MINUTE)
        await lapse_challenges(house.world)
    assert (await house.attempts(REFUSALS)).failures == 0
    await house.log_in()


async def test_an_approved_log_in_clears_its_own_count(house: DeviceHouse):
    phone = await house.enrol()
    await house.says(await house.ask(), phone, "decline")
    for _ in range(3):
        for _ in range(2):
            await house.says(await house.log_in(), phone, "decline")
            house.clock.advance(15 * SECOND)
        assert isinstance(await house.says(await house.log_in(), phone), Approved)
        house.clock.advance(15 * SECOND)
    assert (await house.attempts(LOGIN_REFUSALS)).failures == 0
    assert (await house.attempts(REFUSALS)).failures == 1


async def test_an_operator_lifts_refusals(house: DeviceHouse):
    phone = await house.enrol()
    for _ in range(3):
        await house.says(await house.log_in(), phone, "decline")
        house.clock.advance(15 * SECOND)
    for _ in range(3):
        await house.says(await house.ask(), phone, "decline")
    before = await unblock_person(house.world, operator(house), house.scene.subject, "called us")
    assert (before[REFUSALS].failures, before[LOGIN_REFUSALS].failures) == (3, 3)
    await house.ask()
    await house.log_in()


async def test_an_operator_lets_a_person_be_asked_again_whom_a_stranger_had_asked_all_day(
    house: DeviceHouse,
):
    phone = await asked_till_it_is_enough(house)
    assert (await refused(house.ask())).code == Code.SENDS_USED_UP
    await unblock_person(house.world, operator(house), house.scene.subject, "called us")
    assert await house.says(await house.ask(), phone) == Approved()


async def test_what_was_not_the_person_is_locked_and_told_of_once(house: DeviceHouse):
    phone, tablet = await house.enrol("Phone"), await house.enrol("Tablet")
    thief = await house.session()
    asked = await house.ask(thief)
    yes = house.signed(asked, tablet)
    assert await house.says(asked, phone, "decline", reason="not_me") == Declined()
    assert (await house.mails()).count("device_not_me") == 1
    assert (await house.attempts(NOT_ME)).failures == 1
    assert await house.stores.session(there(thief.session).id) is None
    # whoever has a call of that session under way gets no further by any proof
    assert (await refused(house.ask(thief))).code == Code.APPROVAL_LOCKED
    house.clock.advance(15 * SECOND)
    action = deed("step_up", programme="Demo Bank")
    await ask_step_up(house.world, thief, PHONE, action, CODE)
    code = answer_challenge(house.world, thief, Purpose.STEP_UP, PHONE, CODE)
    assert (await refused(code)).code == Code.APPROVAL_LOCKED
    locked = await house.stores.approval_state(there(thief.session).approval_id)
    assert locked is ApprovalState.WITHDRAWN
    assert (await refused(yes.send())).code == Code.CHALLENGE_NOT_OPEN
    assert isinstance(await house.says(await house.ask(), phone), Approved)


async def test_a_code_that_was_on_its_way_proves_nothing_once_it_is_locked(house: DeviceHouse):
    thief = await house.session()
    action = deed("step_up", programme="Demo Bank")
    await ask_step_up(house.world, thief, PHONE, action, CODE)
    session = there(thief.session)
    await applied(house.stores, LockApproval(session.approval_id, house.clock.now()))
    call = answer_challenge(house.world, thief, Purpose.STEP_UP, PHONE, CODE)
    assert (await refused(call)).code == Code.APPROVAL_LOCKED
    assert not await house.stepped_up(thief)


async def test_a_log_in_that_was_not_the_person_opens_no_session(house: DeviceHouse):
    phone, tablet = await house.enrol("Phone"), await house.enrol("Tablet")
    asked = await house.log_in()
    yes = house.signed(asked, tablet)
    await house.says(asked, phone, "decline", reason="not_me")
    assert (await refused(yes.send())).code == Code.CHALLENGE_NOT_OPEN
    assert (await house.mails()).count("log_in_not_me") == 1


@pytest.mark.parametrize("purpose", [Purpose.LOG_IN, Purpose.STEP_UP])
async def test_what_was_not_the_person_voids_the_token_of_a_log_in_before(
    house: DeviceHouse, purpose: Purpose
):
    """They tapped yes by mistake, and see at the next one that it is not they who ask."""
    phone = await house.enrol()
    granted = await house.says(await house.log_in(), phone)
    assert isinstance(granted, Approved)
    house.clock.advance(15 * SECOND)
    again = await (house.log_in() if purpose is Purpose.LOG_IN else house.ask())
    await house.says(again, phone, "decline", reason="not_me")
    assert (await refused(house.redeem(granted.token))).code == Code.CREDENTIALS_WRONG


async def test_a_decline_alone_leaves_the_token_of_a_log_in_before(house: DeviceHouse):
    phone = await house.enrol()
    granted = await house.says(await house.log_in(), phone)
    assert isinstance(granted, Approved)
    house.clock.advance(15 * SECOND)
    await house.says(await house.log_in(), phone, "decline", reason="changed_mind")
    assert (await house.redeem(granted.token)).session.stepped_up


async def test_what_nobody_answered_is_recorded_as_expired_once(house: DeviceHouse):
    await house.enrol()
    asked = [await house.ask() for _ in range(3)]
    assert await lapse_challenges(house.world) == 0
    house.clock.advance(5 * MINUTE)
    # the person of the scene has an unanswered code too, and the enrolments' codes were never sent
    assert await lapse_challenges(house.world) == 4
    assert await lapse_challenges(house.world) == 0
    assert {await house.state(one) for one in asked} == {ChallengeState.EXPIRED}


async def test_what_expired_long_ago_is_recorded_and_told_to_nobody(house: DeviceHouse):
    """As after an upgrade from a version that recorded no expiry."""
    settings = replace(house.scene.programme.settings, webhook_url="https://firm.example/hooks")
    programme = replace(house.scene.programme, settings=settings)
    await applied(house.stores, ChangeProgramme(programme))
    house.scene = replace(house.scene, programme=programme)
    await house.enrol()
    house.clock.advance(DAY)
    fresh = await house.ask()
    house.clock.advance(5 * MINUTE)
    assert await lapse_challenges(house.world) == 2  # and the scene's own code, a day old
    lines = await house.stores.events(Wanted(subject_id=house.subject_id), 10)
    told = [event_of(there(line.body)) for line in lines]
    expired = [one.challenge_id for one in told if one.outcome is Outcome.EXPIRED]
    assert expired == [fresh.challenge.id]


async def test_a_tick_records_a_thousand_at_most(house: DeviceHouse, make: Maker):
    scene = house.scene
    rows = [make.challenge(scene.session, scene.factor) for _ in range(1_100)]
    await scene.add(*rows)
    house.clock.advance(5 * MINUTE)
    assert await lapse_challenges(house.world) == 1_000
    assert await lapse_challenges(house.world) == 101
    assert await lapse_challenges(house.world) == 0
