"""A command loads what it needs and no more: everybody waits for the rest, cron jobs too."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assent.cli.main import Rooms, called, main
from tests.support.processes import Installation, installation

_LOADED = """
import json, sys
from assent.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    json.dump([ended.code, sorted(sys.modules)], sys.stderr)
"""

_OF_SERVERS = {"aiohttp", "aiosmtplib", "prometheus_client", "starlette", "structlog", "uvicorn"}
_OF_POSTGRESQL = {"asyncpg"}
_OF_MIGRATIONS = {"alembic", "sqlalchemy"}
_OF_A_WORLD = {"assent.foundation", "assent.usecases"}
_OF_SETTINGS = {"assent.settings", "asyncio", "cryptography"}

_HEAVY = _OF_SERVERS | _OF_POSTGRESQL | _OF_MIGRATIONS
_LIGHT = _HEAVY | _OF_A_WORLD


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("start")
    return installation(folder, f"sqlite:///{folder / 'assent.sqlite3'}")


def _loaded(place: Installation, command: str, **settings: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, *command.split()],
        env={**os.environ, **place.settings, **settings},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


@pytest.mark.parametrize(
    ("command", "without"),
    [
        ("--version", _LIGHT | _OF_SETTINGS),
        ("--help", _LIGHT | _OF_SETTINGS),
        ("config", _LIGHT),
        ("migrate", _LIGHT),  # by a process of its own
        ("keys list", _HEAVY),
        ("programme create Example", _HEAVY),
    ],
)
def test_a_command_loads_no_more_than_it_needs(
    place: Installation, command: str, without: set[str]
):
    assert not _loaded(place, command) & without


def test_the_vault_file_is_made_without_a_world(place: Installation, tmp_path: Path):
    vault = tmp_path / "another.vault"
    loaded = _loaded(place, "keys init", ASSENT_VAULT_FILE=str(vault))
    assert vault.exists()
    assert not loaded & _LIGHT


def test_a_server_has_what_it_uses_before_it_is_called():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, json, assent.serving; print(json.dumps([*sys.modules]))",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert set(json.loads(done.stdout)) >= _OF_SERVERS | {"joserfc.jwe", "msgspec", "phonenumbers"}


def test_every_command_is_listed_with_its_own_words():
    """The list imports none of them, so it says itself what each is."""
    listed = Rooms(name="assent").commands
    assert len(listed) > 10
    for name, one in listed.items():
        assert called(name).get_short_help_str(1_000) == one.get_short_help_str(1_000), name


def test_no_such_command():
    said = CliRunner().invoke(main, ["key"])
    assert said.exit_code == 2
    assert "No such command 'key'. Did you mean 'keys'?" in said.stderr
    said = CliRunner().invoke(main, ["keys", "rotated"])
    assert said.exit_code == 2
    assert "No such command 'rotated'. Did you mean 'rotate'?" in said.stderr


def test_a_group_lists_the_commands_of_both_its_rooms():
    said = CliRunner().invoke(main, ["keys", "--help"])
    assert said.exit_code == 0
    listed = [line.split()[1] for line in said.stdout.splitlines() if line.startswith("│ ")]
    assert {"init", "list", "rotate", "retire-jose"} <= set(listed)
    assert "--install-completion" not in said.stdout
