"""What a person did not ask for, on each of the stores: whose sessions end, what stays, and that
neither the decline nor its mails are lost on the way."""

from dataclasses import replace
from typing import Any, cast

import pytest

from assent.domain.approval import ApprovalState
from assent.domain.attempts import Attempts
from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.deed import deed
from assent.domain.device import DEVICE_KEY, LOGIN_REFUSALS, NOT_ME, REFUSALS
from assent.domain.factor import FactorState
from assent.domain.mailed_code import MailPurpose
from assent.domain.session import Caller, Session
from assent.domain.subject import IdentityType, Membership, Role
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import DecideOnDevice
from assent.ports.changes import Change, Committed, RaiseEpoch
from assent.usecases.answer_challenge import answer_challenge
from assent.usecases.answer_on_device import Approved, Declined
from assent.usecases.begin_session import begin_session
from assent.usecases.mailed_codes import send_mailed_code
from assent.usecases.start_challenge import ask_step_up
from tests.contracts.rows import applied, there
from tests.support.device_house import CODE, PHONE, DeviceHouse, refused


async def alive(house: DeviceHouse, *callers: Caller) -> list[bool]:
    found = [await house.stores.session(there(one.session).id) for one in callers]
    return [one is not None for one in found]


async def for_another_identity(house: DeviceHouse) -> Caller:
    """What `/access_token` would open from the same password."""
    company = house.make.identity(house.scene.programme.id, type=IdentityType.CORPORATE)
    subject = there(await house.stores.subject(house.scene.programme.id, house.subject_id))
    member = Membership(subject_id=subject.id, identity_id=company.id, role=Role.ROOT)
    await house.scene.add(company, member)
    session, begun = begin_session(
        house.world,
        house.scene.programme.id,
        subject.id,
        company.id,
        frozenset(),
        epoch=subject.epoch,
    )
    await applied(house.stores, *begun)
    return replace(house.nobody, session=session)


async def begun_before(house: DeviceHouse) -> tuple[Session, tuple[Change, ...]]:
    """A log-in under way: it has read the person, and commits later."""
    subject = there(await house.stores.subject(house.scene.programme.id, house.subject_id))
    return begin_session(
        house.world,
        house.scene.programme.id,
        subject.id,
        house.scene.identity.id,
        frozenset(),
        epoch=subject.epoch,
    )


async def test_every_session_of_the_person_ends_and_not_the_one_that_asked_alone(
    house: DeviceHouse,
):
    phone, tablet = await house.enrol("Phone"), await house.enrol("Tablet")
    thief, again = await house.session(), await house.session()
    elsewhere, own = await for_another_identity(house), await house.session(stepped_up=True)
    late, under_way = await begun_before(house)
    everywhere = (thief, again, elsewhere, own)
    assert await alive(house, *everywhere) == [True] * 4
    assert await house.says(await house.ask(thief), phone, "decline", reason="not_me") == Declined()
    assert await alive(house, *everywhere) == [False] * 4
    await applied(house.stores, *under_way)
    assert await house.stores.session(late.id) is None
    assert await house.facts("sessions_ended") == 1
    # the devices are the person's own, and let them in again
    for device in (phone, tablet):
        assert there(await house.stores.factor_by_id(device.id)).state is FactorState.ACTIVE
    here = await house.session()
    assert isinstance(await house.says(await house.ask(here), tablet), Approved)
    assert await house.stepped_up(here)


async def test_what_the_other_sessions_had_begun_is_void(house: DeviceHouse):
    phone = await house.enrol("Phone")
    thief, again = await house.session(), await house.session()
    other, link = await house.ask(again), await house.link()
    yes = house.signed(other, phone)
    house.clock.advance(16 * SECOND)
    await ask_step_up(house.world, again, PHONE, deed("step_up", programme="Demo Bank"), CODE)
    assert await house.says(await house.ask(thief), phone, "decline", reason="not_me") == Declined()
    assert await house.stores.asked_of(house.subject_id, DEVICE_KEY) == []
    assert await house.state(other) == ChallengeState.WITHDRAWN
    assert (await refused(yes.send())).code == Code.CHALLENGE_NOT_OPEN
    assert (await refused(house.open(link))).code == Code.LINK_UNKNOWN
    code = answer_challenge(house.world, again, Purpose.STEP_UP, PHONE, CODE)
    assert (await refused(code)).code == Code.SESSION_GONE
    assert await alive(house, again) == [False]


