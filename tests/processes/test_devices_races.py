"""What fifty calls about one person's devices may not do at once, on two servers with one
database: each server has connections, a vault and a World of its own."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from assent.domain.approval import ApprovalState
from assent.domain.attempts import Wrong
from assent.domain.challenge import Purpose
from assent.domain.deed import deed
from assent.domain.device import DEVICE_KEY, REFUSALS
from assent.domain.factor import Factor, FactorState
from assent.domain.session import Caller
from assent.kernel.clock import MINUTE, SECOND
from assent.kernel.refusals import Code
from assent.ports.changes import ChangeProgramme
from assent.testing.frozen import CountingIds, FrozenClock
from assent.usecases.answer_challenge import answer_challenge
from assent.usecases.answer_on_device import NotSigned
from assent.usecases.ask_devices import ask_step_up_on_devices
from assent.usecases.end_session import end_session
from assent.usecases.end_sessions import end_sessions
from assent.usecases.lapse_challenges import lapse_challenges
from assent.usecases.register_factor import remove_factor
from assent.usecases.set_active import set_active
from assent.usecases.start_challenge import ask_step_up
from assent.usecases.world import World
from tests.conftest import Database, rows_of
from tests.contracts.conftest import make
from tests.contracts.rows import Maker, Scene, applied, scene, there
from tests.support.authenticator import SoftDevice
from tests.support.device_house import (
    CODE,
    PHONE,
    DeviceHouse,
    Holder,
    device_world,
    operator,
    outcome,
)

__all__ = ["make"]

MANY = 50


async def at_once(*calls: Awaitable[Any]) -> Counter[str]:
    """What became of each."""
    return Counter(await asyncio.gather(*map(outcome, calls)))


@pytest.fixture
async def other(house: DeviceHouse) -> DeviceHouse:
    """Another person of the same servers."""
    return await housed(house.worlds, house.make)


async def housed(worlds: list[Any], make: Maker) -> DeviceHouse:
    person: Scene = await scene(worlds[0].stores, make)
    return DeviceHouse(worlds, make, person)


@pytest.fixture
async def house(
    postgres: Database, clock: FrozenClock, ids: CountingIds, make: Maker
) -> DeviceHouse:
    servers = [device_world(await postgres.open(), clock, ids) for _ in range(2)]
    return await housed(servers, make)


async def factor_of(house: DeviceHouse, holder: Holder) -> Factor:
    factor: Factor = there(await house.stores.factor_by_id(holder.id))
    return factor


async def active(house: DeviceHouse) -> list[Factor]:
    held = await house.stores.factors(house.subject_id, DEVICE_KEY)
    return [factor for factor in held if factor.state is FactorState.ACTIVE]


@pytest.mark.parametrize("scheme", ["jws", "webauthn"])
async def test_fifty_answers_at_once_are_one(house: DeviceHouse, scheme: str):
    phone, tablet = await house.enrol(scheme=scheme), await house.enrol(scheme=scheme)
    asked = await house.ask()
    both = [house.signed(asked, holder) for holder in (phone, tablet)]
    counts = await at_once(*(both[n % 2].send(server=n // 2 % 2) for n in range(MANY)))
    assert counts.pop("Approved") == 1
    assert set(counts) <= {Code.CHALLENGE_NOT_OPEN, Code.CHALLENGE_USED_UP}
    assert await house.facts("step_up_passed") == 1
    assert (await house.attempts(DEVICE_KEY)).failures == 0


async def test_an_approval_and_a_decline_at_once_are_one_answer(house: DeviceHouse, make: Maker):
    servers = house.worlds
    for _ in range(5):
        house = await housed(servers, make)
        phone, tablet = await house.enrol(), await house.enrol()
        here = await house.session()
        asked = await house.ask(here)
        yes, no = house.signed(asked, phone), house.signed(asked, tablet, "decline")
        counts = await at_once(yes.send(0), no.send(1))
        assert counts.pop(Code.CHALLENGE_NOT_OPEN) == 1
        assert await house.stepped_up(here) == (counts["Approved"] == 1)
        assert (await house.attempts(DEVICE_KEY)).failures == 0


async def test_fifty_asks_at_once_put_three_questions(house: DeviceHouse):
    phone = await house.enrol()
    callers = [await house.session() for _ in range(MANY)]
    asks = (house.ask(caller, server=n % 2) for n, caller in enumerate(callers))
    assert await at_once(*asks) == {"AskedDevices": 3, Code.SENDS_USED_UP: MANY - 3}
    held = await house.stores.asked_of(house.subject_id, DEVICE_KEY)
    assert sorted(challenge.slot for challenge in held) == [0, 1, 2]
    # an answer, an expiry or a removal makes room, for one each
    house.clock.advance(5 * MINUTE)
    asks = (house.ask(caller, server=n % 2) for n, caller in enumerate(callers[3:13]))
    counts = await at_once(*asks)
    assert counts["AskedDevices"] == 3
    await remove_factor(
        house.world, await house.session(stepped_up=True), await factor_of(house, phone)
    )
    await house.enrol()
    assert len(await house.worlds[1].stores.asked_of(house.subject_id, DEVICE_KEY)) == 0
    assert (await at_once(house.ask(server=1)))["AskedDevices"] == 1


async def test_fifty_log_ins_at_once_ask_once(house: DeviceHouse):
    await house.enrol()
    counts = await at_once(*(house.log_in(server=n % 2) for n in range(MANY)))
    assert counts == {"AskedDevices": 1, Code.RESEND_TOO_SOON: MANY - 1}


async def test_fifty_uses_of_a_log_in_open_one_session(house: DeviceHouse):
    phone = await house.enrol()
    token = (await house.says(await house.log_in(), phone)).token  # type: ignore[union-attr]
    counts = await at_once(*(house.redeem(token, server=n % 2) for n in range(MANY)))
    assert counts == {"Opened": 1, Code.CREDENTIALS_WRONG: MANY - 1}
    assert await house.facts("logged_in_on_device") == 1


async def test_one_device_answers_three_questions_at_the_same_moment(house: DeviceHouse):
    """A browser's authenticator mostly counts nothing; each answer is right by itself."""
    phone = await house.enrol(scheme="webauthn", counts=False)
    for _ in range(5):
        callers = [await house.session() for _ in range(3)]
        signed = [house.signed(await house.ask(caller), phone) for caller in callers]
        counts = await at_once(*(one.send(n % 2) for n, one in enumerate(signed)))
        assert counts == {"Approved": 3}
        assert [await house.stepped_up(caller) for caller in callers] == [True] * 3


