"""`assent` as processes of their own, without each of them importing everything anew.

A server or a command needs a second of CPU for its imports alone, and the suite starts hundreds.
One process imports them once; from then on each `assent` is a fork of it, with variables, folder
and output of its own, and a memory that nobody shares. It runs the same `main` as the script does.

How they start from nothing is seen where it matters: in images, units and pages of the manual
(tests/deploy, tests/docs), by `assent.testing` (tests/testing), and wherever a test says `fresh`.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

ASSENT = str(Path(sys.executable).parent / "assent")
_ONES = Path(__file__).with_name("forked.py")


class Forked:
    """A process, to be used as one of `subprocess.Popen`."""

    def __init__(self, args: Sequence[str], told: IO[str]) -> None:
        self.args = list(args)
        self.returncode: int | None = None
        self._told = told
        self._lock = threading.Lock()
        number = told.readline()
        assert number, "the process that all `assent` are forks of has ended: its error is above"
        self.pid = int(number)

    def poll(self) -> int | None:
        """How it ended, or None while it runs; -9 for signal 9."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """How it ended. subprocess.TimeoutExpired if it runs on for so many seconds."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def _look(self, timeout: float | None) -> int | None:
        with self._lock:
            if self.returncode is not None:
                return self.returncode
            watched = select.poll()
            watched.register(self._told, select.POLLIN)
            if watched.poll(None if timeout is None else timeout * 1_000):
                self.returncode = int(self._told.readline())
                self._told.close()
            return self.returncode

    def send_signal(self, number: int) -> None:
        """Nothing once it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


Process = subprocess.Popen[bytes] | Forked


def start(
    words: Sequence[str],
    variables: Mapping[str, str],
    folder: Path,
    out: int,
    err: int,
    fresh: bool = False,
) -> Process:
    """`assent` with these words and variables (all of them), in that folder, output to these files.

    `fresh` has it import everything itself. So does one whose interpreter would start otherwise
    than this one, for any variable that is not Assent's own.
    """
    if fresh or sys.platform != "linux" or _foreign(variables) != _foreign(os.environ):
        return subprocess.Popen(
            [ASSENT, *words], env=dict(variables), cwd=folder, stdout=out, stderr=err
        )
    hears, tells = os.pipe()
    try:
        wanted = {"words": [ASSENT, *words], "variables": dict(variables), "folder": str(folder)}
        socket.send_fds(_parent(), [json.dumps(wanted).encode()], [out, err, tells])
    finally:
        os.close(tells)
    return Forked([ASSENT, *words], os.fdopen(hears))


def _foreign(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in variables.items()
        if not name.startswith("ASSENT_") and name != "PYTEST_CURRENT_TEST"
    }


@cache
def _parent() -> socket.socket:
    """The one that they are forks of; it ends with this process."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, "-P", str(_ONES), str(its.fileno())],
        stdout=subprocess.DEVNULL,
        pass_fds=[its.fileno()],
    )
    its.close()

    def end() -> None:
        ours.close()
        process.wait(timeout=15)

    atexit.register(end)
    return ours
