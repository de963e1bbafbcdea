"""Load on a server, from a core of its own, with every answer looked at."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.client import Order, Tally
from benchmarks.servers import cores, environment, on_core

_ROOT = Path(__file__).parents[1]
_SCRIPT = Path(__file__).with_name("wrk.lua")


class WrongAnswers(Exception):
    """A measurement of answers that were not the right ones is none."""


def generator() -> str:
    """Which one reads are measured with."""
    return "wrk" if shutil.which("wrk") else "a client of our own (wrk is not installed)"


@dataclass(frozen=True)
class Reading:
    """Reads to send: to which port, as whom, and what must come back."""

    port: int
    api_key: str
    bearers: Sequence[str]
    body: bytes

    def requests(self) -> list[bytes]:
        """As they go over the wire."""
        return [
            b"GET /multi/authentication_factors HTTP/1.1\r\nhost: localhost\r\n"
            + f"api-key: {self.api_key}\r\nauthorization: Bearer {bearer}\r\n\r\n".encode()
            for bearer in self.bearers
        ]


def read(reading: Reading, connections: int, seconds: float) -> Tally:
    """All bearers in turn, for so long."""
    if shutil.which("wrk"):
        return _wrk(reading, connections, seconds)
    order = Order(reading.port, connections, reading.requests(), 200, reading.body, seconds=seconds)
    return send(order)


def send(order: Order, anywhere: bool = False) -> Tally:
    """With our own client. Raises WrongAnswers."""
    done = subprocess.run(
        [*([] if anywhere else on_core(cores()[1])), sys.executable, "-m", "benchmarks.client"],
        input=msgspec.msgpack.encode(order),
        stdout=subprocess.PIPE,
        env=environment(PYTHONPATH=str(_ROOT)),
        check=True,
    )
    tally = msgspec.msgpack.decode(done.stdout, type=Tally)
    if tally.errors:
        raise WrongAnswers("; ".join(tally.errors))
    if not order.seconds and tally.answers != len(order.requests):
        raise WrongAnswers(f"{tally.answers} answers to {len(order.requests)} requests")
    return tally


def _wrk(reading: Reading, connections: int, seconds: float) -> Tally:
    with tempfile.TemporaryDirectory(prefix="assent-wrk-") as home:
        bearers, body = Path(home, "bearers"), Path(home, "body")
        bearers.write_text("\n".join(reading.bearers) + "\n")
        body.write_bytes(reading.body)
        done = subprocess.run(
            [
                *on_core(cores()[1]),
                "wrk", "--threads", "1", "--connections", str(connections),
                "--duration", f"{max(1, round(seconds))}s", "--script", str(_SCRIPT),
                f"http://127.0.0.1:{reading.port}/",
                "--", str(bearers), str(body), reading.api_key,
            ],
            capture_output=True,
            text=True,
            check=True,
        )  # fmt: skip
    told = done.stdout.rpartition("RESULT ")[2].split(maxsplit=6)
    answers, duration, p50, p99, wrong, lost = map(int, told[:6])
    if wrong or lost:
        raise WrongAnswers(f"{wrong} wrong, {lost} lost: {''.join(told[6:])}")
    return Tally(answers, duration / 1e6, p50 / 1e6, p99 / 1e6, [])
