"""examples/encrypted-pin, as somebody would run it: beside a sandbox, with its credentials."""

import subprocess
import sys
from pathlib import Path

from tests.support.processes import sandbox

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/encrypted-pin"


def test_it_prints_what_its_page_says(tmp_path: Path):
    with sandbox(tmp_path) as box:
        for _ in range(2):  # nobody runs it once
            done = subprocess.run(
                [sys.executable, EXAMPLE / "encrypted_pin.py", box.credentials_file],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert f"`{done.stdout.strip()}`" in (EXAMPLE / "README.md").read_text()


def test_the_front_door_leads_to_it():
    for page in ("README.md", "docs/dialects/wise.md"):
        assert "examples/encrypted-pin/" in (ROOT / page).read_text(encoding="utf-8")
