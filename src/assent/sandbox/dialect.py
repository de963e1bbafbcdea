"""The sandbox's own calls, under /sandbox, with the header `sandbox-key`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from assent.domain.capture import ORIGIN_FORM, may_be_registered
from assent.domain.link import LINK_FORM, LINKS, is_template
from assent.domain.programme import CodeMode, KeyRole, ProgrammeSettings
from assent.domain.session import Caller
from assent.domain.webhook import TARGET_FORM, may_be_set
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Invalid, Malformed
from assent.http.limits import TooManyCalls
from assent.http.request import Request
from assent.http.route import Call, House, Route
from assent.http.shapes import one_of, read
from assent.kernel.clock import SECOND, SystemClock
from assent.kernel.refusals import Code, Refusal
from assent.ports.upkeep import AddToState
from assent.sandbox import device_words, shapes
from assent.sandbox.demo import credentials, isolated_programme
from assent.sandbox.devices import calls, challenge_of, phone
from assent.sandbox.faults import Fault, Faults
from assent.sandbox.instruments import INSTRUMENTS
from assent.sandbox.states import CLOCK_STATE
from assent.sandbox.webhooks import show_webhooks
from assent.sandbox.words import change_words, show_words
from assent.usecases.manage_programme import change_settings

_STATUS = {Code.CALLER_UNKNOWN: 401, Code.NOT_FOUND: 404, Code.UNAVAILABLE: 503}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What the sandbox plays with."""

    clock: SystemClock
    faults: Faults
    channels: tuple[str, ...]
    """Every channel that a programme may switch on."""
    password_profiles: tuple[str, ...]
    base_url: str
    frames_url: str
    drain: Callable[[], Awaitable[None]]
    """Sends what waits, so that a message is there when somebody looks."""


async def _identify(house: House, request: Request) -> Caller:
    key = request.header(b"sandbox-key")
    programme = await house.world.stores.programme_by_key(KeyRole.SANDBOX, key) if key else None
    if programme is None:
        raise Refusal(Code.CALLER_UNKNOWN)
    return Caller(programme=programme, address=request.address, request_ref=request.ref)


