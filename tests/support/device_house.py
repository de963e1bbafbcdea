"""A World whose people have devices, driven through the use cases; devices are in software."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from assent.adapters.sql.stores import SqlStores
from assent.domain.budget import GENEROUS, BudgetLimits
from assent.domain.deed import deed
from assent.domain.device import DEVICE_KEY, RelyingParty
from assent.domain.element import Element
from assent.domain.factor import Factor
from assent.domain.kind import OfferedDevice, Signature
from assent.domain.one_time_code import CodeSettings
from assent.domain.question import Decision, DeviceAnswer, Reason
from assent.domain.session import Caller, Session
from assent.domain.subject import IdentityType
from assent.factors.device_key.kind import DeviceKey
from assent.factors.sms_otp.kind import SmsOtp
from assent.kernel.refusals import Code, Refusal
from assent.testing.frozen import CountingIds, FrozenClock
from assent.usecases.answer_challenge import WrongAnswer
from assent.usecases.answer_on_device import Result, answer_on_device
from assent.usecases.ask_devices import AskedDevices, ask_step_up_on_devices
from assent.usecases.begin_session import begin_session
from assent.usecases.enrol_device import begin_enrolment, finish_enrolment, make_link
from assent.usecases.log_in_on_device import redeem_log_in, start_log_in
from assent.usecases.open_session import Opened
from assent.usecases.world import World
from tests.contracts.rows import Maker, Scene, applied, there
from tests.jose.house import world_of
from tests.support.authenticator import SoftDevice

PARTY = RelyingParty("localhost", ("http://localhost",))
CODE = "123456"
PHONE = "sms_otp"


def device_world(stores: SqlStores, clock: FrozenClock, ids: CountingIds) -> World:
    """One server's, with devices and codes by SMS."""
    kinds = DeviceKey(), SmsOtp(CodeSettings(), b"k" * 32)
    named = {kind.name: kind for kind in kinds}
    asks = replace(BudgetLimits(), person=GENEROUS.person)  # tests ask more often than people do
    return replace(world_of(stores, clock), ids=ids, kinds=named, budget_limits=asks)


@dataclass
class Holder:
    """A device in somebody's hand, and the factor that it became."""

    soft: SoftDevice
    id: int


