"""Many lists of changes as one PostgreSQL statement: the hot ones, of one shape, on different rows.

A commit to disk and a round trip then serve all who answer a challenge in the same moment. Each
list still stands or falls by itself, and no error is raised for one that falls:

1. `l...` locks the rows that its conditions are about, in key order, and asks the conditions;
2. `asked` are the lists all of whose conditions hold, and `held` those of them whose conditional
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
    "actor": "text",
    "before": "text",
    "address": "text",
    "details": "text",
    "holder": "text",
    "name": "text",
    "proof": "text",
    "proven": "text",
    "claim": "bytea",
    "request_ref": "text",
    "sealed": "bytea",
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


_MOMENTS = ("now",)


@cache
def batch(statements: tuple[Statement, ...]) -> Batch:
    """Puts the parts together; made once for each shape that occurs."""
    return _Composer(statements).batch()


class _Composer:
    """Writes the parts in the order in which they rest on one another.

    `p` holds the parameters of all lists, a row a list; `n_` is the list's number in it. A part's
    source is where the parameters stand that it may see: `p`, then `asked`, then `held`.
    """

    def __init__(self, statements: tuple[Statement, ...]) -> None:
        self._statements = statements
        named = [
            (step, name, name in statement.settled)
            for step, statement in enumerate(statements)
            for name in dict.fromkeys(NAME.findall(statement.text))
        ]
        self._arrays = tuple((step, name) for step, name, settled in named if not settled)
        self._settled = tuple((step, name) for step, name, settled in named if settled)
        self._numbers = {
            key: f"CAST(${number} AS {_type(key[1])})"
            for number, key in enumerate(self._settled, start=len(self._arrays) + 1)
        }
        self._updates = {
            step: found.groups()
            for step, statement in enumerate(statements)
            if (found := _UPDATE.fullmatch(statement.text))
        }
        inserts = {
            step: found.groups()
            for step, statement in enumerate(statements)
            if (found := _INSERT.fullmatch(statement.text))
        }
        self._upserts = {step: parts for step, parts in inserts.items() if parts[3][0] == "("}
        self._adds = {step: parts for step, parts in inserts.items() if parts[3][0] != "("}
        self._locks = [step for step in self._updates if statements[step].must]
        self._held = "held" if self._upserts else "asked"

    def batch(self) -> Batch:
        """The whole of it: an answer is a row a list, with its conditions and what is returned."""
        parts = [
            self._entries(),
            *(self._lock(step) for step in self._locks),
            self._asked(),
            *(part for step in self._upserts for part in self._upsert(step)),
            *(part for step in self._updates for part in self._update(step)),
            *(self._add(step) for step in self._adds),
        ]
        conditions = (*self._locks, *self._upserts)
        columns = [self._check()]
        columns += [f"l{step}.n_" if step in self._locks else "held.n_" for step in conditions]
        returns = []
        for step, statement in enumerate(self._statements):
            start, source = len(columns), "held.a" if step in self._upserts else f"u{step}.u"
            columns += [f"{source}{step}_{name}" for name in statement.returns]
            returns.append((start, len(columns)))
        sources = [f"l{step}" for step in self._locks] + ["held"] * bool(self._upserts)
        sources += [f"u{step}" for step in self._updates if self._statements[step].returns]
        joins = "".join(f" LEFT JOIN {source} ON {source}.n_ = p.n_" for source in sources)
        text = f"WITH {', '.join(parts)} SELECT {', '.join(columns)} FROM p{joins} ORDER BY p.n_"
        return Batch(text, self._arrays, self._settled, conditions, tuple(returns))

    def _spelt(self, text: str, step: int, source: str) -> str:
        def one(found: re.Match[str]) -> str:
            key = (step, found.group(1))
            return self._numbers.get(key, f"{source}.p{step}_{key[1]}")

        return NAME.sub(one, text)

    def _in_key_order(self, step: int, source: str) -> str:
        return ", ".join(f"{source}.p{step}_{name}" for name in self._statements[step].keys)

    def _entries(self) -> str:
        unnested = ", ".join(
            f"${number}::{_type(name)}[]" for number, (_, name) in enumerate(self._arrays, start=1)
        )
        columns = ", ".join(f"p{step}_{name}" for step, name in self._arrays)
        return (
            f"p AS MATERIALIZED (SELECT * FROM unnest({unnested}) "
            f"WITH ORDINALITY AS p({columns}, n_))"
        )

    def _lock(self, step: int) -> str:
        table, _, where, _ = self._updates[step]
        return (
            f"l{step} AS MATERIALIZED (SELECT p.n_ FROM {table}, p "
            f"WHERE {self._spelt(where, step, 'p')} "
            f"ORDER BY {self._in_key_order(step, 'p')} FOR NO KEY UPDATE OF {table})"
        )

    def _asked(self) -> str:
        joins = "".join(f" JOIN l{step} ON l{step}.n_ = p.n_" for step in self._locks)
        return f"asked AS MATERIALIZED (SELECT p.* FROM p{joins})"

    def _upsert(self, step: int) -> tuple[str, str]:
        table, into, values, conflict, returned = self._upserts[step]
        statement = self._statements[step]
        same = " AND ".join(f"a{step}.{key} = asked.p{step}_{key}" for key in statement.keys)
        outs = "".join(f", a{step}.{name} AS a{step}_{name}" for name in statement.returns)
        return (
            f"a{step} AS (INSERT INTO {table} ({into}) "
            f"SELECT {self._spelt(values, step, 'asked')} FROM asked "
            f"ORDER BY {self._in_key_order(step, 'asked')} "
            f"ON CONFLICT {self._spelt(conflict, step, 'asked')} "
            f"RETURNING {', '.join(statement.keys)}, {returned})",
            f"held AS MATERIALIZED (SELECT asked.*{outs} FROM asked JOIN a{step} ON {same})",
        )

    def _update(self, step: int) -> list[str]:
        table, sets, where, _ = self._updates[step]
        statement, source, parts = self._statements[step], self._held, []
        if not statement.must:  # these rows are locked in key order too, those that are there
            source = f"m{step}"
            parts.append(
                f"m{step} AS MATERIALIZED (SELECT {self._held}.* FROM {table}, {self._held} "
                f"WHERE {self._spelt(where, step, self._held)} "
                f"ORDER BY {self._in_key_order(step, self._held)} FOR NO KEY UPDATE OF {table})"
            )
        outs = "".join(f", {table}.{name} AS u{step}_{name}" for name in statement.returns)
        parts.append(
            f"u{step} AS (UPDATE {table} SET {self._spelt(sets, step, source)} FROM {source} "
            f"WHERE {self._spelt(where, step, source)} RETURNING {source}.n_{outs})"
        )
        return parts

    def _add(self, step: int) -> str:
        table, into, values, conflict, returned = self._adds[step]
        return (
            f"u{step} AS (INSERT INTO {table} ({into}) "
            f"SELECT {self._spelt(values, step, self._held)} FROM {self._held} "
            f"ON CONFLICT {conflict} RETURNING {returned})"
        )

    def _check(self) -> str:
        """An error, and with it the way back, where a row that had to be added was not."""
        wrong = "".join(
            f" WHEN (SELECT count(*) FROM u{step}) <> (SELECT count(*) FROM {self._held}) "
            f"THEN 'condition {step}'"
            for step in self._adds
        )
        return f"CAST(CASE{wrong} ELSE '1' END AS integer)" if wrong else "1"


def _type(name: str) -> str:
    return _TYPES.get(name, _USUAL_TYPE)
