"""A database as somebody sees it who has the vault as well: every value of every row, opened."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from assent.adapters.vault_file.vault import FileVault, load
from assent.kernel.randomness import SystemRandomness
from assent.ports.records import DataKey
from tests.processes.conftest import ask

Rows = list[dict[str, Any]]
Read = Callable[[str], Rows]

_KEYS = {"capture_keys": "kid", "signing_keys": "kid", "jose_keys": "kid", "idempotency": "key"}


def of_postgres(url: str) -> dict[str, Rows]:
    """Every row of every table."""
    names = ask(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    held = {}
    for (name,) in names:
        columns = ask(
            url,
            "SELECT column_name FROM information_schema.columns WHERE table_name = $1 "
            "ORDER BY ordinal_position",
            name,
        )
        rows = ask(url, f'SELECT * FROM "{name}"')
        held[name] = [
            dict(zip((column for (column,) in columns), row, strict=True)) for row in rows
        ]
    return held


def of_sqlite(path: Path) -> dict[str, Rows]:
    """The same."""
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: [dict(row) for row in db.execute(f'SELECT * FROM "{name}"')] for (name,) in names
        }


def vault_of(path: Path, tables: dict[str, Rows]) -> FileVault:
    """With the data keys of the database."""
    vault = FileVault(load(path), SystemRandomness())
    vault.use(
        [
            DataKey(row["id"], bytes(row["wrapped"]), row["created_at"])
            for row in tables["data_keys"]
        ]
    )
    return vault


def values(
    tables: dict[str, Rows], vault: FileVault, without: Sequence[str] = ()
) -> Iterator[tuple[str, bytes]]:
    """Where a value stands, and the value; whatever is sealed both ways."""
    for table, rows in tables.items():
        if table in without:
            continue
        for row in rows:
            for column, value in row.items():
                if isinstance(value, (bytes, memoryview, bytearray)):
                    octets = bytes(value)
                    yield f"{table}.{column}", octets
                    yield f"{table}.{column} in hex", octets.hex().encode()
                else:
                    yield f"{table}.{column}", str(value).encode()
            if row.get("sealed") is not None:
                key = row[_KEYS.get(table, "id")]
                name = bytes(key).hex() if table == "idempotency" else key
                yield f"{table}, opened", vault.open(bytes(row["sealed"]), f"{table}:{name}")


def where(
    found: Sequence[bytes], tables: dict[str, Rows], vault: FileVault, without: Sequence[str] = ()
) -> set[str]:
    """In which columns any of these stands, in whatever case, plain or in hex."""
    wanted = [one.lower() for one in found] + [one.hex().encode() for one in found]
    return {
        place
        for place, value in values(tables, vault, without)
        if any(one in value.lower() or one in value for one in wanted)
    }
