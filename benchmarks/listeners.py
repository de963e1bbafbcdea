"""(k) Devices that wait for a question, on one server process: what they take, and how soon they
are told. Printed without an aim.

Each is a connection with one call under way (`GET /challenges?wait=30`), made anew when its time is
up, as an app would. The questions are put by that server and by another on the same database.
"""

import asyncio
import json
import resource
import subprocess
import sys
import time
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import msgspec
import uvloop
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from assent.adapters.sql import factors
from assent.domain.device import DEVICE_KEY, Device, Scheme
from assent.domain.factor import Factor, FactorState
from benchmarks import rows
from benchmarks.house import House, Place, build, opened
from benchmarks.report import Report, middle
from benchmarks.servers import Server, assent, cores, on_core

_PATH = "/device/v1/challenges"
_WAIT = 30
_SPARE_FILES = 200
"""Of each process, beside its connections."""
_AT_ONCE = 64
"""Connections that are being made."""
_ASKED = 100
"""People who are asked, by each server."""
_FACTORS = 50_000_000
"""Numbers below are other rows' ids."""
_KIB = 1024
_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


class Order(msgspec.Struct):
    """For the process that waits."""

    port: int
    devices: list[int]
    key: str
    """PEM of the key that all their calls are signed with: one will do."""


def possible(wanted: int) -> tuple[int, str]:
    """How many can wait on this machine, and why fewer if so. Takes all the files it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted + _SPARE_FILES
    if soft < most:
        soft = min(most, hard) if hard != resource.RLIM_INFINITY else most
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))  # children have the same
    if soft < most:
        return soft - _SPARE_FILES, f"open files are limited (ulimit -n {most} lifts it)"
    if _PORTS.exists():
        lowest, highest = map(int, _PORTS.read_text().split())
        if highest - lowest < most:
            left = highest - lowest - _SPARE_FILES
            return left, f"local ports are limited (net.ipv4.ip_local_port_range has {left})"
    return wanted, ""


def measure(report: Report, place: Place, home: Path, wanted: int) -> None:
    """`place` is empty. Prints memory and times."""
    count, why = possible(wanted)
    beside = f"; {wanted:,} were wanted: {why}" if why else ""
    report.head(f"(k) {count:,} devices that wait on one process, PostgreSQL{beside}")
    key = generate_private_key(SECP256R1())
    build(place)
    devices, api_key, bearers = asyncio.run(_prepared(place, count, key))
    with ExitStack() as held:
        here = held.enter_context(assent(place, home, "listened-to"))
        there = held.enter_context(assent(place, home, "asking"))
        _wake_up(here)
        before = here.usage()
        order = Order(port=here.port, devices=devices, key=_pem(key))
        listening = held.enter_context(_process(order))
        took = _until_all_wait(listening)
        after, spent = here.usage(), here.cpu_seconds()
        report.say(
            f"  memory: {(after.rss - before.rss) / count / _KIB:.1f} KiB each; "
            f"the process {before.rss / _KIB / _KIB:.0f} MiB before, "
            f"{after.rss / _KIB / _KIB:.0f} MiB with them (RSS)"
        )
        report.say(f"  all waiting after {took:.1f} s: {count / took:,.0f} new ones a second")
        time.sleep(3)
        idle = (here.cpu_seconds() - spent) / 3
        report.say(f"  while nothing happens, their calls renewed: {100 * idle:.1f}% of a core")
        asked = _asked(here, api_key, bearers[:_ASKED])
        asked |= _asked(there, api_key, bearers[_ASKED:])
        woken = _woken(listening, devices[: 2 * _ASKED])
        for place_, first in (("by this server", 0), ("by another", _ASKED)):
            times = sorted(woken[number] - asked[number] for number in range(first, first + _ASKED))
            report.say(
                f"  woken by a question put {place_}: median {1_000 * middle(times):.0f} ms, "
                f"worst of {_ASKED} {1_000 * times[-1]:.0f} ms, from the call that puts it"
            )


async def _prepared(
    place: Place, count: int, key: EllipticCurvePrivateKey
) -> tuple[list[int], str, list[str]]:
    """A device for each person, and sessions of the first ones."""
    numbers = key.public_key().public_numbers()
    public = {
        "kty": "EC",
        "crv": "P-256",
        "x": _b64(numbers.x.to_bytes(32, "big")),
        "y": _b64(numbers.y.to_bytes(32, "big")),
    }
    details = Device(name="Phone", scheme=Scheme.JWS, key=public, proof=public).details()
    async with opened(place) as house:
        await rows.multiply(place, await rows.populate(house))
        held = [_device(house, number, details) for number in range(count)]
        vault = house.base.world.vault
        await rows.insert(place, {"factors": [factors.to_row(vault, one) for one in held]})
        bearers = await rows.prepare(house, 0, 2 * _ASKED, challenged=False)
        return [one.id for one in held], house.api_key, bearers


def _device(house: House, number: int, details: dict[str, object]) -> Factor:
    return Factor(
        id=rows.ident(_FACTORS + number),
        programme_id=house.programme.id,
        subject_id=rows.ident(number),
        kind=DEVICE_KEY,
        state=FactorState.ACTIVE,
        details=details,
        created_at=house.base.clock.now(),
    )


def _pem(key: EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _wake_up(server: Server) -> None:
    """So that what is loaded at the first call is no device's."""
    for _ in range(200):
        _call(server, "GET", "/health/ready", {})


