"""What every command opens: settings become a World on its database and vault."""

import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from assent.adapters.sql.sqlite import SecondServer
from assent.adapters.vault_file import vault as vault_file
from assent.catalogue.kinds import Means, face_matcher, kinds
from assent.catalogue.store import (
    REVISION,
    FileVault,
    SqliteEngine,
    SqlStores,
    ThreadPool,
    Vitals,
    WatchedStores,
    open_postgres,
)
from assent.domain.mailed_code import MailedCodes
from assent.domain.message import Channel
from assent.http import signing_key
from assent.kernel.clock import SystemClock
from assent.kernel.ids import RandomIds
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Refusal
from assent.kernel.secret import without_password
from assent.ports.changes import Add
from assent.ports.delivery import Gateway
from assent.ports.face_matcher import FaceMatcher
from assent.ports.records import SigningKey
from assent.ports.telemetry import QUIET, Telemetry
from assent.sandbox.states import CLOCK_STATE
from assent.settings import Settings, carriers
from assent.unfit import Unfit
from assent.usecases.world import World

if TYPE_CHECKING:  # of servers, and of whoever uses PostgreSQL
    from assent.adapters.sql.postgres import PostgresEngine
    from assent.catalogue.telemetry import Metrics

Watching = Callable[[Settings, SystemClock], "tuple[Telemetry, Metrics]"]
"""What watches a process, and the half of it that counts. Raises Unfit."""

_MOST_STALE = 5


@dataclass(slots=True)
class Foundation:
    """What every command needs: the World, and how to let go of it."""

    world: World
    stores: SqlStores
    clock: SystemClock
    pool: ThreadPool
    settings: Settings
    vault: FileVault
    face_keys: list[bytes]
    """What opens face vectors, as PKCS#8 DER; a server reads them anew every second."""
    vitals: Vitals
    telemetry: Telemetry
    metrics: "Metrics | None"
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
        await _close(self.gateways)
        await self.stores.close()
        await self.telemetry.close()


async def _close(gateways: Mapping[Channel, Gateway]) -> None:
    """Lets go of their connections: each once, whatever becomes of the others. Where that was done
    already nothing happens."""
    for gateway in {id(one): one for one in gateways.values()}.values():
        with suppress(Exception):
            await gateway.close()


def sqlite_path(settings: Settings) -> Path | None:
    """The file of a SQLite database; nothing for PostgreSQL."""
    url = settings.database.url.reveal()
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None


def free_octets(base: Foundation) -> dict[str, int]:
    """Room for what this machine keeps: the vault's folder, and a SQLite database's."""
    folders = {"vault": Path(base.settings.vault.file).absolute().parent}
    database = sqlite_path(base.settings)
    if database is not None:
        folders["database"] = database.absolute().parent
    free = {}
    for name, folder in folders.items():
        try:
            free[name] = shutil.disk_usage(folder).free
        except OSError:  # unmounted meanwhile: what is missing there says so more loudly
            continue
    return free


async def found(settings: Settings, watching: Watching | None = None) -> Foundation:
    """Opens database and vault. With something that watches it is a server's or a worker's, and
    takes the place of SQLite's one server process."""
    randomness, clock = SystemRandomness(), SystemClock()
    vault = FileVault(vault_file.load(Path(settings.vault.file)), randomness)
    telemetry, metrics = watching(settings, clock) if watching else (QUIET, None)
    try:
        engine = await _engine(settings, serve=watching is not None)
        stores = WatchedStores(engine, vault, clock, telemetry)
        try:
            await _refuse_other_schema(stores)
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
    pool = ThreadPool(settings.pool)
    keys: list[bytes] = []
    faces = face_matcher(settings.faces, settings.face_vector, lambda: keys)
    world = World(
        clock=clock,
        randomness=randomness,
        ids=RandomIds(randomness),
        kinds=kinds(_means(settings, vault, faces)),
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
    vitals = Vitals(engine)
    return Foundation(world, stores, clock, pool, settings, vault, keys, vitals, telemetry, metrics)


def _means(settings: Settings, vault: FileVault, faces: FaceMatcher | None) -> Means:
    """What kinds are made from. AUTHY is there where somebody carries its questions."""
    sandbox = settings.server.environment == "sandbox"
    return Means(
        settings.passwords,
        settings.codes,
        settings.attempts,
        vault,
        faces,
        sandbox or Channel.AUTHY in carriers(settings),
        settings.attestation,
    )


async def _refuse_other_schema(stores: SqlStores) -> None:
    """Neither an empty database nor one of another version."""
    revision = await stores.revision()
    if revision == REVISION:
        return
    if revision is None or revision < REVISION:
        raise Unfit("The database is not at this version's schema. Run: assent migrate")
    raise Unfit(
        f"The database was migrated by a newer version ({revision}; this one knows "
        f"{REVISION}). Run that version, or restore a back-up from before."
    )


async def _engine(settings: Settings, serve: bool) -> "SqliteEngine | PostgresEngine":
    path = sqlite_path(settings)
    if path is not None:
        return SqliteEngine(path, serve=serve)
    url = settings.database.url.reveal()
    return await open_postgres(url, settings.database.connections)


async def _open_data_keys(stores: SqlStores, vault: FileVault, clock: SystemClock) -> None:
    """The first server makes the first data key; a second that starts with it finds it there."""
    keys = await stores.data_keys()
    if not keys:
        await stores.commit(Add(vault.new_data_key(1, clock.wall())))
        keys = await stores.data_keys()
    vault.use(keys, clock.wall())


def new_signing_key(base: Foundation) -> SigningKey:
    """A fresh key, named at random."""
    world = base.world
    kid = world.randomness.octets(8).hex()
    return signing_key.new_signing_key(kid, world.randomness.octets(32), world.clock.wall())


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
