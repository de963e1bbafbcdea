"""Ports for programs that cannot be told to pick their own, or that are started again on theirs."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

_FIRST, _LAST = 20_000, 26_000
"""Below those of `assent.testing.postgres`, and of those that systems give to outgoing connections
(Linux: from 32768 on), which would have them while the program that they are for is not running."""


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody has, kept for this process of tests until its end."""
    found: list[int] = []
    for port in random.sample(range(_FIRST, _LAST), _LAST - _FIRST):
        if len(found) == count:
            return found
        if _keep(port):
            found.append(port)
    raise AssertionError(f"no {count} ports are free")


def _keep(port: int) -> bool:
    """Unless another process of tests keeps it, or somebody listens there."""
    path = Path(tempfile.gettempdir(), f"assent-port-{port}")
    mark = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with socket.create_server(("127.0.0.1", port)):
            return True  # `mark` stays open
    except OSError:
        os.close(mark)
        return False
