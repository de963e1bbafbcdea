"""The group of commands about the server's own keys; and its first, which makes the vault file and
does not wait for what the others need."""

from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from assent.adapters.vault_file import vault as vault_file
from assent.cli.shared import Config, give_up, read_settings, say
from assent.kernel.randomness import SystemRandomness


class Keys(TyperGroup):
    """Imports the other commands when one of them is called, or all are listed."""

    def list_commands(self, ctx: Any) -> list[str]:
        """With the others."""
        self._read_others()
        return super().list_commands(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """One of the others, where it is not `init`."""
        if args[0] not in self.commands:
            self._read_others()
        return super().resolve_command(ctx, args)

    def _read_others(self) -> None:
        others = typer.main.get_group(import_module("assent.cli.keys").more_commands)
        self.commands.update(others.commands)


keys_commands = typer.Typer(cls=Keys, help="The server's own keys.", no_args_is_help=True)


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
