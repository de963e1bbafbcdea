"""A sandbox to test against: started for the tests, or one that runs already."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from assent.testing.calls import NoAnswer
from assent.testing.clock import Clock
from assent.testing.programme import LIKE_THE_DEMO, Programme

_LOOKS_A_SECOND = 20
_LONGEST_START_SECONDS = 60
_LONGEST_WAIT_FOR_FILE_SECONDS = 30
_LONGEST_END_SECONDS = 15
_LAST_OF_LOG = 4_000
_CHEAP = {"ASSENT_PASSWORDS_MEMORY_KIB": "7168", "ASSENT_PASSWORDS_PASSES": "1"}
"""Hashes at a quarter of the cost: no secret of a test is worth more."""


class SandboxFailed(Exception):
    """It did not start, or does not answer. The text holds what it said, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Sandbox(Programme):
    """The server, with the keys of its demo programme, which all tests of a run share."""

    credentials_file: Path
    """For programs in other languages: `docs/testing.md` says what is in it."""
    pid: int | None = None
    """None where somebody else has started it."""
    log_file: Path | None = None
    """What it writes to standard error, one line of JSON an event."""

    @property
    def clock(self) -> Clock:
        """Of the whole server."""
        return Clock(self)

    def new_programme(self, name: str = "Test", **settings: object) -> Programme:
        """Another programme with nothing in it, set as the demo programme is unless told otherwise.
        Programmes do not see each other's people, keys, phones and faults."""
        body = {"name": name, **LIKE_THE_DEMO, **settings}
        return Programme.of(self.sandbox("POST", "/programmes", body).json)


@contextmanager
def start(folder: Path, arguments: Sequence[str] = ()) -> Iterator[Sandbox]:
    """Runs `assent sandbox` on free loopback ports, with its data in `folder`, until the end of the
    block. It also ends when this process does, killed or not.

    `arguments` come last and so win, e.g. ("--port", "8400"). Settings are `ASSENT_*` variables.
    SandboxFailed where it does not start.
    """
    folder = folder.absolute()
    file, log = folder / "credentials.json", folder / "sandbox.log"
    file.unlink(missing_ok=True)
    options = ("--port", "0", "--frames-port", "0", "--data", str(folder / "data"), "--no-browser")
    command = ["sandbox", *options, "--credentials", str(file), *arguments]
    with log.open("wb") as sink:
        child = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "assent.testing.child", *command],
            cwd=folder,  # where no module of the tests can be taken for one of ours
            env={**_CHEAP, **os.environ},
            stdin=subprocess.PIPE,  # see child.py
            stdout=sink,
            stderr=sink,
            start_new_session=True,  # a Ctrl-C is for the tests, which may still need it
        )
    try:
        yield _started(child, file, log, command)
    finally:
        _end(child)


def join(file: Path) -> Sandbox:
    """One that runs already and wrote `file`. It may be starting: the file is waited for.

    SandboxFailed where the file does not come, is something else, or nobody answers.
    """
    if not file.absolute().parent.is_dir():
        raise SandboxFailed(f"{file}: there is no such folder.")
    never = threading.Event()
    for _ in range(_LONGEST_WAIT_FOR_FILE_SECONDS * _LOOKS_A_SECOND):
        if file.exists():
            break
        never.wait(1 / _LOOKS_A_SECOND)
    else:
        raise SandboxFailed(
            f"{file} did not appear within {_LONGEST_WAIT_FOR_FILE_SECONDS} seconds. "
            f"Start one: assent sandbox --credentials {file}"
        )
    sandbox = _read(file)
    try:
        sandbox.sandbox("GET", "/clock")
    except NoAnswer as error:
        raise SandboxFailed(
            f"{file} says that a sandbox is at {sandbox.base_url}, where nobody answers: {error} "
            "The file may be from an earlier run; delete it when a sandbox ends."
        ) from error
    return sandbox


def _read(file: Path, pid: int | None = None, log_file: Path | None = None) -> Sandbox:
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        return Sandbox.of(held, credentials_file=file, pid=pid, log_file=log_file)
    except OSError as error:
        raise SandboxFailed(
            f"{file} cannot be read: {error.strerror}. "
            "Only the user who runs the sandbox may; let the tests run as the same."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SandboxFailed(
            f"{file} is not what `assent sandbox --credentials` of this version writes: {error!r}"
        ) from error


def _started(
    child: "subprocess.Popen[bytes]", file: Path, log: Path, command: Sequence[str]
) -> Sandbox:
    """As soon as it answers; SandboxFailed with what it said where it ends first."""
    for _ in range(_LONGEST_START_SECONDS * _LOOKS_A_SECOND):
        if file.exists():  # it is written whole, when the ports are open
            sandbox = _read(file, pid=child.pid, log_file=log)
            with suppress(NoAnswer):
                if sandbox.call("GET", "/health/ready").status == HTTPStatus.OK:
                    return sandbox
        try:
            code = child.wait(timeout=1 / _LOOKS_A_SECOND)
        except subprocess.TimeoutExpired:
            continue
        ended = f"The sandbox ended with {code} before it took calls."
        break
    else:
        ended = f"The sandbox took no calls within {_LONGEST_START_SECONDS} seconds."
    said = log.read_text(errors="replace")[-_LAST_OF_LOG:].strip() or "(nothing)"
    raise SandboxFailed(
        f"{ended} It said:\n\n{said}\n\nTo try it by hand: assent {' '.join(command)}"
    )


def _end(child: "subprocess.Popen[bytes]") -> None:
    """As an operator would; by force if it does not listen."""
    try:
        child.terminate()
        child.wait(timeout=_LONGEST_END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    finally:
        if child.stdin is not None:
            child.stdin.close()
