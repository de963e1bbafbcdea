"""What tests.support.forking starts: imports Assent once, and forks whenever it is asked to.

    forked.py SOCKET

A message on that socket is JSON, {"words", "variables", "folder"}, with three files: standard
output, standard error, and where to tell the new process's number and, once it has ended, how. It
ends when the socket does.
"""

import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Any

import assent.adapters.sql.postgres  # which a server imports for such a database only
import assent.cli
import assent.cli.main
import assent.doctor
import assent.serving

_LONGEST = 1 << 20


@dataclass(frozen=True)
class Child:
    """One that runs, and who wants to know how it ends."""

    pid: int
    alive: int
    """Can be read from once it has ended: it alone holds the other end."""
    tells: int


def main() -> None:
    """Returns in each child, ready to be that `assent`; never in the parent."""
    for module in pkgutil.walk_packages(assent.cli.__path__, "assent.cli."):
        importlib.import_module(module.name)
    # what is there now is never freed, so that children need not copy it to count it
    gc.collect()
    gc.freeze()
    asks = socket.socket(fileno=int(sys.argv[1]))
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
    watched = selectors.DefaultSelector()
    watched.register(asks, selectors.EVENT_READ, None)
    while True:
        for key, _ in watched.select():
            if key.data is not None:
                watched.unregister(key.fd)
                _tell_the_end(key.data)
                continue
            asked, files, _, _ = socket.recv_fds(asks, _LONGEST, 3)
            if not asked:
                sys.exit()
            alive, held = os.pipe()
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGINT, interrupted)
                _close(watched, alive)
                _become(json.loads(asked), files)
                return
            os.write(files[2], f"{pid}\n".encode())
            os.close(held)
            os.close(files[0])
            os.close(files[1])
            watched.register(alive, selectors.EVENT_READ, Child(pid, alive, files[2]))


def _tell_the_end(child: Child) -> None:
    _, status = os.waitpid(child.pid, 0)
    os.close(child.alive)
    try:
        os.write(child.tells, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    except BrokenPipeError:
        pass  # nobody asks any more
    finally:
        os.close(child.tells)


def _close(watched: selectors.BaseSelector, *others: int) -> None:
    """What is the parent's: a child has its own files and no more."""
    for key in list(watched.get_map().values()):
        os.close(key.fd)
        if key.data is not None:
            os.close(key.data.tells)
    for other in others:
        os.close(other)
    watched.close()


def _become(wanted: dict[str, Any], files: list[int]) -> None:
    os.dup2(files[0], 1)
    os.dup2(files[1], 2)
    for file in files:
        os.close(file)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["variables"])
    sys.argv[:] = wanted["words"]


if __name__ == "__main__":
    main()
    sys.exit(assent.cli.main.main())
