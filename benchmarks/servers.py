"""Processes under measurement: real `assent` servers, and the bare one they are held against."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from benchmarks.house import Place

_LONGEST_START_SECONDS = 60


def cores() -> tuple[list[int], list[int]]:
    """One for the server, one for the load; nothing where they cannot be kept apart."""
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(allowed) < 2 or shutil.which("taskset") is None:
        return [], []
    return [allowed[0]], [allowed[1]]


def on_core(numbers: list[int]) -> list[str]:
    """What to put before a command."""
    return ["taskset", "-c", ",".join(map(str, numbers))] if numbers else []


def environment(**more: str) -> dict[str, str]:
    """Ours, without settings that belong to somebody else's server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSENT_")}
    any_port = {"ASSENT_ADMIN_PORT": "0", "ASSENT_ADMIN_WORKER_PORT": "0"}  # several run at once
    return {**kept, **any_port, **more}


@dataclass(frozen=True)
class Usage:
    """What a process has used so far."""

    cpu_seconds: float
    rss: int
    uss: int


class Server:
    """A process that listens; a context manager. Ends by its own id."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], home: Path) -> None:
        self.name = name
        self._command, self._env = command, env
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        said = self._home / f"{self.name}.said"
        said.unlink(missing_ok=True)
        log = self._home / f"{self.name}.log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [*self._command, "--credentials", str(said)],
                env=self._env,
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        try:
            self.port = self._wait(said, log)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def end(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def usage(self) -> Usage:
        process = psutil.Process(self.pid)
        times, memory = process.cpu_times(), process.memory_full_info()
        return Usage(times.user + times.system, memory.rss, memory.uss)

    def cpu_seconds(self) -> float:
        times = psutil.Process(self.pid).cpu_times()
        return times.user + times.system

    def _wait(self, said: Path, log: Path) -> int:
        assert self._process is not None
        until = time.monotonic() + _LONGEST_START_SECONDS
        port = 0
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise SystemExit(f"{self.name} ended:\n{log.read_text()[-2_000:]}")
            if not port and said.exists() and (text := said.read_text()).endswith("\n"):
                port = int(json.loads(text)["base_url"].rpartition(":")[2])
            if port and _ready(port):
                return port
            time.sleep(0.01)
        raise SystemExit(f"{self.name} did not start:\n{log.read_text()[-2_000:]}")


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _assent() -> str:
    return str(Path(sys.executable).with_name("assent"))


def sandbox(data: Path, home: Path, name: str, before: Sequence[str] = ()) -> Server:
    """`assent sandbox` on free ports."""
    ports = ["--port", "0", "--frames-port", "0"]
    command = [*before, _assent(), "sandbox", "--data", str(data), *ports]
    return Server(name, command, environment(), home)


def assent(place: Place, home: Path, name: str, pinned: bool = True) -> Server:
    """`assent sandbox` on a file, `assent serve` on PostgreSQL."""
    before = on_core(cores()[0]) if pinned else []
    if place.engine == "sqlite":
        return sandbox(Path(place.url.removeprefix("sqlite:///")).parent, home, name, before)
    env = environment(
        ASSENT_SERVER_ENVIRONMENT="sandbox",
        ASSENT_SERVER_PORT="0",
        ASSENT_SERVER_FRAMES_PORT="0",
        ASSENT_DATABASE_URL=place.url,
        ASSENT_VAULT_FILE=str(place.vault),
    )
    return Server(name, [*before, _assent(), "serve"], env, home)


def bare(home: Path, body: bytes, name: str = "bare") -> Server:
    """A Starlette route that answers `body`, and an empty page, and a POST that does nothing."""
    command = [sys.executable, "-m", "benchmarks.bare", "--body", body.decode()]
    root = str(Path(__file__).parents[1])
    return Server(name, [*on_core(cores()[0]), *command], environment(PYTHONPATH=root), home)