@dataclass
class DeviceHouse:
    """A person, on any number of servers: each call may name the one it goes to."""

    worlds: list[World]
    make: Maker
    scene: Scene
    held: list[Holder] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.worlds[0]

    @property
    def subject_id(self) -> int:
        return self.scene.subject.id

    @property
    def stores(self) -> Any:
        return self.world.stores

    @property
    def clock(self) -> Any:
        return self.world.clock

    @property
    def nobody(self) -> Caller:
        """Who has spoken for nobody yet."""
        return Caller(programme=self.scene.programme, address="192.0.2.1")

    async def session(self, stepped_up: bool = False) -> Caller:
        """A fresh one of the person's, as a log-in by password opens it."""
        subject = there(await self.stores.subject(self.scene.programme.id, self.subject_id))
        known = frozenset({Element.KNOWLEDGE})
        both = known | {Element.POSSESSION}
        session, begun = begin_session(
            self.world,
            self.scene.programme.id,
            self.subject_id,
            self.scene.identity.id,
            both if stepped_up else known,
            stepped_up=stepped_up,
            epoch=subject.epoch,
        )
        await applied(self.stores, *begun)
        return replace(self.nobody, session=session)

    async def link(self, caller: Caller | None = None) -> str:
        """The token of an enrolment's link, of a stepped-up session where none is named."""
        caller = caller or await self.session(stepped_up=True)
        return (await make_link(self.world, caller, DEVICE_KEY)).token

    async def open(self, link: str, server: int = 0) -> str:
        """What the device is given to sign."""
        begun = await begin_enrolment(
            self.worlds[server], self.nobody, link, DEVICE_KEY, PHONE,
            deed("enrol_device", programme="Demo Bank"), CODE,
        )  # fmt: skip
        return begun.challenge.content.decode()

    async def finish(
        self,
        link: str,
        content: str,
        soft: SoftDevice,
        name: str = "Phone",
        code: str | None = None,
        server: int = 0,
    ) -> Factor | WrongAnswer:
        """The device signs what it was given."""
        body = soft.enrol(content, name)
        offered = OfferedDevice(
            name=name,
            proof=soft.proof_jwk,
            jws=body.get("jws", ""),
            attestation=body.get("attestation", {}),
        )
        return await finish_enrolment(
            self.worlds[server], self.nobody, link, offered, ("", ""), code, DEVICE_KEY, PHONE,
            PARTY,
        )  # fmt: skip

    async def enrol(self, name: str = "Phone", **soft: Any) -> Holder:
        """A device of the person's."""
        made, link = SoftDevice(**soft), await self.link()
        factor = await self.finish(link, await self.open(link), made, name)
        assert isinstance(factor, Factor)
        holder = Holder(made, factor.id)
        self.held.append(holder)
        return holder

    async def ask(self, caller: Caller | None = None, server: int = 0) -> AskedDevices:
        """Whether a session, a fresh one where none is named, may do more."""
        caller = caller or await self.session()
        action = deed("step_up", programme="Demo Bank")
        return await ask_step_up_on_devices(self.worlds[server], caller, DEVICE_KEY, action)

    async def log_in(self, server: int = 0, **identity: Any) -> AskedDevices:
        """Asks whether somebody with the person's address may come in."""
        chosen = (IdentityType.CONSUMER, self.scene.identity.id) if identity.get("one") else None
        return await start_log_in(
            self.worlds[server], self.nobody, self.scene.subject.email, chosen, DEVICE_KEY,
            deed("log_in", programme="Demo Bank"),
        )  # fmt: skip

    async def redeem(self, token: str, server: int = 0) -> Opened:
        return await redeem_log_in(
            self.worlds[server], self.nobody, token, IdentityType.CONSUMER, self.scene.identity.id
        )

    def signed(
        self, asked: AskedDevices, holder: Holder, decision: str = "approve", **said: Any
    ) -> "Signed":
        """What the device says to a question, once and for all."""
        content = asked.challenge.content.decode()
        body = holder.soft.answer(content, holder.id, decision, at=self.clock.wall(), **said)
        return Signed(self, asked.challenge.id, holder, body)

    async def says(
        self, asked: AskedDevices, holder: Holder, decision: str = "approve", **said: Any
    ) -> Result:
        """Signs and sends it."""
        return await self.signed(asked, holder, decision, **said).send()

    async def state(self, asked: AskedDevices) -> str:
        """What became of a question."""
        found = await self.stores.asked_by_id(
            self.scene.programme.id, self.subject_id, asked.challenge.id
        )
        return str(there(found).challenge.state)

    async def stepped_up(self, caller: Caller) -> bool:
        session: Session | None = await self.stores.session(there(caller.session).id)
        return session is not None and session.stepped_up

    async def facts(self, name: str) -> int:
        """How often something was recorded of the person."""
        facts = await self.stores.facts(self.scene.programme.id, self.subject_id)
        return sum(fact.name == name for fact in facts)

    async def mails(self) -> list[str]:
        """The wordings of what waits to be sent to the person, in order."""
        due = await self.stores.due_messages(self.clock.now(), 1_000)
        return [one.content.wording for one in due if one.subject_id == self.subject_id]

    async def attempts(self, proof: str) -> Any:
        return await self.stores.attempts(
            self.scene.programme.id, f"subject:{self.subject_id}", proof
        )


@dataclass
class Signed:
    """A device's answer, which may be sent to any server, and more than once."""

    house: DeviceHouse
    challenge_id: int
    holder: Holder
    body: dict[str, Any]

    async def send(
        self, server: int = 0, challenge_id: int | None = None, by: Holder | None = None
    ) -> Result:
        """As the Device API would read it. Refuses DEVICE_UNKNOWN for a device that is gone."""
        house, body = self.house, self.body
        world = house.worlds[server]
        device = await world.stores.factor_by_id((by or self.holder).id)
        if device is None:
            raise Refusal(Code.DEVICE_UNKNOWN)
        answer = DeviceAnswer(
            device=self.holder.id,
            decision=Decision(body["decision"]),
            time=body["time"],
            reason=Reason(body["reason"]) if "reason" in body else None,
            number=body.get("number", ""),
            counter=body.get("counter", 0),
        )
        signature = Signature(jws=body.get("jws", ""), assertion=body.get("assertion", {}))
        return await answer_on_device(
            world,
            replace(house.nobody, device=device),
            device,
            challenge_id or self.challenge_id,
            answer,
            signature,
            PARTY,
        )


async def outcome(call: Any) -> str:
    """The name of what came back, or a refusal's code."""
    try:
        result = await call
    except Refusal as refusal:
        return str(refusal.code)
    return type(result).__name__


def content_of(asked: AskedDevices) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(asked.challenge.content)
    return values


def operator(house: DeviceHouse) -> Caller:
    """Who works at the server's own command line."""
    return Caller(programme=house.scene.programme, operator="grace")


async def refused(call: Any) -> Refusal:
    """What a call is refused with; it must be."""
    with pytest.raises(Refusal) as caught:
        await call
    return caught.value
