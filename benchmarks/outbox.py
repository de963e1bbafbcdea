"""(i) Messages through the outbox: two worker processes, PostgreSQL, a gateway that takes them all.

Held against the same requests without an outbox: as many at a time, over as many connections, by as
many processes, to the same stand-in. The stand-in is a process of its own; with two cores it has
the load's, and the workers share the other.
"""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import aiohttp
import asyncpg
import psutil

from assent import foundation
from assent.domain.english import WORDS
from assent.domain.message import Channel, Message, Outgoing
from assent.domain.wording import rendered
from assent.ports.changes import Add
from assent.usecases.world import World
from benchmarks.house import Place
from benchmarks.report import Report, middle
from benchmarks.servers import cores, environment, on_core

_AT_ONCE = 32
"""As many as a worker has under way on a channel."""
_WORKERS = 2
_AIM = 0.25
"""Of the bare rate. A message is claimed, opened, worded, sent and written down: two commits."""
_LIFE_MS = 600_000
_LONGEST_SECONDS = 120


class StandIn(asyncio.Protocol):
    """Just enough of HTTP/1.1 to take a POST: counts references, and answers 202."""

    def __init__(self, seen: Counter[str]) -> None:
        self._seen = seen
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._held) < end + 4 + length:
                return
            body, self._held = (
                self._held[end + 4 : end + 4 + length],
                self._held[end + 4 + length :],
            )
            if head.startswith(b"get /seen"):
                told = json.dumps({"all": self._seen.total(), "apart": len(self._seen)}).encode()
                self._answer(b"200 OK", told)
            elif head.startswith(b"get /forget"):
                self._seen.clear()
                self._answer(b"200 OK", b"")
            else:
                self._seen[json.loads(body)["reference"]] += 1
                self._answer(b"202 Accepted", b"")

    def _answer(self, status: bytes, body: bytes) -> None:
        assert isinstance(self._transport, asyncio.Transport)
        length = str(len(body)).encode()
        self._transport.write(
            b"HTTP/1.1 %b\r\ncontent-length: %b\r\n\r\n%b" % (status, length, body)
        )


async def _stand_in() -> None:
    seen: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: StandIn(seen), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


async def _bare(url: str, count: int, first: int) -> None:
    """The same posts, `_AT_ONCE` at a time; says how long they took."""
    left = iter(range(count))
    text = rendered(WORDS["code"], Channel.SMS, _values(0)).text

    async def one(client: aiohttp.ClientSession) -> None:
        for number in left:
            body = {"to": "+35679600000", "text": text, "reference": str(first + number)}
            async with client.post(
                url,
                data=json.dumps(body).encode(),
                headers={"content-type": "application/json"},
                allow_redirects=False,
            ) as answer:
                await answer.read()

    async with aiohttp.ClientSession() as client:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(one(client) for _ in range(_AT_ONCE)))


def _values(number: int) -> dict[str, str]:
    return {"code": f"{number % 10**6:06d}", "action": "pay 1.00 EUR to ACME", "minutes": "5"}


