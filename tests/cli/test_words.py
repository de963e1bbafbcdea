"""An operator gives a programme words of its own."""

import hashlib
import json
import os
import sqlite3
from contextlib import closing

from tests.support.processes import Installation

GERMAN = """default = "de"

[de.code]
text = "{code} ist Ihr Code, um {action}."

[de.code.voice]
text = "Ihr Code, um {action}, lautet {digits}."
"""
ACTIONS = """
[de.actions]
pay = "{amount} an {payee} (Konto {account}) zu zahlen"
"""


def test_words_are_checked_set_shown_and_recorded(place: Installation) -> None:
    programme = json.loads(place.done("programme", "create", "Bank"))["id"]
    assert "no words of its own" in place.done("programme", "words", "show", programme)
    (place.place / "words.toml").write_text(GERMAN)
    checked = place.done("programme", "words", "check", str(place.place / "words.toml"))
    assert "[de.code] by sms, 1 part(s) of a text message" in checked
    assert "123456 ist Ihr Code, um pay 1,250.00 EUR to ACME Limited." in checked
    assert checked.count("by voice") == 1, "what is never said there is not shown"
    set_ = ("set", programme, str(place.place / "words.toml"), "--operator", "grace")
    assert "[de.code] says {action} in English" in place.run("programme", "words", *set_).stderr
    assert place.done("programme", "words", "show", programme).strip() == GERMAN.strip()
    with closing(sqlite3.connect(place.place / "assent.sqlite3")) as db:
        text = "SELECT actor, details FROM facts WHERE name = 'words_changed' AND programme_id = ?"
        ((actor, details),) = db.execute(text, (int(programme),)).fetchall()
    digest = hashlib.sha256(GERMAN.encode()).hexdigest()
    assert (actor, json.loads(details)) == ("operator:grace", {"sha256": digest})
    place.done("programme", "words", "set", programme, os.devnull)
    assert "no words of its own" in place.done("programme", "words", "show", programme)
    then = place.done("programme", "words", "show", programme, "--then", digest)
    assert then.strip() == GERMAN.strip()
    assert place.run("programme", "words", "show", programme, "--then", "0" * 64).returncode == 1


def test_a_message_in_two_languages_is_noted(place: Installation) -> None:
    file = place.place / "words.toml"
    file.write_text(GERMAN)
    half = place.run("programme", "words", "check", str(file))
    assert half.returncode == 0
    (told,) = half.stderr.splitlines()
    assert told.startswith("assent: note: [de.code] says {action} in English")
    assert "[de.actions] with enrol_phone, enrol_device, log_in, step_up," in told
    assert "All is well." not in half.stdout
    file.write_text(GERMAN + ACTIONS)
    more = place.run("programme", "words", "check", str(file))
    assert "Ihr Code, um 1,250.00 EUR an ACME Limited (Konto GB33" in more.stdout
    assert "pay," not in more.stderr
    file.write_text(GERMAN.replace('"de"', '"en-GB"').replace("[de.", "[en-GB."))
    assert place.run("programme", "words", "check", str(file)).stderr == ""


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