class Sandbox:
    """All of it acts on the programme whose key was sent; but there is one clock for all."""

    name = "sandbox"
    prefix = "/sandbox"
    roots: tuple[str, ...] = (f"{prefix}/",)

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        of_devices = calls(rooms.drain)
        self._for_devices = frozenset(path for _, path, _ in of_devices)
        self.routes: tuple[Route, ...] = tuple(
            Route(method=method, path=path, handle=handle, identify=_identify)
            for method, path, handle in (
                ("GET", "/clock", self._clock),
                ("POST", "/clock", self._advance),
                ("GET", "/phones/{number}/messages", self._phone),
                ("GET", "/mailboxes/{email}/messages", self._mailbox),
                ("GET", "/settings", self._settings),
                ("POST", "/settings", self._change_settings),
                ("GET", "/words", show_words),
                ("PUT", "/words", self._change_words),
                ("GET", "/webhooks", show_webhooks),
                ("POST", "/programmes", self._new_programme),
                ("POST", "/faults", self._order_faults),
                *of_devices,
                *INSTRUMENTS,
            )
        )

    async def _clock(self, call: Call) -> Answer:
        clock = self._rooms.clock
        return json_answer({"now": clock.now(), "offset_seconds": clock.offset_ms // SECOND})

    async def _advance(self, call: Call) -> Answer:
        body = read(await call.request.body(), shapes.Advance)
        await self._rooms.drain()  # or what waits would expire before anybody could read it
        clock = self._rooms.clock
        amount = body.advance_seconds * SECOND
        done = await call.world.stores.commit(AddToState(CLOCK_STATE, amount))
        clock.offset_ms = max(clock.offset_ms, done.returned[0][0])
        return await self._clock(call)

    async def _phone(self, call: Call) -> Answer:
        return await self._messages(call, phone(call))

    async def _mailbox(self, call: Call) -> Answer:
        return await self._messages(call, call.request.params["email"])

    async def _messages(self, call: Call, address: str) -> Answer:
        await self._rooms.drain()
        held = await call.world.stores.deliveries(call.caller.programme.id, address)
        return json_answer(
            {
                "messages": [
                    {
                        "id": str(delivery.id),
                        "sent_at": delivery.sent_at,
                        "channel": delivery.content.channel,
                        "subject": delivery.content.subject,
                        "body": delivery.content.body,
                        "html": delivery.content.html,
                        "code": delivery.content.code,
                        "challenge": challenge_of(delivery.content.channel, delivery.content.body),
                    }
                    for delivery in held
                ]
            }
        )

    async def _change_words(self, call: Call) -> Answer:
        await self._rooms.drain()  # what was asked for before is said in the words before
        return await change_words(call)

    async def _settings(self, call: Call) -> Answer:
        return json_answer(call.caller.programme.settings)

    async def _change_settings(self, call: Call) -> Answer:
        body = shapes.known(await call.request.body(), shapes.ChangedSettings)
        changed = self._changed(call.caller.programme.settings, body)
        programme = await change_settings(call.world, call.caller.programme, changed, by="sandbox")
        return json_answer(programme.settings)

    def _changed(
        self, settings: ProgrammeSettings, sent: shapes.ChangedSettings
    ) -> ProgrammeSettings:
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in msgspec.structs.asdict(sent).items()
            if name != "name" and value is not msgspec.UNSET
        }
        if "codes" in values:
            values["codes"] = CodeMode(values["codes"])
        for channel in values.get("channels", ()):
            one_of(channel, "channels", self._rooms.channels)
        if not all(may_be_registered(origin) for origin in values.get("origins", ())):
            raise Malformed([Invalid("origins", "pattern", (ORIGIN_FORM,))])
        for name in LINKS:
            if not is_template(values.get(name, ""), sandbox=True):
                raise Malformed([Invalid(name, "pattern", (LINK_FORM,))])
        # where a name or an address leads to is seen when it is called
        if not may_be_set(values.get("webhook_url", ""), sandbox=True, private_network=True):
            raise Malformed([Invalid("webhook_url", "pattern", (TARGET_FORM,))])
        if "password_profile" in values:
            one_of(values["password_profile"], "password_profile", self._rooms.password_profiles)
        return replace(settings, **values)

    async def _new_programme(self, call: Call) -> Answer:
        body = shapes.known(await call.request.body() or b"{}", shapes.NewProgramme)
        usual = ProgrammeSettings(codes=CodeMode.FIXED, channels=self._rooms.channels)
        made = await isolated_programme(call.world, body.name, self._changed(usual, body))
        return json_answer(credentials(made, self._rooms.base_url, self._rooms.frames_url))

    async def _order_faults(self, call: Call) -> Answer:
        body = read(await call.request.body(), shapes.NewFault)
        status = None if body.status is msgspec.UNSET else body.status
        keys = await call.world.stores.keys_of(call.caller.programme.id)
        fault = Fault(body.calls, status, body.delay_seconds)
        self._rooms.faults.order([key.text for key in keys if key.role is KeyRole.API], fault)
        return json_answer(
            {"calls": fault.calls, "status": status, "delay_seconds": fault.delay_seconds}
        )

    def headers(self, request: Request) -> tuple[tuple[bytes, bytes], ...]:
        """None of its own."""
        return ()

    def refused(self, route: Route | None, refusal: Refusal) -> Answer:
        """A status and a word; a sentence too, of the calls for devices."""
        if isinstance(refusal, TooManyCalls):
            return json_answer({"message": "Too many calls"}, 429)
        status = _STATUS.get(refusal.code, 409)
        path = route.path if route is not None else ""
        if path in self._for_devices and refusal.code is not Code.CALLER_UNKNOWN:
            return device_words.refused(path, refusal.code, status)
        return json_answer({"message": str(refusal.code)}, status)

    def malformed(self, fields: list[Invalid]) -> Answer:
        """400 with every invalid field, and what would be valid."""
        invalid = [
            {"field": field.field, "error": field.how, "expected": list(field.params)}
            for field in fields
        ]
        return json_answer({"message": "Some fields are invalid.", "fields": invalid}, 400)

    def too_large(self) -> Answer:
        """413."""
        return json_answer({"message": "The request is too large."}, 413)

    def no_route(self, methods: tuple[str, ...]) -> Answer:
        """404 or 405."""
        return json_answer({"message": "No such call."}, 405 if methods else 404)

    def broken(self) -> Answer:
        """500."""
        return json_answer({"message": "Something broke; see the server's log."}, 500)
