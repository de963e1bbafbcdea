"""The disk is full: calls are refused, nothing is half written; with room again, it goes on."""

import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.processes.test_outage import HALVES
from tests.support.client import Answer, Server
from tests.support.metrics import admin_of
from tests.support.processes import (
    ASSENT,
    Running,
    environment,
    installation,
    stop,
    until,
    wait_for_credentials,
    wait_until_ready,
)
from tests.support.weavr import consumer_body, enrolled_person, log_in, new_person

Room = Callable[[], None]
Full = Callable[[Running, Path], tuple[Room, Room]]
"""Given a server and the folder of its database: what takes its room away, and gives it back."""


def _limited(running: Running, folder: Path) -> tuple[Room, Room]:
    """No file of this process may grow: EFBIG, to any user."""
    pid, limit = running.process.pid, resource.RLIMIT_FSIZE
    before = resource.prlimit(pid, limit)

    def full() -> None:
        longest = max(file.stat().st_size for file in folder.iterdir())
        resource.prlimit(pid, limit, (longest, before[1]))

    def room() -> None:
        resource.prlimit(pid, limit, before)

    return full, room


def _filled(running: Running, folder: Path) -> tuple[Room, Room]:
    """Not one octet more on the disk: ENOSPC."""
    filler = folder / "filler"

    def full() -> None:
        with filler.open("wb", buffering=0) as file:
            for size in (65_536, 512, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    return full, filler.unlink


@contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """Three MiB in memory; only root may mount one."""
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(command, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


def _consumer(server: Server, number: int) -> Answer:
    body = consumer_body(server, f"full.{number}@example.com", f"8{number:07d}")
    return server.call("POST", "/multi/consumers", body, server.api)


@pytest.mark.parametrize("full", [_limited, _filled])
def test_a_full_disk_refuses_and_goes_on_once_there_is_room(tmp_path: Path, full: Full) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with _small_disk(folder) as mounted:
        if full is _filled and not mounted:
            pytest.skip("only root may mount a small disk; the other way is tried all the same")
        url = f"sqlite:///{folder / 'assent.sqlite3'}"
        place = installation(tmp_path / "place", url, ASSENT_SERVER_ENVIRONMENT="sandbox")
        with place.serve("one") as running:
            server, admin = running.server, admin_of(running.log_file)
            person = enrolled_person(server)
            take_away, give_back = full(running, folder)
            take_away()
            made: list[Answer] = []

            def refused() -> bool:
                made.append(_consumer(server, len(made)))
                return len(made) > 10 and all(one.status == 503 for one in made[-10:])

            until("calls are refused", refused)
            assert {one.status for one in made} <= {200, 503}
            assert made[-1].headers["retry-after"].isdigit()
            # an answer that cannot be counted is not judged: it fails closed
            assert log_in(server, person.email).status == 503
            assert person.ask_step_up().status == 503
            assert server.call("GET", "/health/live").status == 200
            assert server.call("GET", "/health/ready").status == 200  # it can still be read
            assert admin.value("assent_store_failures_total", work="commit") >= 10
            assert admin.value("assent_refusals_total", code="unavailable") >= 10
            if full is _filled:
                assert admin.value("assent_disk_free_bytes", of="database") < 4_096
                said = place.run("doctor").stdout
                assert "FAIL  disk of the database: 0 MiB free\n      Make room" in said
            give_back()
            until("there is room", lambda: _consumer(server, len(made) + 1).status == 200)
            assert log_in(server, person.email).status == 200
            assert person.stepped_up().token
            assert '"broken"' not in running.log()
            assert "Traceback" not in running.log()
        with closing(sqlite3.connect(folder / "assent.sqlite3")) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            for half, query in HALVES.items():
                if "messages" not in half:  # this journey sends some that belong to no challenge
                    assert db.execute(query).fetchall() == [(0,)], half
            answered = 2 + sum(one.status == 200 for one in made)  # the first, the last, these
            assert db.execute("SELECT count(*) FROM subjects").fetchall() == [(answered,)]


def test_a_log_that_cannot_be_written_fails_no_call(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    ports = ("--port", "0", "--frames-port", "0")
    command = [ASSENT, "sandbox", *ports, "--data", "data", "--credentials", str(file)]
    with Path("/dev/full").open("wb") as full, (tmp_path / "log").open("wb") as unused:
        process = subprocess.Popen(
            command, env=environment({}), cwd=tmp_path, stdout=unused, stderr=full
        )
    try:
        server = Server(wait_for_credentials(process, file, tmp_path / "log"))
        wait_until_ready(process, server, tmp_path / "log")
        person = new_person(server)
        assert person.log_in().status == 200
        assert log_in(server, person.email, "Wrong-word9").status == 403
        assert person.call("GET", "/nothing").status == 404
        assert process.poll() is None
    finally:
        stop(process)
