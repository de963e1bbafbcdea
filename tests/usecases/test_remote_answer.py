"""A vendor's word for an answer, on each store: once, for the phone that was asked, and no longer
than the question lives."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from assent.domain.approval import ApprovalState
from assent.domain.challenge import Challenge, ChallengeState
from assent.domain.contact import Mobile
from assent.domain.deed import Deed
from assent.domain.device import NOT_ME, REFUSALS
from assent.domain.evidence import Evidence, Said
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Kind
from assent.domain.message import Channel, Message
from assent.domain.programme import PASSWORD
from assent.domain.question import Reason, shown
from assent.domain.session import Caller
from assent.factors.authy.kind import Authy
from assent.factors.device_key.kind import DeviceKey
from assent.kernel.clock import MINUTE, SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.asking import DecideChallenge
from assent.ports.changes import Add, Change, ChangeFactor, ChangeSubject, SpendAttempt
from assent.testing.frozen import FrozenClock
from assent.usecases.answer_on_device import Approved, Declined
from assent.usecases.ask_push import ask_push, enrol_push
from assent.usecases.end_session import end_session
from assent.usecases.remote_answer import Expired, answer_remotely
from assent.usecases.world import World
from tests.contracts.rows import Scene, applied
from tests.jose.house import world_of

DEED = Deed("confirm that it is you at Bank")
AT_ONCE = 50


@dataclass
class Ada:
    """A person with an app on her phone, and who speaks for her."""

    world: World
    scene: Scene
    factor: Factor
    caller: Caller

    async def asked(self, deed: Deed = DEED) -> Challenge:
        return (await ask_push(self.world, self.caller, "authy", deed)).challenge

    async def said(
        self, challenge: Challenge, said: Said, reason: Reason | None = None
    ) -> Approved | Declined | Expired:
        vendor = Caller(programme=self.scene.programme, client="authy")
        return await answer_remotely(
            self.world,
            vendor,
            self.scene.subject.id,
            challenge.id,
            Evidence(said, "vendor 7", reason),
        )

    async def refused(self, challenge: Challenge, said: Said = Said.APPROVED) -> Code:
        with pytest.raises(Refusal) as refusal:
            await self.said(challenge, said)
        return refusal.value.code

    async def stepped_up(self) -> bool:
        session = await self.scene.stores.session(self.scene.session.id)
        return session is not None and session.stepped_up

    async def state(self, challenge: Challenge) -> ChallengeState:
        found = await self.scene.stores.asked_by_id(
            self.scene.programme.id, self.scene.subject.id, challenge.id
        )
        assert found is not None
        return found.challenge.state


@pytest.fixture
async def ada(person: Scene, clock: FrozenClock) -> Ada:
    world = world_of(person.stores, clock)
    kinds: dict[str, Kind] = {"authy": Authy(), "device_key": DeviceKey()}
    world = replace(world, kinds=kinds, ids=person.make.ids)
    subject = replace(person.subject, mobile_verified=True)
    await applied(person.stores, ChangeSubject(subject))
    factor = person.make.factor(subject, kind="authy", details={"mobile": "+35679797979"})
    secret = person.make.factor(subject, kind=PASSWORD, details={})
    await person.add(factor, secret)
    caller = Caller(programme=person.programme, session=person.session)
    return Ada(world, replace(person, subject=replace(subject, version=2)), factor, caller)


async def test_the_message_names_the_question_and_goes_to_the_phone(ada: Ada):
    challenge = await ada.asked()
    found = await ada.scene.stores.due_messages(ada.world.clock.now(), 10, Channel.AUTHY)
    (message,) = [one for one in found if isinstance(one, Message)]
    assert message.content.body == f'{{"challenge":"{challenge.id}"}}'
    assert (message.content.address, message.content.subject) == ("+35679797979", DEED.text)
    assert message.not_after == challenge.expires_at
    assert shown(challenge.content)["display"]["text"] == DEED.text


async def test_the_vendors_app_is_sent_the_words_that_are_kept(ada: Ada):
    challenge = await ada.asked(Deed("pay 1 EUR to \u202eada\nnow"))
    found = await ada.scene.stores.due_messages(ada.world.clock.now(), 10, Channel.AUTHY)
    (message,) = [one for one in found if isinstance(one, Message)]
    kept = shown(challenge.content)["display"]["text"]
    assert message.content.subject == kept == "pay 1 EUR to ada now"


async def test_approval_steps_up_with_possession(ada: Ada):
    challenge = await ada.asked()
    assert await ada.said(challenge, Said.APPROVED) == Approved()
    assert await ada.stepped_up()
    assert await ada.state(challenge) is ChallengeState.PASSED
    assert await ada.refused(challenge, Said.DENIED) is Code.CHALLENGE_NOT_OPEN


async def test_a_denial_that_was_not_theirs_locks_and_ends(ada: Ada):
    challenge = await ada.asked()
    assert await ada.said(challenge, Said.DENIED, Reason.NOT_ME) == Declined()
    state = await ada.scene.stores.approval_state(ada.scene.session.approval_id)
    assert state is ApprovalState.WITHDRAWN
    assert await ada.scene.stores.session(ada.scene.session.id) is None


async def test_an_enrolment_that_was_not_theirs_is_told_of_in_the_very_commit(ada: Ada):
    await applied(ada.scene.stores, ChangeFactor(replace(ada.factor, state=FactorState.SUSPENDED)))
    session = replace(ada.scene.session, stepped_up_at=ada.world.clock.now())
    caller = replace(ada.caller, session=session)
    asked = await enrol_push(ada.world, caller, "authy", DEED)
    lists: list[Sequence[Change]] = []
    ada.scene.stores.listeners.append(lists.append)
    assert await ada.said(asked.challenge, Said.DENIED, Reason.NOT_ME) == Declined()
    (deciding,) = [one for one in lists if any(isinstance(x, DecideChallenge) for x in one)]
    mails = [x.row for x in deciding if isinstance(x, Add) and isinstance(x.row, Message)]
    assert [mail.content.wording for mail in mails] == ["device_not_me"]
    assert [x.proof for x in deciding if isinstance(x, SpendAttempt)] == [NOT_ME, REFUSALS]
    assert await ada.scene.stores.session(session.id) is None


async def test_an_expiry_is_recorded_once(ada: Ada):
    challenge = await ada.asked()
    assert await ada.said(challenge, Said.EXPIRED) == Expired()
    assert await ada.state(challenge) is ChallengeState.EXPIRED
    assert await ada.refused(challenge) is Code.CHALLENGE_EXPIRED


async def test_too_late(ada: Ada, clock: FrozenClock):
    challenge = await ada.asked()
    clock.advance(5 * MINUTE)
    assert await ada.refused(challenge) is Code.CHALLENGE_EXPIRED
    assert not await ada.stepped_up()


async def test_one_of_many_at_once(ada: Ada):
    challenge = await ada.asked()
    kinds = [Said.APPROVED, Said.DENIED] * (AT_ONCE // 2)
    answers = await asyncio.gather(
        *(ada.said(challenge, said) for said in kinds), return_exceptions=True
    )
    counted = [one for one in answers if isinstance(one, Approved | Declined)]
    refused = [one.code for one in answers if isinstance(one, Refusal)]
    assert (len(counted), len(refused)) == (1, AT_ONCE - 1)
    assert set(refused) <= {Code.CHALLENGE_NOT_OPEN}
    assert await ada.stepped_up() is isinstance(counted[0], Approved)


async def test_a_number_that_changed_meanwhile(ada: Ada):
    challenge = await ada.asked()
    moved = replace(ada.scene.subject, mobile=Mobile("+356", "79000009"))
    await applied(ada.scene.stores, ChangeSubject(moved))
    assert await ada.refused(challenge) is Code.CHALLENGE_NOT_OPEN
    assert not await ada.stepped_up()
    with pytest.raises(Refusal) as refusal:
        await ada.asked()
    assert refusal.value.code is Code.FACTOR_NOT_ENROLLED


async def test_an_app_that_was_unlinked_meanwhile(ada: Ada):
    challenge = await ada.asked()
    gone = replace(ada.factor, state=FactorState.REMOVED, details={}, slot=None)
    await applied(ada.scene.stores, ChangeFactor(gone))
    assert await ada.refused(challenge) is Code.CHALLENGE_NOT_OPEN
    assert not await ada.stepped_up()


async def test_a_question_that_is_not_the_vendors(ada: Ada):
    assert await ada.refused(ada.scene.challenge) is Code.NOT_FOUND, "a code's"
    device = ada.scene.make.factor(ada.scene.subject, kind="device_key", details={})
    question = ada.scene.make.challenge(
        ada.scene.session, device, proof="device_key", content=b"{}", slot=2
    )
    await ada.scene.add(device, question)
    assert await ada.refused(question) is Code.NOT_FOUND, "a device signs for itself"
    assert await ada.state(question) is ChallengeState.PENDING


async def test_the_fourth_enrolment_of_a_session_waits_for_another(ada: Ada, clock: FrozenClock):
    session = replace(ada.scene.session, stepped_up_at=clock.now())
    caller = replace(ada.caller, session=session)
    await applied(ada.scene.stores, ChangeFactor(replace(ada.factor, state=FactorState.SUSPENDED)))
    for said in (Said.DENIED, Said.DENIED, Said.EXPIRED):
        asked = await enrol_push(ada.world, caller, "authy", DEED)
        assert await ada.said(asked.challenge, said) in (Declined(), Expired())
        clock.advance(15 * SECOND)
    with pytest.raises(Refusal) as refusal:
        await enrol_push(ada.world, caller, "authy", DEED)
    assert refusal.value.code is Code.SENDS_USED_UP


async def test_an_enrolment_whose_session_is_over_stays_unfinished(ada: Ada, clock: FrozenClock):
    """Whoever logs out, or ends a thief's session, may rely on it."""
    await applied(ada.scene.stores, ChangeFactor(replace(ada.factor, state=FactorState.SUSPENDED)))
    session = replace(ada.scene.session, stepped_up_at=clock.now())
    caller = replace(ada.caller, session=session)
    asked = await enrol_push(ada.world, caller, "authy", DEED)
    await end_session(ada.world, caller)
    assert await ada.refused(asked.challenge) is Code.SESSION_GONE
    held = await ada.scene.stores.factor(ada.scene.subject.id, "authy")
    assert held is not None
    assert held.state is FactorState.PENDING
    assert await ada.state(asked.challenge) is ChallengeState.PENDING
