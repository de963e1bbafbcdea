"""Commands that run servers, until a signal ends them."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from assent import serving
from assent.adapters.vault_file import vault as vault_file
from assent.cli.running import run
from assent.cli.shared import (
    Config,
    give_up,
    read_settings,
    refuse_no_folder,
    say,
    somebody_watches,
)
from assent.kernel.randomness import SystemRandomness
from assent.kernel.secret import Secret
from assent.migrating import migrate
from assent.settings import (
    DatabaseSettings,
    SettingsError,
    VaultSettings,
    sandboxed,
    validate,
)

server_commands = typer.Typer()

Credentials = Annotated[
    Path | None,
    typer.Option(help="File to write a sandbox's addresses and keys to, as JSON, mode 0600."),
]


_OF_SERVERS = {
    *("ASSENT_CONFIG", "ASSENT_VAULT_FILE"),
    *("ASSENT_DATABASE_URL", "ASSENT_DATABASE_URL_FILE"),
}


@server_commands.command()
def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the APIs; 0 picks a free one.")] = 8400,
    frames_port: Annotated[int, typer.Option(help="Port of the frames; 0 picks one.")] = 8401,
    data: Annotated[Path, typer.Option(help="Folder of the database and its keys.")] = Path(
        ".assent"
    ),
    credentials: Credentials = None,
    browser: Annotated[
        bool | None,
        typer.Option(help="Open the playground. By default, if a person seems to be watching."),
    ] = None,
) -> None:
    """The whole server on a file, with virtual phones, fixed codes and a movable clock."""
    if os.environ.get("ASSENT_SERVER_ENVIRONMENT", "sandbox") != "sandbox":
        raise give_up(
            "ASSENT_SERVER_ENVIRONMENT says this is production; a sandbox does not run there. "
            "Run: assent serve"
        )
    for variable in _OF_SERVERS & os.environ.keys():
        say(f"Note: {variable} is for `assent serve`; a sandbox keeps everything in --data.")
    settings = sandboxed(read_settings(None))
    settings = replace(
        settings,
        server=replace(settings.server, host=host, port=port, frames_port=frames_port),
        database=DatabaseSettings(Secret(f"sqlite:///{data / 'assent.sqlite3'}")),
        vault=VaultSettings(str(data / "vault.json")),
    )
    try:
        validate(settings)
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        refuse_no_folder(credentials)  # which may be in the one just made
        if not Path(settings.vault.file).exists():
            vault_file.create(Path(settings.vault.file), SystemRandomness())
    except SettingsError as error:
        raise give_up(error) from error
    except OSError as error:
        raise give_up(
            f"--data {data}: {error.strerror}. Name a folder you may write to."
        ) from error
    migrate(settings)
    browser = somebody_watches() if browser is None else browser
    run(
        serving.serve(
            settings, with_worker=True, demo=True, credentials=credentials, browser=browser
        )
    )


@server_commands.command()
def serve(
    config: Config = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Leave sending to `assent worker`.")
    ] = False,
    credentials: Credentials = None,
) -> None:
    """The server, with the worker inside. With server.environment=sandbox, a shared sandbox."""
    settings = read_settings(config)
    demo = settings.server.environment == "sandbox"
    if credentials is not None and not demo:
        raise give_up("--credentials writes a sandbox's keys; this is production")
    refuse_no_folder(credentials)
    run(
        serving.serve(
            sandboxed(settings) if demo else settings,
            with_worker=not no_worker,
            demo=demo,
            credentials=credentials,
        )
    )


@server_commands.command()
def worker(config: Config = None) -> None:
    """Sends messages and sweeps, without serving."""
    run(serving.work(read_settings(config)))
