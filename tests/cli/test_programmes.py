"""What an operator does to tenants and people; all of it is recorded."""

import base64
import json
import os
import pwd
import sqlite3
from contextlib import closing
from typing import Any

from tests.support.client import Server
from tests.support.processes import Installation
from tests.support.weavr import (
    PASSWORD,
    Person,
    consumer_body,
    log_in,
    set_password,
)

ME = pwd.getpwuid(os.getuid()).pw_name
"""Whom the record names where nobody says who they are."""


def _facts(place: Installation, name: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(place.place / "assent.sqlite3")) as db:
        rows = db.execute(
            "SELECT subject_id, details FROM facts WHERE name = ? ORDER BY at, rowid", (name,)
        )
        return [{"subject": row[0], **json.loads(row[1])} for row in rows]


def _create(place: Installation, name: str = "Bank") -> dict[str, Any]:
    made: dict[str, Any] = json.loads(place.done("programme", "create", name))
    return made


def _refused(place: Installation, *arguments: str) -> str:
    done = place.run(*arguments)
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_programme_is_made_with_keys_that_work_and_are_shown_once(place: Installation) -> None:
    made = _create(place, "Bank of Malta")
    assert set(made) == {"id", "name", "api_key", "ui_key", "profiles"}
    assert made["name"] == "Bank of Malta"
    listed = place.done("programme", "list")
    assert f"{made['id']}  Bank of Malta" in listed
    assert made["api_key"] not in listed
    for line in (
        "codes=random",
        "plaintext_passwords=false",
        "password_profile=modern",
        "multi_identity=false",
        "password_days=0",
        "credentials=password",
        "passcode_digits=4",
    ):
        assert f"    {line}\n" in listed
    (fact,) = _facts(place, "programme_created")
    assert fact == {"subject": None, "by": ME, "name": "Bank of Malta"}
    with place.serve("one") as running:
        path = "/multi/passwords/validate"
        keys = {"api-key": made["api_key"]}
        assert running.server.call("POST", path, {}, keys).status == 400
        keys = {"api-key": made["ui_key"]}
        assert running.server.call("POST", path, {}, keys).status == 401


def test_settings_change_and_each_change_is_recorded(place: Installation) -> None:
    made = _create(place)
    told = place.done(
        *("programme", "set", made["id"]),
        *("plaintext_passwords=true", "password_profile=weavr", "countries=MT,IT"),
        *("--operator", "grace"),
    )
    assert told == "Changed. Running servers follow within a second.\n"
    place.done("programme", "set", made["id"], "channels=SMS,AUTHY,BIOMETRIC")
    assert "    channels=SMS,AUTHY,BIOMETRIC\n" in place.done("programme", "list")
    switches = ("number_matching", "attested_devices", "synced_passkeys")
    place.done("programme", "set", made["id"], *(f"{name}=true" for name in switches))
    place.done("programme", "set", made["id"], "password_days=90", "channels=")
    listed = place.done("programme", "list")
    for line in (
        *(f"{name}=true" for name in switches),
        "plaintext_passwords=true",
        "password_profile=weavr",
        "countries=MT,IT",
        "password_days=90",
        "channels=",
    ):
        assert f"    {line}\n" in listed
    first, _channels, _switches, second = _facts(place, "programme_changed")
    assert first == {
        "subject": None,
        "by": "grace",
        "plaintext_passwords": "False -> True",
        "password_profile": "modern -> weavr",
        "countries": "() -> ('MT', 'IT')",
    }
    assert second["password_days"] == "0 -> 90"
    assert "plaintext_passwords" not in second


