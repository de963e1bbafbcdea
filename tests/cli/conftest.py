"""The command line, run inside the tests' own process where nothing has to be served."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assent.cli import main
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

    def run(*arguments: str, **settings: str) -> Said:
        done = CliRunner().invoke(main, list(arguments), env=settings)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception  # a command ends with a sentence, never with a traceback
        return Said(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    """Production on SQLite, migrated, nothing in it."""
    return installation(tmp_path / "place", f"sqlite:///{tmp_path / 'place' / 'assent.sqlite3'}")
