"""The command line, run inside the tests' own process: a process of its own takes a second each."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assent.cli.main import main
from tests.support.processes import Installation, installation


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def assent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command in an empty folder, with these variables and no others of ours."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("ASSENT_"):
            monkeypatch.delenv(name)
    return _run


_STAYS = ("serve", "sandbox", "worker")
"""Commands that would never return if what they are to refuse were let through."""


def _run(*arguments: str, **settings: str) -> Said:
    if arguments[0] in _STAYS:
        ended = Installation(Path.cwd(), settings).run(*arguments)
        assert "Traceback" not in ended.stderr, ended.stderr
        return Said(ended.returncode, ended.stdout, ended.stderr)
    done = CliRunner().invoke(main, list(arguments), env=settings)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception  # a command ends with a sentence, never with a traceback
    return Said(done.exit_code, done.stdout, done.stderr)


@dataclass(frozen=True)
class Place(Installation):
    """An installation whose commands are run here; its servers are processes all the same."""

    command: Command = field(default=_run)

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        said = self.command(*arguments, **{**self.settings, **settings})
        return subprocess.CompletedProcess(arguments, said.code, said.out, said.err)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Production on SQLite, migrated, nothing in it: copy it."""
    folder = tmp_path_factory.mktemp("migrated")
    return installation(folder, f"sqlite:///{folder / 'assent.sqlite3'}")


@pytest.fixture
def place(migrated: Installation, tmp_path: Path, assent: Command) -> Place:
    """One of the test's own."""
    folder = tmp_path / "place"
    shutil.copytree(migrated.place, folder)
    settings = {
        **migrated.settings,
        "ASSENT_DATABASE_URL": f"sqlite:///{folder / 'assent.sqlite3'}",
        "ASSENT_VAULT_FILE": str(folder / "vault.json"),
    }
    return Place(folder, settings, assent)
