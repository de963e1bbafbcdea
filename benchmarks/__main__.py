"""Measures the product beside what it is held against, in one run, and prints the ratios.

(a) authenticated reads against a bare Starlette route, on SQLite and on PostgreSQL
(b) OTP verify on PostgreSQL against the same statements run by pgbench
(c) log-in against the bare argon2 library
(d) (a) and (b) with few people and with many
(e) memory after the load, and the time to start
(f) the secure fields in Chromium against an empty iframe and a plain POST
(g) a code by SMS in the second dialect beside the first
(h) an encrypted PIN against the bare libraries
(i) messages through the outbox against the same requests without one
(j) a device's answer against the bare signature check and one transaction
(k) memory and wake-up time with many devices that wait on one process, without an aim

What is compared is run in turn, slice by slice, and medians are taken, so that whatever else the
machine does meets all of them alike. Servers are real processes, pinned to one core where there
are two, the load to the other; PostgreSQL may use both. An aim that is not met is printed as such.
"""

import argparse
import asyncio
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from assent.testing.postgres import Cluster
from benchmarks import (
    browser,
    devices,
    footprint,
    listeners,
    load,
    logins,
    outbox,
    reads,
    rows,
    second_dialect,
    servers,
    verify,
)
from benchmarks.house import Place, build, opened
from benchmarks.report import Report


@dataclass(frozen=True)
class Plan:
    """How much of everything."""

    few: int
    many: int
    connections: tuple[int, ...]
    seconds: float
    """Of a slice."""
    rounds: int
    growth_rounds: int
    verifies: int
    """Right codes a run."""
    few_rounds: int
    """Of what is slow to begin, or hardly moves: starts, verifies, log-ins."""
    mounts: int
    """Of fields, and tokens."""
    messages: int
    """Through the outbox, a run."""
    listeners: int
    """Devices that wait on one process."""


FULL = Plan(1_000, 1_000_000, (1, 32, 128), 1, 7, 5, 6_400, 3, 100, 6_000, 10_000)
QUICK = Plan(1_000, 50_000, (32,), 1, 3, 2, 2_560, 1, 25, 2_000, 1_000)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.formatter_class = argparse.RawDescriptionHelpFormatter
    arguments.add_argument("--quick", action="store_true", help="under a minute, and rougher")
    plan = QUICK if arguments.parse_args().quick else FULL
    report, start = Report(), time.monotonic()
    with ExitStack() as held:
        home = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="assent-bench-")))
        cluster = held.enter_context(Cluster())
        _run(plan, report, home, cluster)
    report.close()
    report.say(f"\n{time.monotonic() - start:.0f} seconds.")


def _run(plan: Plan, report: Report, home: Path, cluster: Cluster) -> None:
    apart = "one core for servers, one for the load" if servers.cores()[0] else "cores shared"
    report.say(f"{os.cpu_count()} cores ({apart}); medians of interleaved runs.")
    footprint.measure_start(report, home, plan.few_rounds)
    browser.measure_sizes(report)
    browser.measure(report, home, plan.mounts)
    places = {
        (engine, users): _place(home, cluster, engine, users)
        for engine in ("SQLite", "PostgreSQL")
        for users in (plan.few, plan.many)
    }
    with ThreadPoolExecutor(len(places)) as pool:
        list(pool.map(_fill, places.values()))
    with ExitStack() as held:
        _reads(plan, report, home, places, held)
    _log_ins(plan, report, home, [places["SQLite", plan.few], places["PostgreSQL", plan.few]])
    posts = Place(cluster.database("outbox"), home / "vault-outbox.json", 0)
    build(posts)
    outbox.measure(report, posts, home, plan.messages, plan.few_rounds)
    url = cluster.database("listening")
    waiting = Place(url, home / "vault-listening.json", plan.listeners)
    listeners.measure(report, waiting, home, plan.listeners)


def _place(home: Path, cluster: Cluster, engine: str, users: int) -> Place:
    if engine == "SQLite":
        return Place.on_sqlite(home / f"sqlite-{users}", users)
    return Place(cluster.database(f"people_{users}"), home / f"vault-{users}.json", users)


def _fill(place: Place) -> None:
    async def fill() -> None:
        async with opened(place) as house:
            example = await rows.populate(house)
        await rows.multiply(place, example)

    build(place)
    asyncio.run(fill())


def _reads(
    plan: Plan,
    report: Report,
    home: Path,
    places: dict[tuple[str, int], Place],
    held: ExitStack,
) -> None:
    sides = {key: _side(*key, place, home, held) for key, place in places.items()}
    bare = held.enter_context(servers.bare(home, reads.BODY))
    any_side = sides["SQLite", plan.few]
    reading = load.Reading(
        bare.port, any_side.reading.api_key, any_side.reading.bearers, reads.BODY
    )
    base = reads.Side("bare", bare, reading)
    reads.warm([base, *sides.values()])
    few = [sides[engine, plan.few] for engine in ("SQLite", "PostgreSQL")]
    reads.measure(report, base, few, plan.connections, plan.seconds, plan.rounds)
    sizes = (plan.few, plan.many)
    report.head(f"(d) {plan.many:,} people: how many times as long as {plan.few:,}")
    for engine in ("SQLite", "PostgreSQL"):
        pair = [sides[engine, users] for users in sizes]
        reads.measure_growth(
            report, pair[0], pair[1], engine, sizes, plan.seconds, plan.growth_rounds
        )
    if verify.missing():
        report.head("(b) is left out: pgbench was not found")
    else:
        both = [
            verify.Side(sides["PostgreSQL", users].server, places["PostgreSQL", users])
            for users in sizes
        ]
        verify.measure(report, both, plan.verifies, plan.few_rounds)
        verify.measure_growth(report, both[0], both[1])
        second_dialect.measure_codes(report, both[0], plan.verifies, plan.few_rounds)
        devices.measure(report, both[0].place, plan.verifies, plan.few_rounds)
    footprint.measure_memory(
        report, "reads and verifies", [(side.name, side.server) for side in few]
    )


def _side(engine: str, users: int, place: Place, home: Path, held: ExitStack) -> reads.Side:
    server = held.enter_context(servers.assent(place, home, f"{place.engine}-{users}"))

    async def prepared() -> tuple[str, list[str]]:
        async with opened(place) as house:
            return house.api_key, await rows.prepare(house, 0, reads.SESSIONS, challenged=False)

    api_key, bearers = asyncio.run(prepared())
    reading = load.Reading(server.port, api_key, bearers, reads.BODY)
    return reads.Side(engine, server, reading)


def _log_ins(plan: Plan, report: Report, home: Path, places: list[Place]) -> None:
    with ExitStack() as held:
        sides = [
            logins.Side(
                "SQLite" if place.engine == "sqlite" else "PostgreSQL",
                held.enter_context(
                    servers.assent(place, home, f"{place.engine}-all-cores", pinned=False)
                ),
                place,
            )
            for place in places
        ]
        logins.measure(report, sides, 2 * plan.seconds, plan.few_rounds)
        pins = [second_dialect.PinSide(one.name, one.server, one.place) for one in sides]
        second_dialect.measure_pins(report, pins, 2 * plan.seconds, plan.few_rounds)
        footprint.measure_memory(report, "log-ins", [(side.name, side.server) for side in sides])


if __name__ == "__main__":
    main()
