"""docs/where-is.md answers "where is ...?": every path it names exists, every room is in it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "where-is.md"
ROOTS = ("src/", "docs/", "tests/", "benchmarks/", "browser/", "examples/", "scripts/", "deploy/")


def named_paths() -> list[str]:
    """The paths between backticks, each once; `path:line` and `path::name` count as the path."""
    if not PAGE.exists():
        return []
    quoted = re.findall(r"`([^`\s]+)`", PAGE.read_text(encoding="utf-8"))
    return sorted({path.split(":")[0] for path in quoted if path.startswith(ROOTS)})


def test_the_page_names_paths():
    assert PAGE.exists(), "docs/where-is.md is missing: one line a question, the path in backticks"
    assert named_paths(), "docs/where-is.md names no path in backticks"


@pytest.mark.parametrize("path", named_paths())
def test_a_named_path_exists(path: str):
    # `src/assent/factors/<kind>/kind.py` stands for any of them: at least one must be there
    pattern = re.sub(r"<[^>]*>", "*", path).rstrip("/")
    assert any(ROOT.glob(pattern)), f"docs/where-is.md names {path}, which is not there"


@pytest.mark.parametrize("above", ["browser", "examples"])
def test_every_folder_of_the_browser_and_every_example_is_named(above: str):
    made = {"node_modules"}  # by npm
    folders = {p.name for p in (ROOT / above).iterdir() if p.is_dir()} - made
    named = {path.split("/")[1] for path in named_paths() if path.startswith(f"{above}/")}
    assert folders
    assert folders <= named, f"docs/where-is.md does not name: {sorted(folders - named)}"


def test_every_room_is_named():
    rooms = {p.parent.name for p in (ROOT / "src" / "assent").glob("*/__init__.py")}
    named = {path.split("/")[2] for path in named_paths() if path.startswith("src/assent/")}
    assert rooms <= named, f"docs/where-is.md does not name: {sorted(rooms - named)}"
