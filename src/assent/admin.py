"""The operator's port, put together; and the watch over the clock."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path

import structlog

from assent import catalogue, wiring
from assent.http.admin import AdminApp
from assent.http.answer import Answer
from assent.http.app import Refs, live, ready
from assent.kernel.refusals import Refusal
from assent.usecases.watch_clock import ClockWatch

log = structlog.get_logger()

_PATIENCE_SECONDS = 2.0
"""For the database, when metrics are asked for: Prometheus waits ten seconds by default."""
_LOOK_SECONDS = 1.0


def admin_app(base: wiring.Foundation, refs: Refs) -> AdminApp:
    """What is served on it: metrics, and health as on the other ports."""

    metrics = base.metrics
    if metrics is None:
        raise ValueError("nothing is counted here: this is no server")

    async def page() -> Answer:
        body = metrics.page(await readings(base))
        return Answer(200, body, type=catalogue.CONTENT_TYPE)

    pages = {"/metrics": page, "/health/live": live, "/health/ready": ready(base.world, base.fresh)}
    return AdminApp(pages, base.settings.admin.host, refs)


async def readings(base: wiring.Foundation) -> catalogue.Readings:
    """What is not counted as it happens. Never raises: that the database is away is a reading."""
    running, waiting = base.pool.load()
    up, skew_ms, oldest_ms = False, None, None
    held: catalogue.Waiting | None = None
    loose: catalogue.Unchained | None = None
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            skew_ms = await base.stores.database_time() - base.clock.wall()
            held = await base.vitals.waiting()
            loose = await base.vitals.unchained()
            up = True
    except (Refusal, TimeoutError) as error:
        log.warning("metrics_without_database", reason=type(error).__name__)
    now = base.clock.now()
    if held is not None:
        oldest_ms = _age(held.oldest_at, now)
    return catalogue.Readings(
        database_up=up,
        skew_ms=skew_ms,
        waiting=None if held is None else held.by_channel,
        oldest_ms=oldest_ms,
        event_ms=None if held is None else _age(held.event_at, now),
        unchained=None if loose is None else loose.count,
        unchained_ms=None if loose is None else _age(loose.oldest_at, now),
        slow_running=running,
        slow_waiting=waiting,
        slow_places=base.pool.places,
        free_octets=free_octets(base),
    )


def _age(at: int | None, now: int) -> int:
    return 0 if at is None else max(0, now - at)


def free_octets(base: wiring.Foundation) -> dict[str, int]:
    """Room for what this machine keeps: the vault's folder, and a SQLite database's."""
    folders = {"vault": Path(base.settings.vault.file).absolute().parent}
    database = wiring.sqlite_path(base.settings)
    if database is not None:
        folders["database"] = database.absolute().parent
    free = {}
    for name, folder in folders.items():
        try:
            free[name] = shutil.disk_usage(folder).free
        except OSError:  # unmounted meanwhile: what is missing there says so more loudly
            continue
    return free


def clock_watch(base: wiring.Foundation) -> Callable[[], Coroutine[None, None, None]]:
    """Looks once a second, as long as the process runs."""
    watch = ClockWatch(base.clock, base.stores, base.telemetry)

    async def watching() -> None:
        while True:
            try:
                await watch.look()
            except Refusal:  # the database is away, and others say so
                pass
            except Exception:
                log.exception("clock_watch_broken")
            await asyncio.sleep(_LOOK_SECONDS)

    return watching
