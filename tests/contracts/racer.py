"""A server process of its own that commits what it is told, when it is told.

Started by the races; speaks pickled values with its parent over stdin and stdout: first the URL,
then for each race the lists of changes, `ready` back, `go`, and what became of each list.
"""

import asyncio
import pickle
import sys
from collections.abc import Sequence
from typing import Any

from assent.adapters.sql.postgres import PostgresEngine
from assent.adapters.sql.stores import SqlStores
from assent.adapters.vault_file.vault import FileVault
from assent.kernel.clock import SystemClock
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Refusal
from assent.ports.changes import Change, Committed
from tests.conftest import ROOTS

Outcome = tuple[int, ...] | int | str
"""What the first change returned, or the place of the one that failed, or a refusal's code."""


async def outcome_of(stores: SqlStores, changes: Sequence[Change]) -> Outcome:
    try:
        done: Committed = await stores.commit(*changes)
    except Refusal as refusal:
        return str(refusal.code)
    if done.failed is not None:
        return next(place for place, change in enumerate(changes) if change is done.failed)
    return done.returned[0]


def told() -> Any:
    return pickle.load(sys.stdin.buffer)


def say(value: Any) -> None:
    pickle.dump(value, sys.stdout.buffer)
    sys.stdout.buffer.flush()


async def main() -> None:
    vault = FileVault(ROOTS, SystemRandomness())
    stores = SqlStores(await PostgresEngine.open(told(), connections=10), vault, SystemClock())
    while (lists := await asyncio.to_thread(told)) is not None:
        vault.use(await stores.data_keys())
        # every connection is open before the start, so that the two processes really meet
        await asyncio.gather(*(stores.database_time() for _ in range(20)))
        say("ready")
        await asyncio.to_thread(told)
        say(await asyncio.gather(*(outcome_of(stores, changes) for changes in lists)))
    await stores.close()


if __name__ == "__main__":
    asyncio.run(main())