async def test_answers_that_overtake_each_other_are_signed_anew_and_a_clone_stays_out(
    house: DeviceHouse,
):
    phone = await house.enrol()
    clone = Holder(phone.soft.clone(), phone.id)
    asked = [await house.ask() for _ in range(3)]
    signed = [house.signed(one, phone) for one in asked]
    answers = await asyncio.gather(*(one.send(n % 2) for n, one in enumerate(signed)))
    late = [one for one, said in zip(asked, answers, strict=True) if isinstance(said, NotSigned)]
    assert len(late) < 3
    for one in late:
        assert (await at_once(house.says(one, phone)))["Approved"] == 1
    again = await house.ask()
    assert await house.says(again, clone) == NotSigned(Wrong.MORE_LEFT)


async def test_revocation_against_answers_in_flight(house: DeviceHouse):
    """Whichever comes first holds; what was removed first has answered nothing."""
    won = Counter[bool]()
    for _ in range(12):
        phone = await house.enrol()
        here, owner = await house.session(), await house.session(stepped_up=True)
        signed = house.signed(await house.ask(here), phone)
        factor = await factor_of(house, phone)
        removal = remove_factor(house.worlds[1], owner, factor)
        answer, gone = await asyncio.gather(outcome(signed.send(0)), outcome(removal))
        assert gone == "NoneType"
        assert answer in ("Approved", Code.DEVICE_UNKNOWN, Code.CHALLENGE_NOT_OPEN)
        assert await house.stepped_up(here) == (answer == "Approved")
        assert await house.stores.factor_by_id(phone.id) is None
        won[answer == "Approved"] += 1
    assert sum(won.values()) == 12


async def test_an_unlinked_device_has_no_open_questions_on_any_server(house: DeviceHouse):
    phone, tablet = await house.enrol(), await house.enrol()
    asked = await house.ask(server=1)
    late = house.signed(asked, tablet)
    owner = await house.session(stepped_up=True)
    await remove_factor(house.world, owner, await factor_of(house, phone))
    assert await house.worlds[1].stores.asked_of(house.subject_id, DEVICE_KEY) == []
    assert await outcome(late.send(1)) == Code.CHALLENGE_NOT_OPEN


async def test_twenty_removals_at_once_are_one(house: DeviceHouse):
    phone = await house.enrol()
    factor, owner = await factor_of(house, phone), await house.session(stepped_up=True)
    counts = await at_once(*(remove_factor(house.worlds[n % 2], owner, factor) for n in range(20)))
    assert counts == {"NoneType": 1, Code.FACTOR_NOT_ENROLLED: 19}
    assert (await house.mails()).count("factor_removed") == 1