def test_a_programme_may_have_passcodes(place: Installation) -> None:
    made = _create(place)
    place.done(
        "programme", "set", made["id"], "credentials=password, passcode", "passcode_digits=6"
    )
    listed = place.done("programme", "list")
    assert "    credentials=password,passcode\n" in listed
    assert "    passcode_digits=6\n" in listed
    place.done("programme", "set", made["id"], "credentials=passcode,passcode")
    assert "    credentials=passcode\n" in place.done("programme", "list")
    first, second = _facts(place, "programme_changed")
    assert first["credentials"] == "('password',) -> ('password', 'passcode')"
    assert first["passcode_digits"] == "4 -> 6"
    assert second["credentials"] == "('password', 'passcode') -> ('passcode',)"


def test_what_is_listed_can_be_set(place: Installation) -> None:
    made, other = _create(place), _create(place, "Other bank")
    place.done(
        "programme", "set", made["id"], "countries=MT,IT", "channels=", "multi_identity=true"
    )
    first, second = (
        [line.strip() for line in part.splitlines()[1:]]
        for part in place.done("programme", "list").split(f"{other['id']}  ")
    )
    assert first != second
    assert [line for line in first if line.startswith("codes=")] == ["codes=random"]
    place.done(
        *("programme", "set", other["id"]),
        *(line for line in first if not line.startswith("codes=")),
    )
    again = place.done("programme", "list").split(f"{other['id']}  ")[1]
    assert [line.strip() for line in again.splitlines()[1:]] == first


def test_a_second_programme_of_one_name_is_noted(place: Installation) -> None:
    made = _create(place)
    assert place.run("programme", "create", "Other bank").stderr == ""
    again = place.run("programme", "create", " Bank ")
    assert again.returncode == 0
    assert again.stderr == (
        f"assent: note: there is another programme of this name: {made['id']}\n"
    )


def test_who_did_it_is_recorded(place: Installation) -> None:
    """By the name that was said, else by that of who ran it, before sudo."""
    made = _create(place)
    client = json.loads(place.done("programme", "add-client", made["id"], "--operator", "ada"))
    place.done("programme", "rotate-key", made["id"], "api", "--operator", "  ")
    sudo = {"SUDO_USER": "grace"}
    rotate = ("programme", "rotate-client", made["id"], client["client_id"])
    assert place.run(*rotate, **sudo).returncode == 0
    assert place.run("programme", "set", made["id"], "password_days=1", **sudo).returncode == 0
    with closing(sqlite3.connect(place.place / "assent.sqlite3")) as db:
        actors = db.execute("SELECT actor FROM facts ORDER BY at, rowid").fetchall()
    assert [actor for (actor,) in actors] == [
        *(f"operator:{ME}", "operator:ada", f"operator:{ME}", "operator:grace"),
        "operator:grace",
    ]


IMPOSSIBLE = (
    ("plaintext_passwords=maybe", "plaintext_passwords may be: true, false"),
    ("plaintext_passwords=", "plaintext_passwords may be: true, false"),
    ("plaintext_passwords=true,false", "plaintext_passwords may be: true, false"),
    ("plaintext_passwords=True", "plaintext_passwords may be: true, false"),
    ("multi_identity=1", "multi_identity may be: true, false"),
    ("password_profile=strong", "password_profile may be: weavr, modern"),
    ("password_profile=", "password_profile may be: weavr, modern"),
    ("password_profile=weavr,modern", "password_profile may be: weavr, modern"),
    ("channels=SMS,FAX", "channels may be: SMS"),
    ("countries=mt", "countries are two capital letters"),
    ("countries=MT,XX", "countries are two capital letters"),
    ("password_days=-1", "password_days is a number of days"),
    ("password_days=99999999999999999999", "password_days is a number of days"),
    ("password_days=ten", "password_days is a number of days"),
    ("credentials=", "credentials may be: password, passcode"),
    ("credentials=,", "credentials may be: password, passcode"),
    ("credentials=pin", "credentials may be: password, passcode"),
    ("credentials=sms_otp", "credentials may be: password, passcode"),
    ("credentials=password,Passcode", "credentials may be: password, passcode"),
    ("passcode_digits=3", "passcode_digits may be: 4, 5, 6"),
    ("passcode_digits=7", "passcode_digits may be: 4, 5, 6"),
    ("passcode_digits=4.0", "passcode_digits may be: 4, 5, 6"),
    ("passcode_digits=", "passcode_digits may be: 4, 5, 6"),
    ("passcode_digits=\u0664", "passcode_digits may be: 4, 5, 6"),
    ("colour=red", "is not NAME=VALUE with one of: attested_devices, channels"),
    ("plaintext_passwords", "is not NAME=VALUE with one of: attested_devices, channels"),
)


