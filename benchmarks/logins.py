"""(c) Log-in against the bare argon2 library: the same parameters, as many threads as cores."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from argon2 import PasswordHasher

from assent.catalogue.rooms import HashCosts
from benchmarks import load, rows
from benchmarks.client import Order
from benchmarks.house import Place, opened
from benchmarks.report import Report, middle
from benchmarks.servers import Server, environment

AIM = 0.95
_AT_ONCE = 16
"""Enough for every thread to find the next one waiting when it has done with one."""


@dataclass
class Side:
    """A server that may use every core, as the library may."""

    name: str
    server: Server
    place: Place
    rates: list[float] = field(default_factory=list)


def _log_in(side: Side, seconds: float) -> float:
    async def key() -> str:
        async with opened(side.place) as house:
            return house.api_key

    api_key = asyncio.run(key())
    requests = []
    for number in range(rows.READ):
        body = json.dumps(
            {"email": rows.email(number), "password": {"value": rows.PASSWORD}}
        ).encode()
        requests.append(
            b"POST /multi/login_with_password HTTP/1.1\r\nhost: localhost\r\n"
            b"content-type: application/json\r\n"
            + f"content-length: {len(body)}\r\napi-key: {api_key}\r\n\r\n".encode()
            + body
        )
    order = Order(side.server.port, _AT_ONCE, requests, 200, seconds=seconds)
    tally = load.send(order, anywhere=True)
    return tally.answers / tally.elapsed


def _bare(seconds: float) -> float:
    """In a process of its own, which does nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.logins", str(seconds)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(PYTHONPATH=os.pathsep.join(sys.path)),
    )
    return float(done.stdout)


def verified(seconds: float) -> float:
    """Verifications a second, by all threads together."""
    costs = HashCosts()
    hasher = PasswordHasher(
        time_cost=costs.passes, memory_cost=costs.memory_kib, parallelism=costs.lanes
    )
    kept = hasher.hash(rows.PASSWORD)
    return by_all_threads(lambda: hasher.verify(kept, rows.PASSWORD), seconds)


def by_all_threads(once: Callable[[], object], seconds: float) -> float:
    """How often a second it is done."""
    counts: list[int] = []
    until = time.monotonic() + seconds

    def work() -> None:
        count = 0
        while time.monotonic() < until:
            once()
            count += 1
        counts.append(count)

    threads = [threading.Thread(target=work) for _ in range(os.cpu_count() or 1)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - start)


def measure(report: Report, sides: Sequence[Side], seconds: float, rounds: int) -> None:
    """Interleaved, every side on all cores."""
    for side in sides:
        _log_in(side, 0.5)
    bare: list[float] = []
    for _ in range(rounds):
        bare.append(_bare(seconds))
        for side in sides:
            side.rates.append(_log_in(side, seconds))
    costs = HashCosts()
    report.head(
        f"(c) log-in of the bare argon2 library (argon2id, {costs.memory_kib // 1024} MiB, "
        f"t={costs.passes}, p={costs.lanes}; {os.cpu_count()} threads each)"
    )
    for side in sides:
        beside = f"{middle(side.rates):.0f} a second against {middle(bare):.0f}"
        report.at_least(f"log-in, {side.name}", middle(side.rates) / middle(bare), AIM, beside)


if __name__ == "__main__":
    print(verified(float(sys.argv[1])))
