"""(a) An authenticated read against a bare Starlette route on the same kind of server."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import load
from benchmarks.report import Report, middle
from benchmarks.servers import Server

BODY = b'{"factors":[{"type":"OTP","channel":"SMS","status":"ACTIVE"}]}'
"""What a person with one active phone sees; the bare route answers the same octets."""
SESSIONS = 500
"""Each is then touched once a second, and is read with many times."""
AIM = 0.5
GROWTH = 1.3
_BUSY = 0.8


@dataclass(frozen=True)
class Side:
    """One server, and what is read from it."""

    name: str
    server: Server
    reading: load.Reading


@dataclass(frozen=True)
class Run:
    """One slice."""

    rate: float
    p50: float
    p99: float
    cpu: float
    """Seconds of the server process a call."""
    busy: float
    """Share of a core that the server had."""


def _run(side: Side, connections: int, seconds: float) -> Run:
    before = side.server.cpu_seconds()
    tally = load.read(side.reading, connections, seconds)
    cpu = side.server.cpu_seconds() - before
    return Run(
        tally.answers / tally.elapsed,
        tally.p50,
        tally.p99,
        cpu / tally.answers,
        cpu / tally.elapsed,
    )


def _median(runs: Sequence[Run]) -> Run:
    columns = zip(*((run.rate, run.p50, run.p99, run.cpu, run.busy) for run in runs), strict=True)
    return Run(*(middle(column) for column in columns))


def _interleaved(
    sides: Sequence[Side], connections: int, seconds: float, rounds: int
) -> list[list[Run]]:
    """The runs of each side; those of one round stand at the same place."""
    runs: list[list[Run]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, of_side in zip(sides, runs, strict=True):
            of_side.append(_run(side, connections, seconds))
    return runs


def _ratio(ours: Sequence[Run], theirs: Sequence[Run]) -> float:
    """Of throughputs, round by round: what slowed the machine in a round slowed both."""
    return middle([one.rate / other.rate for one, other in zip(ours, theirs, strict=True)])


def warm(sides: Sequence[Side]) -> None:
    """Caches full, signatures checked, statements prepared."""
    for side in sides:
        _run(side, 32, 1)


def measure(
    report: Report,
    bare: Side,
    sides: Sequence[Side],
    connections: Sequence[int],
    seconds: float,
    rounds: int,
) -> None:
    """Throughput as a share of the bare route's, at each number of connections."""
    report.head(
        f"(a) GET /multi/authentication_factors of a bare Starlette route "
        f"({SESSIONS} sessions; load: {load.generator()})"
    )
    for many in connections:
        of_bare, *of_sides = _interleaved([bare, *sides], many, seconds, rounds)
        base = _median(of_bare)
        report.say(
            f"  {many} keep-alive connection{'s' if many > 1 else ''}: {_absolute(base, many)}"
        )
        for side, runs in zip(sides, of_sides, strict=True):
            beside = _beside(_median(runs), base)
            report.at_least(f"{side.name}, {many}", _ratio(runs, of_bare), AIM, beside)


def measure_growth(
    report: Report,
    few: Side,
    many: Side,
    engine: str,
    sizes: tuple[int, int],
    seconds: float,
    rounds: int,
) -> None:
    """(d) The same reads, over few people and many."""
    of_few, of_many = _interleaved([few, many], 32, seconds, rounds)
    small, large = _median(of_few), _median(of_many)
    report.at_most(
        f"reads, {engine}, {sizes[1]:,} to {sizes[0]:,} people",
        _ratio(of_few, of_many),
        GROWTH,
        "",
        f"p50 {large.p50 / small.p50:.2f} times, p99 {large.p99 / small.p99:.2f} times",
    )


def _absolute(run: Run, connections: int) -> str:
    told = f"bare {run.rate:,.0f} a second, p50 {run.p50 * 1e3:.2f} ms, p99 {run.p99 * 1e3:.2f} ms"
    if connections > 1 and run.busy < _BUSY:
        told += (
            f"\n  NOTE: the bare server had work only {run.busy:.0%} of the time; something else "
            "was the limit.\n  These ratios are too kind: read those of CPU in brackets."
        )
    return told


def _beside(run: Run, base: Run) -> str:
    return (
        f"{run.rate:,.0f} a second; p50 {run.p50 * 1e3:.2f} ms ({run.p50 / base.p50:.1f} times), "
        f"p99 {run.p99 * 1e3:.2f} ms ({run.p99 / base.p99:.1f} times); "
        f"CPU a call {run.cpu * 1e6:.0f} us against {base.cpu * 1e6:.0f} ({base.cpu / run.cpu:.2f})"
    )
