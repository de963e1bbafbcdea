"""`assent doctor` in each state an installation can be in."""

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command as alembic

from assent import foundation
from assent.adapters.sql.migrations.run import config
from assent.catalogue.store import REVISION
from assent.fitness import PRODUCTION_STATE
from assent.ports.upkeep import SetState
from assent.sandbox.states import CLOCK_STATE
from assent.settings import load
from assent.testing.postgres import Cluster
from assent.usecases.manage_programme import change_settings
from tests.cli.conftest import Command, Said

NEEDS = {"ASSENT_VAULT_FILE": "vault"}


def _bad(said: Said, *words: str) -> None:
    assert said.code == 1
    assert said.err == ""
    failed = said.out.split("FAIL", 1)
    assert len(failed) == 2, said.out
    for word in words:
        assert word in failed[1], said.out


def test_no_vault_file(assent: Command) -> None:
    _bad(assent("doctor"), "vault file assent.vault", "Restore it", "assent keys init")
    assert list(Path.cwd().iterdir()) == []  # whoever looks changes nothing


def test_a_vault_file_that_others_may_read(assent: Command) -> None:
    assent("keys", "init", **NEEDS)
    Path("vault").chmod(0o644)
    _bad(assent("doctor", **NEEDS), "Others may read", "chmod 600 vault")
    assert assent("serve", **NEEDS).code == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"wrapping": [], "lookup": "", "pepper": ""}'])
def test_a_damaged_vault_file(assent: Command, text: str) -> None:
    Path("vault").write_text(text)
    Path("vault").chmod(0o600)
    _bad(assent("doctor", **NEEDS), "The vault file vault")


def test_no_database_file(assent: Command) -> None:
    assent("keys", "init", **NEEDS)
    _bad(assent("doctor", **NEEDS), "database sqlite:///assent.sqlite3", "assent migrate")
    assert [file.name for file in Path.cwd().iterdir()] == ["vault"]


def test_a_database_that_was_not_migrated(assent: Command, cluster: Cluster) -> None:
    assent("keys", "init", **NEEDS)
    Path("assent.sqlite3").touch()
    _bad(assent("doctor", **NEEDS), "Run: assent migrate")
    url = cluster.database("doctor_empty")
    _bad(assent("doctor", ASSENT_DATABASE_URL=url, **NEEDS), "Run: assent migrate")
    refused = assent("programme", "list", ASSENT_DATABASE_URL=url, **NEEDS)
    assert refused.code == 1
    assert "Run: assent migrate" in refused.err


def test_the_vault_of_another_database(assent: Command) -> None:
    assent("keys", "init", **NEEDS)
    assert assent("migrate", **NEEDS).code == 0
    assert assent("programme", "create", "Bank", **NEEDS).code == 0
    assent("keys", "init", ASSENT_VAULT_FILE="other")
    said = assent("doctor", ASSENT_VAULT_FILE="other")
    _bad(said, "does not belong to this database", "Restore the file")
    refused = assent("programme", "list", ASSENT_VAULT_FILE="other")
    assert refused.code == 1
    assert "does not belong to this database" in refused.err


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("postgresql://ann:canary@127.0.0.1:1/assent", "Cannot be reached"),
        ("sqlite:////nowhere/at/all/assent.sqlite3", "There is no such file"),
    ],
)
def test_a_database_that_is_not_there(assent: Command, url: str, word: str) -> None:
    assent("keys", "init", **NEEDS)
    said = assent("doctor", ASSENT_DATABASE_URL=url, **NEEDS)
    _bad(said, word, "database.url")
    assert "canary" not in said.out
    for command in (("programme", "list"), ("serve",), ("worker",)):
        refused = assent(*command, ASSENT_DATABASE_URL=url, ASSENT_SERVER_PORT="0", **NEEDS)
        assert refused.code == 1
        assert len(refused.err.splitlines()) == 1, refused.err
        assert "canary" not in refused.err


