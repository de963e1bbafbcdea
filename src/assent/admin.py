"""The operator's port, put together; and the watch over the clock."""

import asyncio
from collections.abc import Callable, Coroutine

from assent.catalogue.store import Unchained, Waiting
from assent.catalogue.telemetry import CONTENT_TYPE, Readings
from assent.foundation import Foundation, free_octets
from assent.http.admin import AdminApp
from assent.http.answer import Answer
from assent.http.app import Refs, live, ready
from assent.kernel.log import Log
from assent.kernel.refusals import Refusal
from assent.usecases.watch_clock import ClockWatch

log = Log()

_PATIENCE_SECONDS = 2.0
"""For the database, when metrics are asked for: Prometheus waits ten seconds by default."""
_LOOK_SECONDS = 1.0


def admin_app(base: Foundation, refs: Refs) -> AdminApp:
    """What is served on it: metrics, and health as on the other ports."""

    metrics = base.metrics
    if metrics is None:
        raise ValueError("nothing is counted here: this is no server")

    async def page() -> Answer:
        body = metrics.page(await readings(base))
        return Answer(200, body, type=CONTENT_TYPE)

    pages = {"/metrics": page, "/health/live": live, "/health/ready": ready(base.world, base.fresh)}
    return AdminApp(pages, base.settings.admin.host, refs)


async def readings(base: Foundation) -> Readings:
    """What is not counted as it happens. Never raises: that the database is away is a reading."""
    running, waiting = base.pool.load()
    up, skew_ms, oldest_ms = False, None, None
    held: Waiting | None = None
    loose: Unchained | None = None
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
    return Readings(
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


def clock_watch(base: Foundation) -> Callable[[], Coroutine[None, None, None]]:
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
