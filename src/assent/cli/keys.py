"""Commands about the server's own keys: docs/operations/keys.md says in which order."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assent.adapters.vault_file import vault as vault_file
from assent.cli.running import with_world
from assent.cli.shared import By, Config, give_up, say
from assent.domain.jose import ALGORITHMS, ROTATED, KeyScope
from assent.foundation import Foundation, new_signing_key, read_data_keys
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add
from assent.ports.upkeep import RetireSigningKeys
from assent.usecases.rotate_keys import (
    add_data_key,
    add_jose_key,
    of_the_house,
    reseal,
    retire_jose_keys,
    rewrap_data_keys,
)

more_commands = typer.Typer()
"""All of the group but `init`: see cli/vault.py."""


class What(StrEnum):
    """Which keys."""

    SIGNING = "signing"
    DATA = "data"
    VAULT = "vault"
    JOSE = "jose"


Scope = Annotated[KeyScope | None, typer.Option(help="Of which JOSE keys.")]
Algorithm = Annotated[str, typer.Option(help="Of which JOSE keys; as RFC 7518 calls it.")]


@more_commands.command("list")
def keys_list(config: Config = None) -> None:
    """Every key, how old it is, and what rests on it; never the key."""

    async def work(base: Foundation) -> None:
        for signing in await base.stores.signing_keys():
            say(f"signing  {signing.kid}  {_aged(signing.created_at, signing.retired_at)}")
        used = await base.stores.data_keys_in_use()
        for data in await base.stores.data_keys():
            seals = "  seals" if data.id == base.vault.newest else ""
            say(f"data     {data.id}  {_aged(data.created_at)}  {used.get(data.id, 0)} rows{seals}")
        for jose in await base.stores.jose_keys():
            about = f"{jose.scope} {jose.algorithm} {jose.version}"
            say(f"jose     {about}  {_aged(jose.created_at, jose.retired_at)}")

    with_world(config, work)


def _aged(created_at: int, retired_at: int | None = None) -> str:
    made = f"made {datetime.fromtimestamp(created_at / 1_000, UTC):%Y-%m-%d}"
    if retired_at is None:
        return made
    return f"{made}, retired {datetime.fromtimestamp(retired_at / 1_000, UTC):%Y-%m-%d}"


@more_commands.command("rotate")
def keys_rotate(
    what: Annotated[What, typer.Argument(help="Which keys.")] = What.SIGNING,
    scope: Scope = None,
    algorithm: Algorithm = "",
    operator: By = "",
    config: Config = None,
) -> None:
    """A new key beside the older ones: bearers, rows, data keys and calls of theirs stay good."""
    if what is What.JOSE and (scope not in ROTATED or algorithm not in ALGORITHMS[scope]):
        told = "; ".join(f"--scope {one}: {', '.join(ALGORITHMS[one])}" for one in ROTATED)
        raise give_up(f"Say which with --scope and --algorithm. There are {told}")

    async def work(base: Foundation) -> None:
        if what is What.SIGNING:
            key = new_signing_key(base)
            recorded = of_the_house(base.world, operator, "signing_key_added", {"kid": key.kid})
            retired = RetireSigningKeys(key.kid, base.world.clock.wall())
            await base.stores.commit(retired, Add(key), recorded)
            say(f"Servers sign with {key.kid} in a few seconds, when all of them have read it.")
        elif what is What.DATA:
            numbers = [one.id for one in await base.stores.data_keys()]
            made = base.vault.new_data_key(max(numbers) + 1, base.world.clock.wall())
            await add_data_key(base.world, operator, made)
            say(f"Servers seal with data key {made.id} in a few seconds, when all have read it.")
            say("To seal anew what lies there: assent keys reseal")
        elif what is What.VAULT:
            await _rotate_root(base, operator)
        elif scope is not None:
            jose = await add_jose_key(base.world, operator, scope, algorithm)
            say(f"Clients are given version {jose.version} in a few seconds: {jose.kid}")
            say("When all of them use it: assent keys retire-jose")

    with_world(config, work)


async def _rotate_root(base: Foundation, operator: str) -> None:
    file = Path(base.settings.vault.file)
    roots = vault_file.rotate(file, SystemRandomness())
    await base.stores.commit(of_the_house(base.world, operator, "wrapping_root_added"))
    say(f"{file} has {len(roots.wrapping)} wrapping roots now, the new one first. Back it up, give")
    say("it to every server, then: assent keys rewrap")


@more_commands.command("rewrap")
def keys_rewrap(operator: By = "", config: Config = None) -> None:
    """Wraps the data keys with the newest root of the vault file."""

    async def work(base: Foundation) -> None:
        keys = [base.vault.rewrapped(key) for key in await base.stores.data_keys()]
        await rewrap_data_keys(base.world, operator, keys)
        say(f"Wrapped {len(keys)} data keys anew. To leave the older roots behind, on each server:")
        say("assent keys forget-roots")

    with_world(config, work)


@more_commands.command("forget-roots")
def keys_forget_roots(operator: By = "", config: Config = None) -> None:
    """Takes all but the newest wrapping root out of the vault file, if nothing needs them."""

    async def work(base: Foundation) -> None:
        file = Path(base.settings.vault.file)
        held = vault_file.load(file)
        newest = vault_file.Roots(held.wrapping[:1], held.lookup, held.pepper)
        try:
            vault_file.FileVault(newest, SystemRandomness()).use(await base.stores.data_keys())
        except vault_file.VaultFileError:
            raise give_up(
                "Data keys still rest on an older root. Run: assent keys rewrap"
            ) from None
        vault_file.forget(file, held)
        await base.stores.commit(of_the_house(base.world, operator, "wrapping_roots_forgotten"))
        say(f"{file} has one wrapping root. Back-ups from before need the file from before.")

    with_world(config, work)


@more_commands.command("reseal")
def keys_reseal(operator: By = "", config: Config = None) -> None:
    """Seals what lies there under the newest data key; destroys data keys that nothing needs."""

    async def work(base: Foundation) -> None:
        await _newest_in_use(base)
        done = await reseal(base.world, operator)
        say(f"Sealed {done.rows} rows anew under data key {base.vault.newest}.")
        for key in await base.stores.data_keys():
            if key.id != base.vault.newest:
                held = done.in_use.get(key.id, 0)
                say(f"Data key {key.id} still seals {held} rows, gone within days. Run this again.")
        for number in done.forgotten:
            say(f"Destroyed data key {number}: nothing rested on it.")
        if done.unreadable:
            raise give_up(
                f"{done.unreadable} rows could not be opened, and stay as they are. Run it again; "
                "what is left then is damaged: compare with a back-up."
            )

    with_world(config, work)


async def _newest_in_use(base: Foundation) -> None:
    """Servers seal with a new key once all of them must have read it; so does this command."""
    newest = max(key.id for key in await base.stores.data_keys())
    while base.vault.newest != newest:
        await asyncio.sleep(0.5)
        await read_data_keys(base)


@more_commands.command("retire-jose")
def keys_retire_jose(
    scope: Annotated[KeyScope, typer.Argument(help="Of which keys.")],
    algorithm: Annotated[str, typer.Argument(help="As RFC 7518 calls it.")],
    before: Annotated[int, typer.Argument(help="The oldest version that stays.")],
    operator: By = "",
    config: Config = None,
) -> None:
    """Older versions open and sign nothing more: clients that still use them are refused."""

    async def work(base: Foundation) -> None:
        try:
            await retire_jose_keys(base.world, operator, scope, algorithm, before)
        except Refusal as refusal:
            if refusal.code is Code.NOT_FOUND:
                raise give_up("There is no such version. Run: assent keys list") from None
            raise
        say(f"Versions of {scope} {algorithm} before {before} are retired.")

    with_world(config, work)
