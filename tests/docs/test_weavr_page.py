"""docs/dialects/weavr.md against the code: its table holds what is served, and nothing else."""

import re
from pathlib import Path
from typing import Any

import pytest

from assent.dialects.weavr import caller
from assent.dialects.weavr.dialect import Weavr
from assent.dialects.weavr.openapi import described, key
from assent.dialects.weavr.simulator import Simulator
from assent.http.route import Identify

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/dialects/weavr.md").read_text(encoding="utf-8")
SERVED = PAGE.partition("\n## What is served\n")[2].partition("\n## ")[0]
ROW = re.compile(r"^\| `(\w+ /[^`]*)` \|(.*)\|$", re.M)
ROUTES = {key(route): route for route in Weavr().routes}
PATHS = described(Weavr().routes)["paths"]
CALLERS: dict[Identify, str] = {
    caller.server: "api-key",
    caller.person: "bearer",
    caller.bearer: "bearer",
    caller.server_or_person: "api-key, and a bearer",
    caller.person_or_token: "bearer, or",
}
ONCE: dict[Any, str] = {
    caller.by_programme: "programme",
    caller.by_user: "person",
    caller.by_session: "session",
}
ANYWHERE = {"400", "401", "403", "404", "405", "413", "422", "429", "500", "503"}
"""What the page says of all operations at once, or of all of a sort."""


def _rows() -> dict[str, list[str]]:
    found = ROW.findall(SERVED)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in found}


def test_the_tables_list_what_is_served_and_nothing_else() -> None:
    names = [name for name, _ in ROW.findall(SERVED)]
    assert len(names) == len(set(names))
    assert set(names) == set(ROUTES) | {key(route) for route in Simulator.routes}


@pytest.mark.parametrize("name", ROUTES)
def test_a_row_says_who_calls_what_is_answered_and_whose_references(name: str) -> None:
    route = ROUTES[name]
    who, answers, once = _rows()[name]
    assert who.startswith(CALLERS[route.identify])
    method, _, path = name.partition(" ")
    documented = set(PATHS[path][method.lower()]["responses"])
    assert set(answers.split(", ")) - ANYWHERE == documented - ANYWHERE
    assert once == (ONCE[route.once] if route.once else "")
