"""docs/regulation.md: each article of the RTS that it is about names a test that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "regulation.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE)))
ROWS = re.findall(r"^\| (\d+)[^|]*\|(.*)\|$", PAGE, re.M)


@pytest.mark.parametrize("named", NAMED)
def test_what_is_named_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    held = re.findall(r"^(?:async )?def (test_\w+)", (ROOT / path).read_text(), re.M)
    assert held, f"{path} has no test"
    assert not name or name in held, f"{path} has no {name}"


def test_every_article_is_there_and_names_a_test() -> None:
    assert {int(number) for number, _ in ROWS} == {*range(4, 10), *range(22, 28)}
    for number, row in ROWS:
        assert "`tests/" in row, number
