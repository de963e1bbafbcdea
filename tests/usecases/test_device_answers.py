"""An answer on a device, on each of the stores: what it does, and what comes too late for it."""

from dataclasses import replace
from typing import Any

import pytest

from assent.domain.attempts import Wrong
from assent.domain.challenge import ChallengeState
from assent.domain.device import DEVICE_KEY, Transport, device_of
from assent.domain.factor import Factor
from assent.domain.kind import Signature
from assent.domain.question import Decision, DeviceAnswer
from assent.domain.session import Caller
from assent.kernel.clock import MINUTE, SECOND
from assent.kernel.refusals import Code
from assent.ports.changes import ChangeFactor, RaiseEpoch
from assent.usecases.answer_on_device import Approved, Declined, NotSigned, answer_on_device
from assent.usecases.end_session import end_session
from assent.usecases.end_sessions import end_sessions
from assent.usecases.manage_devices import (
    renew_push,
)
from assent.usecases.register_factor import remove_factor
from assent.usecases.set_active import admit, set_active
from tests.contracts.rows import Maker, applied, there
from tests.support.device_house import (
    PARTY,
    DeviceHouse,
    Holder,
    operator,
    refused,
)

SCHEMES = ("jws", "webauthn")


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_an_approval_steps_its_session_up_and_no_other(house: DeviceHouse, scheme: str):
    phone = await house.enrol(scheme=scheme)
    here, elsewhere = await house.session(), await house.session()
    asked = await house.ask(here)
    assert await house.says(asked, phone) == Approved()
    assert await house.stepped_up(here)
    assert not await house.stepped_up(elsewhere)
    factor = there(await house.stores.factor_by_id(phone.id))
    assert device_of(factor.details).last_used_at == house.clock.now()


async def test_what_was_asked_is_erased_with_the_answer(house: DeviceHouse):
    phone = await house.enrol()
    asked = await house.ask()
    assert asked.challenge.content
    await house.says(asked, phone)
    found = await house.stores.asked_by_id(
        house.scene.programme.id, house.subject_id, asked.challenge.id
    )
    assert there(found).challenge.content == b""


async def test_an_answer_is_good_once(house: DeviceHouse):
    phone = await house.enrol()
    signed = house.signed(await house.ask(), phone)
    assert await signed.send() == Approved()
    assert (await refused(signed.send())).code == Code.CHALLENGE_NOT_OPEN
    assert await house.facts("step_up_passed") == 1


async def test_a_stale_nonce_an_answer_to_the_question_before_is_wrong_for_the_next(
    house: DeviceHouse,
):
    phone = await house.enrol()
    here = await house.session()
    before = house.signed(await house.ask(here), phone)
    house.clock.advance(16 * SECOND)
    asked = await house.ask(here)
    assert (await refused(before.send())).code == Code.CHALLENGE_NOT_OPEN
    assert await before.send(challenge_id=asked.challenge.id) == NotSigned(Wrong.MORE_LEFT)
    assert not await house.stepped_up(here)
    assert await house.says(asked, phone) == Approved()


async def test_a_cloned_key_that_lags_behind_is_refused(house: DeviceHouse):
    phone = await house.enrol()
    clone = Holder(phone.soft.clone(), phone.id)
    await house.says(await house.ask(), phone)
    asked = await house.ask()
    assert await house.says(asked, clone) == NotSigned(Wrong.MORE_LEFT)
    assert await house.facts("step_up_denied") == 1


async def test_another_devices_answer_is_no_answer_of_this_one(house: DeviceHouse):
    phone, tablet = await house.enrol("Phone"), await house.enrol("Tablet")
    signed = house.signed(await house.ask(), tablet)
    assert isinstance(await signed.send(by=phone), NotSigned)
    assert await signed.send() == Approved()


async def test_whose_question_it_is_nobody_else_learns(house: DeviceHouse, make: Maker):
    phone = await house.enrol()
    other = make.subject(house.scene.programme.id)
    await house.scene.add(other)
    signed = house.signed(await house.ask(), phone)
    factor = there(await house.stores.factor_by_id(phone.id))
    stranger = replace(factor, subject_id=other.id)
    answer = DeviceAnswer(device=phone.id, decision=Decision.APPROVE, time=1)
    call = answer_on_device(
        house.world, house.nobody, stranger, signed.challenge_id, answer, Signature(), PARTY
    )
    assert (await refused(call)).code == Code.NOT_FOUND


