"""The program: its commands by name, each read from its room when it is called."""

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

_COMMANDS = {
    "sandbox": (
        "servers:server_commands",
        "The whole server on a file, with virtual phones, fixed codes and a movable clock.",
    ),
    "serve": (
        "servers:server_commands",
        "The server, with the worker inside. With server.environment=sandbox, a shared sandbox.",
    ),
    "worker": ("servers:server_commands", "Sends messages and sweeps, without serving."),
    "migrate": (
        "installation:installation_commands",
        "Brings the database to this version's schema.",
    ),
    "config": (
        "installation:installation_commands",
        "Every setting: meaning, default, value. Secrets are dots.",
    ),
    "doctor": (
        "health:health_commands",
        "Looks at database, clock, keys, disks, messages and gateways, and says what to do.",
    ),
}
_GROUPS = {
    "programme": ("programmes:programme_commands", "Tenants: made, changed, given new keys."),
    "keys": ("vault:keys_commands", "The server's own keys."),
    "users": ("person_file:users_commands", "People."),
    "identities": ("identities:identities_commands", "Consumers and corporates."),
    "audit": ("audit:audit_commands", "The record of what happened."),
    "retention": ("retention:retention_commands", "What has served its time."),
    "webhooks": (
        "webhooks:webhook_commands",
        "What firms' servers were told: looked at, sent once more.",
    ),
}
"""Where each is, and what it says of itself, so that the list of all of them imports none."""


class Rooms(TyperGroup):
    """Lists every command, and imports the one that is called: no other's libraries are waited
    for."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        for name, (_, told) in {**_COMMANDS, **_GROUPS}.items():
            self.add_command(TyperCommand(name, help=told))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Who is called, imported."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed if name is None else called(name), rest


def called(name: str) -> Any:
    """The command or group itself."""
    where, _ = _COMMANDS.get(name) or _GROUPS[name]
    room, _, commands = where.partition(":")
    group = typer.main.get_group(getattr(import_module(f"assent.cli.{room}"), commands))
    return group.commands[name] if name in _COMMANDS else group


main = typer.Typer(
    name="assent",
    cls=Rooms,
    help="Strong Customer Authentication: a sandbox to develop with, a server to run for real.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        # no other command waits for what reads it
        typer.echo(f"assent {import_module('importlib.metadata').version('assent')}")
        raise typer.Exit


@main.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which it is.")
    ] = False,
) -> None:
    """Strong Customer Authentication: a sandbox to develop with, a server to run for real."""


if __name__ == "__main__":
    sys.exit(main())
