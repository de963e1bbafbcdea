"""SQLite: one server process, and nothing lost that was answered."""

import json
import os
import sqlite3
import subprocess
import threading
from contextlib import closing
from http.client import HTTPException
from pathlib import Path

from tests.support.client import Answer
from tests.support.processes import ASSENT, environment, installation, sandbox, until
from tests.support.volley import Shot, volley
from tests.support.weavr import consumer_body, new_person


def test_a_second_server_on_the_same_file_is_refused_with_the_reason(tmp_path: Path) -> None:
    with sandbox(tmp_path / "first") as first:
        second = subprocess.run(
            [ASSENT, "sandbox", "--port", "0", "--frames-port", "0", "--data", str(first.data)],
            env=environment({}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 1
        assert "Another server is running on" in second.stderr
        assert "PostgreSQL" in second.stderr
        assert "Traceback" not in second.stderr
        assert new_person(first.server).factors().status == 200  # the first goes on
        key = first.server.credentials["programme"]
        first.kill()
    with sandbox(tmp_path / "again", first.data) as again:  # a crash leaves no lock behind
        assert again.server.credentials["programme"] == key


def test_assent_serve_is_refused_beside_a_running_one_too(tmp_path: Path) -> None:
    place = installation(tmp_path, f"sqlite:///{tmp_path / 'one.sqlite3'}")
    with place.serve("first"):
        second = place.run("serve", ASSENT_SERVER_PORT="0", ASSENT_SERVER_FRAMES_PORT="0")
        assert second.returncode == 1
        assert "Another server is running on" in second.stderr
        place.done("programme", "create", "Beside")  # commands that serve nothing may


def test_commands_beside_a_running_server_lose_no_write(tmp_path: Path) -> None:
    place = installation(tmp_path, f"sqlite:///{tmp_path / 'one.sqlite3'}")
    made = json.loads(place.done("programme", "create", "First"))
    place.done("programme", "set", made["id"], "plaintext_passwords=true")
    with place.serve("first") as first:
        headers = {"api-key": made["api_key"]}
        first.server.credentials["profiles"] = made["profiles"]
        body = consumer_body(first.server, "someone@example.com", "79000001")
        shots = [
            Shot(first.server, "POST", "/multi/consumers", _with(body, n), headers)
            for n in range(30)
        ]
        answers: list[Answer] = []
        writing = threading.Thread(target=lambda: answers.extend(volley(shots)))
        writing.start()
        for number in range(2):
            place.done("programme", "create", f"Beside {number}")
        writing.join(timeout=30)
    assert [answer.status for answer in answers] == [200] * 30
    listed = place.done("programme", "list")
    assert all(name in listed for name in ("First", "Beside 0", "Beside 1"))


def _with(body: dict[str, object], number: int) -> dict[str, object]:
    root = dict(body["rootUser"])  # type: ignore[call-overload]
    return {**body, "rootUser": {**root, "email": f"someone.{number}@example.com"}}


def test_killed_in_the_middle_of_fifty_writes_it_has_lost_nothing_it_answered(
    tmp_path: Path,
) -> None:
    with sandbox(tmp_path / "first") as first:
        server = first.server
        answered: list[int] = []
        enough = threading.Event()

        def register(caller: int) -> None:
            for number in range(1_000):
                body = consumer_body(server, f"p{caller}.{number}@example.com", "79000001")
                try:
                    answer = server.call("POST", "/multi/consumers", body, server.api)
                except (OSError, HTTPException):  # the server is gone, perhaps in mid-answer
                    return
                if answer.status == 200:
                    answered.append(int(answer.json["rootUser"]["id"]["id"]))
                if len(answered) >= 150:
                    enough.set()

        callers = [threading.Thread(target=register, args=(number,)) for number in range(50)]
        for caller in callers:
            caller.start()
        assert enough.wait(timeout=60)
        first.kill()
        for caller in callers:
            caller.join(timeout=60)
        assert not any(caller.is_alive() for caller in callers)
    with sandbox(tmp_path / "second", first.data) as again:
        file = next(again.data.glob("*.sqlite3"))
        with closing(sqlite3.connect(file)) as db:
            kept = {row[0] for row in db.execute("SELECT id FROM subjects")}
            whole = {
                row[0]
                for row in db.execute(
                    "SELECT s.id FROM subjects s JOIN memberships m ON m.subject_id = s.id "
                    "JOIN identities i ON i.id = m.identity_id JOIN facts f "
                    "ON f.subject_id = s.id AND f.name = 'identity_registered'"
                )
            }
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert set(answered) <= kept
        assert kept == whole
        taken = again.server.call(
            "POST",
            "/multi/consumers",
            consumer_body(again.server, "p0.0@example.com", "79000001"),
            again.server.api,
        )
        assert (taken.status, taken.error) == (409, "ROOT_EMAIL_NOT_UNIQUE")


def test_a_sandbox_keeps_its_people_and_its_clock(tmp_path: Path) -> None:
    with sandbox(tmp_path / "first") as first:
        person = new_person(first.server)
        first.server.advance(86_400)
        told = first.credentials_file.read_text()
    with sandbox(tmp_path / "second", first.data) as again:
        mine, theirs = json.loads(told), again.server.credentials
        for name in ("programme", "profiles", "simulator_key", "sandbox_key"):
            assert mine[name] == theirs[name]
        assert again.server.sandbox("GET", "/clock").json["offset_seconds"] == 86_400
        assert os.stat(again.credentials_file).st_mode & 0o777 == 0o600
        person.server = again.server
        assert person.log_in().status == 200
        until("ready", lambda: again.server.call("GET", "/health/ready").status == 200)
