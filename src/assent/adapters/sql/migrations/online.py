"""Changes to the tables of a database that servers are using.

On PostgreSQL every statement is a transaction of its own, holds one lock for an instant, and
may be run again: a migration that was cut short goes on where it stopped. Two locks in one
transaction would meet those of a log-in in the other order; an index that is not built
concurrently would keep everybody from writing for as long as it takes. SQLite has one server, which
is not running: there the whole migration is one transaction.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

_TRIES = 120
_WAIT = "SELECT pg_sleep(0.5)"
_PATIENCE = "SET lock_timeout = '1s'"
_LOCK_NOT_AVAILABLE = "55P03"


@contextmanager
def online() -> Iterator[None]:
    """Around everything a revision does."""
    if not _postgres():
        yield
        return
    with op.get_context().autocommit_block():
        # who waits for a table's lock keeps all behind it waiting: not for long
        op.execute(_PATIENCE)
        try:
            yield
        finally:
            op.execute("SET lock_timeout = DEFAULT")


def create_table(name: str, *columns: sa.Column[Any]) -> None:
    """Unless it is there."""
    _patiently(lambda: op.create_table(name, *columns, if_not_exists=_postgres()))


def add_column(table: str, column: sa.Column[Any]) -> None:
    """Unless it is there. With a constant default, which costs no rewriting of the table."""
    again = True if _postgres() else None
    _patiently(lambda: op.add_column(table, column, if_not_exists=again))


def create_index(
    name: str, table: str, columns: Sequence[str], where: str = "", unique: bool = False
) -> None:
    """Unless it is there and whole: one whose building was cut short is made anew."""
    condition = sa.text(where) if where else None
    if not _postgres():
        op.create_index(name, table, columns, unique=unique, sqlite_where=condition)
        return
    whole = op.get_bind().execute(
        sa.text(
            "SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
            "WHERE relname = :name"
        ),
        {"name": name},
    )
    # It waits for every transaction that is open, and keeps nobody waiting meanwhile. One that
    # gave up would have to be built anew, and what it leaves behind counts as there.
    op.execute("SET lock_timeout = 0")
    if whole.scalar() is False:
        op.execute(f"DROP INDEX CONCURRENTLY {name}")
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        postgresql_where=condition,
        postgresql_concurrently=True,
        if_not_exists=True,
    )
    op.execute(_PATIENCE)


def drop_index(name: str, table: str) -> None:
    """If it is there. One that another has taken the place of: nothing else is dropped online."""
    if not _postgres():
        op.drop_index(name, table)
        return
    op.execute("SET lock_timeout = 0")
    op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    op.execute(_PATIENCE)


def only_grows(table: str, may_change: str = "") -> None:
    """Rows of a table stay as they were written; one column may be set where it was empty.

    Against mistakes, and against whoever gets a statement in: whoever owns the table can take the
    trigger off again.
    """
    told = f"{table} only grows"
    changed = f"OLD.{may_change} IS NOT NULL" if may_change else "1 = 1"
    if not _postgres():
        columns = [one["name"] for one in sa.inspect(op.get_bind()).get_columns(table)]
        others = " OR ".join(
            f"NEW.{name} IS NOT OLD.{name}" for name in columns if name != may_change
        )
        for event, when in (("UPDATE", f"{changed} OR {others}"), ("DELETE", "1 = 1")):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"WHEN {when} BEGIN SELECT RAISE(ABORT, '{told}'); END"
            )
        return
    same = (
        f"to_jsonb(NEW) - '{may_change}' IS DISTINCT FROM to_jsonb(OLD) - '{may_change}'"
        if may_change
        else "true"
    )
    op.execute(
        f"CREATE OR REPLACE FUNCTION {table}_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF TG_OP = 'UPDATE' THEN IF NOT ({changed} OR {same}) THEN RETURN NEW; END IF; "
        f"END IF; RAISE EXCEPTION '{told}'; END $$"
    )
    for name, each in (("rows", "UPDATE OR DELETE"), ("all", "TRUNCATE")):
        level = "ROW" if name == "rows" else "STATEMENT"
        trigger = f"{table}_only_grows_{name}"
        _patiently(
            lambda trigger=trigger, each=each, level=level: op.execute(  # type: ignore[misc]
                f"CREATE OR REPLACE TRIGGER {trigger} BEFORE {each} ON {table} "
                f"FOR EACH {level} EXECUTE FUNCTION {table}_only_grows()"
            )
        )


def moment() -> int:
    """The database's own time, in ms."""
    text = (
        "SELECT CAST(EXTRACT(EPOCH FROM now()) * 1000 AS bigint)"
        if _postgres()
        else "SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000"
    )
    return int(op.get_bind().execute(sa.text(text)).scalar_one())


def _postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _patiently(change: Callable[[], object]) -> None:
    """Again, where somebody held the table for longer than we keep others waiting."""
    for tries in range(_TRIES):
        try:
            change()
        except sa.exc.DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state != _LOCK_NOT_AVAILABLE or tries == _TRIES - 1:
                raise
            op.execute(_WAIT)
        else:
            return
