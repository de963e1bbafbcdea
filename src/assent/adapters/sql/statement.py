"""Statements: plain SQL with `$name` parameters, read by both engines.

SQLite binds `$name` from a mapping as it stands. For PostgreSQL the names become numbers, and two
derived forms do the heavy work:

- **a list of changes is one statement** (`listed`): each change is a CTE, and a final SELECT raises
  an error, which rolls everything back, when a condition did not hold. One round trip, no
  transaction open between two of them.
- **the reads of one tick are one statement** (`gathered`): the text runs as a lateral join over
  the arrays of all callers' parameters.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Params = Mapping[str, Any]

NAME = re.compile(r"\$([a-z_]+)")
_FAILED = "assent condition "


@dataclass(frozen=True, slots=True)
class Query:
    """A read. `takes` are its parameters with their PostgreSQL types, in order."""

    text: str
    takes: Mapping[str, str] = field(default_factory=dict)
    gather: bool = True
    """Whether calls of one tick may be put together; not for long or unbounded answers."""

    def __hash__(self) -> int:
        return hash(self.text)


@dataclass(frozen=True, slots=True)
class Statement:
    """A change. Its text ends in RETURNING, so that both engines tell whether a row was met."""

    text: str
    returns: tuple[str, ...] = ()
    must: bool = True
    keys: tuple[str, ...] = ()
    """Parameters that name the one row it changes, where lists of it may go together (batch.py)."""
    settled: tuple[str, ...] = ()
    """Parameters that are the same for all lists that go together."""


Step = tuple[Statement, Params]


def numbered(text: str, first: int = 1) -> tuple[str, tuple[str, ...]]:
    """`$name` to `$1`: the text, and the names in the order of their numbers."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in names:
            names.append(name)
        return f"${names.index(name) + first}"

    return NAME.sub(number, text), tuple(names)


@cache
def gathered(query: Query) -> str:
    """One statement for many calls of a query; `n_`, the last column, says whose a row is.

    Last, because a row is read by position where it matters how fast: the text's own columns
    stand where they stand when it runs alone.
    """
    names = list(query.takes)
    arrays = ", ".join(f"${i}::{query.takes[name]}[]" for i, name in enumerate(names, start=1))
    inner = NAME.sub(lambda found: f"asked_.{found.group(1)}", query.text)
    return (
        f"SELECT found_.*, asked_.n_ FROM unnest({arrays}) WITH ORDINALITY "
        f"AS asked_({', '.join(names)}, n_) CROSS JOIN LATERAL ({inner}) AS found_"
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of changes as one PostgreSQL statement."""

    text: str
    names: tuple[tuple[int, str], ...]
    """For each number, which step's parameter it is."""
    spans: tuple[tuple[int, int], ...]
    """For each step, where its returned columns stand in the row (column 0 is the check)."""

    def arguments(self, steps: Sequence[Step]) -> list[Any]:
        """The steps' parameters in the order of the numbers."""
        return [steps[step][1][name] for step, name in self.names]


@cache
def listed(statements: tuple[Statement, ...]) -> Listed:
    """Puts the statements together; made once for each combination that occurs."""
    parts: list[str] = []
    names: list[tuple[int, str]] = []
    checks: list[str] = []
    columns: list[str] = []
    spans: list[tuple[int, int]] = []
    for step, statement in enumerate(statements):
        text, own = numbered(statement.text, first=len(names) + 1)
        names.extend((step, name) for name in own)
        parts.append(f"s{step} AS ({text})")
        if statement.must:
            checks.append(f"WHEN NOT EXISTS (SELECT 1 FROM s{step}) THEN '{_FAILED}{step}'")
        start = len(columns) + 1
        columns.extend(f"(SELECT {column} FROM s{step})" for column in statement.returns)
        spans.append((start, len(columns) + 1))
    # The text cannot be cast to a number: that error is how the statement takes itself back.
    check = f"CAST(CASE {' '.join(checks)} ELSE '1' END AS integer)" if checks else "1"
    text = f"WITH {', '.join(parts)} SELECT {', '.join([check, *columns])}"
    return Listed(text, tuple(names), tuple(spans))


def failed_step(message: str) -> int | None:
    """Which condition the error of a listed statement names; none if it is another error.

    A server that speaks German quotes it differently, so the quotes are not looked at.
    """
    found = re.search(rf"{_FAILED}(\d+)", message)
    return int(found.group(1)) if found else None


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a list of steps."""

    failed: int | None = None
    returned: tuple[tuple[int, ...], ...] = ()
