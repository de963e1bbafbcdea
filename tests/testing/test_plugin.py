"""The pytest plugin in suites of other people: what they see, and what is left behind.

The sandbox of a suite ends with it, however it ends; a suite that uses none has none.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from assent.testing import Sandbox
from tests.support.processes import ASSENT, environment, until
from tests.testing.suites import run_suite, start_suite

WHERE = """
from pathlib import Path

def note(sandbox):
    Path("pid").write_text(str(sandbox.pid))
"""
USES_ONE = """
import os
import signal

from conftest import note

def test_first(assent_sandbox):
    note(assent_sandbox)
    {does}

def test_second(assent_person):
    assert assent_person.enrol_sms().token
"""


def gone(pid: int) -> bool:
    """Whether that process has ended; one that nobody has asked for its status has ended too."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def pid_in(folder: Path) -> int:
    return int((folder / "pid").read_text())


def test_a_suite_that_uses_none_pays_nothing(tmp_path: Path):
    """Nothing is imported but the plugin itself, and no sandbox started."""
    suite = """
import sys

def test_it():
    ours = sorted(name for name in sys.modules if name.partition(".")[0] == "assent")
    assert ours == ["assent", "assent.testing", "assent.testing.plugin"]
"""
    done = run_suite(tmp_path, {"test_it.py": suite})
    assert "1 passed" in done.stdout, done.stdout


def test_it_can_be_left_out(tmp_path: Path):
    suite = "def test_it(assent_person):\n    pass\n"
    done = run_suite(tmp_path, {"test_it.py": suite}, "-p", "no:assent")
    assert "fixture 'assent_person' not found" in done.stdout


