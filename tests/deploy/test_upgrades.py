"""docs/operations/upgrades.md: a newer version takes over from two running servers, and
no call fails."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from assent.adapters.sql.migrations.run import config
from assent.catalogue.store import REVISION
from assent.testing.postgres import Cluster
from tests.support.group import Group
from tests.support.load import Calls
from tests.support.manual import commands, paste
from tests.support.next_version import NEXT, next_version
from tests.support.processes import installation
from tests.support.weavr import new_person

PAGE = "upgrades.md"
BEFORE_THE_RULE = "0003"
"""Up to here revisions renamed as they liked: nothing ran for real yet."""
CONTRACTS: dict[str, str] = {}
"""revision -> why it takes something away, and from which version on nothing uses it."""


@pytest.mark.slow
def test_a_newer_version_takes_over_while_everybody_goes_on(group: Group, tmp_path: Path) -> None:
    new = next_version(tmp_path / "next")
    copies = tmp_path / "copies"
    copies.mkdir()
    settings = {**group.place.settings, **new, "COPIES": str(copies)}
    person = new_person(group.through)
    with Calls(group.through, callers=4) as calls:
        calls.go_on(20)
        paste(commands(PAGE, "1. Back up, then migrate"), group.place.place, settings)
        calls.go_on(60)  # the older servers, on the newer schema
        assert (copies / "before-upgrade.dump").exists()
        older = group.place.run("serve", ASSENT_SERVER_PORT="0", ASSENT_SERVER_FRAMES_PORT="0")
        assert older.returncode == 1  # one that falls now stays down: be quick
        assert f"migrated by a newer version ({NEXT}; this one knows {REVISION})" in older.stderr
        group.place = replace(group.place, settings={**group.place.settings, **new})
        for number in range(2):
            old = group.server(number).process
            old.send_signal(signal.SIGTERM)
            assert old.wait(timeout=30) in (0, -signal.SIGTERM)
            calls.go_on(40)
            group.start(number)
            group.used_again(number)
    assert calls.failed() == []
    assert person.factors().status == 200  # in the session of before


def test_a_server_refuses_a_schema_that_it_does_not_know(tmp_path: Path) -> None:
    small = installation(tmp_path / "house", f"sqlite:///{tmp_path / 'one.sqlite3'}")
    new = next_version(tmp_path / "next")
    early = small.run("serve", **new)
    assert early.returncode == 1
    assert "not at this version's schema. Run: assent migrate" in early.stderr
    small.done("migrate", **new)
    for words in (("serve",), ("worker",), ("programme", "list")):
        late = small.run(*words)
        assert late.returncode == 1, words
        assert "Run that version, or restore a back-up from before" in late.stderr, words
    assert small.run("doctor").returncode == 1
    assert "Traceback" not in small.run("migrate").stderr


@pytest.mark.slow
def test_the_way_back_is_the_copy(cluster: Cluster, tmp_path: Path) -> None:
    new = next_version(tmp_path / "next")
    place = installation(tmp_path / "house", cluster.database("forth"))
    copies = tmp_path / "copies"
    copies.mkdir()
    settings = {**place.settings, "COPIES": str(copies)}
    place.done("programme", "create", "Bank")
    paste(commands(PAGE, "1. Back up, then migrate"), place.place, {**settings, **new})
    restored = cluster.database("back")
    back = {**settings, "ASSENT_DATABASE_URL": restored}
    paste(commands(PAGE, "Going back"), place.place, back)
    older = replace(place, settings=back)
    assert "Bank" in older.done("programme", "list")
    with older.serve("older"):
        pass
    for name in ("forth", "back"):
        cluster.drop(name)


def test_migrating_twice_or_from_two_machines_at_once_does_no_harm(
    cluster: Cluster, tmp_path: Path
) -> None:
    place = installation(tmp_path / "house", cluster.database("upgraded_twice"))
    settings = {**place.settings, **next_version(tmp_path / "next")}
    paste(
        "assent migrate & one=$!\nassent migrate & two=$!\nwait $one\nwait $two", tmp_path, settings
    )
    assert replace(place, settings=settings).done("programme", "list") == ""
    cluster.drop("upgraded_twice")


def _revisions() -> list[str]:
    script = ScriptDirectory.from_config(config("sqlite://"))
    return [one.revision for one in reversed(list(script.walk_revisions()))]


@dataclass(frozen=True)
class Table:
    """What older servers rely on: types, what may be left out, what may be there twice."""

    types: dict[str, str]
    required: set[str]
    unique: set[tuple[str, ...]]


def _schema(url: str) -> dict[str, Table]:
    engine = sa.create_engine(url)
    try:
        looked = sa.inspect(engine)
        return {name: _table(looked, name) for name in looked.get_table_names()}
    finally:
        engine.dispose()


def _table(looked: sa.Inspector, name: str) -> Table:
    columns = looked.get_columns(name)
    together: list[Sequence[str | None]] = [
        *(one["column_names"] for one in looked.get_indexes(name) if one["unique"]),
        *(one["column_names"] for one in looked.get_unique_constraints(name)),
    ]
    return Table(
        {one["name"]: str(one["type"]) for one in columns},
        {one["name"] for one in columns if not one["nullable"] and one["default"] is None},
        {tuple(str(column) for column in names) for names in together},
    )


def taken_away(url: str, revision: str) -> list[str]:
    """What a revision does that servers of the version before cannot live with."""
    before = _schema(url)
    command.upgrade(config(url), revision)
    after = _schema(url)
    told = [f"{table} is gone" for table in before.keys() - after.keys()]
    for name in before.keys() & after.keys():
        old, new = before[name], after[name]
        told += [f"{name}.{column} is gone" for column in old.types.keys() - new.types.keys()]
        told += [
            f"{name}.{column} was {kind}, is {new.types[column]}"
            for column, kind in old.types.items()
            if new.types.get(column, kind) != kind
        ]
        told += [f"{name}.{column} must be given" for column in new.required - old.required]
        told += [
            f"{name} takes the same {', '.join(columns)} once only"
            for columns in new.unique - old.unique
            if set(columns) <= set(old.types)
        ]
    return sorted(told)


def test_from_now_on_revisions_only_add(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'one.sqlite3'}"
    revisions = _revisions()
    assert revisions[-1] == REVISION
    found = {revision: taken_away(url, revision) for revision in revisions}
    assert found[BEFORE_THE_RULE] == ["sends.approval_id must be given", "sends.session_id is gone"]
    later = [one for one in revisions if one > BEFORE_THE_RULE]
    broken = {one: found[one] for one in later if found[one] and one not in CONTRACTS}
    assert broken == {}, "older servers run on this schema for a while: add, and take away later"


@pytest.mark.parametrize(
    ("done", "told"),
    [
        ("DROP TABLE sends", "sends is gone"),
        ("ALTER TABLE outbox RENAME COLUMN tries TO tried", "outbox.tries is gone"),
        ("CREATE UNIQUE INDEX one ON outbox (subject_id)", "outbox takes the same subject_id once"),
    ],
)
def test_a_revision_that_takes_something_away_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: str, told: str
) -> None:
    url = f"sqlite:///{tmp_path / 'one.sqlite3'}"
    command.upgrade(config(url), "head")

    def harm(*_: object) -> None:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text(done))
        engine.dispose()

    monkeypatch.setattr(command, "upgrade", harm)
    assert any(line.startswith(told) for line in taken_away(url, "head"))
