"""A house made ready without a server: database, vault, demo programme, and its keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from assent import foundation, wiring
from assent.adapters.vault_file import vault as vault_file
from assent.catalogue.choices import CHANNELS
from assent.domain.programme import KeyRole, Programme
from assent.http.bearer import Bearers
from assent.kernel.randomness import SystemRandomness
from assent.kernel.secret import Secret
from assent.migrating import migrate
from assent.sandbox.demo import demo_programme
from assent.settings import DatabaseSettings, Settings, VaultSettings, sandboxed


@dataclass(frozen=True)
class Place:
    """Where a house keeps its things, and for how many people."""

    url: str
    vault: Path
    users: int

    @classmethod
    def on_sqlite(cls, data: Path, users: int) -> "Place":
        """In the files that `assent sandbox --data` uses."""
        data.mkdir()
        return cls(f"sqlite:///{data / 'assent.sqlite3'}", data / "vault.json", users)

    @property
    def engine(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.url.partition(":")[0]

    @property
    def settings(self) -> Settings:
        """A sandbox's: budgets are not in the way."""
        return sandboxed(
            Settings(
                database=DatabaseSettings(Secret(self.url)), vault=VaultSettings(str(self.vault))
            )
        )


@dataclass(frozen=True)
class House:
    """An open house."""

    place: Place
    base: foundation.Foundation
    programme: Programme
    api_key: str
    bearers: Bearers


def build(place: Place) -> None:
    """Vault and tables."""
    vault_file.create(place.vault, SystemRandomness())
    migrate(place.settings)


@asynccontextmanager
async def opened(place: Place) -> AsyncIterator[House]:
    """As the servers open it, beside them or before them."""
    base = await foundation.found(place.settings)
    try:
        made = await demo_programme(base.world, CHANNELS)
        bearers = await wiring.open_bearers(base, "assent")
        yield House(place, base, made.programme, made.keys[KeyRole.API], bearers)
    finally:
        await base.close()
