"""Who is calling: a person in their session, a device by its proof, or whoever holds a link."""

import re
from dataclasses import replace
from typing import Final

from assent.dialects.device import shapes
from assent.dialects.device.proofs import Proof, Proofs, unknown
from assent.domain.device import DEVICE_KEY, device_of
from assent.domain.factor import Factor, FactorState
from assent.domain.programme import KeyRole, Programme
from assent.domain.session import Caller
from assent.http.invalid import Invalid, Malformed
from assent.http.request import Request
from assent.http.route import House
from assent.http.shapes import read
from assent.kernel.refusals import Code, Refusal
from assent.usecases.enrol_device import programme_of_link
from assent.usecases.resume_session import resume_session
from assent.usecases.world import speaking

_ID: Final = re.compile("[0-9]{1,18}")


async def person(house: House, request: Request) -> Caller:
    """`ui-key` of a page or `api-key` of a server, and the bearer that log-in gave. Refuses
    PERMISSION_MISSING to the back office, which only reads."""
    programme = await _programme(house, request)
    caller = Caller(programme=programme, address=request.address, request_ref=request.ref)
    request.caller = caller  # so that the page may read that its session is over
    session_id = house.bearers.session_id(request.header(b"authorization"), programme.id)
    caller = replace(caller, session=await resume_session(house.world, programme, session_id))
    if request.method != "GET":
        speaking(caller)
    return caller


async def _programme(house: House, request: Request) -> Programme:
    keys = {
        role: request.header(name)
        for role, name in ((KeyRole.UI, b"ui-key"), (KeyRole.API, b"api-key"))
    }
    sent = {role: key for role, key in keys.items() if key is not None}
    if len(sent) > 1:
        raise Malformed([Invalid("ui-key", "exactly", ("1", "ui-key", "api-key"))])
    for role, key in sent.items():
        programme = await house.world.stores.programme_by_key(role, key)
        if programme is not None:
            return programme
    raise Refusal(Code.CALLER_UNKNOWN)


def from_page(request: Request) -> bool:
    """Whether a call is one that pages of other origins may make: an api-key is in no page."""
    return request.header(b"ui-key") is not None


async def holder(house: House, request: Request) -> Caller:
    """Whoever has an enrolment's link. Refuses LINK_UNKNOWN."""
    body = read(await request.body(), shapes.LinkToken)
    programme = await programme_of_link(house.world, body.token)
    return Caller(programme=programme, address=request.address, request_ref=request.ref)


class Devices:
    """A device by the proof of its call. Refuses DEVICE_UNKNOWN.

    Its person's session, if there is one, is not touched: what a machine does by itself is no
    activity of theirs (RTS Article 4(3)(d)).
    """

    def __init__(self, proofs: Proofs) -> None:
        self._proofs = proofs

    async def reads(self, house: House, request: Request) -> Caller:
        """For what changes nothing: the proof may come again while it is fresh."""
        return (await self._proved(house, request))[0]

    async def changes(self, house: House, request: Request) -> Caller:
        """For what does: the proof is good once."""
        caller, proof = await self._proved(house, request)
        await self._proofs.spend(house.world, proof, str(own(caller).id))
        return caller

    async def _proved(self, house: House, request: Request) -> tuple[Caller, Proof]:
        world = house.world
        proof = self._proofs.read(request, world.clock.wall())
        number = request.header(b"device") or ""
        found = await world.stores.factor_by_id(int(number)) if _ID.fullmatch(number) else None
        device = found if found is not None and is_device(found) else None
        if not proof.signed_by(device_of(device.details).proof if device else None):
            raise unknown()
        programme = await _programme_of(house, device) if device else None
        if device is None or programme is None:
            raise unknown()
        caller = Caller(
            programme=programme, device=device, address=request.address, request_ref=request.ref
        )
        return caller, proof


def is_device(factor: Factor) -> bool:
    """Whether it may speak at all."""
    return factor.kind == DEVICE_KEY and factor.state is FactorState.ACTIVE


def own(caller: Caller) -> Factor:
    """The device that calls. Refuses DEVICE_UNKNOWN where none does."""
    if caller.device is None:
        raise unknown()
    return caller.device


async def _programme_of(house: House, device: Factor) -> Programme | None:
    """May be up to a second old, but for one that was made within it."""
    for programme in await house.world.stores.known_programmes():
        if programme.id == device.programme_id:
            return programme
    return await house.world.stores.programme(device.programme_id)
