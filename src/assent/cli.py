"""The command line: run a server, look after it."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop

from assent import catalogue, serving, wiring
from assent.adapters.vault_file import vault as vault_file
from assent.domain.contact import country_is_known
from assent.domain.programme import KeyRole, Programme, ProgrammeSettings
from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import Add, RetireSigningKeys
from assent.settings import (
    DatabaseSettings,
    Settings,
    SettingsError,
    VaultSettings,
    described,
    load,
    sandboxed,
    without_password,
)
from assent.usecases.find_person import find_person
from assent.usecases.manage_programme import change_settings, create_programme, rotate_key
from assent.usecases.set_active import set_active
from assent.usecases.unblock_person import unblock_person

T = TypeVar("T")

main = typer.Typer(
    name="assent",
    help="Strong Customer Authentication: a sandbox to develop with, a server to run for real.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
programme_commands = typer.Typer(
    help="Tenants: made, changed, given new keys.", no_args_is_help=True
)
keys_commands = typer.Typer(help="The server's own keys.", no_args_is_help=True)
users_commands = typer.Typer(help="People.", no_args_is_help=True)
main.add_typer(programme_commands, name="programme")
main.add_typer(keys_commands, name="keys")
main.add_typer(users_commands, name="users")

Config = Annotated[
    Path | None,
    typer.Option("--config", envvar="ASSENT_CONFIG", help="TOML file with the settings."),
]

Credentials = Annotated[
    Path | None,
    typer.Option(help="File to write a sandbox's addresses and keys to, as JSON, mode 0600."),
]


def say(text: str = "") -> None:
    """To standard output."""
    typer.echo(text)


def give_up(reason: object) -> typer.Exit:
    """Says why on standard error."""
    typer.echo(f"assent: {reason}", err=True)
    return typer.Exit(1)


def read_settings(config: Path | None) -> Settings:
    """Settings, or the end."""
    try:
        return load(config, os.environ)
    except SettingsError as error:
        raise give_up(error) from error


def run(work: Awaitable[T]) -> T:
    """Runs a command's work; what it may run into becomes a sentence."""

    async def wrapped() -> T:
        return await work

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(wrapped())
    except (wiring.Unfit, vault_file.VaultFileError, serving.CannotListen) as error:
        raise give_up(error) from error
    except serving.SecondServer as error:
        raise give_up(error) from error
    except Refusal as refusal:
        raise give_up(f"{refusal}. Run: assent doctor") from refusal


def with_world(config: Path | None, work: Callable[[wiring.Foundation], Awaitable[T]]) -> T:
    """Opens what a command needs, and closes it again."""
    settings = read_settings(config)

    async def inside() -> T:
        base = await wiring.found(settings)
        try:
            return await work(base)
        finally:
            await base.close()

    return run(inside())


@main.command()
def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the APIs; 0 picks a free one.")] = 8400,
    frames_port: Annotated[int, typer.Option(help="Port of the frames; 0 picks one.")] = 8401,
    data: Annotated[Path, typer.Option(help="Folder of the database and its keys.")] = Path(
        ".assent"
    ),
    credentials: Credentials = None,
) -> None:
    """The whole server on a file, with virtual phones, fixed codes and a movable clock."""
    if os.environ.get("ASSENT_SERVER_ENVIRONMENT", "sandbox") != "sandbox":
        raise give_up(
            "ASSENT_SERVER_ENVIRONMENT says this is production; a sandbox does not run there. "
            "Run: assent serve"
        )
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = sandboxed(read_settings(None))
    settings = replace(
        settings,
        server=replace(settings.server, host=host, port=port, frames_port=frames_port),
        database=DatabaseSettings(Secret(f"sqlite:///{data / 'assent.sqlite3'}")),
        vault=VaultSettings(str(data / "vault.json")),
    )
    if not Path(settings.vault.file).exists():
        vault_file.create(Path(settings.vault.file), SystemRandomness())
    serving.migrate(settings)
    run(serving.serve(settings, with_worker=True, demo=True, credentials=credentials))


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
    serving.migrate(settings)
    say(f"Up to date: {without_password(settings.database.url.reveal())}")


@main.command("config")
def show_config(config: Config = None) -> None:
    """Every setting: meaning, default, value. Secrets are dots."""
    for one in described(read_settings(config)):
        say(f"{one.name} = {one.value}")
        say(f"    {one.meaning}")
        say(f"    default: {one.default or '(empty)'}; variable: {one.variable}")


@main.command()
def doctor(config: Config = None) -> None:
    """Looks at database, clock and keys, and says what to do."""
    settings = read_settings(config)
    findings = run(serving.diagnose(settings))
    for finding in findings:
        say(f"{'ok  ' if finding.fine else 'FAIL'}  {finding.what}")
        if finding.then_do:
            say(f"      {finding.then_do}")
    if not all(finding.fine for finding in findings):
        raise typer.Exit(1)


async def _programme(base: wiring.Foundation, number: int) -> Programme:
    for programme in await base.stores.programmes():
        if programme.id == number:
            return programme
    raise wiring.Unfit(f"There is no programme {number}. Run: assent programme list")


@programme_commands.command("create")
def programme_create(name: str, config: Config = None) -> None:
    """A new tenant; prints its keys, which are shown only now."""

    async def work(base: wiring.Foundation) -> None:
        made = await create_programme(
            base.world, name, (KeyRole.API, KeyRole.UI), ProgrammeSettings(), by="operator"
        )
        programme = made.programme
        say(
            json.dumps(
                {
                    "id": str(programme.id),
                    "name": programme.name,
                    "api_key": made.keys[KeyRole.API],
                    "ui_key": made.keys[KeyRole.UI],
                    "profiles": {
                        "consumers": str(programme.consumers_profile),
                        "corporates": str(programme.corporates_profile),
                    },
                },
                indent=2,
            )
        )

    with_world(config, work)


