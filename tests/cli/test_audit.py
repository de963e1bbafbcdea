"""The record on the command line: exported, verified, and tampered with behind our back."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.processes import Installation


def _made(place: Installation) -> None:
    for name in ("One", "Two", "Three"):
        place.done("programme", "create", name)


def _head(said: str) -> str:
    return next(line.split()[-1] for line in said.splitlines() if "head" in line)


def _changed(place: Installation, statement: str, *values: object) -> None:
    """As whoever owns the database can: the triggers are theirs too."""
    with closing(sqlite3.connect(place.place / "assent.sqlite3")) as db:
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            db.execute(statement, values)
        held = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in held:
            db.execute(f"DROP TRIGGER {name}")
        assert db.execute(statement, values).rowcount > 0
        for _, made in held:
            db.execute(made)
        db.commit()


def test_the_record_is_verified_and_says_where_it_ends(place: Installation) -> None:
    assert "nothing to verify yet" in place.done("audit", "verify")
    _made(place)
    said = place.done("audit", "verify")
    assert said.startswith("ok    3 facts in 1 blocks\n")
    head = _head(said)
    place.done("programme", "create", "Four")
    later = place.done("audit", "verify", "--head", head)
    assert later.startswith("ok    4 facts in 2 blocks\n")
    assert _head(later) != head


def test_a_change_behind_our_back_is_told(place: Installation) -> None:
    _made(place)
    head = _head(place.done("audit", "verify"))
    _changed(place, "UPDATE facts SET name = 'nothing' WHERE details LIKE ?", '%"Two"%')
    done = place.run("audit", "verify")
    assert done.returncode == 1
    assert "FAIL  block 1: its facts are not those that it was made of" in done.stdout
    _changed(place, "DELETE FROM facts")
    _changed(place, "DELETE FROM audit_blocks")
    assert place.run("audit", "verify").returncode == 0  # nothing is left that could be wrong
    done = place.run("audit", "verify", "--head", head)
    assert done.returncode == 1
    assert "FAIL  block 1: a block before it is missing" in done.stdout


def test_facts_in_a_block_that_is_not_there_are_told(place: Installation) -> None:
    _made(place)
    place.done("audit", "verify")
    _changed(place, "UPDATE facts SET block = 99 WHERE details LIKE ?", '%"Three"%')
    done = place.run("audit", "verify")
    assert done.returncode == 1
    assert "FAIL  block 1" in done.stdout


def test_a_made_up_fact_beside_the_chain_is_told(place: Installation) -> None:
    _made(place)
    place.done("audit", "verify")
    with closing(sqlite3.connect(place.place / "assent.sqlite3")) as db:
        db.execute(
            "INSERT INTO facts (id, programme_id, name, at, actor, address, request_ref, details, "
            "block) VALUES (1, 1, 'made_up', 1, '', '', '', '{}', 7)"
        )
        db.commit()
    done = place.run("audit", "verify")
    assert done.returncode == 1
    assert "FAIL  1 facts claim to stand in blocks that are not there" in done.stdout


def test_an_export_is_verified_wherever_it_is(place: Installation, tmp_path: Path) -> None:
    _made(place)
    file = tmp_path / "record.jsonl"
    said = place.done("audit", "export", "--out", str(file))
    assert said == f"3 facts in 1 blocks: {file}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert place.done("audit", "export") == file.read_text()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [next(iter(line)) for line in lines] == ["fact", "fact", "fact", "block"]
    (actor,) = {line["fact"]["actor"] for line in lines[:3]}
    assert actor.startswith("operator:")
    head = _head(place.done("audit", "verify", "--file", str(file)))
    assert head == _head(place.done("audit", "verify"))
    elsewhere = place.run("audit", "verify", "--file", str(file), ASSENT_VAULT_FILE="no-vault")
    assert elsewhere.returncode == 0
    assert "the seals are not looked at" in elsewhere.stdout
    assert _head(elsewhere.stdout) == head
    file.write_text(file.read_text().replace('"Two"', '"Too"'))
    done = place.run("audit", "verify", "--file", str(file))
    assert done.returncode == 1
    assert "FAIL  block 1" in done.stdout


def test_an_export_never_goes_into_a_file_that_others_may_read(
    place: Installation, tmp_path: Path
) -> None:
    _made(place)
    file = tmp_path / "record.jsonl"
    file.write_text("before")
    file.chmod(0o644)
    done = place.run("audit", "export", "--out", str(file))
    assert done.returncode == 1
    assert f"--out {file}: File exists" in done.stderr
    assert file.read_text() == "before"


def test_what_is_no_export_is_told_by_its_line(place: Installation, tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    _made(place)
    place.done("audit", "export", "--out", str(file))
    whole = file.read_text()
    for text, told in (
        ("not json\n", "line 1: not a line of an export"),
        ('{"fact": {"id": 1}}\n', "line 1: not a line of an export"),
        ("[]\n", "line 1: not a line of an export"),
        (whole + whole.splitlines()[0] + "\n", "ends with facts whose block is missing"),
        (b"\xff".decode("latin-1"), "line 1: not a line of an export"),
    ):
        file.write_text(text)
        done = place.run("audit", "verify", "--file", str(file))
        assert done.returncode == 1, text
        assert told in done.stderr
    said = place.run("audit", "verify", "--file", str(tmp_path)).stderr
    assert said == f"assent: {tmp_path} cannot be read: Is a directory\n"
    for head in ("x", "1:00", "0:" + "00" * 32, "-1:" + "00" * 32):
        assert "--head is NUMBER:DIGEST" in place.run("audit", "verify", "--head", head).stderr