async def test_what_was_not_the_person_is_locked_on_both_servers_and_told_of_once(
    house: DeviceHouse,
):
    phone, tablet = await house.enrol(), await house.enrol()
    thief = await house.session()
    asked = await house.ask(thief)
    no = [house.signed(asked, one, "decline", reason="not_me") for one in (phone, tablet)]
    counts = await at_once(*(no[n % 2].send(n // 2 % 2) for n in range(20)))
    assert counts.pop("Declined") == 1
    assert (await house.mails()).count("device_not_me") == 1
    # a call of that session that is under way still has a code sent, which grants nothing
    action = deed("step_up", programme="Demo Bank")
    house.clock.advance(15 * SECOND)
    await ask_step_up(house.world, thief, PHONE, action, CODE)
    for world in house.worlds:
        answer = answer_challenge(world, thief, Purpose.STEP_UP, PHONE, CODE)
        assert await outcome(answer) == Code.APPROVAL_LOCKED
        late = ask_step_up_on_devices(world, thief, DEVICE_KEY, action)
        assert await outcome(late) == Code.APPROVAL_LOCKED
        state = await world.stores.approval_state(there(thief.session).approval_id)
        assert state is ApprovalState.WITHDRAWN


async def test_not_me_against_approvals_and_log_ins_of_other_sessions(
    house: DeviceHouse, make: Maker
):
    """Whichever comes first: no session that was there, or on its way, is left."""
    came = Counter[str]()
    for turn in range(8):
        one = await housed(house.worlds, make)
        phone, tablet = await one.enrol("Phone"), await one.enrol("Tablet")
        thief, again = await one.session(), await one.session()
        no = one.signed(await one.ask(thief), phone, "decline", reason="not_me")
        yes = one.signed(await one.ask(again, server=1), tablet)
        approval = _after(turn, one.worlds[1], yes.send(1))
        (declined, approved), opened = await asyncio.gather(
            asyncio.gather(outcome(no.send(0)), outcome(approval)),
            asyncio.gather(*(one.session() for _ in range(3))),
        )
        assert declined == "Declined"
        assert approved in ("Approved", Code.CHALLENGE_NOT_OPEN, Code.SESSION_GONE)
        came[approved] += 1
        for world in one.worlds:
            for caller in (thief, again):
                assert await world.stores.session(there(caller.session).id) is None
        subject = there(await one.stores.subject(one.scene.programme.id, one.subject_id))
        for caller in opened:
            session = there(caller.session)
            alive = await one.worlds[1].stores.session(session.id) is not None
            assert alive == (session.epoch == subject.epoch), "alive if it was begun afterwards"
        assert {device.id for device in await active(one)} == {phone.id, tablet.id}
    assert sum(came.values()) == 8


async def test_not_me_and_operators_who_end_all_sessions_at_once_all_count(house: DeviceHouse):
    """Neither is lost because the other came first."""
    phone, thief = await house.enrol(), await house.session()
    no = house.signed(await house.ask(thief), phone, "decline", reason="not_me")
    subject = there(await house.stores.subject(house.scene.programme.id, house.subject_id))
    ends = [
        end_sessions(house.worlds[n % 2], operator(house), subject, "stolen") for n in range(10)
    ]
    counts = await at_once(no.send(1), *ends)
    # the question may be void before the device has answered it: then an operator was faster
    assert counts.pop("NoneType") == 10
    assert counts in ({"Declined": 1}, {Code.CHALLENGE_NOT_OPEN: 1})
    after = there(await house.stores.subject(house.scene.programme.id, house.subject_id))
    assert after.epoch == subject.epoch + 10 + counts["Declined"]
    assert await house.stores.session(there(thief.session).id) is None


async def _after(reads: int, world: World, call: Awaitable[Any]) -> Any:
    """Begun so much later, so that either may come first."""
    for _ in range(reads):
        await world.stores.approval_state(1)
    return await call


async def test_a_code_asked_for_against_a_decline_that_says_not_me(house: DeviceHouse, make: Maker):
    """Either the newer code voids the question, or no code grants what is locked."""
    for turn in range(8):
        one = await housed(house.worlds, make)
        phone, thief = await one.enrol(), await one.session()
        no = one.signed(await one.ask(thief), phone, "decline", reason="not_me")
        one.clock.advance(15 * SECOND)
        here, there_ = one.worlds[turn % 2], one.worlds[1 - turn % 2]
        code = ask_step_up(here, thief, PHONE, deed("step_up", programme="Demo Bank"), CODE)
        said, sent = await asyncio.gather(
            outcome(no.send(turn % 2)), outcome(_after(turn, there_, code))
        )
        assert sent == "Challenge"
        assert said in ("Declined", Code.CHALLENGE_NOT_OPEN)
        answer = answer_challenge(there_, thief, Purpose.STEP_UP, PHONE, CODE)
        granted = "Right" if said == Code.CHALLENGE_NOT_OPEN else Code.APPROVAL_LOCKED
        assert await outcome(answer) == granted
        assert await one.stepped_up(thief) == (granted == "Right")


async def test_three_refusals_at_once_begin_one_block(house: DeviceHouse):
    phone = await house.enrol(scheme="webauthn", counts=False)
    asked = [await house.ask() for _ in range(3)]
    signed = [house.signed(one, phone, "decline") for one in asked]
    counts = await at_once(*(one.send(n % 2) for n, one in enumerate(signed)))
    assert counts == {"Declined": 3}
    assert (await house.mails()).count("device_refusals") == 1
    for server in (0, 1):
        assert await outcome(house.ask(server=server)) == Code.ATTEMPTS_BLOCKED
    house.clock.advance(15 * MINUTE)
    assert await outcome(house.ask(server=1)) == "AskedDevices"
    assert (await house.attempts(REFUSALS)).blocks == 1


async def test_fifty_wrong_answers_to_three_questions_spend_the_persons_five(house: DeviceHouse):
    phone = await house.enrol()
    stranger = Holder(SoftDevice(), phone.id)
    signed = [house.signed(await house.ask(), stranger) for _ in range(3)]
    counts = await at_once(*(signed[n % 3].send(n % 2) for n in range(MANY)))
    assert counts["NotSigned"] == 5
    assert await house.facts("step_up_denied") == 5
    for server in (0, 1):
        assert await outcome(house.ask(server=server)) == Code.ATTEMPTS_BLOCKED
    assert (await house.mails()).count("blocked_for_now") == 1


async def test_a_link_opened_by_twenty_at_once_is_opened_once(house: DeviceHouse):
    here = await house.session()
    link = await house.link(here)
    counts = await at_once(*(house.open(link, n % 2) for n in range(20)))
    assert counts.pop("str") == 1
    assert set(counts) <= {Code.LINK_UNKNOWN, Code.RESEND_TOO_SOON}
    assert (await house.mails()).count("code") == 1


async def test_twenty_devices_at_one_link_are_one_device(house: DeviceHouse):
    link = await house.link()
    content = await house.open(link)
    counts = await at_once(
        *(house.finish(link, content, SoftDevice(), server=n % 2) for n in range(20))
    )
    assert counts.pop("Factor") == 1
    assert set(counts) <= {Code.CHALLENGE_NOT_OPEN, Code.CHALLENGE_USED_UP}
    assert len(await active(house)) == 1
    assert (await house.mails()).count("new_device") == 1


async def test_one_key_offered_twice_at_once_is_one_persons(house: DeviceHouse, other: DeviceHouse):
    for _ in range(5):
        soft = SoftDevice()
        links = [(one, await one.link()) for one in (house, other)]
        opened = [(one, link, await one.open(link)) for one, link in links]
        counts = await at_once(
            *(
                one.finish(link, content, soft, server=n)
                for n, (one, link, content) in enumerate(opened)
            )
        )
        assert counts == {"Factor": 1, Code.FACTOR_ALREADY_ENROLLED: 1}
        for one in (house, other):
            for factor in await active(one):
                await remove_factor(one.world, await one.session(stepped_up=True), factor)


async def test_fifty_enrolments_at_once_leave_five_devices_at_most(house: DeviceHouse):
    for number in range(3):
        await house.enrol(f"Phone {number}")
    links = [await house.link() for _ in range(MANY)]

    async def whole(number: int, link: str) -> Any:
        content = await house.open(link, number % 2)
        return await house.finish(link, content, SoftDevice(), server=number % 2)

    counts = await at_once(*(whole(n, link) for n, link in enumerate(links)))
    held = await active(house)
    assert counts["Factor"] == len(held) - 3
    assert 3 < len(held) <= 5
    assert len({factor.slot for factor in held}) == len(held)
    assert set(counts) <= {
        "Factor",
        Code.CHALLENGE_NOT_OPEN,
        Code.CHANGED_MEANWHILE,
        Code.FACTORS_USED_UP,
    }


async def _remove_another(house: DeviceHouse, phone: Holder) -> None:
    owner = await house.session(stepped_up=True)
    await remove_factor(house.worlds[1], owner, await factor_of(house, phone))


async def _shut_out(house: DeviceHouse, phone: Holder) -> None:
    programme = house.scene.programme
    subject = there(await house.stores.subject(programme.id, house.subject_id))
    operator = replace(house.nobody, operator="grace")
    await set_active(house.worlds[1], operator, subject, False, "stolen")


async def _log_out(house: DeviceHouse, phone: Holder, link_of: Caller) -> None:
    await end_session(house.worlds[1], link_of)


async def _not_me(house: DeviceHouse, phone: Holder, link_of: Caller) -> None:
    """Of the session that the link rests on: a thief's, who has proved a phone by now."""
    asked = await house.ask(link_of, server=1)
    await house.signed(asked, phone, "decline", reason="not_me").send(1)


async def _seen(house: DeviceHouse, end: Awaitable[None]) -> list[Factor]:
    """The devices that are there once it has come."""
    await end
    return await active(house)


@pytest.mark.parametrize("end", [_log_out, _not_me], ids=lambda one: one.__name__)
async def test_an_enrolment_against_the_end_of_its_session(
    house: DeviceHouse,
    end: Callable[[DeviceHouse, Holder, Caller], Awaitable[None]],
    make: Maker,
):
    """Finished before, or never: whoever ended the session may rely on what they see then."""
    came = Counter[str]()
    for turn in range(12):
        one = await housed(house.worlds, make)
        phone = await one.enrol()
        here = await one.session(stepped_up=True)
        link = await one.link(here)
        content, soft = await one.open(link), SoftDevice()
        finish = one.finish(link, content, soft, server=turn % 2)
        enrolled, seen = await asyncio.gather(outcome(finish), _seen(one, end(one, phone, here)))
        assert enrolled in ("Factor", Code.SESSION_GONE, Code.CHALLENGE_NOT_OPEN)
        assert {factor.id for factor in await active(one)} == {factor.id for factor in seen}
        came[enrolled] += 1
    assert sum(came.values()) == 12


@pytest.mark.parametrize("end", [_remove_another, _shut_out], ids=lambda one: one.__name__)
async def test_an_enrolment_against_what_ends_it(
    house: DeviceHouse, end: Callable[[DeviceHouse, Holder], Awaitable[None]], make: Maker
):
    """Finished before, or never."""
    for _ in range(6):
        one = await housed(house.worlds, make)
        phone = await one.enrol()
        link = await one.link()
        content = await one.open(link)
        soft = SoftDevice()
        enrolled, ended = await asyncio.gather(
            outcome(one.finish(link, content, soft)), outcome(end(one, phone))
        )
        assert ended == "NoneType"
        assert enrolled in (
            "Factor",
            Code.CHALLENGE_NOT_OPEN,
            Code.LINK_UNKNOWN,
            Code.SESSION_GONE,
        )
        # what did not come first finds the door shut
        assert await outcome(one.finish(link, content, SoftDevice())) in (
            Code.CHALLENGE_NOT_OPEN,
            Code.LINK_UNKNOWN,
            Code.SESSION_GONE,
        )
        new = [factor for factor in await active(one) if factor.id != phone.id]
        assert len(new) == (enrolled == "Factor")


async def test_log_out_against_an_approval(house: DeviceHouse):
    phone = await house.enrol()
    for _ in range(8):
        here = await house.session()
        signed = house.signed(await house.ask(here), phone)
        said, _ = await asyncio.gather(
            outcome(signed.send(0)), outcome(end_session(house.worlds[1], here))
        )
        assert said in ("Approved", Code.SESSION_GONE, Code.CHALLENGE_NOT_OPEN)
        assert await house.stores.session(there(here.session).id) is None
    assert (await house.attempts(DEVICE_KEY)).failures == 0


async def test_two_servers_tell_of_each_expiry_once(house: DeviceHouse):
    programme = house.scene.programme
    settings = replace(programme.settings, webhook_url="https://firm.example/hooks")
    await applied(house.stores, ChangeProgramme(replace(programme, settings=settings)))
    person = house.scene
    rows = [
        house.make.challenge(person.session, person.factor, purpose=Purpose.STEP_UP)
        for _ in range(300)
    ]
    await person.add(*rows)
    house.clock.advance(5 * MINUTE)
    counts = await asyncio.gather(*(lapse_challenges(world) for world in house.worlds * 2))
    assert sum(counts) == 301
    rows_told = (await rows_of(house.stores, "postgres"))["outbox"]
    assert sum("webhook" in row for row in rows_told) == 301