@programme_commands.command("list")
def programme_list(config: Config = None) -> None:
    """All tenants with their settings."""

    async def work(base: wiring.Foundation) -> None:
        for programme in await base.stores.programmes():
            say(f"{programme.id}  {programme.name}")
            for one in fields(programme.settings):
                say(f"    {one.name} = {getattr(programme.settings, one.name)}")

    with_world(config, work)


@programme_commands.command("set")
def programme_set(
    programme: int,
    assignments: Annotated[
        list[str], typer.Argument(help="NAME=VALUE, several; lists separated by commas.")
    ],
    config: Config = None,
) -> None:
    """Changes settings of a tenant; recorded."""

    async def work(base: wiring.Foundation) -> None:
        held = await _programme(base, programme)
        changed = replace(held.settings, **dict(map(_assignment, assignments)))
        await change_settings(base.world, held, changed, by="operator")
        say("Changed. Running servers follow within a second.")

    with_world(config, work)


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    known = {one.name for one in fields(ProgrammeSettings)} - {"codes"}
    if not equals or name not in known:
        raise give_up(f"'{text}' is not NAME=VALUE with one of: {', '.join(sorted(known))}")
    if name in ("origins", "channels", "countries"):
        return name, _several(name, [part.strip() for part in value.split(",") if part.strip()])
    if name in ("plaintext_passwords", "multi_identity"):
        return name, _one_of(name, value, ("true", "false")) == "true"
    if name == "password_profile":
        return name, _one_of(name, value, catalogue.PASSWORD_PROFILES)
    if name == "password_days":
        if not (value.isascii() and value.isdigit() and int(value) <= _MOST_DAYS):
            raise give_up("password_days is a number of days; 0: passwords do not expire")
        return name, int(value)
    return name, value


_MOST_DAYS = 36_500


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise give_up(f"{name} may be: {', '.join(allowed)}")
    return value


def _several(name: str, values: list[str]) -> tuple[str, ...]:
    for value in values:
        if name == "channels":
            _one_of(name, value, catalogue.CHANNELS)
        if name == "countries" and not (value.isupper() and country_is_known(value)):
            raise give_up(f"countries are two capital letters (ISO 3166), as in MT,IT; not {value}")
    return tuple(values)


@programme_commands.command("rotate-key")
def programme_rotate_key(programme: int, role: KeyRole, config: Config = None) -> None:
    """A new key in place of the old one, which stops working within a second."""

    async def work(base: wiring.Foundation) -> None:
        say(await rotate_key(base.world, await _programme(base, programme), role, "operator"))

    with_world(config, work)


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


Who = Annotated[str, typer.Argument(help="E-mail address or id.")]


def _not_blank(text: str) -> str:
    """A record of nothing is none."""
    if not text.strip():
        raise typer.BadParameter("it is recorded, so it must say something")
    return text.strip()


Operator = Annotated[str, typer.Option(help="Who you are; recorded.", callback=_not_blank)]
Reason = Annotated[str, typer.Option(help="Why; recorded.", callback=_not_blank)]
OfProgramme = Annotated[int | None, typer.Option("--programme", help="Where there are several.")]


def with_person(
    config: Path | None,
    programme: int | None,
    who: str,
    work: Callable[[wiring.Foundation, Caller, Subject], Awaitable[None]],
) -> None:
    """Finds the person a command is about."""

    async def inside(base: wiring.Foundation) -> None:
        programmes = await base.stores.programmes()
        if programme is None and len(programmes) != 1:
            raise wiring.Unfit("Say which programme with --programme. Run: assent programme list")
        held = await _programme(base, programme or programmes[0].id)
        try:
            subject = await find_person(base.world, held, who)
        except Refusal as refusal:
            if refusal.code is Code.SUBJECT_UNKNOWN:
                raise wiring.Unfit(
                    f"Programme {held.id} ({held.name}) has no such person"
                ) from None
            raise
        await work(base, Caller(programme=held), subject)

    with_world(config, inside)


@users_commands.command("unblock")
def users_unblock(
    who: Who,
    operator: Operator,
    reason: Reason,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Lifts a person's blocks, the permanent one too."""

    async def work(base: wiring.Foundation, caller: Caller, subject: Subject) -> None:
        before = await unblock_person(base.world, caller, subject, operator, reason)
        say(f"Unblocked {subject.id}.")
        for proof, attempts in before.items():
            say(f"    {proof}: {attempts.failures} wrong answers, {attempts.blocks} blocks")

    with_person(config, programme, who, work)


@users_commands.command("deactivate")
def users_deactivate(
    who: Who,
    operator: Operator,
    reason: Reason,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Shuts a person out; every session ends at once."""

    async def work(base: wiring.Foundation, caller: Caller, subject: Subject) -> None:
        await set_active(base.world, caller, subject, False, operator, reason)
        say(f"Deactivated {subject.id}.")

    with_person(config, programme, who, work)


@users_commands.command("activate")
def users_activate(
    who: Who,
    operator: Operator,
    reason: Reason,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Lets a person in again."""

    async def work(base: wiring.Foundation, caller: Caller, subject: Subject) -> None:
        await set_active(base.world, caller, subject, True, operator, reason)
        say(f"Activated {subject.id}.")

    with_person(config, programme, who, work)


if __name__ == "__main__":
    sys.exit(main())
