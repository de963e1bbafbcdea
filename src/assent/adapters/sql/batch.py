"""Many lists of changes as one PostgreSQL statement: the hot ones, of one shape, on different rows.

A commit to disk and a round trip then serve all who answer a challenge in the same moment. Each
list still stands or falls by itself, and no error is raised for one that falls:

1. `l...` locks the rows that its conditions are about, in key order, and asks the conditions;
2. `held` are the lists all of whose conditions hold, and of these only those whose conditional
   upsert, if there is one, was carried out (`a`);
3. only for these the changes are made (`u...`), and the rows added.

A new row whose place is taken is no condition that could be asked before: it raises the error of a
listed statement, everything is rolled back, and the lists are carried out one by one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from assent.adapters.sql.statement import NAME, Applied, Statement, Step

_UPDATE = re.compile(r"UPDATE (\w+) SET (.*?) WHERE (.*) RETURNING (.*)", re.DOTALL)
_TABLE = re.compile(r"(?:UPDATE|INSERT INTO) (\w+)")
_INSERT = re.compile(r"INSERT INTO (\w+) \((.*?)\) VALUES \((.*)\) ON CONFLICT (.*) RETURNING (.*)")

# What the parameters of the statements that come here are called decides their type.
_TYPES = {
    "address": "text",
    "details": "text",
    "holder": "text",
    "name": "text",
    "proof": "text",
    "proven": "text",
    "request_ref": "text",
    "state": "text",
}
_USUAL_TYPE = "bigint"


@dataclass(frozen=True, slots=True)
class Batch:
    """The statement for lists of one shape."""

    text: str
    arrays: tuple[tuple[int, str], ...]
    """Which step's parameter each array holds, an element a list."""
    settled: tuple[tuple[int, str], ...]
    """Which step's parameter each number after them holds, the same for all lists."""
    conditions: tuple[int, ...]
    """The steps whose conditions the first columns of a row answer, in their order."""
    returns: tuple[tuple[int, int], ...]
    """For each step where its returned columns stand."""

    def arguments(self, lists: Sequence[Sequence[Step]]) -> list[Any]:
        """The arrays, then what is settled: a moment is that of the last list to arrive."""
        arrays = [[steps[step][1][name] for steps in lists] for step, name in self.arrays]
        return [*arrays, *(lists[-1][step][1][name] for step, name in self.settled)]

    def outcome(self, row: Any) -> Applied:
        """What became of one list."""
        for column, step in enumerate(self.conditions, start=1):
            if row[column] is None:
                return Applied(failed=step)
        return Applied(returned=tuple(tuple(row[start:end]) for start, end in self.returns))


def shape_of(steps: Sequence[Step]) -> tuple[Any, ...] | None:
    """What two lists must have in common to go together; none for lists that go alone."""
    if not all(statement.keys for statement, _ in steps):
        return None
    return tuple(
        (statement, *(params[name] for name in statement.settled if name not in _MOMENTS))
        for statement, params in steps
    )


def rows_of(steps: Sequence[Step]) -> set[tuple[Any, ...]]:
    """The rows a list may change; two lists of one batch have none in common."""
    return {
        (_TABLE.match(statement.text)[1], *(params[name] for name in statement.keys))  # type: ignore[index]
        for statement, params in steps
    }


_MOMENTS = ("now", "until")


