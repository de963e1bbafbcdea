"""(e) What a server needs: memory after its load, and the time to be up."""

import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Report, middle
from benchmarks.servers import Server, sandbox

MEMORY_AIM = 120
START_AIM = 3.0
_MIB = 1024 * 1024


def measure_memory(report: Report, load: str, servers: Sequence[tuple[str, Server]]) -> None:
    """RSS is held against the aim; USS is what would be free again if the process ended."""
    report.head(f"(e) memory of a server process after {load}")
    for name, server in servers:
        usage = server.usage()
        report.at_most(
            f"memory, {name}, {load}",
            usage.rss / _MIB,
            MEMORY_AIM,
            " MiB",
            f"of which its own alone (USS) {usage.uss / _MIB:.0f} MiB",
        )


def measure_start(report: Report, home: Path, rounds: int) -> None:
    """From the command to the first answer that says ready: tables made, demo programme made."""
    times = []
    for number in range(rounds):
        start = time.monotonic()
        with sandbox(home / f"start-{number}", home, f"start-{number}"):
            times.append(time.monotonic() - start)
    report.head("(e) start of a sandbox with nothing there yet")
    report.at_most("start, first", middle(times), START_AIM, " s")
    start = time.monotonic()
    with sandbox(home / "start-0", home, "start-again"):
        again = time.monotonic() - start
    report.at_most("start, again on the same data", again, START_AIM, " s")
