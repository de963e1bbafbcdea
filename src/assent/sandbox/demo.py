"""The demo programme, and credentials as scripts read them."""

from typing import Any

from assent.domain.programme import (
    PASSCODE,
    PASSWORD,
    CodeMode,
    KeyRole,
    Programme,
    ProgrammeSettings,
)
from assent.ports.upkeep import SetState
from assent.sandbox.states import DEMO_STATE
from assent.usecases.manage_programme import Made, add_client, create_programme
from assent.usecases.world import World

ROLES = (KeyRole.API, KeyRole.UI, KeyRole.SIMULATOR, KeyRole.SANDBOX, KeyRole.CLIENT)
_NAME = "Demo Bank"


async def demo_programme(world: World, channels: tuple[str, ...]) -> Made:
    """The one made on first start; on every later start the same, with the same keys."""
    known = await world.stores.state(DEMO_STATE)
    if known is not None:
        for programme in await world.stores.programmes():
            if programme.id == int(known):
                return await _with_keys(world, programme)
    made = await create_programme(
        world,
        _NAME,
        ROLES,
        ProgrammeSettings(
            codes=CodeMode.FIXED,
            channels=channels,
            plaintext_passwords=True,
            credentials=(PASSWORD, PASSCODE),
            password_profile="weavr",  # noqa: S106 - a policy's name
            fingerprint_is_possession=True,
        ),
        by="sandbox",
    )
    await world.stores.commit(SetState(DEMO_STATE, str(made.programme.id)))
    return made


async def isolated_programme(world: World, name: str, settings: ProgrammeSettings) -> Made:
    """One more, with nothing in it: for parallel CI."""
    return await create_programme(world, name, ROLES, settings, by="sandbox")


async def _with_keys(world: World, programme: Programme) -> Made:
    keys = {key.role: key.text for key in await world.stores.keys_of(programme.id)}
    if KeyRole.CLIENT not in keys:  # made before there were clients
        keys[KeyRole.CLIENT] = await add_client(world, programme, by="sandbox")
    return Made(programme, keys)


def credentials(made: Made, base_url: str, frames_url: str) -> dict[str, Any]:
    """What `--credentials` writes and `POST /sandbox/programmes` answers."""
    programme = made.programme
    client_id, _, client_secret = made.keys[KeyRole.CLIENT].partition(":")
    return {
        "base_url": base_url,
        "frames_url": frames_url,
        "programme": {
            "id": str(programme.id),
            "name": programme.name,
            "api_key": made.keys[KeyRole.API],
            "ui_key": made.keys[KeyRole.UI],
        },
        "profiles": {
            "consumers": str(programme.consumers_profile),
            "corporates": str(programme.corporates_profile),
        },
        "wise": {"client_id": client_id, "client_secret": client_secret},
        "simulator_key": made.keys[KeyRole.SIMULATOR],
        "sandbox_key": made.keys[KeyRole.SANDBOX],
    }
