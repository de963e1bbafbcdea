"""A client gives a public key: its signatures are checked with it, or replies encrypted to it."""

from typing import Final

from assent.domain.session import Caller
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add
from assent.ports.records import ClientKey
from assent.usecases.world import World

_MOST: Final = 100
"""Of a client, that have not expired: all of them are read when a signature is checked."""


async def register_client_key(world: World, caller: Caller, key: ClientKey) -> None:
    """Refuses KEY_TAKEN where the client has or had a key of that id, or the house has;
    KEYS_USED_UP until one of the client's has expired."""
    ours = await world.stores.jose_keys()
    if any(row.kid == key.kid for row in ours):
        raise Refusal(Code.KEY_TAKEN, "ours")
    held = await world.stores.client_keys(key.programme_id, key.client, world.clock.now())
    if any(row.kid == key.kid for row in held):
        raise Refusal(Code.KEY_TAKEN)
    if len(held) >= _MOST:
        raise Refusal(Code.KEYS_USED_UP)
    details = {
        "client": key.client,
        "kid": key.kid,
        "scope": key.scope.value,
        "algorithm": key.algorithm,
    }
    told = world.fact(caller, "client_key_registered", None, details)
    if (await world.stores.commit(Add(key), told)).failed is not None:
        raise Refusal(Code.KEY_TAKEN, "meanwhile, or long ago")
