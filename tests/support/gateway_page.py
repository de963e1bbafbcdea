"""The examples of docs/operations/gateways.md, as somebody would copy them."""

import re
import tomllib
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "gateways.md"


def blocks(title: str, language: str = "toml") -> list[str]:
    """Every block of that language below that heading, up to the next heading of any rank."""
    parts = re.split(r"^#+ (.+)\n", PAGE.read_text(), flags=re.M)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert title in sections, f"no section {title!r}: {list(sections)}"
    found = re.findall(rf"^```{language}\n(.*?)^```$", sections[title], re.S | re.M)
    assert found, f"{title}: no example"
    return found


def tables(title: str) -> list[dict[str, Any]]:
    """The same, read as settings files."""
    return [tomllib.loads(text) for text in blocks(title)]
