"""docs/compatibility/multi-v3.md is what its program writes of today's routes."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from assent.dialects.weavr.dialect import Weavr
from assent.dialects.weavr.failures import NEVER

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "compatibility", ROOT / "scripts/compatibility.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page(program: ModuleType) -> str:
    return str(program.page())


def test_the_page_is_up_to_date(program: ModuleType, page: str) -> None:
    assert program.PAGE.read_text() == page, "run: make docs"


def test_every_reason_is_needed(program: ModuleType, page: str) -> None:
    for name in program.REASONS:
        assert f"| `{name}` | " in page, name
    paths = [one.path for one in program.published()]
    for pattern, reason in program.NOT_SERVED:
        assert any(re.fullmatch(pattern, path) for path in paths), pattern
        assert reason in page, reason
    for method, path in program.PARTLY:
        assert f"`{method} {path}` | partly" in page


def test_the_openapi_document_marks_the_same_codes(program: ModuleType) -> None:
    listed = {name for route in Weavr().routes for name in route.conflicts}
    assert listed - program.answerable() == NEVER


def test_every_published_operation_stands_there_once(program: ModuleType, page: str) -> None:
    operations = [(one.method, one.path) for one in program.published()]
    assert len(operations) == len(set(operations)) == 153
    for method, path in operations:
        assert len(re.findall(rf"^\| `{method} {re.escape(path)}`", page, re.M)) == 1
