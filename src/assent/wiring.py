"""Builds the World and the application; the only file that sees everything."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import structlog
from starlette.types import ASGIApp

from assent import carrying, catalogue
from assent.adapters.sql.sqlite import SecondServer
from assent.adapters.vault_file import vault as vault_file
from assent.domain.capture import embedders, origin_of
from assent.domain.jose import KeyScope
from assent.domain.mailed_code import MailedCodes
from assent.domain.message import Channel
from assent.fitness import (
    PRODUCTION_STATE,
    refuse_other_schema,
    refuse_real_people,
    refuse_sandbox_help,
)
from assent.fitness import Unfit as Unfit
from assent.frames.app import frames_app
from assent.frames.sdk import scripts
from assent.http import bearer
from assent.http.app import Front, Interfere, Refs, build
from assent.http.limits import GENEROUS, Budget
from assent.http.receipts import ReceiptPage
from assent.http.route import Dialect, House
from assent.kernel.clock import SystemClock
from assent.kernel.ids import RandomIds
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Refusal
from assent.kernel.secret import without_password
from assent.ports.changes import Add
from assent.ports.delivery import Gateway
from assent.ports.records import SigningKey
from assent.ports.telemetry import QUIET, Telemetry
from assent.ports.upkeep import SetState
from assent.sandbox.demo import credentials, demo_programme
from assent.sandbox.dialect import CLOCK_STATE, Rooms, Sandbox
from assent.sandbox.faults import Faults
from assent.sandbox.playground import CONFIG
from assent.sandbox.playground import pages as playground
from assent.settings import Settings
from assent.usecases.manage_programme import Made
from assent.usecases.push_keys import public_push_key
from assent.usecases.world import World

log = structlog.get_logger()

_REFRESH_SECONDS = 1.0
_MOST_STALE = 5


@dataclass(slots=True)
class Foundation:
    """What every command needs: the World, and how to let go of it."""

    world: World
    stores: catalogue.SqlStores
    clock: SystemClock
    pool: catalogue.ThreadPool
    settings: Settings
    vault: catalogue.FileVault
    face_keys: list[bytes]
    """What opens face vectors, as PKCS#8 DER; a server reads them anew every second."""
    vitals: catalogue.Vitals
    telemetry: Telemetry
    metrics: catalogue.Metrics | None
    """Only of a server and a worker."""
    push_key: str = ""
    """What pages subscribe to pushes with, in base64url; empty: there are none by Web Push."""
    stale: int = 0
    """How often in a row the data keys could not be read."""
    gateways: dict[Channel, Gateway] = field(default_factory=dict)
    """As soon as somebody asked for them."""

    def fresh(self) -> bool:
        """Whether this process can open what others seal."""
        return self.stale <= _MOST_STALE

    async def close(self) -> None:
        """Finishes what was begun."""
        self.pool.close()
        await carrying.close(self.gateways)
        await self.stores.close()
        await self.telemetry.close()


def sqlite_path(settings: Settings) -> Path | None:
    """The file of a SQLite database; nothing for PostgreSQL."""
    url = settings.database.url.reveal()
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None


async def found(settings: Settings, serve: bool = False) -> Foundation:
    """Opens database and vault. `serve` takes the place of SQLite's one server process."""
    randomness, clock = SystemRandomness(), SystemClock()
    vault = catalogue.FileVault(vault_file.load(Path(settings.vault.file)), randomness)
    telemetry, metrics = _watching(settings, clock) if serve else (QUIET, None)
    try:
        engine = await _engine(settings, serve)
        stores = catalogue.WatchedStores(engine, vault, clock, telemetry)
        try:
            await refuse_other_schema(stores)
            await _open_data_keys(stores, vault, clock)
            if settings.server.environment == "sandbox":
                clock.offset_ms = int(await stores.state(CLOCK_STATE) or 0)
        except BaseException:
            await stores.close()
            raise
    except (Unfit, Refusal, SecondServer, vault_file.VaultFileError):
        raise
    except Exception as error:  # whatever a driver calls a wrong name, password or place
        url = without_password(settings.database.url.reveal())
        reason = f"{type(error).__name__}: {error}"
        raise Unfit(f"The database {url} cannot be used ({reason}). Check database.url") from error
    pool = catalogue.ThreadPool(settings.pool)
    keys: list[bytes] = []
    faces = catalogue.face_matcher(settings.faces, settings.face_vector, lambda: keys)
    world = World(
        clock=clock,
        randomness=randomness,
        ids=RandomIds(randomness),
        kinds=catalogue.kinds(carrying.means(settings, vault, faces)),
        stores=stores,
        vault=vault,
        offload=pool,
        attempt_limits=settings.attempts,
        session_limits=settings.sessions,
        capture_limits=settings.captures,
        approval_limits=settings.approvals,
        grant_limits=settings.grants,
        device_limits=settings.devices,
        budget_limits=settings.budgets,
        retention_limits=settings.retention,
        mailed_codes=MailedCodes(settings.mailed_codes, vault.derived("mailed codes")),
    )
    vitals = catalogue.Vitals(engine)
    return Foundation(world, stores, clock, pool, settings, vault, keys, vitals, telemetry, metrics)


