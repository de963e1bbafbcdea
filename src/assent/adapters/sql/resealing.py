"""What lies sealed for long is sealed anew under the newest data key, row by row."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from assent.adapters.sql.engine import Engine
from assent.adapters.sql.statement import Query, Statement, Step
from assent.ports.records import Resealing
from assent.ports.vault import Vault

_PAGE = 200
"""Rows that are read at a time."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table with a column `sealed`, whose content is authenticated with `name:key`."""

    name: str
    key: str = "id"
    type: str = "bigint"
    first: int | str = -1
    """Before every key."""

    @property
    def page(self) -> Query:
        """The next rows by their keys."""
        return Query(
            f"SELECT {self.key} AS key, sealed FROM {self.name} WHERE sealed IS NOT NULL "
            f"AND {self.key} > $after ORDER BY {self.key} LIMIT $most",
            {"after": self.type, "most": "bigint"},
            gather=False,
        )

    @property
    def heads(self) -> Query:
        """How many rows begin with which octets: those name the data key."""
        return Query(
            f"SELECT substr(sealed, 1, 4) AS head, count(*) AS held FROM {self.name} "
            "WHERE sealed IS NOT NULL GROUP BY substr(sealed, 1, 4)",
            gather=False,
        )

    @property
    def change(self) -> Statement:
        """Only what is still as it was read: a change that came meanwhile sealed it anew itself."""
        return Statement(
            f"UPDATE {self.name} SET sealed = $sealed "
            f"WHERE {self.key} = $key AND sealed = $before RETURNING {self.key}",
            must=False,
        )


LASTING = (
    _Table("programme_keys"),
    _Table("subjects"),
    _Table("identities"),
    _Table("factors"),
    _Table("payments"),
    _Table("approvals"),
    _Table("outbox"),
    _Table("signing_keys", "kid", "text", ""),
    _Table("jose_keys", "kid", "text", ""),
)
PASSING = (
    _Table("captures"),
    _Table("capture_keys", "kid", "text", ""),
    _Table("deliveries"),
    _Table("challenges"),
)
"""Erased within days by themselves. `idempotency` is too, within a day; its keys are octets."""


async def reseal(engine: Engine, vault: Vault) -> Resealing:
    """Every row by itself, many at a time: others come in between."""
    done = unreadable = 0
    for table in LASTING:
        after = table.first
        while rows := await engine.read(table.page, {"after": after, "most": _PAGE}):
            after = rows[-1]["key"]
            steps: list[Step] = []
            for row in rows:
                before, about = bytes(row["sealed"]), f"{table.name}:{row['key']}"
                if vault.sealed_with(before) == vault.newest:
                    continue
                try:
                    sealed = vault.seal(vault.open(before, about), about)
                except ValueError:
                    unreadable += 1
                    continue
                steps.append(
                    (table.change, {"key": row["key"], "before": before, "sealed": sealed})
                )
            await asyncio.gather(*(engine.apply([step]) for step in steps))
            done += len(steps)
    return Resealing(done, unreadable)


async def in_use(engine: Engine, vault: Vault) -> Counter[int]:
    """How many rows rest on each data key, but for stored answers, which last a day."""
    counts: Counter[int] = Counter()
    for table in (*LASTING, *PASSING):
        for row in await engine.read(table.heads, {}):
            counts[vault.sealed_with(bytes(row["head"]))] += row["held"]
    return counts
