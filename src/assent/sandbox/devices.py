"""The sandbox's calls that play a person's devices: virtual ones, and the app on a virtual phone.

They go through the same use cases as a device of flesh and blood: it is enrolled by a link, signs
the octets that it was shown, and its signature is checked like any other.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from assent.domain.challenge import Challenge, ChallengeState
from assent.domain.deed import deed
from assent.domain.device import ASKED, AUTHY, DEVICE_KEY, RelyingParty, device_of
from assent.domain.element import Element
from assent.domain.evidence import Evidence, Said
from assent.domain.factor import Factor
from assent.domain.message import Channel
from assent.domain.one_time_code import PHONE
from assent.domain.phrases import ENROL_DEVICE
from assent.domain.question import Decision, DeviceAnswer, Reason, shown
from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.route import Call, Handler
from assent.http.shapes import check
from assent.kernel.refusals import Code, Refusal
from assent.sandbox import device_words, shapes, virtual_device
from assent.usecases.answer_challenge import WrongAnswer
from assent.usecases.answer_on_device import Approved, Declined, NotSigned, answer_on_device
from assent.usecases.ask_devices import active_devices
from assent.usecases.begin_session import begin_session
from assent.usecases.end_session import end_session
from assent.usecases.enrol_device import begin_enrolment, finish_enrolment, make_link
from assent.usecases.register_factor import remove_factor
from assent.usecases.remote_answer import Expired, answer_remotely
from assent.usecases.world import World

Drain = Callable[[], Awaitable[None]]
"""Sends what waits."""
_SOURCE = "sandbox"
_NAME = "Virtual device"
_PARTY = RelyingParty("localhost", ())
"""Whom browsers' keys belong to; a virtual device is a native one, and has none."""


async def new_device(call: Call) -> Answer:
    """`POST /users/{user_id}/devices`: enrols one, in a session that lasts as long as that."""
    body = shapes.known(await call.request.body() or b"{}", shapes.NewDevice)
    world, subject = call.world, await _subject(call)
    caller = await _in_session(call, subject)
    try:
        link = await make_link(world, caller, DEVICE_KEY)
        action = deed(ENROL_DEVICE, programme=caller.programme.name)
        begun = await begin_enrolment(world, call.caller, link.token, DEVICE_KEY, PHONE, action)
        offered = virtual_device.offered(
            world.vault, begun.challenge.factor_id, body.name or _NAME, begun.challenge.content
        )
        made = await finish_enrolment(
            world, call.caller, link.token, offered, ("", ""), None, DEVICE_KEY, PHONE, _PARTY
        )
    finally:
        await end_session(world, caller)
    if isinstance(made, WrongAnswer):  # only a code is one, and none was sent
        raise Refusal(Code.FACTOR_UNFIT)
    return json_answer(_told(world, made))


async def devices(call: Call) -> Answer:
    """`GET /users/{user_id}/devices`: all that can answer, virtual or not."""
    subject = await _subject(call)
    held = await active_devices(call.world, subject.id, DEVICE_KEY)
    return json_answer({"devices": [_told(call.world, device) for device in held]})


async def remove_device(call: Call) -> Answer:
    """`DELETE /users/{user_id}/devices/{device_id}`: as if the person had unlinked it."""
    subject = await _subject(call)
    held = await active_devices(call.world, subject.id, DEVICE_KEY)
    device = _one(held, _id(call, "device_id"))
    await remove_factor(call.world, call.caller, device)
    return NO_CONTENT


async def challenges(call: Call) -> Answer:
    """`GET /users/{user_id}/challenges`: what is open, with what the person would read."""
    world, user_id, now = call.world, _id(call, "user_id"), call.world.clock.now()
    programme_id = call.caller.programme.id
    held = await world.stores.open_challenges(programme_id, user_id, now)
    read: dict[int, dict[str, Any]] = {}
    if any(challenge.kind in ASKED for challenge in held):
        for kind in ASKED:
            for asked in await world.stores.asked_of(user_id, kind):
                read[asked.id] = _read(asked.content)
    return json_answer(
        {
            "challenges": [
                {
                    "id": str(challenge.id),
                    "purpose": challenge.purpose,
                    "kind": challenge.kind,
                    "created_at": challenge.created_at,
                    "expires_at": challenge.expires_at,
                    **read.get(challenge.id, {}),
                }
                for challenge in held
            ]
        }
    )


