"""docs/dialects/wise.md against the code: what it says is served is served, and so the errors."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from assent.catalogue.dialects import Wise
from assent.dialects.wise import caller
from assent.dialects.wise.errors import Said, System
from assent.dialects.wise.names import VERSIONS
from assent.dialects.wise.operation import Operation
from assent.dialects.wise.routes import (
    facetec,
    factors,
    jose,
    oauth,
    one_time_token,
    phones,
    playground,
    protected,
    users,
)
from assent.domain.jose import SIGNING
from assent.http.jose.compact import Why
from assent.http.route import Identify
from tests.wise.operations import OPERATIONS as CALLED

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/dialects/wise.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src/assent/dialects/wise"
CALLERS: dict[Identify, str] = {
    caller.basic: "basic",
    caller.application: "application",
    caller.user: "user",
}
OPERATIONS: tuple[Operation, ...] = (
    *oauth.OPERATIONS,
    *users.OPERATIONS,
    *factors.OPERATIONS,
    *facetec.OPERATIONS,
    *phones.OPERATIONS,
    *one_time_token.operations("111111"),
    *jose.OPERATIONS,
    *playground.OPERATIONS,
    *protected.OPERATIONS,
)
IDS = dict.fromkeys(
    ("userId", "profileId", "phoneNumberId", "deviceFingerprintId", "balanceId", "transferId"), "1"
)
ANYWHERE = {400, 401, 403, 405, 413, 429, 500, 503}
"""What the page says of all operations at once."""
VERSION = re.compile(r"^/v[0-9](?=/)")


def section(title: str) -> str:
    """From its heading to the next of the same rank or a higher one."""
    rank = title.partition(" ")[0]
    start = PAGE.index(f"\n{title}\n") + len(title) + 2
    end = re.search(rf"^#{{2,{len(rank)}}} ", PAGE[start:], re.MULTILINE)
    return PAGE[start : start + end.start()] if end else PAGE[start:]


def rows(text: str) -> Iterator[list[str]]:
    """Of all tables, without their heads."""
    lines = text.splitlines()
    for before, line in pairwise(lines):
        if line.startswith("| ") and not before.startswith("| ") and "---" not in before:
            continue
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def documented() -> Iterator[tuple[str, str, str, set[int]]]:
    """Method, path, caller and statuses, with each calendar version's path as its own."""
    for cells in rows(section("## What is served")):
        (named,) = re.findall(r"`([A-Z]+ /[^`]*)`", cells[0])
        method, path = named.split(" ")
        by_calendar, who = cells[1:3]
        statuses = {int(status) for status in cells[3].rstrip(" |").split(", ")}
        assert by_calendar in ("yes", "no")
        paths = [path]
        if by_calendar == "yes":
            paths += [f"/{version}{VERSION.sub('', path)}" for version in VERSIONS]
        for one in paths:
            yield method, one, who, statuses


def test_the_table_of_operations_is_the_table_of_routes():
    told = {(method, path, who) for method, path, who, _ in documented()}
    served = {
        (route.method, route.path, CALLERS[route.identify])
        for route in Wise("111111").routes
        if route.method != "OPTIONS"
    }
    assert told == served


def test_statuses_of_an_operation_s_own_words_stand_in_its_row():
    told: dict[tuple[str, str], set[int]] = {}
    for method, path, _, statuses in documented():
        told.setdefault((method, path), set()).update(statuses)
    for operation in OPERATIONS:
        if operation in phones.OPERATIONS:
            continue  # they share their words
        own = {said.status for said in operation.says.values()} - ANYWHERE
        for path in operation.paths:
            assert own <= told[operation.method, path], (operation.method, path)


@pytest.mark.parametrize("name", ["userId", "profileId"])
def test_whoever_names_a_person_may_name_a_stranger(name: str):
    for method, path, _, statuses in documented():
        assert 404 in statuses or f"{{{name}}}" not in path, (method, path)


def sent() -> dict[str, str]:
    """Each operation that stands under what is sent, with the cell beside it."""
    return {
        named: cells[1]
        for cells in rows(section("## What is sent"))
        for named in re.findall(r"`([A-Z]+ /[^`]*)`", cells[0])
    }


def test_every_body_and_query_is_described():
    told, text = sent(), section("## What is sent")
    for operation in CALLED:
        if operation.path.startswith(tuple(f"/{version}/" for version in VERSIONS)):
            continue
        name = f"{operation.method} {operation.path}"
        names = [*(operation.body or ()), *parse_qs(urlsplit(operation.path_for(IDS)).query)]
        for field in names:
            assert f"`{field}`" in told[name], (name, field)
        if operation.encrypted:
            assert "JWE" in told[name]
    assert "POST /oauth/token" in told
    for grant in oauth.GRANTS:
        assert f"| `{grant}` |" in text
    for algorithm in ("RSA_OAEP_256", *SIGNING):
        assert f"`{algorithm}`" in text


def test_what_is_sent_goes_to_what_is_served():
    assert set(sent()) <= {f"{method} {path}" for method, path, _, _ in documented()}


def codes(sort: type[Said | System]) -> set[str]:
    """Every code that the source makes an answer of, and where its f-strings lead."""
    found = set()
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != sort.__name__:
                continue
            code = node.args[1] if len(node.args) > 1 else None
            if isinstance(code, ast.Constant):
                found.add(str(code.value))
            elif isinstance(code, ast.JoinedStr):
                assert ast.unparse(code) == "f'jose.{bad.why}'"
                found |= {f"jose.{why}" for why in Why if why is not Why.SIGNATURE}
    return found


def table_of(start: str) -> set[str]:
    """The names between backticks in the first column of the table whose head starts so."""
    text = section("## Errors")
    table = text[text.index(start) :].partition("\n\n")[0]
    return {name for cells in rows(f"\n{table}") for name in re.findall(r"`([^`]+)`", cells[0])}


def test_every_code_of_errors_stands_in_the_table():
    fields = {"typeMismatch", "Pattern", "Range", "Enum", "Repeated"}  # _WRONG, by field
    assert codes(Said) | fields == table_of("| Code |")


def test_every_code_of_the_other_envelope_stands_in_the_table():
    assert codes(System) == table_of("| Error |")


def test_the_open_points_are_numbered_from_one_to_eight():
    said = section("## Open points, decided")
    assert [int(found) for found in re.findall(r"^(\d)\. \*\*", said, re.MULTILINE)] == [
        *range(1, 9)
    ]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)", PAGE))))
def test_what_the_page_links_to_is_there(path: str):
    assert (ROOT / "docs/dialects" / path).exists()


def anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_what_the_page_refers_to_in_itself_is_there():
    headings = {anchor(found) for found in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings
