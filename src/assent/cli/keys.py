"""Commands about the server's own keys."""

from pathlib import Path

import typer

from assent import wiring
from assent.adapters.vault_file import vault as vault_file
from assent.cli.shared import Config, give_up, read_settings, say, with_world
from assent.kernel.randomness import SystemRandomness
from assent.ports.changes import Add
from assent.ports.upkeep import RetireSigningKeys

keys_commands = typer.Typer(help="The server's own keys.", no_args_is_help=True)


@keys_commands.command("init")
def keys_init(config: Config = None) -> None:
    """Makes the vault file of a new installation."""
    file = Path(read_settings(config).vault.file)
    try:
        vault_file.create(file, SystemRandomness())
    except FileExistsError as error:
        raise give_up(f"{file} is there already, and stays as it is") from error
    except OSError as error:
        raise give_up(f"{file}: {error.strerror}") from error
    say(f"Made {file}. Back it up, and not beside the database: without it nothing can be read.")


@keys_commands.command("rotate")
def keys_rotate(config: Config = None) -> None:
    """A new key to sign bearers with; the older ones still verify theirs."""

    async def work(base: wiring.Foundation) -> None:
        key = wiring.new_signing_key(base)
        await base.stores.commit(RetireSigningKeys(key.kid, base.world.clock.wall()), Add(key))
        say(f"Servers sign with {key.kid} in a few seconds, when all of them have read it.")

    with_world(config, work)
