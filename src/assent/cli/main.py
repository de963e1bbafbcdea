"""The program: run a server, and look whether it is well."""

import os
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from assent import doctor, serving
from assent.adapters.vault_file import vault as vault_file
from assent.cli.audit import audit_commands
from assent.cli.identities import identities_commands
from assent.cli.keys import keys_commands
from assent.cli.person_file import users_commands
from assent.cli.programmes import programme_commands
from assent.cli.reference import described
from assent.cli.retention import retention_commands
from assent.cli.shared import (
    Config,
    give_up,
    read_settings,
    refuse_no_folder,
    run,
    say,
    somebody_watches,
)
from assent.cli.webhooks import webhook_commands
from assent.kernel.randomness import SystemRandomness
from assent.kernel.secret import Secret, without_password
from assent.settings import (
    DatabaseSettings,
    SettingsError,
    VaultSettings,
    sandboxed,
    validate,
)

main = typer.Typer(
    name="assent",
    help="Strong Customer Authentication: a sandbox to develop with, a server to run for real.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
main.add_typer(programme_commands, name="programme")
main.add_typer(keys_commands, name="keys")
main.add_typer(users_commands, name="users")
main.add_typer(identities_commands, name="identities")
main.add_typer(audit_commands, name="audit")
main.add_typer(retention_commands, name="retention")
main.add_typer(webhook_commands, name="webhooks")

Credentials = Annotated[
    Path | None,
    typer.Option(help="File to write a sandbox's addresses and keys to, as JSON, mode 0600."),
]


_OF_SERVERS = {
    *("ASSENT_CONFIG", "ASSENT_VAULT_FILE"),
    *("ASSENT_DATABASE_URL", "ASSENT_DATABASE_URL_FILE"),
}


def _version(wanted: bool) -> None:
    if wanted:
        say(f"assent {metadata.version('assent')}")
        raise typer.Exit


@main.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which it is.")
    ] = False,
) -> None:
    """Strong Customer Authentication: a sandbox to develop with, a server to run for real."""


@main.command()
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
    serving.migrate(settings)
    browser = somebody_watches() if browser is None else browser
    run(
        serving.serve(
            settings, with_worker=True, demo=True, credentials=credentials, browser=browser
        )
    )


@main.command()
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


@main.command()
def worker(config: Config = None) -> None:
    """Sends messages and sweeps, without serving."""
    run(serving.work(read_settings(config)))


@main.command()
def migrate(config: Config = None) -> None:
    """Brings the database to this version's schema."""
    settings = read_settings(config)
    done = serving.migrate(settings)
    say(f"{without_password(settings.database.url.reveal())}: {done}")


@main.command("config")
def show_config(config: Config = None) -> None:
    """Every setting: meaning, default, value. Secrets are dots."""
    for one in described(read_settings(config)):
        say(f"{one.name} = {one.value}")
        say(f"    {one.meaning}")
        say(f"    default: {one.default or '(empty)'}; variable: {one.variable}")


@main.command("doctor")
def look(
    config: Config = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="For programs: the findings as JSON.")
    ] = False,
) -> None:
    """Looks at database, clock, keys, disks, messages and gateways, and says what to do."""
    findings = run(doctor.diagnose(read_settings(config)))
    failed = any(finding.state is doctor.State.FAILED for finding in findings)
    if as_json:
        say(msgspec.json.encode({"fine": not failed, "findings": findings}).decode())
    else:
        for finding in findings:
            say(f"{_MARKS[finding.state]}  {finding.what}")
            if finding.then_do:
                say(f"      {finding.then_do}")
    if failed:
        raise typer.Exit(1)


_MARKS = {doctor.State.OK: "ok  ", doctor.State.WARNING: "warn", doctor.State.FAILED: "FAIL"}


if __name__ == "__main__":
    sys.exit(main())