def test_a_setting_that_cannot_be_is_refused(place: Installation) -> None:
    made = _create(place)
    before = place.done("programme", "list")
    for word, told in IMPOSSIBLE:
        refused = _refused(place, "programme", "set", made["id"], "password_days=7", word)
        assert told in refused, word
        assert len(refused.splitlines()) == 1
    assert place.done("programme", "list") == before
    assert _facts(place, "programme_changed") == []


def test_a_programme_that_is_not_there_is_said_so(place: Installation) -> None:
    for words in (
        ("set", "123", "password_days=1"),
        ("rotate-key", "123", "api"),
        ("rotate-client", "123", "1"),
    ):
        assert "There is no programme 123. Run: assent programme list" in _refused(
            place, "programme", *words
        )
    assert _refused(place, "programme", "set", "Bank", "password_days=1")


def test_a_new_key_takes_the_place_of_the_old_one(place: Installation) -> None:
    made = _create(place)
    key = place.done("programme", "rotate-key", made["id"], "api").strip()
    assert key.startswith("ask_")
    assert key != made["api_key"]
    (fact,) = _facts(place, "programme_key_rotated")
    assert fact == {"subject": None, "by": ME, "role": "api"}
    with place.serve("one") as running:
        path = "/multi/passwords/validate"
        assert running.server.call("POST", path, {}, {"api-key": key}).status == 400
        assert running.server.call("POST", path, {}, {"api-key": made["api_key"]}).status == 401
    assert _refused(place, "programme", "rotate-key", made["id"], "master")


def _client_token(server: Server, client: dict[str, str]) -> int:
    text = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
    headers = {
        "authorization": f"Basic {text}",
        "content-type": "application/x-www-form-urlencoded",
    }
    form = b"grant_type=client_credentials"
    return server.call("POST", "/oauth/token", None, headers, form).status


def test_one_client_gets_a_new_secret(place: Installation) -> None:
    made = _create(place)
    first, second = (json.loads(place.done("programme", "add-client", made["id"])) for _ in "12")
    listed = place.done("programme", "list")
    for client in (first, second):
        assert f"    client {client['client_id']}\n" in listed
        assert client["client_secret"] not in listed
    new = json.loads(place.done("programme", "rotate-client", made["id"], first["client_id"]))
    assert new["client_id"] == first["client_id"]
    assert new["client_secret"] != first["client_secret"]
    assert place.done("programme", "list").count("    client ") == 2
    (fact,) = _facts(place, "programme_key_rotated")
    about = {"role": "client", "client": first["client_id"]}
    assert fact == {"subject": None, "by": ME, **about}
    with place.serve("one") as running:
        told = [_client_token(running.server, client) for client in (first, second, new)]
        assert told == [401, 200, 200]


def test_which_client_must_be_said(place: Installation) -> None:
    made, other = _create(place), _create(place, "Other bank")
    client = json.loads(place.done("programme", "add-client", made["id"]))["client_id"]
    told = _refused(place, "programme", "rotate-key", made["id"], "client")
    assert "assent programme rotate-client PROGRAMME CLIENT_ID" in told
    for number, named in ((other["id"], client), (made["id"], "nobody"), (made["id"], "")):
        told = _refused(place, "programme", "rotate-client", number, named)
        assert f"has no client {named}. Run: assent programme list" in told
    assert _facts(place, "programme_key_rotated") == []


