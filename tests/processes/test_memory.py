"""What people type stays in the server's memory: no crash and no neighbour brings it out."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import sandbox

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux has the switch")
_CHILD = """
import ctypes, os, resource
from assent.serving import keep_memory_in

if os.geteuid() == 0:
    os.setuid(65534)
libc = ctypes.CDLL(None)
libc.prctl(4, 1, 0, 0, 0)
before = libc.prctl(3, 0, 0, 0, 0), os.stat("/proc/self/environ").st_uid == os.geteuid()
keep_memory_in()
after = libc.prctl(3, 0, 0, 0, 0), os.stat("/proc/self/environ").st_uid
print(before, after, resource.getrlimit(resource.RLIMIT_CORE))
"""
"""PR_GET_DUMPABLE is 3. What may not be dumped belongs to root in /proc, whoever runs it."""


@LINUX
def test_a_server_may_not_be_dumped_or_looked_into() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "(1, True) (0, 0) (0, 0)\n"


@LINUX
def test_a_running_server_writes_no_core(tmp_path: Path) -> None:
    """Whatever the shell that starts it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        with sandbox(tmp_path, fresh=True) as box:
            proc = Path(f"/proc/{box.process.pid}")
            lines = (proc / "limits").read_text().splitlines()
            (core,) = [line for line in lines if line.startswith("Max core file size")]
            assert core.split()[4:6] == ["0", "0"]
            assert (proc / "environ").stat().st_uid == 0
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
