"""examples/native-device, as somebody would run it, and the page that it belongs to."""

import re
import subprocess
import sys
from pathlib import Path

from assent.dialects.device.words import WORDS
from tests.support.processes import sandbox

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/native-device"
PAGE = (ROOT / "docs/device-api.md").read_text(encoding="utf-8")


def test_it_prints_what_its_page_says(tmp_path: Path):
    with sandbox(tmp_path) as box:
        for _ in range(2):  # nobody runs it once
            done = subprocess.run(
                [sys.executable, EXAMPLE / "native_device.py", box.credentials_file],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            told = (EXAMPLE / "README.md").read_text()
            lines = done.stdout.strip().splitlines()
            assert len(lines) == 2
            assert all(f"`{line}`" in told for line in lines), lines


def test_the_page_names_every_operation_and_no_other():
    named = set(re.findall(r"^\| `([A-Z]+ /\S+)`", PAGE, re.MULTILINE))
    assert named == set(WORDS)


def test_doors_lead_to_it():
    assert "examples/native-device/" in PAGE
    assert "docs/device-api.md" in (ROOT / "README.md").read_text(encoding="utf-8")
