"""docs/incidents.md names tests that are there, and no incident without a word."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/incidents.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE)))
ROWS = re.findall(r"^\| (\d+) \| (.+?) \| (.*) \|$", PAGE, re.MULTILINE)


@cache
def _held_in(path: Path) -> frozenset[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in nodes if isinstance(node, functions))


@pytest.mark.parametrize("named", NAMED)
def test_what_is_named_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    if "*" in path:
        assert list(ROOT.glob(path)), named
        return
    if (ROOT / path).is_dir():
        assert list((ROOT / path).glob("test_*.py")), named
        return
    held = _held_in(ROOT / path)
    assert any(one.startswith("test_") for one in held), named
    assert not name or name in held, named


def test_every_line_of_the_list_is_there_and_says_something() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 49))
    for number, _, tried in ROWS:
        assert "`tests/" in tried or "Does not apply" in tried, number
