"""What a database must be like, and whose it must not be, before a server uses it."""

from assent import catalogue
from assent.domain.programme import CodeMode
from assent.ports.stores import Stores
from assent.sandbox.demo import DEMO_STATE
from assent.sandbox.dialect import CLOCK_STATE

PRODUCTION_STATE = "production"
"""Where the store keeps that a production server has used it."""


class Unfit(Exception):
    """The server must not start like this; the message says why and what to do."""


async def refuse_other_schema(stores: catalogue.SqlStores) -> None:
    """Neither an empty database nor one of another version."""
    revision = await stores.revision()
    if revision == catalogue.REVISION:
        return
    if revision is None or revision < catalogue.REVISION:
        raise Unfit("The database is not at this version's schema. Run: assent migrate")
    raise Unfit(
        f"The database was migrated by a newer version ({revision}; this one knows "
        f"{catalogue.REVISION}). Run that version, or restore a back-up from before."
    )


async def refuse_sandbox_help(stores: Stores) -> None:
    """A database that a sandbox has used may hold people whose codes anybody knows."""
    for programme in await stores.programmes():
        if programme.settings.codes is CodeMode.FIXED:
            raise Unfit(
                f"Programme {programme.id} ({programme.name}) has fixed codes: this database was "
                "a sandbox's. Use a database of its own for production."
            )
    if await stores.state(CLOCK_STATE):
        raise Unfit(
            "This database's clock was moved: it was a sandbox's. Use a database of its own for "
            "production."
        )
    if await stores.state(DEMO_STATE):
        raise Unfit(
            "This database has a demo programme: it was a sandbox's. Use a database of its own for "
            "production."
        )


async def refuse_real_people(stores: Stores) -> None:
    """A sandbox's simulator passes any challenge, and asks for no more than an API key."""
    if await stores.state(PRODUCTION_STATE):
        raise Unfit(
            "This database is a production server's, with real people in it. Give the sandbox a "
            "database of its own."
        )
