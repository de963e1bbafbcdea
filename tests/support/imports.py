"""Libraries that a server imports when it first needs them."""

import subprocess
import sys


def imported_by(library: str, call: str) -> tuple[bool, bool]:
    """Whether it is there once a server's code was imported, in a process of its own; and whether
    it is after this call, a statement."""
    looks = f"print({library!r} in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, assent.wiring; {looks}; {call}; {looks}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    before, after = (one == "True" for one in told)
    return before, after
