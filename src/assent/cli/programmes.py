"""Commands about tenants."""

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from assent.catalogue.choices import CHANNELS, CREDENTIALS, PASSWORD_PROFILES
from assent.cli.running import find_programme, with_world
from assent.cli.shared import By, Config, give_up, note, read_settings, say, utc
from assent.cli.words import words_commands
from assent.domain.capture import MOST_ORIGINS, ORIGIN_FORM, may_be_registered
from assent.domain.contact import country_is_known
from assent.domain.link import LINK_FORM, LINKS, is_template
from assent.domain.programme import KeyRole, ProgrammeSettings
from assent.domain.webhook import TARGET_FORM, may_be_set
from assent.foundation import Foundation
from assent.kernel.refusals import Code, Refusal
from assent.settings import Settings
from assent.unfit import Unfit
from assent.usecases.manage_programme import (
    add_client,
    add_key,
    change_settings,
    clients_of,
    create_programme,
    retire_key,
    rotate_client,
    rotate_key,
)

programme_commands = typer.Typer(
    help="Tenants: made, changed, given new keys.", no_args_is_help=True
)
programme_commands.add_typer(words_commands, name="words")


@programme_commands.command("create")
def programme_create(name: str, operator: By = "", config: Config = None) -> None:
    """A new tenant; prints its keys, which are shown only now."""
    if not name.strip():
        raise give_up("a programme needs a name: people read it in their messages")

    async def work(base: Foundation) -> None:
        others = [one.id for one in await base.stores.programmes() if one.name == name.strip()]
        made = await create_programme(
            base.world, name.strip(), (KeyRole.API, KeyRole.UI), ProgrammeSettings(), by=operator
        )
        programme = made.programme
        if others:
            note(f"there is another programme of this name: {', '.join(map(str, others))}")
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
    """All tenants with their settings, and the ids of their clients."""

    async def work(base: Foundation) -> None:
        for programme in await base.stores.programmes():
            say(f"{programme.id}  {programme.name}")
            for one in fields(programme.settings):
                say(f"    {one.name}={_as_set(getattr(programme.settings, one.name))}")
            for client in await clients_of(base.world, programme):
                say(f"    client {client}")

    with_world(config, work)


def _as_set(value: object) -> str:
    """As `assent programme set` takes it."""
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


@programme_commands.command("set")
def programme_set(
    programme: int,
    assignments: Annotated[
        list[str], typer.Argument(help="NAME=VALUE, several; lists separated by commas.")
    ],
    operator: By = "",
    config: Config = None,
) -> None:
    """Changes settings of a tenant; recorded."""

    async def work(base: Foundation) -> None:
        held = await find_programme(base, programme)
        read = partial(_assignment, settings=base.settings)
        changed = replace(held.settings, **dict(map(read, assignments)))
        await change_settings(base.world, held, changed, by=operator)
        say("Changed. Running servers follow within a second.")

    with_world(config, work)


def _assignment(text: str, settings: Settings) -> tuple[str, Any]:
    sandbox = settings.server.environment == "sandbox"
    name, equals, value = text.partition("=")
    known = {one.name for one in fields(ProgrammeSettings)} - {"codes"}
    if not equals or name not in known:
        raise give_up(f"'{text}' is not NAME=VALUE with one of: {', '.join(sorted(known))}")
    if name in ("origins", "channels", "countries", "credentials"):
        if value.count(",") >= MOST_ORIGINS:
            raise give_up(f"{name} may have up to {MOST_ORIGINS} entries")
        return name, _several(name, [part.strip() for part in value.split(",") if part.strip()])
    if name in _SWITCHES:
        return name, _one_of(name, value, ("true", "false")) == "true"
    if name == "password_profile":
        return name, _one_of(name, value, PASSWORD_PROFILES)
    if name == "passcode_digits":
        return name, int(_one_of(name, value, ("4", "5", "6")))
    if name == "password_days":
        if not (value.isascii() and value.isdigit() and int(value) <= _MOST_DAYS):
            raise give_up("password_days is a number of days; 0: passwords do not expire")
        return name, int(value)
    if name in LINKS:
        if not is_template(value, sandbox):
            raise give_up(f"{name} is {LINK_FORM}")
        return name, value
    if not may_be_set(value, sandbox, settings.webhooks.private_network):
        raise give_up(f"{name} is {TARGET_FORM}")
    return name, value