async def test_two_answers_in_the_wrong_order_are_told_from_a_clone_by_the_count(
    house: DeviceHouse,
):
    """A count that was passed cannot come back: the device signs anew, with a higher one."""
    phone = await house.enrol()
    one, two = await house.ask(), await house.ask()
    first, second = house.signed(one, phone), house.signed(two, phone)
    assert await second.send() == Approved()
    assert isinstance(await first.send(), NotSigned)
    assert await house.says(one, phone) == Approved()


async def test_a_device_that_changes_while_it_answers_is_read_again(
    house: DeviceHouse, monkeypatch: pytest.MonkeyPatch
):
    phone = await house.enrol()
    stale = there(await house.stores.factor_by_id(phone.id))
    signed = house.signed(await house.ask(), phone)
    await renew_push(
        house.world, house.nobody, stale, Transport.FCM, "an address that came meanwhile"
    )
    real = house.stores.factor_by_id
    answers = iter([stale])

    async def old_first(factor_id: int) -> Factor | None:
        found: Factor | None = next(answers, None) or await real(factor_id)
        return found

    monkeypatch.setattr(house.stores, "factor_by_id", old_first)
    assert await signed.send() == Approved()
    kept = device_of(there(await real(phone.id)).details)
    assert (kept.transport, kept.address) == ("fcm", "an address that came meanwhile")
    assert kept.last_used_at == house.clock.now()


async def test_an_answer_after_expiry(house: DeviceHouse):
    phone = await house.enrol()
    signed = house.signed(asked := await house.ask(), phone)
    house.clock.advance(5 * MINUTE)
    assert (await refused(signed.send())).code == Code.CHALLENGE_EXPIRED
    assert await house.state(asked) == ChallengeState.EXPIRED
    assert (await refused(signed.send())).code == Code.CHALLENGE_EXPIRED
    assert (await house.attempts(DEVICE_KEY)).failures == 0


async def test_an_answer_after_a_decline(house: DeviceHouse):
    phone, tablet = await house.enrol("Phone"), await house.enrol("Tablet")
    here = await house.session()
    asked = await house.ask(here)
    yes = house.signed(asked, tablet)
    assert await house.says(asked, phone, "decline") == Declined()
    assert (await refused(yes.send())).code == Code.CHALLENGE_NOT_OPEN
    assert not await house.stepped_up(here)


async def test_an_answer_after_revocation_and_what_others_were_asked_meanwhile(house: DeviceHouse):
    """All devices are asked at a time, so that whoever has the one that goes saw the question."""
    phone, tablet = await house.enrol("Phone"), await house.enrol("Tablet")
    asked = await house.ask()
    yes, also = house.signed(asked, phone), house.signed(asked, tablet)
    factor = there(await house.stores.factor_by_id(phone.id))
    await remove_factor(house.world, await house.session(stepped_up=True), factor)
    assert await house.state(asked) == ChallengeState.WITHDRAWN
    assert await house.stores.factor_by_id(phone.id) is None
    assert (await refused(yes.send())).code == Code.DEVICE_UNKNOWN
    assert (await refused(also.send())).code == Code.CHALLENGE_NOT_OPEN
    assert await house.says(await house.ask(), tablet) == Approved()


async def test_a_removal_between_the_look_and_the_commit(
    house: DeviceHouse, monkeypatch: pytest.MonkeyPatch
):
    phone = await house.enrol()
    here = await house.session()
    signed = house.signed(await house.ask(here), phone)
    factor = there(await house.stores.factor_by_id(phone.id))
    real, answers = house.stores.factor_by_id, iter([factor])

    async def there_once(factor_id: int) -> Factor | None:
        found: Factor | None = next(answers, None) or await real(factor_id)
        return found

    monkeypatch.setattr(house.stores, "factor_by_id", there_once)
    commit = house.stores.commit

    async def slow(*changes: Any) -> Any:
        monkeypatch.setattr(house.stores, "commit", commit)
        done = await commit(*changes)  # the try is counted; then the device goes
        await remove_factor(house.world, await house.session(stepped_up=True), factor)
        return done

    monkeypatch.setattr(house.stores, "commit", slow)
    assert (await refused(signed.send())).code == Code.DEVICE_UNKNOWN
    assert not await house.stepped_up(here)


async def _log_out(house: DeviceHouse, here: Caller) -> None:
    await end_session(house.world, here)


async def _new_password_elsewhere(house: DeviceHouse, here: Caller) -> None:
    await applied(house.stores, RaiseEpoch(house.subject_id, 0))


