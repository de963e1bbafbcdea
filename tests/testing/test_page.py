"""docs/testing.md, word for word, and the README's example: written to files and run."""

import json
import os
import re
import subprocess
from pathlib import Path

import psutil
import pytest

from assent.testing import Sandbox
from tests.support.processes import ASSENT, environment
from tests.testing.suites import run_suite

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/testing.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w.-]+)`:\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


def test_the_first_example_is_no_longer_than_ten_lines():
    lines = [line for line in FILES["test_password.py"].splitlines() if line.strip()]
    assert 0 < len(lines) <= 10


def test_what_it_shows_passes_as_it_stands(tmp_path: Path):
    files = {name: text for name, text in FILES.items() if name.endswith(".py")}
    assert sorted(files) == [
        "conftest.py",
        "test_device.py",
        "test_password.py",
        "test_statement.py",
    ]
    files["test_bank.py"] = (
        "import os\n\n"
        "def test_it_is_told(assent_programme):\n"
        "    assert os.environ['MULTI_URL'] == f'{assent_programme.base_url}/multi'\n"
        "    assert os.environ['MULTI_API_KEY'] == assent_programme.api_key\n"
    )
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (files["test_readme.py"],) = re.findall(
        r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL
    )
    done = run_suite(tmp_path, files)
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


def test_the_same_from_another_language(tmp_path: Path):
    """In bash and Node; nothing is left running, nor in the temporary folder."""
    for name in ("run-tests.sh", "stepup.test.mjs"):
        (tmp_path / name).write_text(FILES[name])
    place = tmp_path / "tmp"
    place.mkdir()
    path = f"{Path(ASSENT).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "--noprofile", "--norc", "run-tests.sh"]
    env = {**environment({}), "PATH": path, "TMPDIR": str(place)}
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 2" in done.stdout
    assert list(place.iterdir()) == []
    assert str(place) not in " ".join(
        str(p.info["cmdline"]) for p in psutil.process_iter(["cmdline"])
    )


def test_a_sandbox_that_cannot_start_fails_the_script(tmp_path: Path):
    (tmp_path / "run-tests.sh").write_text(FILES["run-tests.sh"])
    path = f"{Path(ASSENT).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**environment({"ASSENT_SERVER_ENVIRONMENT": "production"}), "PATH": path}
    done = subprocess.run(
        ["bash", "run-tests.sh"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "this is production" in done.stdout


def paths_in(held: dict[str, object], above: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in held.items():
        found |= paths_in(value, f"{above}{name}.") if isinstance(value, dict) else {above + name}
    return found


def test_the_table_has_every_name_of_the_file(assent_sandbox: Sandbox):
    """And the sandbox's page shows the same."""
    written = json.loads(assent_sandbox.credentials_file.read_text())
    section = PAGE.split("### What is in the file")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == paths_in(written)
    page = (ROOT / "docs/sandbox.md").read_text(encoding="utf-8")
    shown = page.split("## The credentials")[1].split("```json\n")[1].split("```")[0]
    assert paths_in(json.loads(shown)) == paths_in(written)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)", PAGE))))
def test_what_it_links_to_is_there(link: str):
    assert (ROOT / "docs" / link).exists()
