"""A migration is whole or absent, runs once, and two of them do not meet."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic import op

from assent.adapters.sql.migrations.run import upgrade
from assent.testing.postgres import Cluster


def tables_of(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as db:
        return {name for (name,) in db.execute("SELECT name FROM sqlite_master")}


def test_a_second_upgrade_changes_nothing(sqlite_template: Path, tmp_path: Path):
    path = tmp_path / "assent.db"
    for _ in range(2):
        upgrade(f"sqlite:///{path}")
    assert tables_of(path) == tables_of(sqlite_template)


def test_an_upgrade_cut_short_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "assent.db"
    real = op.create_table
    made: list[str] = []

    def create_table(name: str, *columns, **options):
        if len(made) == 5:
            raise KeyboardInterrupt
        made.append(name)
        return real(name, *columns, **options)

    with monkeypatch.context() as cut:
        cut.setattr(op, "create_table", create_table)
        with pytest.raises(KeyboardInterrupt):
            upgrade(f"sqlite:///{path}")
    assert len(made) == 5
    assert tables_of(path) == set()
    upgrade(f"sqlite:///{path}")
    assert set(made) < tables_of(path)


def test_two_upgrades_of_postgres_wait_for_each_other(cluster: Cluster):
    url = cluster.database("twice")
    errors: list[BaseException] = []

    def run() -> None:
        try:
            _in_a_process_of_its_own(url)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def _in_a_process_of_its_own(url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "assent.adapters.sql.migrations"],
        input=url,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
