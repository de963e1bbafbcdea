"""Schemathesis over a running sandbox, with every check it has.

Its checks are all on; what it complains of without reason is in one table, with the reason:
`EXCEPTIONS` of `tests/openapi/hooks.py`. `object_level_authorization` is on and has nothing to do:
whom a call is about is told by its token, and hardly ever by its path. `make fuzz` takes longer.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.openapi.conformity import Document
from tests.support.client import Server

ROOT = Path(__file__).resolve().parents[2]
_FEW = "10"
EXAMPLES = os.environ.get("ASSENT_FUZZ_EXAMPLES", _FEW)
"""Of each operation; the default fits into a test run."""
SEED = os.environ.get("ASSENT_FUZZ_SEED", "1")
WITHIN = 170 if EXAMPLES == _FEW else 24 * 3_600


@pytest.mark.slow
@pytest.mark.timeout(WITHIN + 15)
def test_every_check_passes(server: Server, document: Document, tmp_path: Path):
    report = run(server, tmp_path)
    tested = {f"{method} {path}" for method, path, _ in document.operations()}
    assert tested <= set(report)
    good = {"200", "204"}
    missed = [name for name in sorted(tested) if not report[name] & good]
    assert missed == [], f"nothing of {missed} went well: see SCENES of hooks.py"


def run(server: Server, place: Path) -> dict[str, set[str]]:
    """Which statuses the cases of each operation were answered with."""
    credentials, reports = place / "credentials.json", place / "reports"
    credentials.write_text(json.dumps({**server.credentials, "base_url": server.base_url}))
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "schemathesis"), "run"),
            f"{server.base_url}/multi/openapi.json",
            *("--url", f"{server.base_url}/multi", "--checks", "all"),
            *("--max-examples", EXAMPLES, "--seed", SEED, "--generation-deterministic"),
            *("--continue-on-failure", "--no-color", "--output-sanitize", "false"),
            *("--report", "ndjson", "--report-dir", str(reports)),
        ],
        cwd=place,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.openapi.hooks",
            "ASSENT_FUZZED": str(credentials),
        },
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    (written,) = reports.glob("*.ndjson")
    return statuses(map(json.loads, written.read_text().splitlines()))


def statuses(events: Any) -> dict[str, set[str]]:
    answered: dict[str, set[str]] = {}
    for event in events:
        finished = event.get("ScenarioFinished")
        if finished is None:
            continue
        recorder = finished["recorder"]
        found = answered.setdefault(recorder["label"], set())
        for exchange in recorder.get("interactions", {}).values():
            if exchange["response"]:
                found.add(str(exchange["response"]["status_code"]))
    return answered
