"""What has served its time, as SQL: counted, and deleted in small transactions.

Every sort is found through an index, from the oldest on. A delete looks again for the rows that
its count found: another server may have been faster, and finds nothing then.
"""

from dataclasses import dataclass

from assent.adapters.sql.engine import Engine
from assent.adapters.sql.statement import Query, Statement
from assent.domain.attempts import FOR_EVER
from assent.domain.retention import Sort


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a table that are outdated: `when` is indexed, `only` says which of the old ones."""

    table: str
    when: str
    only: str = ""
    key: str = "id"

    @property
    def _due(self) -> str:
        return (
            f"FROM {self.table} WHERE {self.when} < CAST($before AS bigint) {self.only} "
            f"ORDER BY {self.when} LIMIT $most"
        )

    @property
    def count(self) -> Query:
        return Query(
            f"SELECT count(*) AS n FROM (SELECT {self.when} {self._due}) AS due",
            {"before": "bigint", "most": "bigint"},
            gather=False,
        )

    @property
    def delete(self) -> Statement:
        keys = self.key if "," not in self.key else f"({self.key})"
        return Statement(
            f"DELETE FROM {self.table} WHERE {keys} IN (SELECT {self.key} {self._due}) "
            f"RETURNING {self.when}",
            must=False,
        )

    def with_these(self, table: str, column: str) -> Statement:
        """Deletes what hangs on them, before they go."""
        return Statement(
            f"DELETE FROM {table} WHERE {column} IN (SELECT {self.key} {self._due}) "
            f"RETURNING {column}",
            must=False,
        )


# A session's approval is of use as long as its session is there, and has no end of its own. Asked
# for one approval after the other: for a NOT EXISTS PostgreSQL would read all sessions first.
_SESSION_GONE = (
    "COALESCE((SELECT 1 FROM sessions s WHERE s.approval_id = approvals.id LIMIT 1), 0) = 0"
)
_APPROVALS = _Rows(
    "approvals",
    "created_at",
    f"AND COALESCE(expires_at, 0) < CAST($before AS bigint) AND {_SESSION_GONE}",
)
_ROWS = {
    Sort.SESSIONS: _Rows(
        "sessions",
        "created_at",
        "AND (expires_at < CAST($before AS bigint) OR ended_at < CAST($before AS bigint))",
    ),
    Sort.APPROVALS: _APPROVALS,
    Sort.CHALLENGES: _Rows("challenges", "created_at", "AND expires_at < CAST($before AS bigint)"),
    Sort.MAILED_CODES: _Rows(
        "mailed_codes", "created_at", "AND expires_at < CAST($before AS bigint)"
    ),
    Sort.MESSAGES: _Rows("outbox", "finished_at"),
    Sort.ATTEMPTS: _Rows(
        "attempts",
        "last_at",
        f"AND blocked_until <> {FOR_EVER} AND blocked_until < CAST($before AS bigint)",
        "programme_id, holder, proof",
    ),
    Sort.CLIENT_KEYS: _Rows("client_keys", "valid_till", key="programme_id, client, kid"),
    Sort.DELIVERIES: _Rows("deliveries", "sent_at"),
}
_SENDS = _APPROVALS.with_these("sends", "approval_id")


class SqlForgetting:
    """The part of `ports.stores.Stores` that is `ports.retention.Forgetting`; see stores.py."""

    _engine: Engine

    async def outdated(self, sort: Sort, before: int, most: int) -> int:
        asked = {"before": before, "most": most}
        return int((await self._engine.read(_ROWS[sort].count, asked))[0]["n"])

    async def forget(self, sort: Sort, before: int, most: int) -> None:
        statements = [_ROWS[sort].delete]
        if sort is Sort.APPROVALS:
            statements.insert(0, _SENDS)
        params = {"before": before, "most": most}
        await self._engine.apply([(statement, params) for statement in statements])
