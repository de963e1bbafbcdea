"""The Dockerfile: what a linter says of it, and its steps carried out in a clean directory."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.conftest import Image, Place
from tests.support.client import Server
from tests.support.image import ROOT, Step, stages, variables
from tests.support.ports import free_ports
from tests.support.processes import until
from tests.support.weavr import new_person

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="bubblewrap, which the image is run by here, is of Linux"
)

DOCKERFILE = ROOT / "Dockerfile"
HADOLINT = str(Path(sys.executable).parent / "hadolint")


def _one(steps: list[Step], word: str) -> str:
    (found,) = [step.rest for step in steps if step.word == word]
    return found


def test_the_linter_finds_nothing() -> None:
    done = subprocess.run(
        [HADOLINT, "--no-color", str(DOCKERFILE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sloppy = "FROM python\nRUN pip install assent\nCMD assent serve\n"  # and it does look
    told = subprocess.run([HADOLINT, "-"], input=sloppy, capture_output=True, text=True)
    assert {"DL3006", "DL3042", "DL3025"} <= {w for w in told.stdout.split() if w[:2] == "DL"}


def test_it_runs_without_root_and_is_told_to_stop_in_the_way_it_understands() -> None:
    *_, last = stages(DOCKERFILE.read_text())
    assert _one(last, "USER") == "10001:10001"  # in numbers, so that a cluster can see it is not 0
    assert json.loads(_one(last, "ENTRYPOINT")) == ["assent"]
    assert json.loads(_one(last, "CMD")) == ["serve"]
    assert _one(last, "STOPSIGNAL") == "SIGTERM"
    assert variables(last)["PYTHONDONTWRITEBYTECODE"] == "1"
    assert [step.word for step in last].index("USER") > [step.word for step in last].index("RUN")


def test_both_stages_start_from_one_base_that_can_be_pinned() -> None:
    before, *rest = stages(DOCKERFILE.read_text())
    assert [_one(steps, "FROM").split()[0] for steps in rest] == ["${PYTHON}"] * 2
    assert before == [Step("ARG", "PYTHON=python:3.11-slim")]


def test_nothing_but_what_is_named_can_get_into_the_build() -> None:
    """A vault or a settings file that lies about in the folder must not end in a layer."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    _, first, last = stages(DOCKERFILE.read_text())
    copied = {name for step in first if step.word == "COPY" for name in step.rest.split()[:-1]}
    assert copied == let_in
    assert [step.rest for step in last if step.word == "COPY"] == [
        "--from=build /opt/assent /opt/assent"
    ]


def test_everything_that_is_downloaded_is_checked_by_its_hash() -> None:
    _, first, last = stages(DOCKERFILE.read_text())
    runs = [step.rest for step in first if step.word == "RUN"]
    for command in " && ".join(runs).split("&&"):
        if "pip" in command and ("install" in command or " wheel " in command):
            assert "--require-hashes" in command or "--no-index" in command, command
    assert not any("pip" in step.rest for step in last if step.word == "RUN")


# Whoever tries to get memory that is both written and run is refused (Linux 6.3 and newer), as by
# systemd's MemoryDenyWriteExecute.
_NO_NEW_CODE = (
    "import ctypes, os, sys\n"
    "failed = ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)\n"
    "sys.exit('no PR_SET_MDWE here') if failed else os.execvp(sys.argv[1], sys.argv[1:])\n"
)


@pytest.mark.slow
def test_a_server_runs_in_it_and_can_write_nothing_but_its_data(
    place: Place, tmp_path: Path
) -> None:
    port, frames = map(str, free_ports(2))
    place.settings.update(ASSENT_SERVER_PORT=port, ASSENT_SERVER_FRAMES_PORT=frames)
    made = json.loads(place.done("assent", "programme", "create", "Bank"))
    place.done("assent", "programme", "set", made["id"], "plaintext_passwords=true")
    place.done("assent", "programme", "set", made["id"], "password_profile=weavr")
    health = json.loads(_one(stages(DOCKERFILE.read_text())[-1], "HEALTHCHECK").split(" CMD ")[1])
    assert place.run(*health).returncode != 0  # nobody there yet
    server = Server(
        {"programme": {"api_key": made["api_key"]}, "profiles": made["profiles"]},
        f"http://127.0.0.1:{port}",
    )
    serve = ("python", "-c", _NO_NEW_CODE, "assent", "serve")
    log = tmp_path / "log"
    with place.first_process(*serve, log=log) as (process, number):
        until("ready", lambda: server.call("GET", "/health/ready").status == 200)
        assert place.run(*health).returncode == 0
        assert new_person(server).log_in().status == 200  # argon2, threads and all
        os.kill(number, signal.SIGTERM)
        assert process.wait(timeout=30) == 0, log.read_text()
    assert "Traceback" not in log.read_text()
    left = {path.name for path in place.data.iterdir()}
    assert all(name.startswith("assent.sqlite3") for name in left), left


@pytest.mark.slow
def test_its_root_is_read_only_and_it_is_nobody(place: Place) -> None:
    assert place.done("id", "-u") == "10001\n"
    for path in ("/x", "/etc/x", "/usr/x", "/opt/assent/x", "/run/secrets/x"):
        assert "Read-only file system" in place.run("touch", path).stderr, path
    place.done("touch", "/data/x", "/tmp/x")
    flags = {"CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"}
    assert flags <= set(place.done("cat", "/proc/self/status").splitlines())


@pytest.mark.slow
def test_nothing_of_the_build_is_left_in_it(image: Image) -> None:
    packages = next((image.assent / "lib").glob("python3*/site-packages"))
    names = {path.name.split("-")[0].lower() for path in packages.iterdir()}
    assert "assent" in names
    assert names & {"pip", "setuptools", "hatchling", "pytest"} == set()
    modules = list((packages / "assent").rglob("*.py"))
    assert modules
    for path in modules:  # compiled beforehand: a read-only server would compile at every start
        assert list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")), path
    built = ("frames/built", "sandbox/built", "dialects/wise/built")
    assert all(any((packages / "assent" / folder).iterdir()) for folder in built)


@pytest.mark.slow
def test_a_worker_that_is_the_first_process_ends_when_it_is_told(
    place: Place, tmp_path: Path
) -> None:
    """Process 1 has no default for signals: Docker would wait ten seconds, and kill it."""
    log = tmp_path / "log"
    with place.first_process("assent", "worker", log=log) as (process, number):
        handled = 1 << (signal.SIGTERM - 1)
        until("it handles SIGTERM", lambda: _mask(number, "SigCgt") & handled)
        os.kill(number, signal.SIGTERM)
        assert process.wait(timeout=30) == 0, log.read_text()
    assert "Traceback" not in log.read_text()


def _mask(number: int, name: str) -> int:
    for line in Path(f"/proc/{number}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1], 16)
    raise AssertionError(name)
