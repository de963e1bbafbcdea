"""Puts a server together: the application, and what runs beside it; the only file that sees
everything."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import partial

from starlette.types import ASGIApp

from assent import carrying, foundation
from assent.catalogue import dialects as plugged_in
from assent.catalogue.choices import CHANNELS, PASSWORD_PROFILES
from assent.catalogue.telemetry import Metrics, telemetry
from assent.catalogue.traces import HOW_TO_INSTALL_TRACES
from assent.domain.capture import embedders, origin_of
from assent.domain.jose import KeyScope
from assent.domain.message import Channel
from assent.fitness import PRODUCTION_STATE, refuse_real_people, refuse_sandbox_help
from assent.foundation import Foundation, new_signing_key, read_data_keys
from assent.frames.app import frames_app
from assent.frames.sdk import scripts
from assent.http import bearer
from assent.http.app import Front, Interfere, Refs, build
from assent.http.limits import GENEROUS, Budget
from assent.http.receipts import ReceiptPage
from assent.http.route import Dialect, House
from assent.kernel.clock import SystemClock
from assent.kernel.log import Log
from assent.kernel.refusals import Refusal
from assent.ports.changes import Add
from assent.ports.delivery import Gateway
from assent.ports.records import SigningKey
from assent.ports.telemetry import Telemetry
from assent.ports.upkeep import SetState
from assent.sandbox.demo import credentials, demo_programme
from assent.sandbox.dialect import Rooms, Sandbox
from assent.sandbox.faults import Faults
from assent.sandbox.playground import CONFIG
from assent.sandbox.playground import pages as playground
from assent.sandbox.states import CLOCK_STATE
from assent.settings import Settings
from assent.unfit import Unfit
from assent.usecases.manage_programme import Made
from assent.usecases.push_keys import public_push_key

log = Log()

_REFRESH_SECONDS = 1.0


async def found_watched(settings: Settings) -> Foundation:
    """Opens database and vault for a server or a worker, which are watched. Raises Unfit."""
    return await foundation.found(settings, _watching)


def _watching(settings: Settings, clock: SystemClock) -> tuple[Telemetry, Metrics]:
    try:
        return telemetry(settings.telemetry, clock)
    except ModuleNotFoundError as error:
        raise Unfit(
            f"telemetry.otlp_url is set, and the libraries for it are missing ({error.name}). "
            f"{HOW_TO_INSTALL_TRACES}; or unset it"
        ) from error


async def open_bearers(base: Foundation, issuer: str) -> bearer.Bearers:
    """Reads the signing keys; makes the first one."""
    keys = await base.stores.signing_keys()
    if not keys:
        await base.stores.commit(Add(new_signing_key(base)))
        keys = await base.stores.signing_keys()
    return bearer.Bearers(issuer, _still_of_use(base, keys), base.world.clock.wall())


def _still_of_use(base: Foundation, keys: Sequence[SigningKey]) -> Sequence[SigningKey]:
    """Without those retired for longer than any bearer of theirs can have lasted."""
    settings = base.settings
    longest = max(settings.sessions.absolute_ms, settings.grants.access_ms)
    oldest = base.world.clock.wall() - longest
    return [key for key in keys if key.retired_at is None or key.retired_at > oldest]


def gateways(base: Foundation) -> dict[Channel, Gateway]:
    """What carries each channel: one set a process, which is let go of with the rest."""
    base.gateways = base.gateways or carrying.gateways(base.settings, base.world, base.clock)
    return base.gateways


Background = Callable[[], Coroutine[None, None, None]]
"""Something that runs as long as the server does."""


@dataclass(slots=True)
class Server:
    """A server ready to listen."""

    app: Front
    frames: ASGIApp
    base: Foundation
    refs: Refs
    closing: Callable[[], None]
    """Called as soon as it is to end: whoever waits for something is answered now."""
    demo: Made | None = None
    """The demo programme, in a sandbox."""


async def assemble(
    base: Foundation,
    base_url: str,
    frames_url: str,
    drain: Callable[[], Awaitable[None]],
    background: Sequence[Background] = (),
    demo: bool = False,
) -> Server:
    """Everything a server process serves. Raises Unfit.

    `drain` sends what waits, now; `background` runs beside the server.
    """
    settings, world = base.settings, base.world
    sandbox = settings.server.environment == "sandbox"
    if demo and not sandbox:
        raise Unfit("There is no demo programme in production. Run: assent sandbox")
    if sandbox:
        await refuse_real_people(base.stores)
    else:
        await refuse_sandbox_help(base.stores)
        await base.stores.commit(SetState(PRODUCTION_STATE, "1"))
    bearers = await open_bearers(base, settings.server.base_url or "assent")
    await read_face_keys(base)
    if settings.web_push.enabled:
        base.push_key = await public_push_key(world)
    house = _house(base, bearers)
    own = origin_of(base_url)
    # a sandbox's own page, the playground, is at home wherever it is
    embedders_of = partial(embedders, sandbox_page=own if sandbox else None)
    hosted = plugged_in.Hosted(
        plugged_in.Pages(frames_url), embedders_of, own, plugged_in.WISE_CODE if sandbox else None
    )
    weavr = plugged_in.Weavr(plugged_in.WEAVR_CODE if sandbox else None)
    devices, hub, document = plugged_in.device_api(
        base.stores, settings.devices, base_url, embedders_of, sandbox, base.push_key
    )
    base.stores.listeners.append(hub.applied)
    documents: dict[str, ASGIApp] = {
        **scripts(frames_url),
        **document,
        **hosted.pages.files,
        **plugged_in.device_app(own, framed=demo),
        **plugged_in.reference(weavr.routes, CONFIG if demo else ""),
    }
    dialects: list[Dialect] = [
        weavr,
        devices,
        plugged_in.Wise(hosted.fixed_code, embedders_of),
        plugged_in.ApprovalPage(hosted),
        ReceiptPage(gateways(base), base_url),
    ]
    interfere: Interfere | None = None
    made: Made | None = None
    if sandbox:
        interfere = faults = Faults()
        rooms = Rooms(
            clock=base.clock,
            faults=faults,
            channels=CHANNELS,
            password_profiles=PASSWORD_PROFILES,
            base_url=base_url,
            frames_url=frames_url,
            drain=drain,
        )
        dialects += [plugged_in.Simulator(), Sandbox(rooms), plugged_in.ConsentPage(hosted)]
        dialects.append(plugged_in.Mock(weavr.routes))
    if demo:
        made = await demo_programme(world, CHANNELS)
        documents |= playground(credentials(made, base_url, frames_url), base_url, frames_url)
    refs = Refs(world.randomness.octets(8))
    app = build(
        house,
        dialects,
        documents,
        refs,
        interfere,
        _running(base, [lambda: _refresh(base, bearers), hub.run, *background]),
    )
    frames = frames_app(
        # whoever knows a UI key, which is everybody, could use up a budget of the programme's
        replace(_house(base, bearers), by_programme=Budget(GENEROUS.programme)),
        settings.captures,
        Budget(settings.calls.tokens),
        plugged_in.field_rules,
        embedders_of,
        frames_url,
        own,
        refs,
    )
    return Server(app, frames, base, refs, hub.close, made)


def _house(base: Foundation, bearers: bearer.Bearers) -> House:
    """With budgets of its own."""
    settings = base.settings
    return House(
        world=base.world,
        bearers=bearers,
        by_programme=Budget(settings.calls.programme),
        by_address=Budget(settings.calls.address),
        by_user=Budget(settings.calls.user),
        trusted_proxies=frozenset(settings.server.trusted_proxies),
        telemetry=base.telemetry,
        fresh=base.fresh,
    )


def announced(server: Server, base_url: str, frames_url: str) -> dict[str, object]:
    """The credentials of a sandbox."""
    if server.demo is None:
        raise Unfit("Only a sandbox announces credentials")
    return credentials(server.demo, base_url, frames_url)


def _running(
    base: Foundation, background: Sequence[Background]
) -> Callable[[], AsyncIterator[None]]:
    async def running() -> AsyncIterator[None]:
        tasks = [asyncio.create_task(start()) for start in background]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            for error in ended:
                if isinstance(error, Exception):  # it had died before; the rest still ends well
                    log.error("background_broken", exc_info=error)
            await base.close()

    return running


async def read_face_keys(base: Foundation) -> None:
    """All that were not retired: apps keep the public key for long."""
    if base.settings.faces.matcher == "vector":
        keys = await base.stores.jose_keys()
        base.face_keys[:] = [
            key.private for key in keys if key.scope is KeyScope.FACE_MAP and not key.retired_at
        ]


async def _refresh(base: Foundation, bearers: bearer.Bearers) -> None:
    """What other processes may have changed: keys, and a sandbox's clock."""
    while True:
        await asyncio.sleep(_REFRESH_SECONDS)
        try:
            keys = await base.stores.signing_keys()
            bearers.use(_still_of_use(base, keys), base.world.clock.wall())
            await read_data_keys(base)
            await read_face_keys(base)
            if base.settings.server.environment == "sandbox":
                offset = int(await base.stores.state(CLOCK_STATE) or 0)
                base.clock.offset_ms = max(base.clock.offset_ms, offset)
        except Refusal as refusal:
            log.warning("refresh_waits", code=refusal.code)
        except Exception:  # whatever it is: without this task revoked keys would live on
            log.exception("refresh_broken")