def _call(server: Server, method: str, path: str, headers: dict[str, str]) -> bytes:
    url = f"http://127.0.0.1:{server.port}{path}"
    request = urllib.request.Request(url, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


def _asked(server: Server, api_key: str, bearers: Sequence[str]) -> dict[int, float]:
    """When each of these people's devices were asked, by the number of the person."""
    first = _ASKED if server.name == "asking" else 0
    moments = {}
    for number, bearer in enumerate(bearers, first):
        headers = {"api-key": api_key, "authorization": f"Bearer {bearer}"}
        moments[number] = time.perf_counter()
        _call(server, "POST", "/multi/stepup/challenges/push/BIOMETRIC", headers)
    return moments


# The process that waits


class _Listening:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __enter__(self) -> "_Listening":
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait()

    def said(self) -> dict[str, float]:
        """Its next line."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the process that waits has ended")
        return dict(json.loads(line))


def _process(order: Order) -> _Listening:
    process = subprocess.Popen(
        [*on_core(cores()[1]), sys.executable, "-m", "benchmarks.listeners"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(order).decode() + "\n")
    process.stdin.flush()
    return _Listening(process)


def _until_all_wait(listening: _Listening) -> float:
    return listening.said()["waiting_after"]


def _woken(listening: _Listening, devices: Sequence[int]) -> dict[int, float]:
    """When each was told, by its number. The clock is the machine's, one for all processes."""
    woken: dict[int, float] = {}
    while len(woken) < len(devices):
        told = listening.said()
        woken[int(told["device"])] = told["at"]
    return woken


class _Device(asyncio.Protocol):
    """One connection, which says so when it is answered with a question."""

    def __init__(self, run: "_Run", number: int) -> None:
        self._run = run
        self._number = number
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.listen()

    def listen(self) -> None:
        self._transport.write(self._run.request(self._number))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        at = head.find(b"content-length: ")
        length = int(head[at + 16 :].partition(b"\r\n")[0]) if at >= 0 else 0
        if not found or len(body) < length:
            return
        self._buffer = b""
        if head[9:12] != b"200":
            raise SystemExit(f"{head.decode()}\n{body.decode()}")
        if json.loads(body)["challenges"]:
            _say(device=self._number, at=time.perf_counter())
        else:
            self.listen()


class _Run:
    def __init__(self, order: Order) -> None:
        self._order = order
        read = serialization.load_pem_private_key(order.key.encode(), None)
        self._key = cast(EllipticCurvePrivateKey, read)
        self._header = _b64(b'{"typ":"dpop+jwt","alg":"ES256"}')
        self._count = 0

    def request(self, number: int) -> bytes:
        self._count += 1
        claims = {
            "htm": "GET",
            "htu": f"http://localhost:{self._order.port}{_PATH}",
            "iat": int(time.time()),
            "jti": f"number {self._count:012d}",
        }
        signed = f"{self._header}.{_b64(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ECDSA(SHA256())))
        proof = f"{signed}.{_b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
        lines = (
            f"GET {_PATH}?wait={_WAIT} HTTP/1.1",
            "host: localhost",
            f"device: {self._order.devices[number]}",
            f"dpop: {proof}",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def run(self) -> None:
        loop, begun = asyncio.get_running_loop(), time.perf_counter()
        left = iter(range(len(self._order.devices)))

        async def some() -> None:
            for number in left:
                await loop.create_connection(
                    lambda number=number: _Device(self, number),  # type: ignore[misc]
                    "127.0.0.1",
                    self._order.port,
                )

        await asyncio.gather(*(some() for _ in range(_AT_ONCE)))
        await self._all_taken()
        _say(waiting_after=time.perf_counter() - begun)
        await asyncio.Event().wait()

    async def _all_taken(self) -> None:
        """A server takes calls in their order: one more that is answered in a moment has no others
        before it."""
        quick = 0
        while quick < 5:
            start = time.perf_counter()
            reader, writer = await asyncio.open_connection("127.0.0.1", self._order.port)
            writer.write(b"GET /health/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            await reader.read()
            writer.close()
            quick = quick + 1 if time.perf_counter() - start < 0.02 else 0


def _b64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def _say(**told: float) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(_Run(msgspec.json.decode(sys.stdin.readline(), type=Order)).run())
