"""docs/threat-model.md: each control names a test, and the test is there."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE)))


@cache
def _tests_of(path: Path) -> set[str]:
    return set(re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.M))


@pytest.mark.parametrize("named", NAMED)
def test_what_is_named_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    assert (ROOT / path).is_file(), f"docs/threat-model.md names {path}, which is not there"
    held = _tests_of(ROOT / path)
    assert held, f"{path} has no test" if path.endswith(".py") else path
    assert not name or name in held, f"{path} has no {name}"


def test_every_threat_of_a_boundary_has_a_control_and_a_test() -> None:
    boundaries = PAGE.split("\n## Boundaries\n")[1].split("\n## ")[0]
    sections = re.split(r"^### ", boundaries, flags=re.M)[1:]
    assert len(sections) == 7
    for section in sections:
        lines = [line for line in section.splitlines() if line.startswith("|")][2:]
        assert lines, section
        for line in lines:
            threat, control, tried = (cell.strip() for cell in line.strip("|").split("|"))
            assert threat, line
            assert control, line
            assert "`tests/" in tried, f"nothing tries: {threat}"


def test_every_actor_stands_at_a_boundary() -> None:
    actors = set(re.findall(r"^\| (T\d) \|", PAGE, re.M))
    titles = " ".join(re.findall(r"^### .*$", PAGE, re.M))
    assert actors
    assert actors <= set(re.findall(r"T\d", titles))


OTHERS = sorted((ROOT / "docs" / "operations").glob("*.md"))


@pytest.mark.parametrize(
    "path",
    [ROOT / "docs" / "threat-model.md", ROOT / "SECURITY.md", *OTHERS],
    ids=lambda path: path.name,
)
def test_what_a_page_links_to_is_there(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text())
    for link in links:
        assert (path.parent / link).exists(), link
