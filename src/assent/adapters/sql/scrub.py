"""What SQLite leaves beside its file."""

import sqlite3
from contextlib import closing
from pathlib import Path

_BUSY_MS = 5_000


def empty_log(path: Path) -> bool:
    """Writes the log beside the file into it, and cuts it off; whether that was possible.

    The log holds pages as they were: what was deleted can be in it after it has gone from the
    file. A server that reads on for long keeps it from being cut off.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
