"""What lies sealed for long is sealed anew under the newest data key, row by row."""

from collections import Counter
from dataclasses import dataclass

from assent.adapters.sql.engine import Engine
from assent.adapters.sql.statement import Query, Statement, Step
from assent.ports.vault import Vault

_MOST = 200
"""Rows a transaction: others come in between."""


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
    _Table("signing_keys", "kid", "text", ""),
    _Table("jose_keys", "kid", "text", ""),
)
PASSING = (
    _Table("outbox"),
    _Table("captures"),
    _Table("capture_keys", "kid", "text", ""),
    _Table("deliveries"),
)
"""Erased within days by themselves. `idempotency` is too, within a day; its keys are octets."""


async def reseal(engine: Engine, vault: Vault) -> int:
    """How many rows were sealed anew."""
    count = 0
    for table in LASTING:
        after = table.first
        while rows := await engine.read(table.page, {"after": after, "most": _MOST}):
            after = rows[-1]["key"]
            steps: list[Step] = []
            for row in rows:
                before, about = bytes(row["sealed"]), f"{table.name}:{row['key']}"
                if vault.sealed_with(before) != vault.newest:
                    sealed = vault.seal(vault.open(before, about), about)
                    params = {"key": row["key"], "before": before, "sealed": sealed}
                    steps.append((table.change, params))
            for step in steps:
                await engine.apply([step])
            count += len(steps)
    return count


async def in_use(engine: Engine, vault: Vault) -> Counter[int]:
    """How many rows rest on each data key, but for stored answers, which last a day."""
    counts: Counter[int] = Counter()
    for table in (*LASTING, *PASSING):
        after = table.first
        while rows := await engine.read(table.page, {"after": after, "most": _MOST}):
            after = rows[-1]["key"]
            counts.update(vault.sealed_with(bytes(row["sealed"])) for row in rows)
    return counts