_MOST_DAYS = 36_500
_SWITCHES = (
    "attested_devices",
    "faithful_errors",
    "fingerprint_is_possession",
    "multi_identity",
    "number_matching",
    "plaintext_passwords",
    "synced_passkeys",
    "tells_unknown_emails",
)


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise give_up(f"{name} may be: {', '.join(allowed)}")
    return value


def _several(name: str, values: list[str]) -> tuple[str, ...]:
    if name == "credentials" and not values:
        _one_of(name, "", CREDENTIALS)  # with none, nobody could log in
    for value in values:
        if name == "credentials":
            _one_of(name, value, CREDENTIALS)
        if name == "channels":
            _one_of(name, value, CHANNELS)
        if name == "origins" and not may_be_registered(value):
            raise give_up(f"'{value}' is not {ORIGIN_FORM}")
        if name == "countries" and not (value.isupper() and country_is_known(value)):
            raise give_up(f"countries are two capital letters (ISO 3166), as in MT,IT; not {value}")
    return tuple(dict.fromkeys(values))


@programme_commands.command("add-client")
def programme_add_client(programme: int, operator: By = "", config: Config = None) -> None:
    """One more client of the SCA API; prints its secret, which is shown only now."""

    async def work(base: Foundation) -> None:
        _show(await add_client(base.world, await find_programme(base, programme), operator))

    with_world(config, work)


@programme_commands.command("rotate-client")
def programme_rotate_client(
    programme: int, client_id: str, operator: By = "", config: Config = None
) -> None:
    """A new secret for one client; the old one stops working within a second."""

    async def work(base: Foundation) -> None:
        held = await find_programme(base, programme)
        if client_id not in await clients_of(base.world, held):
            raise Unfit(
                f"Programme {programme} has no client {client_id}. Run: assent programme list"
            )
        _show(await rotate_client(base.world, held, client_id, operator))

    with_world(config, work)


def _show(client: str) -> None:
    client_id, _, secret = client.partition(":")
    say(json.dumps({"client_id": client_id, "client_secret": secret}, indent=2))


def _refuse_role(role: KeyRole, config: Path | None) -> None:
    if role is KeyRole.CLIENT:
        raise give_up(
            "each client has a secret of its own. Run: assent programme rotate-client PROGRAMME "
            "CLIENT_ID (assent programme list names the clients)"
        )
    sandbox = read_settings(config).server.environment == "sandbox"
    if role in (KeyRole.SIMULATOR, KeyRole.SANDBOX) and not sandbox:
        raise give_up(f"a {role} key opens nothing in production")


@programme_commands.command("rotate-key")
def programme_rotate_key(
    programme: int, role: KeyRole, operator: By = "", config: Config = None
) -> None:
    """A new key in place of the old one, which stops working within a second."""
    _refuse_role(role, config)

    async def work(base: Foundation) -> None:
        held = await find_programme(base, programme)
        say(await rotate_key(base.world, held, role, operator))

    with_world(config, work)


@programme_commands.command("keys")
def programme_keys(programme: int, config: Config = None) -> None:
    """Which keys of a tenant work, by number: oldest first, without their text."""

    async def work(base: Foundation) -> None:
        held = await find_programme(base, programme)
        for key in await base.stores.keys_of(held.id):
            if key.role is not KeyRole.CLIENT:
                say(f"{key.id}  {key.role}  since {utc(key.created_at)}")

    with_world(config, work)


@programme_commands.command("add-key")
def programme_add_key(
    programme: int, role: KeyRole, operator: By = "", config: Config = None
) -> None:
    """One more key, beside those that work; prints it, now only. The first half of a rotation
    with overlap: hand it out, then retire the old one."""
    _refuse_role(role, config)

    async def work(base: Foundation) -> None:
        held = await find_programme(base, programme)
        say((await add_key(base.world, held, role, operator)).text)

    with_world(config, work)


@programme_commands.command("retire-key")
def programme_retire_key(
    programme: int, number: int, operator: By = "", config: Config = None
) -> None:
    """One key stops working within a second; `assent programme keys` numbers them."""

    async def work(base: Foundation) -> None:
        held = await find_programme(base, programme)
        try:
            key = await retire_key(base.world, held, number, operator)
        except Refusal as refusal:
            if refusal.code is Code.PERMISSION_MISSING:
                raise Unfit(
                    f"{number} is the last of its role: add one before (assent programme add-key)"
                ) from None
            if refusal.code is Code.NOT_FOUND:
                raise Unfit(
                    f"Programme {programme} has no such key. Run: assent programme keys {programme}"
                ) from None
            raise
        say(f"Retired {key.role} key {key.id}.")

    with_world(config, work)