def test_a_database_that_lets_us_in_under_another_name_only(
    assent: Command, cluster: Cluster
) -> None:
    assent("keys", "init", **NEEDS)
    for url in (
        cluster.url("no_such_database"),
        cluster.url("postgres").replace("assent:", "somebody:"),
    ):
        said = assent("doctor", ASSENT_DATABASE_URL=url, **NEEDS)
        _bad(said, "cannot be used", "Check database.url")
        assert url not in said.out


@pytest.fixture
def gateway() -> Iterator[dict[str, str]]:
    """Settings with a gateway for text messages that somebody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/sms"
        yield {**NEEDS, "ASSENT_SMS_URL": url}


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_all_is_well(
    assent: Command, gateway: dict[str, str], engine: str, request: pytest.FixtureRequest
) -> None:
    settings = dict(gateway)
    if engine == "postgres":
        url = request.getfixturevalue("cluster").database("doctor_fine")
        settings["ASSENT_DATABASE_URL"] = url
    assent("keys", "init", **settings)
    assert assent("migrate", **settings).code == 0
    said = assent("doctor", **settings)
    assert said.code == 0, said.out
    assert "FAIL" not in said.out
    assert "programmes: 0" in said.out
    assert "assent programme create" in said.out
    assent("programme", "create", "Bank", **settings)
    said = assent("doctor", **settings)
    assert (said.code, "programmes: 1" in said.out) == (0, True)
    for word in ("vault file", "database", "schema", "clock", "data keys: 1", "signing keys"):
        assert f"ok    {word}" in said.out
    for word in ("disk of the vault", "blocked after wrong answers: nobody", "sms.url: 127.0.0.1"):
        assert f"ok    {word}" in said.out
    for word in ("messages that wait: 0", "messages lost in the last day: none"):
        assert f"ok    {word}" in said.out
    assert ("ok    disk of the database" in said.out) == (engine == "sqlite")


def test_codes_that_cannot_reach_a_phone(assent: Command) -> None:
    assent("keys", "init", **NEEDS)
    assent("migrate", **NEEDS)
    _bad(assent("doctor", **NEEDS), "gateway for sms: none", "Set sms.url or twilio.sms_from")


TWILIO = {
    "ASSENT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "ASSENT_TWILIO_SECRET": "canary",
    "ASSENT_TWILIO_VOICE_FROM": "+35621000003",
}


def test_what_carries_each_channel(assent: Command, gateway: dict[str, str]) -> None:
    settings = {**gateway, **TWILIO, **_twilio_at(gateway)}
    assent("keys", "init", **settings)
    assent("migrate", **settings)
    said = assent("doctor", **settings)
    assert said.code == 0, said.out
    assert "ok    gateway for sms: sms.url\n" in said.out
    assert "ok    gateway for voice: twilio.voice_from\n" in said.out
    assert "ok    gateway for whatsapp: none\n      Set whatsapp.url or twilio." in said.out
    assert "ok    gateway for web_push: web_push.enabled\n" in said.out
    assert "ok    gateway for fcm: none\n      Set fcm.account_file" in said.out
    contact = "ok    web push: no contact\n      Apple's push service takes none without."
    assert contact in said.out
    assert (
        contact
        not in assent("doctor", ASSENT_WEB_PUSH_CONTACT="mailto:a@b.example", **settings).out
    )
    assert "canary" not in said.out
    said = assent("doctor", ASSENT_SERVER_ENVIRONMENT="sandbox", **settings)
    assert "ok    gateways: virtual phones and mailboxes\n" in said.out


def _twilio_at(gateway: dict[str, str]) -> dict[str, str]:
    """In place of the Internet."""
    return {"ASSENT_TWILIO_BASE_URL": gateway["ASSENT_SMS_URL"].removesuffix("/sms")}


def test_a_channel_that_is_switched_on_and_goes_nowhere(
    assent: Command, gateway: dict[str, str]
) -> None:
    settings = {**gateway, **TWILIO, **_twilio_at(gateway)}
    assent("keys", "init", **settings)
    assent("migrate", **settings)
    assent("programme", "create", "Bank", **settings)
    asyncio.run(_switch_on(settings, "SMS", "VOICE"))
    assert assent("doctor", **settings).code == 0
    asyncio.run(_switch_on(settings, "WHATSAPP"))
    _bad(assent("doctor", **settings), "gateway for whatsapp: none", "Set whatsapp.url or twilio.")


def test_whom_devices_keys_belong_to(assent: Command, gateway: dict[str, str]) -> None:
    assent("keys", "init", **gateway)
    assent("migrate", **gateway)
    assent("programme", "create", "Bank", **gateway)
    local = "devices: keys belong to localhost"
    assert f"ok    {local}\n" in assent("doctor", **gateway).out  # nobody has devices there
    asyncio.run(_switch_on(gateway, "SMS", "BIOMETRIC"))
    for at in ({}, {"ASSENT_SERVER_BASE_URL": "http://localhost:8400"}):
        frames = {"ASSENT_SERVER_FRAMES_URL": "http://localhost:8401"} if at else {}
        said = assent("doctor", **gateway, **at, **frames)
        found = f"warn  {local}, and no phone can enrol\n"
        assert (said.code, found in said.out) == (0, True), said.out
        told = said.out.split(found)[1].split("\n")[0]
        assert "server.base_url" in told
        assert "devices.rp_id" in told
    public = {
        "ASSENT_SERVER_BASE_URL": "https://api.bank.example",
        "ASSENT_SERVER_FRAMES_URL": "https://frames.bank.example",
    }
    said = assent("doctor", **gateway, **public)
    assert "ok    devices: keys belong to api.bank.example\n" in said.out
    said = assent("doctor", ASSENT_DEVICES_RP_ID="bank.example", **gateway, **public)
    assert "ok    devices: keys belong to bank.example\n" in said.out


def test_authy_is_missed_where_a_programme_asks_by_it(
    assent: Command, gateway: dict[str, str]
) -> None:
    assent("keys", "init", **gateway)
    assent("migrate", **gateway)
    made = json.loads(assent("programme", "create", "Bank", **gateway).out)
    off = "(Bank): number_matching switches AUTHY off"
    said = assent("doctor", **gateway)
    assert (said.code, "ok    gateway for authy: none" in said.out) == (0, True)
    asyncio.run(_switch_on(gateway, "SMS", "AUTHY"))
    said = assent("doctor", **gateway)
    _bad(said, "gateway for authy: none", "twilio.verify_service")
    assert off not in said.out
    assent("programme", "set", made["id"], "number_matching=true", **gateway)
    said = assent("doctor", **gateway)
    assert said.code == 0, said.out
    assert f"warn  programme {made['id']} {off}\n" in said.out


async def _switch_on(settings: dict[str, str], *channels: str) -> None:
    base = await foundation.found(load(None, settings))
    (programme,) = await base.stores.programmes()
    changed = replace(programme.settings, channels=channels)
    await change_settings(base.world, programme, changed, by="test")
    await base.close()


def test_migrating_twice_changes_nothing(assent: Command) -> None:
    first, second = assent("migrate"), assent("migrate")
    assert (first.code, second.code) == (0, 0)
    assert first.out == f"sqlite:///assent.sqlite3: empty -> {REVISION}\n"
    assert second.out == f"sqlite:///assent.sqlite3: already at {REVISION}\n"


def test_migrating_says_from_where(assent: Command, tmp_path: Path) -> None:
    alembic.upgrade(config(f"sqlite:///{tmp_path / 'assent.sqlite3'}"), "0003")
    assert assent("migrate").out == f"sqlite:///assent.sqlite3: 0003 -> {REVISION}\n"


def test_a_sandboxs_database_in_production(assent: Command, gateway: dict[str, str]) -> None:
    """Doctor and server say the same."""
    box = {**gateway, "ASSENT_SERVER_ENVIRONMENT": "sandbox"}
    assent("keys", "init", **box)
    assent("migrate", **box)
    asyncio.run(_played(box))
    assert assent("doctor", **box).code == 0
    _bad(assent("doctor", **gateway), "a server would not start", "it was a sandbox's")
    assert "it was a sandbox's" in assent("serve", **gateway, **ANY_PORT).err
    asyncio.run(_served(box))
    _bad(assent("doctor", **box), "a server would not start", "a production server's")


ANY_PORT = {"ASSENT_SERVER_PORT": "0", "ASSENT_SERVER_FRAMES_PORT": "0"}


async def _played(settings: dict[str, str]) -> None:
    base = await foundation.found(load(None, settings))
    await base.stores.commit(SetState(CLOCK_STATE, "1"))
    await base.close()


async def _served(settings: dict[str, str]) -> None:
    base = await foundation.found(load(None, settings))
    await base.stores.commit(SetState(PRODUCTION_STATE, "1"))
    await base.close()


def test_a_programme_where_nobody_can_set_a_password(
    assent: Command, gateway: dict[str, str]
) -> None:
    told = "(Bank): nobody can set a password"
    assent("keys", "init", **gateway)
    assent("migrate", **gateway)
    made = json.loads(assent("programme", "create", "Bank", **gateway).out)
    said = assent("doctor", **gateway)
    assert (said.code, told in said.out) == (0, True)
    assert f"warn  programme {made['id']} {told}" in said.out
    for setting in ("origins=https://bank.example", "plaintext_passwords=true"):
        assent("programme", "set", made["id"], setting, **gateway)
        assert told not in assent("doctor", **gateway).out
        undo = {"origins": "origins=", "plaintext_passwords": "plaintext_passwords=false"}
        assent("programme", "set", made["id"], undo[setting.partition("=")[0]], **gateway)
        assert told in assent("doctor", **gateway).out


def test_traces_without_their_libraries(
    assent: Command, gateway: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**gateway, "ASSENT_TELEMETRY_OTLP_URL": gateway["ASSENT_SMS_URL"]}
    assent("keys", "init", **settings)
    assent("migrate", **settings)
    assert assent("doctor", **settings).code == 0
    monkeypatch.delitem(sys.modules, "assent.adapters.otel.traces", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.context", None)
    _bad(
        assent("doctor", **settings), "libraries for it are missing", "requirements-telemetry.lock"
    )


def test_a_database_that_cannot_be_migrated_says_why(assent: Command) -> None:
    for url, word in (
        ("postgresql://ann:canary@127.0.0.1:1/assent", "Connect"),
        ("sqlite:////nowhere/at/all/assent.sqlite3", "unable to open database file"),
    ):
        refused = assent("migrate", ASSENT_DATABASE_URL=url)
        assert refused.code == 1
        said = refused.out + refused.err
        assert "cannot be migrated" in said
        assert word in said
        assert "canary" not in said


def test_keys_are_made_once(assent: Command) -> None:
    assert assent("keys", "init", **NEEDS).code == 0
    made = Path("vault").read_bytes()
    assert Path("vault").stat().st_mode & 0o777 == 0o600
    again = assent("keys", "init", **NEEDS)
    assert again.code == 1
    assert "is there already" in again.err
    assert Path("vault").read_bytes() == made


def test_pages_that_only_this_machine_could_reach(assent: Command) -> None:
    assent("keys", "init", **NEEDS)
    assert assent("migrate", **NEEDS).code == 0
    told = ("secure fields: at http://localhost", "approval page: at http://localhost")
    said = assent("doctor", **NEEDS).out
    assert all(one in said for one in told)
    assert "Set server.base_url" in said
    public = {
        "ASSENT_SERVER_BASE_URL": "https://api.bank.example",
        "ASSENT_SERVER_FRAMES_URL": "https://frames.bank.example",
    }
    said = assent("doctor", **NEEDS, **public).out
    assert not any(one in said for one in told)
