"""What a device is asked: the list, one to show, and the answer."""

import re
from typing import Final

from assent.dialects.device import names, replies, shapes
from assent.dialects.device.caller import Devices, is_device, own
from assent.dialects.device.errors import wrong
from assent.dialects.device.means import Means
from assent.dialects.device.offers import signature_in
from assent.dialects.device.path_id import path_id
from assent.dialects.device.proofs import unknown
from assent.domain.challenge import Challenge
from assent.domain.device import DEVICE_KEY
from assent.domain.factor import Factor
from assent.domain.question import DeviceAnswer
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Invalid, Malformed
from assent.http.route import Call, Parameter, Route
from assent.http.shapes import read
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code, Refusal
from assent.usecases.answer_on_device import (
    Approved,
    NotSigned,
    answer_on_device,
    refuse_closed,
)
from assent.usecases.world import World

LONGEST_WAIT: Final = 30
"""Seconds: less than proxies wait for an answer by default (nginx: 60)."""
_MOST_SEEN: Final = 20
_SECONDS: Final = re.compile("[0-9]{1,2}")
_IDS: Final = re.compile(f"[0-9]{{1,18}}(,[0-9]{{1,18}}){{0,{_MOST_SEEN - 1}}}")


class Challenges:
    """The three calls."""

    def __init__(self, means: Means, devices: Devices) -> None:
        self._means = means
        self.routes = (
            Route(
                method="GET",
                path="/challenges",
                handle=self._pending,
                identify=devices.reads,
                reply=replies.OpenChallenges,
                query=(
                    Parameter(
                        "wait",
                        shapes.Seconds,
                        f"Seconds to wait for a change, {LONGEST_WAIT} at most.",
                    ),
                    Parameter("seen", shapes.Ids, "What the device knows of, with commas."),
                ),
            ),
            Route(
                method="GET",
                path="/challenges/{id}",
                handle=_show,
                identify=devices.reads,
                reply=replies.ChallengeShown,
            ),
            Route(
                method="POST",
                path="/challenges/{id}/answer",
                handle=self._answer,
                identify=devices.changes,
                body=shapes.Answer,
                reply=replies.Answered,
            ),
        )

    async def _pending(self, call: Call) -> Answer:
        """At once, or as soon as what is open differs from what the device has seen."""
        world, device = call.world, own(call.caller)
        wait, seen = _wait(call), _seen(call)
        if not wait:
            return _listed(world, await _open(world, device))
        end = world.clock.monotonic() + wait
        with self._means.hub.listening(device.subject_id, device.id) as listener:
            while True:
                listener.arm()
                found = await _open(world, device)
                self._means.hub.saw(found)
                left = end - world.clock.monotonic()
                if {one.id for one in found} != seen or listener.released or left <= 0:
                    return _listed(world, found)
                there = await listener.wait(call.request, min(left, _until_expiry(world, found)))
                if not there or (not listener.woken and world.clock.monotonic() >= end):
                    return _listed(world, found)
                await _refuse_removed(world, device)

    async def _answer(self, call: Call) -> Answer:
        device = own(call.caller)
        number = path_id(call)
        body = read(
            await call.request.body(),
            shapes.Answer,
            shapes.one_of("jws", "assertion"),
            shapes.reason_of_decline,
        )
        given = DeviceAnswer(
            device=device.id,
            decision=body.decision,
            time=body.time,
            reason=body.reason or None,
            number=body.number or "",
            counter=body.counter or 0,
        )
        result = await answer_on_device(
            call.world,
            call.caller,
            device,
            number,
            given,
            signature_in(body),
            self._means.party,
        )
        if isinstance(result, NotSigned):
            return wrong(names.ANSWER_WRONG, result.left)
        if isinstance(result, Approved):
            return json_answer(
                {"state": "approved"} | ({"token": result.token} if result.token else {})
            )
        return json_answer({"state": "declined"})


async def _show(call: Call) -> Answer:
    """What is shown to the person, as it was issued. Refuses NOT_FOUND (another person's too), and
    what takes no answer any more."""
    device, number = own(call.caller), path_id(call)
    asked = await call.world.stores.asked_by_id(device.programme_id, device.subject_id, number)
    if asked is None or asked.challenge.kind != DEVICE_KEY or asked.challenge.slot is None:
        raise Refusal(Code.NOT_FOUND)
    await refuse_closed(call.world, asked)
    return json_answer({"id": str(number), "content": asked.challenge.content.decode()})


async def _open(world: World, device: Factor) -> list[Challenge]:
    """What waits for the person's answer. Those with a place are questions; others belong to an
    enrolment, or to a key that is changed."""
    now = world.clock.now()
    asked = await world.stores.asked_of(device.subject_id, DEVICE_KEY)
    return [one for one in asked if one.slot is not None and one.open(now)]


async def _refuse_removed(world: World, device: Factor) -> None:
    """It may have been removed while it waited."""
    now = await world.stores.factor_by_id(device.id)
    if now is None or not is_device(now):
        raise unknown()


def _listed(world: World, found: list[Challenge]) -> Answer:
    told = [
        {"id": str(one.id), "createdAt": one.created_at, "expiresAt": one.expires_at}
        for one in found
    ]
    return json_answer({"challenges": told, "now": world.clock.now()})


def _until_expiry(world: World, found: list[Challenge]) -> float:
    """Seconds to the next change that nobody brings about."""
    ends = [one.expires_at for one in found]
    return max(0, min(ends) - world.clock.now()) / SECOND if ends else float(LONGEST_WAIT)


def _wait(call: Call) -> int:
    """Raises Malformed."""
    text = call.request.query("wait")
    if text is None:
        return 0
    if not _SECONDS.fullmatch(text) or int(text) > LONGEST_WAIT:
        raise Malformed([Invalid("wait", "range", ("0", str(LONGEST_WAIT)))])
    return int(text)


def _seen(call: Call) -> set[int]:
    """Raises Malformed."""
    text = call.request.query("seen")
    if not text:
        return set()
    if not _IDS.fullmatch(text):
        raise Malformed([Invalid("seen", "pattern", (_IDS.pattern,))])
    return {int(one) for one in text.split(",")}
