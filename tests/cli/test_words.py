"""An operator gives a programme words of its own."""

import json
import sqlite3
from contextlib import closing

from tests.support.processes import Installation

GERMAN = """default = "de"

[de.code]
text = "{code} ist Ihr Code, um {action}."
"""


def test_words_are_checked_set_shown_and_recorded(place: Installation) -> None:
    programme = json.loads(place.done("programme", "create", "Bank"))["id"]
    assert "no words of its own" in place.done("programme", "words", "show", programme)
    (place.place / "words.toml").write_text(GERMAN)
    checked = place.done("programme", "words", "check", str(place.place / "words.toml"))
    assert "[de.code] by sms, 1 part(s) of a text message" in checked
    assert "123456 ist Ihr Code, um pay 1,250.00 EUR to ACME Limited." in checked
    place.done("programme", "words", "set", programme, str(place.place / "words.toml"))
    assert place.done("programme", "words", "show", programme).strip() == GERMAN.strip()
    with closing(sqlite3.connect(place.place / "assent.sqlite3")) as db:
        text = "SELECT count(*) FROM facts WHERE name = 'words_changed' AND programme_id = ?"
        assert db.execute(text, (int(programme),)).fetchone() == (1,)


def test_what_cannot_be_is_told_and_nothing_changed(place: Installation) -> None:
    programme = json.loads(place.done("programme", "create", "Bank"))["id"]
    (place.place / "words.toml").write_text('[de.code]\ntext = "{code} {payee}"\n[xx.no]\na = 1')
    for command in (
        ("check", str(place.place / "words.toml")),
        ("set", programme, str(place.place / "words.toml")),
    ):
        done = place.run("programme", "words", *command)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "[de.code]: text must have {action}" in done.stderr
        assert "{payee}; there are" in done.stderr
        assert "[xx.no]: the wordings are code," in done.stderr
    assert "no words of its own" in place.done("programme", "words", "show", programme)
    assert place.run("programme", "words", "check", "missing.toml").returncode == 1
    assert (
        place.run("programme", "words", "set", "42", str(place.place / "words.toml")).returncode
        == 1
    )


def test_the_houses_words_are_a_file_that_can_be_set(place: Installation) -> None:
    programme = json.loads(place.done("programme", "create", "Bank"))["id"]
    (place.place / "house.toml").write_text(
        place.done("programme", "words", "show", programme, "--defaults")
    )
    assert "All is well." in place.done(
        "programme", "words", "check", str(place.place / "house.toml")
    )
    place.done("programme", "words", "set", programme, str(place.place / "house.toml"))
