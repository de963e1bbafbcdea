"""How a device becomes a person's, changes its key, and is gone, on each of the stores."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from assent.dialects.device.routes.enrolments import Enrolments
from assent.domain.attempts import Wrong
from assent.domain.device import DEVICE_KEY, Transport, device_of
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import OfferedDevice, Signature
from assent.kernel.clock import MINUTE, SECOND
from assent.kernel.refusals import Code
from assent.ports.changes import Add
from assent.usecases.answer_challenge import WrongAnswer
from assent.usecases.answer_on_device import Approved, NotSigned
from assent.usecases.end_session import end_session
from assent.usecases.erase_person import erase_person
from assent.usecases.manage_devices import (
    begin_rotation,
    finish_rotation,
    give_up_push,
    renew_push,
)
from assent.usecases.register_factor import remove_factor
from tests.conftest import Database, rows_of
from tests.contracts.rows import Maker, applied, scene, there
from tests.jose.house import AtOnce
from tests.support.authenticator import SoftDevice
from tests.support.device_house import (
    CODE,
    PARTY,
    PHONE,
    DeviceHouse,
    Holder,
    operator,
    refused,
)

SCHEMES = ("jws", "webauthn")


async def test_a_session_of_one_element_takes_a_code_to_the_phone(house: DeviceHouse):
    here = await house.session()
    link, soft = await house.link(here), SoftDevice()
    content = await house.open(link)
    assert (await refused(house.finish(link, content, soft))).code == Code.STEP_UP_REQUIRED
    wrong = await house.finish(link, content, soft, code="000000")
    assert wrong == WrongAnswer(Wrong.MORE_LEFT)
    made = await house.finish(link, content, soft, code=CODE)
    assert isinstance(made, Factor)
    assert await house.stepped_up(here)
    assert (await house.mails()).count("new_device") == 1
    again = house.finish(link, content, SoftDevice(), code=CODE)
    assert (await refused(again)).code == Code.CHALLENGE_NOT_OPEN


async def test_links_are_no_pump_for_messages(house: DeviceHouse):
    """A session has three codes, 15 s apart, however many links it makes."""
    here = await house.session()
    for _ in range(3):
        await house.open(await house.link(here))
        refusal = await refused(house.open(await house.link(here)))
        assert refusal.code in (Code.RESEND_TOO_SOON, Code.SENDS_USED_UP)
        house.clock.advance(16 * SECOND)
    assert (await refused(house.open(await house.link(here)))).code == Code.SENDS_USED_UP
    assert (await house.mails()).count("code") == 3


async def test_nobody_waits_while_a_link_is_drawn(house: DeviceHouse):
    """Whoever has the password may have one drawn after the other."""
    away = house.world.offload
    assert isinstance(away, AtOnce)
    means = SimpleNamespace(base_url="http://localhost")
    (route,) = (one for one in Enrolments(means, None).routes if one.path == "/links")  # type: ignore[arg-type]
    call = SimpleNamespace(world=house.world, caller=await house.session())
    told = json.loads((await route.handle(call)).body)  # type: ignore[arg-type]
    assert (away.done, told["qr"][:19]) == (1, "data:image/svg+xml;")


async def test_a_link_opens_once(house: DeviceHouse):
    link = await house.link()
    await house.open(link)
    assert (await refused(house.open(link))).code == Code.LINK_UNKNOWN
    assert (await refused(house.open("enrol_nothing"))).code == Code.LINK_UNKNOWN


async def test_a_link_of_a_session_that_was_logged_out(house: DeviceHouse):
    here = await house.session(stepped_up=True)
    link, other = await house.link(here), await house.link(here)
    content = await house.open(other)
    await end_session(house.world, here)
    assert (await refused(house.open(link))).code == Code.SESSION_GONE
    assert (await refused(house.finish(other, content, SoftDevice()))).code == Code.SESSION_GONE


async def test_an_enrolment_that_was_begun_ends_with_the_removal_of_a_device(house: DeviceHouse):
    """It may be the thief's, and the removal is the person's answer to it."""
    phone = await house.enrol()
    link = await house.link()
    content = await house.open(link)
    factor = there(await house.stores.factor_by_id(phone.id))
    await remove_factor(house.world, await house.session(stepped_up=True), factor)
    code = (await refused(house.finish(link, content, SoftDevice()))).code
    assert code in (Code.LINK_UNKNOWN, Code.CHALLENGE_NOT_OPEN)


async def test_an_enrolment_that_is_begun_anew_voids_the_one_before(house: DeviceHouse):
    before, after = await house.link(), await house.link()
    old = await house.open(before)
    new = await house.open(after)
    refusal = await refused(house.finish(before, old, SoftDevice()))
    assert refusal.code == Code.CHALLENGE_NOT_OPEN
    house.clock.advance(MINUTE)
    made = await house.finish(after, new, SoftDevice())
    assert isinstance(made, Factor)
    assert there(await house.stores.factor_by_id(made.id)).created_at == house.clock.now()
    lines = await house.stores.factor_lines(house.subject_id)
    assert [line.state for line in lines if line.kind == DEVICE_KEY] == [FactorState.ACTIVE]


async def test_an_enrolment_that_came_to_nothing_is_no_proof_of_anything(house: DeviceHouse):
    """Else whoever begins two keeps the person from changing their number without a step-up."""
    for _ in range(2):
        await house.open(await house.link())
    lines = await house.stores.factor_lines(house.subject_id)
    assert [line.state for line in lines if line.kind == DEVICE_KEY] == [FactorState.PENDING]


async def test_keys_that_are_unfit_cost_neither_the_ceremony_nor_the_person_a_try(
    house: DeviceHouse,
):
    """Whoever finds a link that was opened knows its token, and not what it gave to sign."""
    link = await house.link(await house.session())
    content = await house.open(link)
    guessed = content.replace('"nonce":"', '"nonce":"A')
    unfit = SoftDevice(scheme="webauthn", origin="https://evil.example")
    for _ in range(4):
        for signed, soft in ((guessed, SoftDevice()), (content, unfit)):
            refusal = await refused(house.finish(link, signed, soft, code="000000"))
            assert refusal.code == Code.FACTOR_UNFIT
    for kind in (DEVICE_KEY, PHONE):
        assert (await house.attempts(house.world.kind(kind).proof)).failures == 0
    assert isinstance(await house.finish(link, content, SoftDevice(), code=CODE), Factor)


async def test_there_are_five_devices_and_a_sixth_has_no_room(house: DeviceHouse):
    links = [await house.link() for _ in range(2)]
    for number in range(5):
        await house.enrol(f"Phone {number}")
    for link in links:
        assert (await refused(house.open(link))).code == Code.FACTORS_USED_UP
    assert (await refused(house.link())).code == Code.FACTORS_USED_UP


async def test_one_key_is_one_device(house: DeviceHouse):
    phone = await house.enrol()
    link = await house.link()
    refusal = await refused(house.finish(link, await house.open(link), phone.soft))
    assert refusal.code == Code.FACTOR_ALREADY_ENROLLED


@pytest.mark.parametrize(
    "name", ["", " ", " Phone", "x" * 65, "a\nb", "a\x00b", "\u202eenohP", "a\u200eb", "\u200b"]
)
async def test_a_name_that_would_not_show_as_it_is(house: DeviceHouse, name: str):
    link = await house.link()
    content = await house.open(link)
    refusal = await refused(house.finish(link, content, SoftDevice(), name))
    assert refusal.code == Code.FACTOR_UNFIT
    made = await house.finish(link, content, SoftDevice(), "Ada\u2019s \u96fb\u8a71")
    assert isinstance(made, Factor)


async def test_erasure_leaves_nothing_of_devices(
    house: DeviceHouse, database: Database, make: Maker
):
    """Neither what was asked, nor when they last logged in, nor what their devices are called."""
    other = await scene(house.stores, make)
    before = await rows_of(house.stores, database.kind)
    phone = await house.enrol("Canary phone")
    await house.says(await house.log_in(), phone)
    house.clock.advance(16 * SECOND)
    await house.log_in()
    for reason in (None, "not_me"):
        await house.says(await house.ask(), phone, "decline", reason=reason)
    await begin_rotation(
        house.world, house.nobody, there(await house.stores.factor_by_id(phone.id))
    )
    await house.open(await house.link(await house.session()))
    subject = there(await house.stores.subject(house.scene.programme.id, house.subject_id))
    await erase_person(house.world, operator(house), subject, "asked", tell=False)
    after = await rows_of(house.stores, database.kind)
    for table in ("challenges", "factors", "attempts", "sends", "sessions", "approvals"):
        mine = [row for row in after[table] if house.subject_id in row or phone.id in row]
        assert mine == [], table
    gaps = {row for row in after["budgets"] if bytes(row[0])[:1] == b"g"}
    assert gaps <= set(before["budgets"])
    assert await house.stores.subject(other.programme.id, other.subject.id) == other.subject


async def test_a_question_outlives_the_renewal_of_data_keys_and_holds_the_old_one_back(
    house: DeviceHouse,
):
    phone = await house.enrol()
    asked = await house.ask()
    vault = house.stores._vault
    old = vault.newest
    made = vault.new_data_key(old + 1, house.clock.now())
    await applied(house.stores, Add(made))
    vault.use(await house.stores.data_keys())
    await house.stores.reseal()
    assert (await house.stores.data_keys_in_use())[old] == 1  # within minutes none any more
    assert await house.says(asked, phone) == Approved()
    assert old not in await house.stores.data_keys_in_use()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_new_key_in_place_of_the_old_one(house: DeviceHouse, scheme: Any):
    phone = await house.enrol(scheme=scheme)
    await house.says(await house.ask(), phone)
    waiting = await house.ask()
    factor = there(await house.stores.factor_by_id(phone.id))
    caller = replace(house.nobody, device=factor)
    challenge = await begin_rotation(house.world, caller, factor)
    content = challenge.content.decode()
    fresh = SoftDevice(scheme=scheme)
    body = fresh.rotate(content, phone.soft, "New phone")
    old = body["old"]
    offered = OfferedDevice(
        name="New phone",
        proof=fresh.proof_jwk,
        jws=body.get("jws", ""),
        attestation=body.get("attestation", {}),
    )
    signature = Signature(jws=old.get("jws", ""), assertion=old.get("assertion", {}))
    made = await finish_rotation(
        house.world, caller, factor, challenge.id, offered, signature, PARTY
    )
    assert isinstance(made, Factor)
    assert isinstance(await house.says(waiting, phone), NotSigned)
    assert await house.says(waiting, Holder(fresh, phone.id)) == Approved()


async def test_an_address_that_was_given_up_is_not_the_one_that_came_after(
    house: DeviceHouse, monkeypatch: pytest.MonkeyPatch
):
    phone = await house.enrol()
    factor = there(await house.stores.factor_by_id(phone.id))
    await renew_push(house.world, house.nobody, factor, Transport.FCM, "old")
    stale = there(await house.stores.factor_by_id(phone.id))
    await renew_push(house.world, house.nobody, stale, Transport.FCM, "new")
    await give_up_push(house.world, house.nobody, stale, "old")
    kept = device_of(there(await house.stores.factor_by_id(phone.id)).details)
    assert (kept.address, kept.unreachable) == ("new", False)
    fresh = there(await house.stores.factor_by_id(phone.id))
    await give_up_push(house.world, house.nobody, fresh, "new")
    kept = device_of(there(await house.stores.factor_by_id(phone.id)).details)
    assert kept.unreachable