def _watching(settings: Settings, clock: SystemClock) -> tuple[Telemetry, catalogue.Metrics]:
    try:
        return catalogue.telemetry(settings.telemetry, clock)
    except ModuleNotFoundError as error:
        raise Unfit(
            f"telemetry.otlp_url is set, and the libraries for it are missing ({error.name}). "
            f"{catalogue.HOW_TO_INSTALL_TRACES}; or unset it"
        ) from error


async def _engine(
    settings: Settings, serve: bool
) -> catalogue.SqliteEngine | catalogue.PostgresEngine:
    path = sqlite_path(settings)
    if path is not None:
        return catalogue.SqliteEngine(path, serve=serve)
    url = settings.database.url.reveal()
    return await catalogue.PostgresEngine.open(url, settings.database.connections)


async def _open_data_keys(
    stores: catalogue.SqlStores, vault: catalogue.FileVault, clock: SystemClock
) -> None:
    """The first server makes the first data key; a second that starts with it finds it there."""
    keys = await stores.data_keys()
    if not keys:
        await stores.commit(Add(vault.new_data_key(1, clock.wall())))
        keys = await stores.data_keys()
    vault.use(keys, clock.wall())


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


def new_signing_key(base: Foundation) -> SigningKey:
    """A fresh key, named at random."""
    world = base.world
    kid = world.randomness.octets(8).hex()
    return bearer.new_signing_key(kid, world.randomness.octets(32), world.clock.wall())


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
    hosted = catalogue.Hosted(
        catalogue.Pages(frames_url), embedders_of, own, catalogue.WISE_CODE if sandbox else None
    )
    weavr = catalogue.Weavr(catalogue.WEAVR_CODE if sandbox else None)
    devices, hub, document = catalogue.device_api(
        base.stores, settings.devices, base_url, embedders_of, sandbox, base.push_key
    )
    base.stores.listeners.append(hub.applied)
    documents: dict[str, ASGIApp] = {
        **scripts(frames_url),
        **document,
        **hosted.pages.files,
        **catalogue.device_app(own, framed=demo),
        **catalogue.reference(weavr.routes, CONFIG if demo else ""),
    }
    dialects: list[Dialect] = [
        weavr,
        devices,
        catalogue.Wise(hosted.fixed_code, embedders_of),
        catalogue.ApprovalPage(hosted),
        ReceiptPage(gateways(base), base_url),
    ]
    interfere: Interfere | None = None
    made: Made | None = None
    if sandbox:
        interfere = faults = Faults()
        rooms = Rooms(
            clock=base.clock,
            faults=faults,
            channels=catalogue.CHANNELS,
            password_profiles=catalogue.PASSWORD_PROFILES,
            base_url=base_url,
            frames_url=frames_url,
            drain=drain,
        )
        dialects += [catalogue.Simulator(), Sandbox(rooms), catalogue.ConsentPage(hosted)]
        dialects.append(catalogue.Mock(weavr.routes))
    if demo:
        made = await demo_programme(world, catalogue.CHANNELS)
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
        catalogue.field_rules,
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


async def read_data_keys(base: Foundation) -> None:
    """What another process may have added: nothing it seals could be opened here otherwise.

    One that does not open may be wrapped by a root that came into the vault's file since. Where it
    cannot be read for a while the process is not ready: it could open nothing that others seal.
    """
    base.stale += 1
    keys, wall = await base.stores.data_keys(), base.world.clock.wall()
    try:
        base.vault.use(keys, wall)
    except vault_file.VaultFileError:
        base.vault.renew(vault_file.load(Path(base.settings.vault.file)))
        base.vault.use(keys, wall)
    base.stale = 0


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
