"""Commands about an installation that need no World: its schema, its settings."""

import typer

from assent.cli.reference import described
from assent.cli.shared import Config, read_settings, say
from assent.kernel.secret import without_password
from assent.migrating import migrate

installation_commands = typer.Typer()


@installation_commands.command("migrate")
def migrate_command(config: Config = None) -> None:
    """Brings the database to this version's schema."""
    settings = read_settings(config)
    done = migrate(settings)
    say(f"{without_password(settings.database.url.reveal())}: {done}")


@installation_commands.command("config")
def show_config(config: Config = None) -> None:
    """Every setting: meaning, default, value. Secrets are dots."""
    for one in described(read_settings(config)):
        say(f"{one.name} = {one.value}")
        say(f"    {one.meaning}")
        say(f"    default: {one.default or '(empty)'}; variable: {one.variable}")