@contextmanager
def _process(*arguments: str, core: list[int]) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [*on_core(core), sys.executable, "-m", "benchmarks.outbox", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def measure(report: Report, place: Place, home: Path, messages: int, rounds: int) -> None:
    """Prints the rate of the outbox as a share of the bare one."""
    report.head(f"(i) {messages:,} messages through the outbox, {_WORKERS} workers, PostgreSQL")
    server, load = cores()
    ratios, rates, bares, twice = [], [], [], 0
    with _process("stand-in", core=load) as stand_in:
        assert stand_in.stdout is not None
        url = f"http://127.0.0.1:{int(stand_in.stdout.readline())}"
        for _ in range(rounds):
            bare = _bare_rate(url, messages, server)
            rate, again = asyncio.run(_outbox_rate(place, home, url, messages, server))
            bares.append(bare)
            rates.append(rate)
            ratios.append(rate / bare)
            twice += again
    beside = f"{middle(rates):,.0f} a second; bare {middle(bares):,.0f}; sent twice: {twice}"
    report.at_least("messages through the outbox", middle(ratios), _AIM, beside)


def _bare_rate(url: str, messages: int, core: list[int]) -> float:
    each = messages // _WORKERS
    with ExitStack() as held:
        posting = [
            held.enter_context(
                _process("bare", f"{url}/messages", str(each), str(first), core=core)
            )
            for first in (0, 10**9)
        ]
        for one in posting:
            assert one.stdout is not None
            one.stdout.readline()
        began = time.perf_counter()
        for one in posting:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        for one in posting:
            one.wait(_LONGEST_SECONDS)
        return 2 * each / (time.perf_counter() - began)


async def _outbox_rate(
    place: Place, home: Path, url: str, messages: int, core: list[int]
) -> tuple[float, int]:
    """Messages a second from when the workers look to when the last is written down, and how many
    came twice."""
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{url}/forget"):
            pass
        db = await asyncpg.connect(place.url)
        command = [*on_core(core), str(Path(sys.executable).parent / "assent"), "worker"]
        variables = environment(
            ASSENT_DATABASE_URL=place.url,
            ASSENT_VAULT_FILE=str(place.vault),
            ASSENT_SMS_URL=f"{url}/messages",
            ASSENT_SERVER_LOG_LEVEL="warning",
        )
        try:
            with ExitStack() as held:
                workers = [
                    held.enter_context(_worker(command, variables, home)) for _ in range(_WORKERS)
                ]
                for worker in workers:  # started, and stopped where it stands
                    await _connected(worker)
                    worker.suspend()
                await _written(place, messages)
                began = time.perf_counter()
                for worker in workers:
                    worker.resume()
                while await db.fetchval("SELECT count(*) FROM outbox WHERE state = 'waiting'"):
                    if time.perf_counter() - began > _LONGEST_SECONDS:
                        raise TimeoutError("the outbox is not empty")
                    await asyncio.sleep(0.05)
                took = time.perf_counter() - began
        finally:
            await db.execute("DELETE FROM outbox")
            await db.close()
        async with client.get(f"{url}/seen") as answer:
            seen = json.loads(await answer.read())
    if seen["apart"] != messages:
        raise AssertionError(f"{messages - seen['apart']} messages never came")
    return messages / took, seen["all"] - seen["apart"]


@contextmanager
def _worker(command: list[str], variables: dict[str, str], home: Path) -> Iterator[psutil.Process]:
    with (home / "workers.log").open("ab") as log:
        process = subprocess.Popen(command, env=variables, stdout=log, stderr=log, cwd=home)
    watched = psutil.Process(process.pid)
    try:
        yield watched
    finally:
        watched.resume()
        process.terminate()
        process.wait()


async def _connected(worker: psutil.Process) -> None:
    """It has asked the database whether there is anything to do."""
    end = time.perf_counter() + _LONGEST_SECONDS
    while time.perf_counter() < end:
        links = worker.net_connections(kind="tcp")
        if any(link.status == psutil.CONN_ESTABLISHED for link in links):
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("a worker does not start")


async def _written(place: Place, messages: int) -> None:
    base = await foundation.found(place.settings)
    try:
        made = [_message(base.world, number) for number in range(messages)]
        for start in range(0, messages, 100):
            await base.stores.commit(*map(Add, made[start : start + 100]))
    finally:
        await base.close()


def _message(world: World, number: int) -> Message:
    values = _values(number)
    content = Outgoing(
        channel=Channel.SMS,
        address=f"+356796{number % 100_000:05d}",
        body=rendered(WORDS["code"], Channel.SMS, values).text,
        code=values["code"],
        wording="code",
        values=values,
    )
    return world.message(1, 1, content, world.clock.now() + _LIFE_MS)


def _main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("what", choices=("stand-in", "bare"))
    arguments.add_argument("more", nargs="*")
    given = arguments.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        if given.what == "stand-in":
            asyncio.run(_stand_in())
        else:
            url, count, first = given.more
            asyncio.run(_bare(url, int(count), int(first)))


if __name__ == "__main__":
    _main()