async def challenge(call: Call) -> Answer:
    """`GET /users/{user_id}/challenges/{challenge_id}`: how it stands, also when it is over."""
    user_id, challenge_id = _id(call, "user_id"), _id(call, "challenge_id")
    asked = await call.world.stores.asked_by_id(call.caller.programme.id, user_id, challenge_id)
    if asked is None:
        raise Refusal(Code.NOT_FOUND)
    return json_answer({"id": str(challenge_id), "state": asked.challenge.state})


def answering(decision: Decision) -> Handler:
    """`POST /users/{user_id}/challenges/{challenge_id}/approve` and `.../decline`."""

    async def answer(call: Call) -> Answer:
        body = shapes.known(await call.request.body() or b"{}", shapes.DeviceDecision)
        challenge_id = _id(call, "challenge_id")
        subject = await _subject(call)
        return await _answered(call, subject.id, challenge_id, decision, body)

    return answer


def answering_on_phone(decision: Decision, drain: Drain) -> Handler:
    """`POST /phones/{number}/challenges/{challenge_id}/approve` and `.../decline`: in the app on
    that phone, where the push has come to it."""

    async def answer(call: Call) -> Answer:
        await drain()
        body = shapes.known(await call.request.body() or b"{}", shapes.PhoneDecision)
        challenge_id = _id(call, "challenge_id")
        address = phone(call)
        held = await call.world.stores.deliveries(call.caller.programme.id, address)
        users = [
            int(delivery.content.values["user"])
            for delivery in held
            if challenge_of(delivery.content.channel, delivery.content.body) == str(challenge_id)
        ]
        if not users:
            raise Refusal(Code.NOT_FOUND)
        given = shapes.DeviceDecision(reason=body.reason)
        return await _answered(call, users[0], challenge_id, decision, given)

    return answer


def phone(call: Call) -> str:
    """The path's number, in E.164; its plus may be missing. Raises Malformed."""
    digits = check(call.request.params["number"], "number", r"[+ ]?[0-9]{4,15}")
    return f"+{digits.strip('+ ')}"


def challenge_of(channel: Channel, body: str) -> str | None:
    """Which question a push says that there is."""
    if channel is not Channel.AUTHY:
        return None
    return str(msgspec.json.decode(body)["challenge"])


async def _answered(
    call: Call,
    subject_id: int,
    challenge_id: int,
    decision: Decision,
    body: shapes.DeviceDecision,
) -> Answer:
    world, caller = call.world, call.caller
    asked = await world.stores.asked_by_id(caller.programme.id, subject_id, challenge_id)
    if asked is None or asked.challenge.kind not in ASKED:
        raise Refusal(Code.NOT_FOUND)
    if body.number is not msgspec.UNSET and _asks_no_number(asked.challenge):
        return device_words.number_not_asked()
    reason = None if body.reason is msgspec.UNSET else Reason(body.reason)
    if asked.challenge.kind == AUTHY:
        said = Said.APPROVED if decision is Decision.APPROVE else Said.DENIED
        result = await answer_remotely(
            world, caller, subject_id, challenge_id, Evidence(said, _SOURCE, reason)
        )
        return _result(result)
    device = await _device(world, subject_id, body)
    answer = DeviceAnswer(
        device=device.id,
        decision=decision,
        time=world.clock.wall(),
        reason=reason if decision is Decision.DECLINE else None,
        number="" if body.number is msgspec.UNSET else body.number,
        counter=virtual_device.count_of(device),
    )
    signature = virtual_device.signature(
        world.vault, device, answer.octets(asked.challenge.content or b"{}")
    )
    on_device = Caller(
        programme=caller.programme,
        address=caller.address,
        request_ref=caller.request_ref,
        device=device,
    )
    return _result(
        await answer_on_device(world, on_device, device, challenge_id, answer, signature, _PARTY)
    )