async def _deactivate(house: DeviceHouse, here: Caller) -> None:
    subject = there(await house.stores.subject(house.scene.programme.id, house.subject_id))
    await set_active(house.world, operator(house), subject, False, "stolen")


async def _deactivate_and_back(house: DeviceHouse, here: Caller) -> None:
    await _deactivate(house, here)
    subject = there(await house.stores.subject(house.scene.programme.id, house.subject_id))
    await set_active(house.world, operator(house), subject, True, "found")


async def _end_all(house: DeviceHouse, here: Caller) -> None:
    await end_sessions(house.world, operator(house), house.scene.subject, "stolen")


async def _shut_out_of_the_identity(house: DeviceHouse, here: Caller) -> None:
    acting = there(await house.stores.acting(house.subject_id, house.scene.identity.id))
    await admit(house.world, operator(house), acting, False)


ENDINGS = [
    _log_out,
    _new_password_elsewhere,
    _deactivate,
    _deactivate_and_back,
    _end_all,
    _shut_out_of_the_identity,
]


@pytest.mark.parametrize("end", ENDINGS, ids=lambda one: one.__name__.strip("_"))
async def test_an_answer_for_a_session_that_has_ended_costs_nothing(house: DeviceHouse, end: Any):
    phone = await house.enrol()
    here = await house.session()
    signed = house.signed(await house.ask(here), phone)
    await end(house, here)
    code = (await refused(signed.send())).code
    assert code in (Code.SESSION_GONE, Code.CHALLENGE_NOT_OPEN)
    assert not await house.stepped_up(here)
    found = await house.stores.asked_by_id(
        house.scene.programme.id, house.subject_id, signed.challenge_id
    )
    assert there(found).challenge.tries == 0
    assert (await house.attempts(DEVICE_KEY)).failures == 0
    # unless nobody but the session knows of it, no place is kept for it either
    if end is not _new_password_elsewhere:
        assert await house.stores.asked_of(house.subject_id, DEVICE_KEY) == []


@pytest.mark.parametrize("end", ENDINGS[1:], ids=lambda one: one.__name__.strip("_"))
@pytest.mark.parametrize("answered", [False, True], ids=["asked", "approved"])
async def test_a_log_in_that_was_begun_before_everything_ended(
    house: DeviceHouse, end: Any, answered: bool
):
    phone = await house.enrol()
    asked = await house.log_in()
    signed = house.signed(asked, phone)
    token = ""
    if answered:
        token = (await signed.send()).token  # type: ignore[union-attr]
    await end(house, await house.session())
    if answered:
        assert (await refused(house.redeem(token))).code == Code.CREDENTIALS_WRONG
    elif end is _new_password_elsewhere:  # which knows of no question; the token is none then
        late = (await signed.send()).token  # type: ignore[union-attr]
        assert (await refused(house.redeem(late))).code == Code.CREDENTIALS_WRONG
    else:
        assert (await refused(signed.send())).code == Code.CHALLENGE_NOT_OPEN


async def test_a_log_in_token_is_good_once_and_for_one_identity(house: DeviceHouse):
    phone = await house.enrol()
    token = (await house.says(await house.log_in(one=True), phone)).token  # type: ignore[union-attr]
    assert (await house.redeem(token)).session.stepped_up
    assert (await refused(house.redeem(token))).code == Code.CREDENTIALS_WRONG


async def test_log_ins_come_fifteen_seconds_apart_and_leave_a_place_free(house: DeviceHouse):
    await house.enrol()
    await house.log_in()
    refusal = await refused(house.log_in())
    assert (refusal.code, refusal.retry_after) == (Code.RESEND_TOO_SOON, 15)
    house.clock.advance(15 * SECOND)
    await house.log_in()
    house.clock.advance(15 * SECOND)
    assert (await refused(house.log_in())).code == Code.SENDS_USED_UP
    await house.ask()


async def test_a_device_of_which_a_later_version_knows_more_answers_here_too(house: DeviceHouse):
    """As during a rolling upgrade; what this version does not know stays as it was."""
    phone = await house.enrol()
    factor = there(await house.stores.factor_by_id(phone.id))
    told = {**factor.details, "of_a_later_version": {"any": "thing"}}
    await applied(house.stores, ChangeFactor(replace(factor, details=told)))
    assert await house.says(await house.ask(), phone) == Approved()
    again = there(await house.stores.factor_by_id(phone.id))
    assert again.details["of_a_later_version"] == {"any": "thing"}
    assert device_of(again.details).last_used_at == house.clock.now()
