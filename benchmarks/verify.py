"""(b) Right codes to step up with, against the same statements run by pgbench."""

import asyncio
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from assent.testing.postgres import find_programs
from benchmarks import load, rows
from benchmarks.client import Order
from benchmarks.house import Place, opened
from benchmarks.report import Report, middle
from benchmarks.same_statements import Script, recorded
from benchmarks.servers import Server, cores, environment, on_core

AIM = 0.7
GROWTH = 1.3
CONNECTIONS = 32
_LONGEST_SECONDS = 8
"""Of a run: on a slow disk it is made of fewer."""
_FIRST = 10_000
"""Numbers below are the reads' sessions."""


class Unequal(Exception):
    """One of the two did not do what it was to do."""


@dataclass
class Side:
    """A server, its database, and how many sessions have been used up there."""

    server: Server
    place: Place
    used: int = _FIRST
    rates: list[float] = field(default_factory=list)
    pgbench: list[float] = field(default_factory=list)
    script: Script | None = None

    def take(self, count: int) -> int:
        first = self.used
        self.used += count
        return first


def verify(side: Side, count: int) -> float:
    """Rate of the server. Each session has been seen by it before, as when it was asked for the
    code: the signature of its bearer is not checked again."""
    first = side.take(count)

    async def prepared() -> tuple[str, list[str]]:
        async with opened(side.place) as house:
            return house.api_key, await rows.prepare(house, first, count, challenged=True)

    api_key, bearers = asyncio.run(prepared())
    port = side.server.port
    reads = load.Reading(port, api_key, bearers, b"").requests()
    load.send(Order(port, CONNECTIONS, reads, 200))
    asyncio.run(settle(side.place))
    body = b'{"verificationCode":"123456"}'
    requests = [
        b"POST /multi/stepup/challenges/otp/SMS/verify HTTP/1.1\r\nhost: localhost\r\n"
        b"content-type: application/json\r\n"
        + f"content-length: {len(body)}\r\napi-key: {api_key}\r\n".encode()
        + f"authorization: Bearer {bearer}\r\n\r\n".encode()
        + body
        for bearer in bearers
    ]
    tally = load.send(Order(port, CONNECTIONS, requests, 204))
    asyncio.run(_check(side.place, first, count))
    return tally.answers / tally.elapsed


def by_pgbench(side: Side, count: int) -> float:
    """Rate of pgbench: one connection a client, prepared statements, one round trip each."""
    share = count // CONNECTIONS
    first = side.take(share * CONNECTIONS + 1)

    async def prepared() -> Script:
        async with opened(side.place) as house:
            await rows.prepare(house, first, share * CONNECTIONS + 1, challenged=True)
            return await recorded(house, first, CONNECTIONS)

    script = side.script = asyncio.run(prepared())
    asyncio.run(settle(side.place))
    with tempfile.TemporaryDirectory(prefix="assent-pgbench-") as home:
        file = Path(home, "verify.sql")
        file.write_text(script.text)
        done = subprocess.run(
            [
                *on_core(cores()[1]),
                str(_program()), "--no-vacuum", "--protocol", "prepared",
                "--client", str(CONNECTIONS), "--jobs", "1", "--transactions", str(share),
                "--file", str(file),
                *(f"--define={name}={value}" for name, value in script.variables.items()),
                side.place.url,
            ],
            capture_output=True,
            text=True,
            env=environment(PGOPTIONS="-c jit=off"),
            check=False,
        )  # fmt: skip
    rate = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode != 0 or rate is None:
        raise Unequal(f"pgbench: {done.stdout}{done.stderr}")
    asyncio.run(_check(side.place, first, share * CONNECTIONS + 1))
    return float(rate.group(1))


async def settle(place: Place) -> None:
    """What the preparation left to write is not to be paid for by the measurement, nor plans for
    tables as they were before it: in a house that runs, autovacuum has seen to both."""
    db = await asyncpg.connect(place.url)
    try:
        await db.execute("VACUUM ANALYZE", timeout=120)
        await db.execute("CHECKPOINT", timeout=120)
    finally:
        await db.close()


async def _check(place: Place, first: int, count: int) -> None:
    """Every challenge passed, every session stepped up, and its person's counter is back."""
    ids = [rows.ident(place.users + number) for number in range(first, first + count)]
    db = await asyncpg.connect(place.url)
    try:
        passed = await db.fetchval(
            "SELECT count(*) FROM challenges c JOIN sessions s ON s.id = c.session_id "
            "JOIN approvals a ON a.id = s.approval_id WHERE c.id = ANY($1) "
            "AND c.state = 'passed' AND s.stepped_up_at IS NOT NULL AND a.state = 'granted'",
            ids,
        )
        counted = await db.fetchval("SELECT count(*) FROM attempts WHERE failures > 0")
    finally:
        await db.close()
    if passed != count or counted:
        raise Unequal(f"{passed} of {count} passed, {counted} people are left with a wrong answer")


def _program() -> Path:
    return find_programs() / "pgbench"


def missing() -> bool:
    """Whether there is nothing to compare with."""
    return not os.access(_program(), os.X_OK)


def measure(report: Report, sides: Sequence[Side], most: int, rounds: int) -> None:
    """Every side against pgbench on its own database; at most so many a run.

    Not too few: pgbench's connections are new each time, and PostgreSQL plans a statement anew
    for the first five times that a connection runs it.
    """
    rate = min(verify(side, 320) for side in sides)
    for side in sides:
        by_pgbench(side, 320)
    count = min(most, max(640, int(rate * _LONGEST_SECONDS) // CONNECTIONS * CONNECTIONS))
    for _ in range(rounds):
        for side in sides:
            side.rates.append(verify(side, count))
            side.pgbench.append(by_pgbench(side, count))
    script = sides[0].script
    assert script is not None
    report.head(
        f"(b) OTP verify on PostgreSQL, of pgbench running its {script.statements} statements "
        f"({CONNECTIONS} at once, fsync on, {count:,} a run)"
    )
    for side in sides:
        ours, theirs = middle(side.rates), middle(side.pgbench)
        beside = f"{ours:,.0f} a second against {theirs:,.0f}"
        report.at_least(f"verify, {side.place.users:,} people", ours / theirs, AIM, beside)


def measure_growth(report: Report, few: Side, many: Side) -> None:
    """(d) From what `measure` found."""
    report.at_most(
        f"verify, PostgreSQL, {many.place.users:,} to {few.place.users:,} people",
        middle(few.rates) / middle(many.rates),
        GROWTH,
        "",
        f"pgbench itself: {middle(few.pgbench) / middle(many.pgbench):.2f}",
    )
