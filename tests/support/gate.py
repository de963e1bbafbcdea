"""A row of PostgreSQL that is held for a while: calls come as far as that, one behind another.

So two servers have both read what they go by before either of them writes; and who comes first
is chosen, not hoped for.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from tests.support.client import Answer
from tests.support.processes import until
from tests.support.volley import Shot, volley

_WAITING = (
    "SELECT pid, pg_blocking_pids(pid) AS by FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@dataclass
class Gate:
    """Closed from the beginning. PostgreSQL lets go of those who wait in the order they came."""

    runner: asyncio.Runner
    holder: Any
    watcher: Any
    closed: bool = True

    def waiting(self) -> list[int]:
        """The processes of PostgreSQL that wait here, for whichever server, and those that wait for
        these; not whoever waits for something else."""
        rows = self.runner.run(_fetch(self.watcher, _WAITING))
        found, here = [self.holder.get_server_pid()], 0
        while here < len(found):
            found += [row["pid"] for row in rows if found[here] in row["by"]]
            found = list(dict.fromkeys(found))
            here += 1
        return found[1:]

    def wait_for(self, many: int) -> None:
        """Until so many wait."""
        until(f"{many} wait at the gate", lambda: len(self.waiting()) == many)

    def cut_off(self) -> None:
        """Who waits is rolled back, as where the database hears that a server is gone."""
        for pid in self.waiting():
            self.runner.run(_fetch(self.watcher, f"SELECT pg_terminate_backend({pid})"))
        self.wait_for(0)

    def open(self) -> None:
        """Once or more."""
        if self.closed:
            self.closed = False
            self.runner.run(_fetch(self.holder, "ROLLBACK"))


async def _fetch(db: Any, text: str) -> list[Any]:
    return list(await db.fetch(text))


@contextmanager
def gate(url: str, table: str, row: int | str) -> Iterator[Gate]:
    """At the row of this id. It is open at the end, whatever happened."""
    with asyncio.Runner() as runner:
        holder, watcher = (runner.run(asyncpg.connect(url)) for _ in range(2))
        made = Gate(runner, holder, watcher)
        try:
            runner.run(_fetch(holder, "BEGIN"))
            lock = f"SELECT id FROM {table} WHERE id = {int(row)} FOR NO KEY UPDATE"
            assert len(runner.run(_fetch(holder, lock))) == 1, f"{table} {row} is not there"
            yield made
        finally:
            made.open()
            for db in (holder, watcher):
                runner.run(db.close())


def in_turn(url: str, table: str, row: int | str, *shots: Shot) -> list[Answer]:
    """Each is sent when those before it wait at a gate; then it is opened."""
    with ThreadPoolExecutor(len(shots)) as pool, gate(url, table, row) as held:
        sent: list[Future[list[Answer]]] = []
        for number, one in enumerate(shots, start=1):
            sent.append(pool.submit(volley, [one]))
            held.wait_for(number)
        held.open()
        return [one.result()[0] for one in sent]
