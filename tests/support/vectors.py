"""Published test vectors, as files in tests/data; each names its source."""

import json
from pathlib import Path
from typing import Any

_HOME = Path(__file__).parents[1] / "data"


def vectors(name: str) -> dict[str, Any]:
    """The file of that name."""
    found: dict[str, Any] = json.loads((_HOME / f"{name}.json").read_text())
    return found