async def test_what_clients_asked_and_codes_by_mail_are_void_and_grants_stay(house: DeviceHouse):
    """As where an operator ends the sessions: whom the person let act may go on, from a session
    of its own that they open anew."""
    phone, scene = await house.enrol(), house.scene
    grant = house.make.grant(scene.subject, session_id=scene.session.id)
    asked = house.make.approval(
        scene.subject, client="client-1", lookup=b"ott", expires_at=scene.now + 60_000
    )
    await scene.add(grant, asked)
    await send_mailed_code(
        house.world, house.nobody, MailPurpose.RESET_PASSWORD, scene.subject, scene.subject.email
    )
    assert there(await house.stores.mailed(house.subject_id, MailPurpose.RESET_PASSWORD)).code
    await house.says(await house.ask(), phone, "decline", reason="not_me")
    assert await house.stores.approval_state(asked.id) is ApprovalState.WITHDRAWN
    mailed = await house.stores.mailed(house.subject_id, MailPurpose.RESET_PASSWORD)
    assert (
        mailed is None
        or mailed.code is None
        or not mailed.code.open(house.clock.now(), house.world.mailed_codes.limits)
    )
    assert await house.stores.session(scene.session.id) is None, "the client's own ends"
    assert await house.stores.grant(grant.client, house.subject_id) == grant


async def test_a_log_in_that_was_not_theirs_ends_no_session(house: DeviceHouse):
    """Whoever asks for one knows an address, and has come in nowhere: it would be a way to log
    the person out."""
    phone = await house.enrol()
    own, other = await house.session(), await house.session(stepped_up=True)
    waiting = await house.ask(own)
    said = await house.says(await house.log_in(), phone, "decline", reason="not_me")
    assert said == Declined()
    assert await alive(house, own, other) == [True, True]
    assert await house.state(waiting) == ChallengeState.PENDING
    assert (await house.attempts(NOT_ME)).failures == 1
    mails = await house.mails()
    assert (mails.count("log_in_not_me"), mails.count("device_not_me")) == (1, 0)
    assert isinstance(await house.says(waiting, phone), Approved)


class Meanwhile:
    """A store where somebody else's changes come just before a device's decline."""

    def __init__(self, stores: Any, *changes: Change) -> None:
        self._stores = stores
        self._changes = changes
        self.met = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)

    async def commit(self, *changes: Change) -> Committed:
        if any(isinstance(change, DecideOnDevice) for change in changes):
            self.met += 1
            await applied(self._stores, *self._changes)
        return await self._stores.commit(*changes)


async def test_it_is_not_lost_where_all_sessions_end_at_the_same_moment(house: DeviceHouse):
    phone, thief = await house.enrol(), await house.session()
    asked = await house.ask(thief)
    signed = house.signed(asked, phone, "decline", reason="not_me")
    meanwhile = Meanwhile(house.stores, RaiseEpoch(house.subject_id))
    house.worlds[0] = replace(house.world, stores=cast("Any", meanwhile))
    assert await signed.send() == Declined()
    assert meanwhile.met >= 1
    assert await house.state(asked) == ChallengeState.DECLINED
    assert (await house.attempts(NOT_ME)).failures == 1
    subject = there(await house.stores.subject(house.scene.programme.id, house.subject_id))
    assert subject.epoch == 2, "both have counted"


async def test_a_session_begun_between_another_end_and_this_one_is_over_too(house: DeviceHouse):
    """A new password of the stranger's own, in the moment of the decline: its session goes."""
    phone, thief = await house.enrol(), await house.session()
    signed = house.signed(await house.ask(thief), phone, "decline", reason="not_me")
    subject = there(await house.stores.subject(house.scene.programme.id, house.subject_id))
    session, begun = begin_session(
        house.world,
        house.scene.programme.id,
        subject.id,
        house.scene.identity.id,
        frozenset(),
        stepped_up=True,
        epoch=subject.epoch + 1,
    )
    meanwhile = Meanwhile(house.stores, RaiseEpoch(subject.id, subject.epoch), *begun)
    house.worlds[0] = replace(house.world, stores=cast("Any", meanwhile))
    assert await signed.send() == Declined()
    assert await house.stores.session(session.id) is None


