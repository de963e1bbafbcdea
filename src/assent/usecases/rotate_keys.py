"""The house's own keys are renewed while servers run: the new beside the old for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assent.domain.facts import Fact
from assent.domain.jose import ALGORITHMS, KeyScope
from assent.kernel.clock import DAY
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, Change
from assent.ports.records import DataKey, JoseKey
from assent.ports.upkeep import ForgetDataKey, RetireJoseKeys, RewrapDataKey
from assent.usecases.find_jose_key import make_jose_key
from assent.usecases.world import World

PASSING_MS = 2 * DAY
"""After which no answer or message is left that was sealed under a data key from before."""


def of_the_house(
    world: World, operator: str, name: str, details: Mapping[str, str] | None = None
) -> Add:
    """A line of the record that is about no programme."""
    return Add(
        Fact(
            id=world.ids.next(),
            programme_id=0,
            subject_id=None,
            name=name,
            at=world.clock.now(),
            actor=f"operator:{operator}",
            details=dict(details or {}),
        )
    )


async def add_data_key(world: World, operator: str, made: DataKey) -> None:
    """Servers seal with it once all of them have read it. Refuses CHANGED_MEANWHILE where another
    was added in the same moment."""
    about = {"data_key": str(made.id)}
    done = await world.stores.commit(
        Add(made), of_the_house(world, operator, "data_key_added", about)
    )
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE, "another data key was added")


async def rewrap_data_keys(world: World, operator: str, keys: Sequence[DataKey]) -> None:
    """The same data keys under the vault's newest root."""
    changes: list[Change] = [RewrapDataKey(key) for key in keys]
    about = {"data_keys": str(len(keys))}
    done = await world.stores.commit(
        *changes, of_the_house(world, operator, "data_keys_rewrapped", about)
    )
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE, "a data key has gone")


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of the rows, and of the data keys that nothing rests on any more."""

    rows: int
    unreadable: int
    forgotten: tuple[int, ...]
    in_use: Mapping[int, int]


async def reseal(world: World, operator: str) -> Resealed:
    """Seals what lies there for long under the newest data key.

    A data key before one that has served for two days, and under which nothing is sealed any
    more, is destroyed (RTS Article 27): it opens nothing but old copies of the database.
    """
    sealed = await world.stores.reseal()
    keys = sorted(await world.stores.data_keys(), key=lambda key: key.id)
    used = await world.stores.data_keys_in_use()
    settled = world.clock.wall() - keys[-1].created_at >= PASSING_MS
    idle = [key.id for key in keys[:-1] if settled and not used.get(key.id)]
    about = {"rows": str(sealed.done), "forgotten": " ".join(map(str, idle))}
    await world.stores.commit(
        *(ForgetDataKey(number) for number in idle),
        of_the_house(world, operator, "rows_resealed", about),
    )
    return Resealed(sealed.done, sealed.unreadable, tuple(idle), used)


async def add_jose_key(world: World, operator: str, scope: KeyScope, algorithm: str) -> JoseKey:
    """The next version; the ones before go on until they are retired. Refuses NOT_FOUND for an
    algorithm that the scope does not have."""
    if algorithm not in ALGORITHMS[scope]:
        raise Refusal(Code.NOT_FOUND, "algorithm")
    rows = await world.stores.jose_keys()
    versions = [row.version for row in rows if (row.scope, row.algorithm) == (scope, algorithm)]
    made = await make_jose_key(world, scope, algorithm, max(versions, default=0) + 1)
    about = {"scope": scope, "algorithm": algorithm, "version": str(made.version)}
    await world.stores.commit(of_the_house(world, operator, "jose_key_added", about))
    return made


async def retire_jose_keys(
    world: World, operator: str, scope: KeyScope, algorithm: str, version: int
) -> None:
    """Versions before this one open and sign nothing more. Refuses NOT_FOUND for a version that
    is not there: all would be retired."""
    rows = await world.stores.jose_keys()
    if not any(
        (row.scope, row.algorithm, row.version) == (scope, algorithm, version) for row in rows
    ):
        raise Refusal(Code.NOT_FOUND, "version")
    about = {"scope": scope, "algorithm": algorithm, "before": str(version)}
    await world.stores.commit(
        RetireJoseKeys(scope, algorithm, version, world.clock.wall()),
        of_the_house(world, operator, "jose_keys_retired", about),
    )