def _blocked(place: Installation, made: dict[str, Any], server: Server) -> Person:
    """Somebody whose password has been blocked for good."""
    body = consumer_body(server, "ada@example.com", "79000001")
    root = server.call("POST", "/multi/consumers", body, server.api).json
    user = root["rootUser"]["id"]["id"]
    assert set_password(server, user, PASSWORD).status == 200
    for _ in range(3):
        for _ in range(2):
            assert log_in(server, "ada@example.com", "Wrong-word1").status == 403
        assert log_in(server, "ada@example.com", PASSWORD).status == 423
        _end_block(place)
    assert log_in(server, "ada@example.com", PASSWORD).status == 423
    return Person(server, "ada@example.com", "79000001", user, root["id"]["id"])


def _end_block(place: Installation) -> None:
    """Time passes; but not for a block that has no end."""
    with closing(sqlite3.connect(place.place / "assent.sqlite3")) as db, db:
        db.execute("UPDATE attempts SET blocked_until = 1 WHERE blocked_until BETWEEN 1 AND ?",
                   (2**52,))  # fmt: skip


def test_a_person_is_unblocked_and_that_is_on_record(place: Installation) -> None:
    made = _create(place)
    place.done(
        *("programme", "set", made["id"]), "plaintext_passwords=true", "password_profile=weavr"
    )
    credentials = {"programme": {"api_key": made["api_key"]}, "profiles": made["profiles"]}
    with place.serve(
        "one", ASSENT_ATTEMPTS_PERSON_TRIES="2", ASSENT_ATTEMPTS_CHALLENGE_TRIES="2"
    ) as running:
        server = Server(credentials, running.server.base_url)
        person = _blocked(place, made, server)
        words = ("--operator", "Grace H.", "--reason", "called back, passport seen")
        told = place.done("users", "unblock", "ADA@example.com", *words)
        assert told.splitlines()[0] == f"Unblocked {person.user_id}."
        assert "password: 2 wrong answers, 3 blocks" in told
        assert log_in(server, person.email, PASSWORD).status == 200
        by_id = place.done("users", "unblock", person.user_id, *words)
        assert "password: 0 wrong answers, 0 blocks" in by_id
    facts = _facts(place, "person_unblocked")
    assert facts[0] == {
        "subject": int(person.user_id),
        "operator": "Grace H.",
        "reason": "called back, passport seen",
    }
    assert len(facts) == 2


def test_an_unblocking_needs_a_person_an_operator_and_a_reason(place: Installation) -> None:
    made = _create(place)
    whole = ("--operator", "Grace", "--reason", "asked")
    assert "has no such person" in _refused(place, "users", "unblock", "x@example.com", *whole)
    assert "has no such person" in _refused(place, "users", "unblock", "1" * 30, *whole)
    for missing in (
        ("--operator", "Grace"),
        ("--reason", "asked"),
        ("--operator", "Grace", "--reason", "  "),
        ("--operator", "", "--reason", "asked"),
    ):
        assert _refused(place, "users", "unblock", "x@example.com", *missing)
    _create(place, "Other bank")
    assert "Say which programme" in _refused(place, "users", "unblock", "x@example.com", *whole)
    told = _refused(place, "users", "unblock", "x@example.com", *whole, "--programme", made["id"])
    assert "(Bank) has no such person" in told
    assert _facts(place, "person_unblocked") == []


def test_without_any_programme_there_is_nobody(place: Installation) -> None:
    words = ("users", "unblock", "x@example.com", "--operator", "Grace", "--reason", "asked")
    assert "programme" in _refused(place, *words)


def test_keys_rotate_without_a_server_too(place: Installation) -> None:
    for _ in range(2):
        assert "sign with" in place.done("keys", "rotate")
    with closing(sqlite3.connect(place.place / "assent.sqlite3")) as db:
        held = db.execute("SELECT count(*), count(retired_at) FROM signing_keys").fetchone()
    assert held == (2, 1)
    with place.serve("one") as running:
        assert len(running.server.call("GET", "/.well-known/jwks.json").json["keys"]) == 2