def _asks_no_number(challenge: Challenge) -> bool:
    """Of one that is open: what is over is refused for that."""
    if challenge.state is not ChallengeState.PENDING or not challenge.content:
        return False
    return shown(challenge.content).get("number") is False


def _result(result: Approved | Declined | NotSigned | Expired) -> Answer:
    if isinstance(result, NotSigned):
        return device_words.wrong_number(result.left.value)
    if isinstance(result, Approved):
        return json_answer(
            {"state": "approved", **({"token": result.token} if result.token else {})}
        )
    return json_answer({"state": "declined"})


async def _device(world: World, subject_id: int, body: shapes.DeviceDecision) -> Factor:
    """The one that is named, or the newest that the sandbox holds the keys of. Refuses
    DEVICE_UNKNOWN."""
    held = [
        device
        for device in await active_devices(world, subject_id, DEVICE_KEY)
        if virtual_device.is_virtual(world.vault, device)
    ]
    if body.device is not msgspec.UNSET:
        return _one(held, int(body.device))
    if not held:
        raise Refusal(Code.DEVICE_UNKNOWN)
    return held[-1]


def _one(held: Sequence[Factor], device_id: int) -> Factor:
    for device in held:
        if device.id == device_id:
            return device
    raise Refusal(Code.DEVICE_UNKNOWN)


def _told(world: World, factor: Factor) -> dict[str, Any]:
    device = device_of(factor.details)
    return {
        "id": str(factor.id),
        "name": device.name,
        "scheme": device.scheme,
        "created_at": factor.created_at,
        "last_used_at": device.last_used_at,
        "push": device.transport,
        "virtual": virtual_device.is_virtual(world.vault, factor),
    }


def _read(content: bytes) -> dict[str, Any]:
    """What an enrolment is about says its link; a rotation says nothing."""
    question = shown(content) if content else {}
    display = question.get("display")
    if display is None:
        return {}
    return {"text": display["text"], "fields": display["fields"], "number": question["number"]}


async def _in_session(call: Call, subject: Subject) -> Caller:
    """The person, as they are after two factors: a sandbox asks for none of them."""
    world, programme = call.world, call.caller.programme
    acting = await world.stores.actings_of(subject.id)
    if not acting:
        raise Refusal(Code.NOT_FOUND)
    proved = frozenset({Element.KNOWLEDGE, Element.POSSESSION})
    session, begun = begin_session(
        world,
        programme.id,
        subject.id,
        acting[0].identity.id,
        proved,
        stepped_up=True,
        epoch=subject.epoch,
    )
    if (await world.commit(*begun)).failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    return Caller(
        programme=programme,
        session=session,
        address=call.caller.address,
        request_ref=call.caller.request_ref,
    )


async def _subject(call: Call) -> Subject:
    subject = await call.world.stores.subject(call.caller.programme.id, _id(call, "user_id"))
    if subject is None:
        raise Refusal(Code.NOT_FOUND)
    return subject


def _id(call: Call, name: str) -> int:
    return int(check(call.request.params[name], name, "[0-9]{1,18}"))


_ANSWERS = (("approve", Decision.APPROVE), ("decline", Decision.DECLINE))


def calls(drain: Drain) -> tuple[tuple[str, str, Handler], ...]:
    """Method, path and handler of each."""
    asked = "challenges/{challenge_id}"
    return (
        ("POST", "/users/{user_id}/devices", new_device),
        ("GET", "/users/{user_id}/devices", devices),
        ("DELETE", "/users/{user_id}/devices/{device_id}", remove_device),
        ("GET", "/users/{user_id}/challenges", challenges),
        ("GET", f"/users/{{user_id}}/{asked}", challenge),
        *(
            ("POST", f"/users/{{user_id}}/{asked}/{name}", answering(decision))
            for name, decision in _ANSWERS
        ),
        *(
            ("POST", f"/phones/{{number}}/{asked}/{name}", answering_on_phone(decision, drain))
            for name, decision in _ANSWERS
        ),
    )