@cache
def batch(statements: tuple[Statement, ...]) -> Batch:
    """Puts the parts together; made once for each shape that occurs."""
    arrays: list[tuple[int, str]] = []
    settled: list[tuple[int, str]] = []
    for step, statement in enumerate(statements):
        for name in dict.fromkeys(NAME.findall(statement.text)):
            (settled if name in statement.settled else arrays).append((step, name))
    numbers = {
        key: f"CAST(${number} AS {_TYPES.get(key[1], _USUAL_TYPE)})"
        for number, key in enumerate(settled, start=len(arrays) + 1)
    }

    def spelt(text: str, step: int, source: str) -> str:
        def one(found: re.Match[str]) -> str:
            key = (step, found.group(1))
            return numbers.get(key, f"{source}.p{step}_{found.group(1)}")

        return NAME.sub(one, text)

    unnested = ", ".join(
        f"${number}::{_TYPES.get(name, _USUAL_TYPE)}[]"
        for number, (_, name) in enumerate(arrays, start=1)
    )
    columns = ", ".join(f"p{step}_{name}" for step, name in arrays)
    parts = [
        f"p AS MATERIALIZED (SELECT * FROM unnest({unnested}) WITH ORDINALITY AS p({columns}, n_))"
    ]
    locks, upserts, checks = [], [], []
    for step, statement in enumerate(statements):
        update = _UPDATE.fullmatch(statement.text)
        if update and statement.must:
            table, _, where, _ = update.groups()
            order = ", ".join(f"p.p{step}_{name}" for name in statement.keys)
            parts.append(
                f"l{step} AS MATERIALIZED (SELECT p.n_ FROM {table}, p "
                f"WHERE {spelt(where, step, 'p')} ORDER BY {order} FOR NO KEY UPDATE OF {table})"
            )
            locks.append(step)
    joined = "".join(f" JOIN l{step} ON l{step}.n_ = p.n_" for step in locks)
    parts.append(f"asked AS MATERIALIZED (SELECT p.* FROM p{joined})")
    held = "asked"
    for step, statement in enumerate(statements):
        insert = _INSERT.fullmatch(statement.text)
        if insert is None or not insert.group(4).startswith("("):
            continue
        table, into, values, conflict, returned = insert.groups()
        order = ", ".join(f"asked.p{step}_{name}" for name in statement.keys)
        same = " AND ".join(f"a{step}.{key} = asked.p{step}_{key}" for key in statement.keys)
        outs = ", ".join(f"a{step}.{name} AS a{step}_{name}" for name in statement.returns)
        parts.append(
            f"a{step} AS (INSERT INTO {table} ({into}) SELECT {spelt(values, step, 'asked')} "
            f"FROM asked ORDER BY {order} ON CONFLICT {spelt(conflict, step, 'asked')} "
            f"RETURNING {', '.join(statement.keys)}, {returned})"
        )
        parts.append(
            f"held AS MATERIALIZED (SELECT asked.*, {outs} FROM asked JOIN a{step} ON {same})"
        )
        held = "held"
        upserts.append(step)
    for step, statement in enumerate(statements):
        update, insert = _UPDATE.fullmatch(statement.text), _INSERT.fullmatch(statement.text)
        if update:
            table, sets, where, _ = update.groups()
            source = held
            if not statement.must:  # its rows are locked in key order too, where they are there
                order = ", ".join(f"{held}.p{step}_{name}" for name in statement.keys)
                parts.append(
                    f"m{step} AS MATERIALIZED (SELECT {held}.* FROM {table}, {held} "
                    f"WHERE {spelt(where, step, held)} ORDER BY {order} "
                    f"FOR NO KEY UPDATE OF {table})"
                )
                source = f"m{step}"
            outs = "".join(f", {table}.{name} AS u{step}_{name}" for name in statement.returns)
            parts.append(
                f"u{step} AS (UPDATE {table} SET {spelt(sets, step, source)} FROM {source} "
                f"WHERE {spelt(where, step, source)} RETURNING {source}.n_{outs})"
            )
        elif insert and step not in upserts:
            table, into, values, conflict, returned = insert.groups()
            parts.append(
                f"u{step} AS (INSERT INTO {table} ({into}) SELECT {spelt(values, step, held)} "
                f"FROM {held} ON CONFLICT {conflict} RETURNING {returned})"
            )
            checks.append(
                f"WHEN (SELECT count(*) FROM u{step}) <> (SELECT count(*) FROM {held}) "
                f"THEN 'condition {step}'"
            )
    return _selected(statements, parts, arrays, settled, locks, upserts, checks, held)


def _selected(
    statements: tuple[Statement, ...],
    parts: list[str],
    arrays: list[tuple[int, str]],
    settled: list[tuple[int, str]],
    locks: list[int],
    upserts: list[int],
    checks: list[str],
    held: str,
) -> Batch:
    """The answer: a row a list, with its conditions and what its steps return."""
    check = f"CAST(CASE {' '.join(checks)} ELSE '1' END AS integer)" if checks else "1"
    conditions = [*locks, *upserts]
    columns = [check] + [f"l{step}.n_" if step in locks else "held.n_" for step in conditions]
    sources = "".join(f" LEFT JOIN l{step} ON l{step}.n_ = p.n_" for step in locks)
    if held == "held":
        sources += " LEFT JOIN held ON held.n_ = p.n_"
    returns = []
    for step, statement in enumerate(statements):
        start = len(columns)
        if step in upserts:
            columns += [f"held.a{step}_{name}" for name in statement.returns]
        elif statement.returns:
            sources += f" LEFT JOIN u{step} ON u{step}.n_ = p.n_"
            columns += [f"u{step}.u{step}_{name}" for name in statement.returns]
        returns.append((start, len(columns)))
    text = f"WITH {', '.join(parts)} SELECT {', '.join(columns)} FROM p{sources} ORDER BY p.n_"
    return Batch(text, tuple(arrays), tuple(settled), tuple(conditions), tuple(returns))
