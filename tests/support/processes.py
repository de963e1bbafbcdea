"""Servers as processes of their own, started and stopped by tests."""

import http.client
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.support.client import Server
from tests.support.forking import ASSENT as ASSENT
from tests.support.forking import Process, start

T = TypeVar("T")

STARTED_WITHIN = 60.0
"""Seconds; a loaded machine with two cores needs two or three."""
_CHEAP = {"ASSENT_PASSWORDS_MEMORY_KIB": "7168", "ASSENT_PASSWORDS_PASSES": "1"}
"""Hashes at a quarter of the cost: what they are worth is tested elsewhere."""


@dataclass
class Sandbox:
    """`assent sandbox` as somebody started it."""

    process: Process
    server: Server
    credentials_file: Path
    data: Path
    log_file: Path

    def log(self) -> str:
        """Everything it wrote to standard error so far."""
        return self.log_file.read_text(errors="replace")

    def kill(self) -> None:
        """As the machine would, without warning."""
        self.process.kill()
        self.process.wait(timeout=30)


@contextmanager
def sandbox(
    place: Path,
    data: Path | None = None,
    settings: Mapping[str, str] | None = None,
    fresh: bool = False,
) -> Iterator[Sandbox]:
    """Runs one on free ports; `data` to start it on what an earlier one left.

    `settings` are `ASSENT_*` variables; by default hashes are cheap. `fresh`: forking.py.
    """
    place.mkdir(parents=True, exist_ok=True)
    data = data or place / "data"
    file, log = place / "credentials.json", place / "log"
    file.unlink(missing_ok=True)
    words = [
        *("sandbox", "--port", "0", "--frames-port", "0"),
        *("--data", str(data), "--credentials", str(file)),
    ]
    variables = environment(_CHEAP if settings is None else settings)
    process = logged(words, variables, Path.cwd(), log, fresh)
    try:
        server = Server(wait_for_credentials(process, file, log))
        wait_until_ready(process, server, log)
        yield Sandbox(process, server, file, data, log)
    finally:
        stop(process)


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's variables with these settings in place of any it has."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSENT_")}
    return {**kept, **_ANY_PORT, **settings}


_ANY_PORT = {"ASSENT_ADMIN_PORT": "0", "ASSENT_ADMIN_WORKER_PORT": "0"}
"""Tests start several servers on one machine."""


@dataclass
class Running:
    """`assent serve` as somebody started it."""

    process: Process
    server: Server
    log_file: Path

    def log(self) -> str:
        """Everything it wrote to standard error so far."""
        return self.log_file.read_text(errors="replace")

    def kill(self) -> None:
        """As the machine would, without warning."""
        self.process.kill()
        self.process.wait(timeout=30)


@dataclass(frozen=True)
class Installation:
    """A database and its vault, and the settings that all its servers share."""

    place: Path
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """A command, to its end, whatever that is."""
        variables = environment({**self.settings, **settings})
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = start(arguments, variables, self.place, out.fileno(), err.fileno())
            try:
                code = process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=30)
                raise
            out.seek(0)
            err.seek(0)
            said = out.read().decode(), err.read().decode()
        return subprocess.CompletedProcess(process.args, code, *said)

    def done(self, *arguments: str, **settings: str) -> str:
        """The output of a command that must succeed."""
        done = self.run(*arguments, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def serve(self, name: str, *arguments: str, **settings: str) -> Iterator[Running]:
        """A server on free ports. A sandbox's has its credentials; any other only an address."""
        together = {
            "ASSENT_SERVER_PORT": "0",
            "ASSENT_SERVER_FRAMES_PORT": "0",
            **self.settings,
            **settings,
        }
        file, log = self.place / f"{name}.json", self.place / f"{name}.log"
        file.unlink(missing_ok=True)
        shared = together.get("ASSENT_SERVER_ENVIRONMENT") == "sandbox"
        told = ("--credentials", str(file)) if shared else ()
        process = logged(["serve", *told, *arguments], environment(together), self.place, log)
        try:
            if shared:
                server = Server(wait_for_credentials(process, file, log))
            else:
                server = Server({}, _address(process, log))
            wait_until_ready(process, server, log)
            yield Running(process, server, log)
        finally:
            stop(process)


def logged(
    words: Sequence[str],
    variables: Mapping[str, str],
    folder: Path,
    log: Path,
    fresh: bool = False,
) -> Process:
    """`assent` whose standard error is that file; what it prints is nobody's."""
    with log.open("wb") as sink, Path(os.devnull).open("wb") as nobody:
        return start(words, variables, folder, nobody.fileno(), sink.fileno(), fresh)


@contextmanager
def started(
    command: list[str], variables: Mapping[str, str], place: Path, **how: Any
) -> Iterator[Path]:
    """A process that is only watched through its log, whose path this is."""
    log = place / "process.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, env=dict(variables), cwd=place, stdout=sink, stderr=sink, **how
        )
    try:
        yield log
    finally:
        stop(process)


def installation(place: Path, url: str, **settings: str) -> Installation:
    """A new one: keys made, database migrated. In production unless the settings say otherwise."""
    place.mkdir(parents=True, exist_ok=True)
    made = Installation(
        place,
        {
            **_CHEAP,
            "ASSENT_DATABASE_URL": url,
            "ASSENT_VAULT_FILE": str(place / "vault.json"),
            **settings,
        },
    )
    made.done("keys", "init")
    made.done("migrate")
    return made


def until(
    what: str, condition: Callable[..., T | None], *arguments: Any, within: float = 20.0
) -> T:
    """What the condition answers as soon as that is true; an error of the wire is not yet."""
    end, never = time.monotonic() + within, threading.Event()
    last: object = None
    while time.monotonic() < end:
        try:
            last = answer = condition(*arguments)
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
            last = error
        else:
            if answer:
                return answer
        never.wait(0.02)
    raise AssertionError(f"{what}: not within {within} s; last: {last!r}")


def stop(process: Process | subprocess.Popen[str]) -> None:
    """As an operator would; by force if it does not listen."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=30)


def wait_for_credentials(process: Process, file: Path, log: Path) -> dict[str, object]:
    """What `--credentials` wrote, as soon as it is whole."""
    for _ in _attempts(process, log):
        try:
            return dict(json.loads(file.read_text()))
        except (FileNotFoundError, json.JSONDecodeError):
            continue
    raise AssertionError(f"no credentials after {STARTED_WITHIN} s: {log.read_text()}")


def wait_until_ready(process: Process, server: Server, log: Path) -> None:
    """Until `/health/ready` says 200."""
    for _ in _attempts(process, log):
        try:
            if server.call("GET", "/health/ready").status == 200:
                return
        except (OSError, http.client.HTTPException):
            continue
    raise AssertionError(f"not ready after {STARTED_WITHIN} s: {log.read_text()}")


def _address(process: Process, log: Path) -> str:
    """Where a server that announces nothing listens: its log says."""
    for _ in _attempts(process, log):
        for line in log.read_text().splitlines():
            if line.startswith("{") and line.endswith("}"):
                event = json.loads(line)
                if event["event"] == "listening":
                    return str(event["api"])
    raise AssertionError(f"not listening after {STARTED_WITHIN} s: {log.read_text()}")


def _attempts(process: Process, log: Path) -> Iterator[None]:
    """One every twentieth of a second, each ended at once by the end of the process."""
    end = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < end:
        yield
        try:
            code = process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"the server ended with {code}: {log.read_text()}")