class Watched:
    """A store that keeps what was committed, and may be lost after a device's decline."""

    def __init__(self, stores: Any, lost: bool = False) -> None:
        self._stores = stores
        self._lost = lost
        self._gone = False
        self.decisions = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)

    async def commit(self, *changes: Change) -> Committed:
        if self._gone:
            raise Refusal(Code.UNAVAILABLE)
        done = await self._stores.commit(*changes)
        decided = any(isinstance(change, DecideOnDevice) for change in changes)
        self.decisions += decided
        self._gone = self._lost and decided and done.failed is None
        return done


@pytest.mark.parametrize("log_in", [False, True])
async def test_the_mail_of_the_third_refusal_is_in_the_commit_that_keeps_it(
    house: DeviceHouse, log_in: bool
):
    """Whatever becomes of the server afterwards."""
    phone = await house.enrol()
    for count in (1, 2, 3):
        asked = await (house.log_in() if log_in else house.ask())
        signed = house.signed(asked, phone, "decline")
        held = house.world
        house.worlds[0] = replace(held, stores=cast("Any", Watched(held.stores, lost=True)))
        assert await signed.send() == Declined()
        house.worlds[0] = held
        assert (await house.mails()).count("device_refusals") == count // 3
        house.clock.advance(15 * SECOND)
    name = "login_refusals_blocked" if log_in else "push_refusals_blocked"
    assert await house.facts(name) == 1


async def test_a_refusal_that_came_too_late_sends_no_mail(house: DeviceHouse):
    phone, tablet = await house.enrol("Phone"), await house.enrol("Tablet")
    for _ in range(2):
        await house.says(await house.ask(), phone, "decline")
    asked = await house.ask()
    no = house.signed(asked, phone, "decline")
    withdraw = DecideOnDevice(asked.challenge.id, tablet.id, ChallengeState.DECLINED, 1)
    held = house.world
    house.worlds[0] = replace(held, stores=cast("Any", Meanwhile(held.stores, withdraw)))
    assert (await refused(no.send())).code == Code.CHALLENGE_NOT_OPEN
    house.worlds[0] = held
    assert "device_refusals" not in await house.mails()
    assert (await house.attempts(REFUSALS)).failures == 2


class Behind:
    """A store whose first look at the refusals is older than what is there."""

    def __init__(self, stores: Any, proof: str, stands: Attempts) -> None:
        self._stores = stores
        self._proof = proof
        self._stands: Attempts | None = stands
        self.looks = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)

    async def attempts(self, programme_id: int, holder: str, proof: str) -> Attempts:
        if proof == self._proof:
            self.looks += 1
            if self._stands is not None:
                stands, self._stands = self._stands, None
                return stands
        return await self._stores.attempts(programme_id, holder, proof)


@pytest.mark.parametrize(("before", "seen", "mails"), [(2, 0, 1), (2, 1, 1), (0, 2, 0), (1, 2, 0)])
async def test_what_was_counted_meanwhile_is_looked_at_again(
    house: DeviceHouse, before: int, seen: int, mails: int
):
    """The mail goes where the third is counted, and nowhere else: neither too many nor too few."""
    phone = await house.enrol()
    await house.says(await house.ask(), phone, "decline")
    await house.says(await house.ask(), phone)  # back to none
    for _ in range(before):
        await house.says(await house.ask(), phone, "decline")
    signed = house.signed(await house.ask(), phone, "decline")
    behind = Behind(house.stores, REFUSALS, Attempts(failures=seen))
    house.worlds[0] = replace(house.world, stores=cast("Any", behind))
    assert await signed.send() == Declined()
    assert behind.looks == 2
    assert (await house.attempts(REFUSALS)).failures == before + 1
    assert (await house.mails()).count("device_refusals") == mails
    assert await house.facts("push_refusals_blocked") == mails


async def test_a_log_in_and_a_step_up_that_were_not_theirs_count_as_refusals(house: DeviceHouse):
    phone = await house.enrol()
    await house.says(await house.log_in(), phone, "decline", reason="not_me")
    await house.says(await house.ask(), phone, "decline", reason="not_me")
    counts = [(await house.attempts(proof)).failures for proof in (LOGIN_REFUSALS, REFUSALS)]
    assert counts == [1, 1]
