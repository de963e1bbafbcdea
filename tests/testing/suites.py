"""Suites of other people: written to a folder and run by a pytest of their own."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.processes import environment

INI = """[pytest]
filterwarnings = error
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
"""


def start_suite(
    folder: Path, files: Mapping[str, str], *arguments: str, **variables: str
) -> "subprocess.Popen[str]":
    """With the plugin as it is installed: pytest finds it by its entry point, or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"pytest.ini": INI, **files}.items():
        (folder / name).write_text(text)
    options = ("-q", "-p", "no:cacheprovider", "--basetemp", str(folder / "tmp"))
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=folder,
        env=environment(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=_heed_interrupts,
    )


def _heed_interrupts() -> None:
    """Whoever runs us in the background may have us ignore them, and that is inherited."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def run_suite(
    folder: Path, files: Mapping[str, str], *arguments: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """To its end, whatever that is."""
    with start_suite(folder, files, *arguments, **variables) as suite:
        try:
            said, _ = suite.communicate(timeout=100)
        finally:
            suite.kill()
    return subprocess.CompletedProcess(suite.args, suite.returncode, said)
