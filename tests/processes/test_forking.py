"""tests.support.forking: what it starts is as `assent` from a shell, for all that tests look at."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.forking import ASSENT, Forked, Process, start
from tests.support.processes import environment, installation

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere none is forked")

WORDS = [
    ("--version",),
    ("migrate",),  # without a database's folder: a sentence, and 1
    ("nothing", "of", "the", "kind"),  # of usage, and 2
]


def _said(process: Process, out: Path, err: Path) -> tuple[int, str, str]:
    return process.wait(timeout=60), out.read_text(), err.read_text()


def _both(words: tuple[str, ...], folder: Path, settings: Mapping[str, str]) -> list[object]:
    found: list[object] = []
    for fresh in (True, False):
        out, err = folder / "out", folder / "err"
        with out.open("wb") as to, err.open("wb") as also:
            variables = environment(settings)
            process = start(words, variables, folder, to.fileno(), also.fileno(), fresh)
        assert isinstance(process, Forked) is not fresh
        found.append(_said(process, out, err))
    return found


@pytest.mark.parametrize("words", WORDS)
def test_it_says_the_same_and_ends_alike(words: tuple[str, ...], tmp_path: Path) -> None:
    settings = {"ASSENT_DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"}
    one, other = _both(words, tmp_path, settings)
    assert one == other


def test_each_has_its_own_variables_and_folder(tmp_path: Path) -> None:
    for name in ("left", "right"):
        (tmp_path / name).mkdir()
        variables = environment({"ASSENT_VAULT_FILE": f"{name}.json"})
        process = start(("keys", "init"), variables, tmp_path / name, 1, 2)
        assert process.wait(timeout=60) == 0
        assert [one.name for one in (tmp_path / name).iterdir()] == [f"{name}.json"]
    assert "ASSENT_VAULT_FILE" not in os.environ


def test_it_can_be_stopped_killed_and_waited_for(tmp_path: Path) -> None:
    place = installation(tmp_path, f"sqlite:///{tmp_path / 'one.sqlite3'}")
    # uvicorn ends, and then as it was told
    for name, number, ended in (
        ("told", signal.SIGTERM, (0, -signal.SIGTERM)),
        ("killed", signal.SIGKILL, (-signal.SIGKILL,)),
    ):
        with place.serve(name) as running:
            process = running.process
            assert isinstance(process, Forked)
            assert process.poll() is None
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=0.01)
            os.kill(process.pid, 0)
            process.send_signal(number)
            assert process.wait(timeout=30) == process.poll() == process.returncode
            assert process.returncode in ended
            process.kill()  # which is nothing by now
            with pytest.raises(ProcessLookupError):
                os.kill(process.pid, 0)


def _held(process: Process) -> set[str]:
    """Pipes and sockets."""
    files = Path(f"/proc/{process.pid}/fd").iterdir()
    named = {os.readlink(file) for file in files if int(file.name) > 2}
    return {name for name in named if name.startswith(("pipe:", "socket:"))}


def test_it_holds_no_file_of_others(tmp_path: Path) -> None:
    """A pipe or a port that another process keeps would never close."""
    left = installation(tmp_path / "left", f"sqlite:///{tmp_path / 'left.sqlite3'}")
    right = installation(tmp_path / "right", f"sqlite:///{tmp_path / 'right.sqlite3'}")
    with left.serve("serving") as one, right.serve("serving") as other:
        assert _held(one.process)
        assert not _held(one.process) & _held(other.process)


def test_another_interpreter_is_another_process(tmp_path: Path) -> None:
    """What is not Assent's own may say which code runs, or how."""
    with tempfile.TemporaryFile() as nobody:
        variables = {**environment({}), "PYTHONPATH": str(tmp_path)}
        process = start(("--version",), variables, tmp_path, nobody.fileno(), nobody.fileno())
    assert isinstance(process, subprocess.Popen)
    assert process.args == [ASSENT, "--version"]
    assert process.wait(timeout=60) == 0