def test_the_package_needs_no_pytest():
    """Scripts and other frameworks use the same classes."""
    script = (
        "import sys; from assent import testing\n"
        "assert all(getattr(testing, name) for name in testing.__all__)\n"
        "assert not hasattr(testing, 'nothing')\n"
        "assert not {'pytest', '_pytest'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=30)


@pytest.mark.parametrize(
    ("does", "ends"),
    [
        ("pass", (0, "2 passed")),
        ("assert False", (1, "1 failed, 1 passed")),
        ("os.kill(os.getpid(), signal.SIGINT)", (2, "KeyboardInterrupt")),
        ("os._exit(7)", (7, "")),
        ("os.kill(os.getpid(), signal.SIGKILL)", (-signal.SIGKILL, "")),
    ],
    ids=["passed", "failed", "interrupted", "exited", "killed"],
)
def test_the_sandbox_ends_with_the_run(does: str, ends: tuple[int, str], tmp_path: Path):
    files = {"conftest.py": WHERE, "test_it.py": USES_ONE.format(does=does)}
    done = run_suite(tmp_path, files)
    code, said = ends
    assert done.returncode == code, done.stdout
    assert said in done.stdout
    until("the sandbox has ended", gone, pid_in(tmp_path))


def test_one_that_cannot_listen_says_why(assent_sandbox: Sandbox, tmp_path: Path):
    """And the tests that need none are run all the same."""
    taken = assent_sandbox.base_url.rpartition(":")[2]
    ini = f"[pytest]\nfilterwarnings = error\nassent_sandbox_args = --port {taken}\n"
    suite = USES_ONE.format(does="pass") + "\ndef test_third():\n    pass\n"
    files = {"pytest.ini": ini, "conftest.py": WHERE, "test_it.py": suite}
    done = run_suite(tmp_path, files, "-p", "no:asyncio")
    assert done.returncode == 1
    assert "1 passed, 2 errors" in done.stdout
    assert "The sandbox ended with 1 before it took calls. It said:" in done.stdout
    assert f"{taken}" in done.stdout.split("It said:")[1]
    assert "To try it by hand: assent sandbox" in done.stdout
    assert "Traceback" not in done.stdout
    assert "During handling" not in done.stdout


def test_its_options_and_settings_reach_it(tmp_path: Path):
    """The wrong answers that a code takes are a setting; the folder of the data is an option."""
    ini = f"[pytest]\nassent_sandbox_args = --data '{tmp_path}/a folder'\n"
    suite = """
def test_it(assent_person):
    path = "/multi/authentication_factors/otp/SMS"
    assent_person.call("POST", path).wanted()
    wrong = assent_person.call("POST", f"{path}/verify", {"verificationCode": "000000"})
    assert wrong.json["errorCode"] == "CHALLENGE_LIMIT_EXCEEDED"
"""
    files = {"pytest.ini": ini, "test_it.py": suite}
    done = run_suite(tmp_path, files, "-p", "no:asyncio", ASSENT_ATTEMPTS_CHALLENGE_TRIES="1")
    assert "1 passed" in done.stdout, done.stdout
    assert (tmp_path / "a folder" / "assent.sqlite3").exists()


SHARED = """
def test_it(assent_sandbox, assent_person):
    assert assent_sandbox.pid is None
    assert assent_sandbox.id == "{id}"
    assert assent_person.enrol_sms().last_code()
"""


@pytest.mark.parametrize("by", ["option", "variable"])
def test_one_that_runs_already_is_used_and_left_running(
    by: str, assent_sandbox: Sandbox, tmp_path: Path
):
    file = str(assent_sandbox.credentials_file)
    chosen = ["--assent-credentials", file] if by == "option" else []
    variables = {"ASSENT_SANDBOX_CREDENTIALS": file if by == "variable" else "/nowhere/at/all"}
    suite = SHARED.format(id=assent_sandbox.id)
    done = run_suite(tmp_path, {"test_it.py": suite}, *chosen, **variables)
    assert "1 passed" in done.stdout, done.stdout
    assert assent_sandbox.call("GET", "/health/ready").status == 200


def test_a_shared_clock_is_not_moved_under_other_workers(assent_sandbox: Sandbox, tmp_path: Path):
    suite = "def test_it(assent_clock):\n    pass\n"
    variables = {
        "ASSENT_SANDBOX_CREDENTIALS": str(assent_sandbox.credentials_file),
        "PYTEST_XDIST_WORKER_COUNT": "2",
    }
    done = run_suite(tmp_path, {"test_it.py": suite}, **variables)
    assert "1 error" in done.stdout
    assert "Let each worker start a sandbox" in done.stdout


def test_two_runs_at_once_have_a_sandbox_each(tmp_path: Path):
    """As pytest-xdist's workers do, which are processes; and each may move its clock."""
    suite = """
from conftest import note

def test_it(assent_sandbox, assent_clock):
    note(assent_sandbox)
    before = assent_clock.now()
    assert 3600 <= (assent_clock.advance(hours=1) - before).total_seconds() < 3700
"""
    files = {"conftest.py": WHERE, "test_it.py": suite}
    variables = {"PYTEST_XDIST_WORKER_COUNT": "2"}
    folders = [tmp_path / "one", tmp_path / "other"]
    runs = [start_suite(folder, files, **variables) for folder in folders]
    said = [run.communicate(timeout=100)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    one, other = (pid_in(folder) for folder in folders)
    assert one != other
    assert gone(one)
    assert gone(other)


def test_a_server_does_not_take_the_tests_variable_for_a_setting():
    done = subprocess.run(
        [ASSENT, "config"],
        env=environment({"ASSENT_SANDBOX_CREDENTIALS": "credentials.json"}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_its_keys_are_not_printed(assent_sandbox: Sandbox):
    """A failed test's report stays in CI's logs, and a shared sandbox stays too."""
    held = json.loads(assent_sandbox.credentials_file.read_text())
    for key in (held["sandbox_key"], held["simulator_key"], held["wise"]["client_secret"]):
        assert key not in repr(assent_sandbox)
    assert os.stat(assent_sandbox.credentials_file).st_mode & 0o777 == 0o600
