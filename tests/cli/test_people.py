"""What operators do with people, on the command line, beside a server that runs."""

import json
import os
import pty
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command, Place
from tests.support.client import Server
from tests.support.device_client import asked, biometric, phone_of
from tests.support.processes import ASSENT, Installation, environment, installation
from tests.support.weavr import PASSWORD, Person, enrolled_person, log_in, new_person

WORDS = ("--operator", "grace", "--reason", "asked at the counter")
DAY = 86_400


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Server]]:
    """SQLite, and a server that goes on while the commands run."""
    folder = tmp_path_factory.mktemp("beside")
    url = f"sqlite:///{folder / 'assent.sqlite3'}"
    made = installation(folder, url, ASSENT_SERVER_ENVIRONMENT="sandbox")
    with made.serve("one") as one:
        yield Place(folder, made.settings), one.server


@pytest.fixture
def place(beside: tuple[Installation, Server], assent: Command) -> Installation:
    return beside[0]


@pytest.fixture
def server(beside: tuple[Installation, Server]) -> Server:
    return beside[1]


def _facts(place: Installation, name: str, person: Person) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(place.place / "assent.sqlite3")) as db:
        rows = db.execute(
            "SELECT actor, details FROM facts WHERE name = ? AND subject_id = ? ORDER BY id",
            (name, int(person.user_id)),
        )
        return [{"actor": actor, **json.loads(details)} for actor, details in rows]


def _refused(place: Installation, *arguments: str) -> str:
    done = place.run(*arguments)
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_person_is_found_by_address_in_any_spelling_and_by_id(
    place: Installation, server: Server
) -> None:
    person = new_person(server)
    for who in (person.email, person.email.upper(), f" {person.user_id} "):
        said = place.done("users", "find", who)
        assert said.split()[0] == person.user_id
        assert person.email not in said
        assert person.number not in said
        assert "a***@example.com" in said
        assert said.rstrip().endswith("active")
    for nobody in (
        "nobody@example.com",
        "1",
        "9" * 40,
        person.number,
        person.phone,
        "+1",
        "",
        "' OR 1=1",
    ):
        told = _refused(place, "users", "find", nobody)
        assert "has no such person" in told
        assert ("cannot be looked up. Say the e-mail address or the id" in told) is (
            nobody == person.phone
        )
        assert ("a number begins with +" in told) is nobody.isdigit()


def test_addresses_in_clear_are_recorded_with_who_read_them_and_why(
    place: Installation, server: Server
) -> None:
    person = new_person(server)
    for missing in ((), WORDS[:2], WORDS[2:], ("--operator", " ", "--reason", " ")):
        assert "--reveal is recorded" in _refused(
            place, "users", "show", person.email, "--reveal", *missing
        )
    assert _facts(place, "person_revealed", person) == []
    for command in ("show", "find"):
        said = place.done("users", command, person.email, "--reveal", *WORDS)
        assert person.email in said
        assert person.phone in said
    told = {"actor": "operator:grace", "operator": "grace", "reason": "asked at the counter"}
    assert _facts(place, "person_revealed", person) == [told, told]


def test_what_hangs_on_a_person_is_shown_without_their_addresses(
    place: Installation, server: Server
) -> None:
    person = enrolled_person(server)
    for _ in range(5):
        log_in(server, person.email, "wrong-one")
    said = place.done("users", "show", person.user_id)
    assert person.email not in said
    assert person.number not in said
    assert f"acts for  consumer {person.identity_id} as root, not_started" in said
    assert "factor    sms_otp" in said
    assert "active" in said
    assert "password: 5 wrong, 1 blocks; blocked until 2" in said
    assert "sessions  2 live, last seen 2" in said
    assert "log_in_denied" in said
    assert len([line for line in said.splitlines() if line.startswith("2")]) <= 20


def test_sessions_are_ended_on_a_server_that_runs(place: Installation, server: Server) -> None:
    person = enrolled_person(server)
    other = person.elsewhere()
    assert "Ended all sessions" in place.done("users", "end-sessions", person.email, *WORDS)
    assert person.factors().status == 401
    assert other.factors().status == 401
    assert person.log_in().status == 200
    assert _facts(place, "sessions_ended", person)[-1] == {
        "actor": "operator:grace",
        "operator": "grace",
        "reason": "asked at the counter",
        "why": "operator",
    }


def test_a_factor_is_removed_its_codes_are_void_and_the_person_is_told(
    place: Installation, server: Server
) -> None:
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    refused = _refused(place, "users", "remove-factor", person.email, "pin", *WORDS)
    assert "The person has no pin" in refused
    several = _refused(
        place, "users", "remove-factor", person.email, "sms_otp", "--id", "7", *WORDS
    )
    assert "The person has no sms_otp 7" in several
    said = place.done("users", "remove-factor", person.email, "sms_otp", *WORDS)
    assert said.startswith("Removed sms_otp ")
    assert person.step_up().status != 204
    assert "sms_otp" not in place.done("users", "show", person.email).split("sessions")[0]
    recorded = _facts(place, "factor_removed", person)
    assert [(one["actor"], one["reason"]) for one in recorded] == [
        ("operator:grace", "asked at the counter")
    ]
    mails = [mail["body"] for mail in server.mails(person.email)]
    assert any("was removed from your" in body for body in mails)
    assert "The person has no sms_otp" in _refused(
        place, "users", "remove-factor", person.email, "sms_otp", *WORDS
    )


def test_devices_are_shown_by_name_and_use_and_removed_one_or_all(
    place: Installation, server: Server
) -> None:
    person = enrolled_person(biometric(server))
    phones = [phone_of(person, name=name) for name in ("Old phone", "New phone", "Tablet")]
    answer = phones[1].call("PUT", "/device/push", {"transport": "fcm", "address": "a-token"})
    person.log_in()
    assert phones[1].answer(asked(person)).status == 200
    shown = place.done("users", "show", person.user_id)
    lines = [line.strip() for line in shown.splitlines()]
    assert f"factor    device_key {phones[0].id}  active" in shown
    assert "Old phone  jws  never used  no push  not attested" in lines
    push = "fcm" if answer.status == 204 else "no push"
    (new,) = [line for line in lines if line.startswith("New phone  jws  used 2")]
    assert new.endswith(f"{push}  not attested")
    assert phones[0].soft.public["x"] not in shown
    several = _refused(place, "users", "remove-factor", person.email, "device_key", *WORDS)
    assert "say which with --id" in several
    both = _refused(
        place, "users", "remove-factor", person.email, "device_key", "--all", "--id", "7", *WORDS
    )
    assert "--id or --all" in both
    person.log_in()
    question = asked(person)
    late = phones[2].said(question)
    said = place.done(
        "users", "remove-factor", person.email, "device_key", "--id", phones[0].id, *WORDS
    )
    assert said == f"Removed device_key {phones[0].id} of {person.user_id}.\n"
    assert phones[0].call("GET", "/challenges").status == 401
    # whoever had it saw what the others were asked
    assert phones[2].call("POST", f"/challenges/{question}/answer", late).status == 409
    assert phones[2].pending() == []
    said = place.done("users", "remove-factor", person.email, "device_key", "--all", *WORDS)
    assert {f"Removed device_key {one.id} of {person.user_id}." for one in phones[1:]} == set(
        said.splitlines()
    )
    assert [one.call("GET", "/challenges").status for one in phones] == [401] * 3
    recorded = _facts(place, "factor_removed", person)
    assert [(one["actor"], one["reason"]) for one in recorded] == [
        ("operator:grace", "asked at the counter")
    ] * 2
    removed = [mail for mail in server.mails(person.email) if "was removed" in mail["body"]]
    assert len(removed) == 2
    assert "The person has no device_key" in _refused(
        place, "users", "remove-factor", person.email, "device_key", "--all", *WORDS
    )


def test_refusals_are_lifted_by_an_operator(place: Installation, server: Server) -> None:
    person = enrolled_person(biometric(server))
    phone = phone_of(person)
    for reason in (None, None, "not_me"):
        person.log_in()
        assert phone.answer(asked(person), "decline", reason=reason).status == 200
    person.log_in()
    path = "/multi/stepup/challenges/push/BIOMETRIC"
    assert server.call("POST", path, None, server.bearer(person.token)).status != 200
    shown = place.done("users", "show", person.user_id)
    assert "push_refusals: 3 declined, 1 blocks; blocked until 2" in shown
    assert "not_me: 1 not theirs, 0 blocks" in shown
    declined = [line for line in shown.splitlines() if "step_up_declined" in line]
    assert ["all their sessions were ended" in line for line in declined] == [False, False, True]
    assert "why=not_me" in shown
    said = place.done("users", "unblock", person.user_id, *WORDS)
    assert "push_refusals: 3 declined, 1 blocks" in said
    assert asked(person)


def test_an_export_names_devices_and_shows_no_key(
    place: Installation, server: Server, tmp_path: Path
) -> None:
    person = enrolled_person(biometric(server))
    phone = phone_of(person, name="Zoë's phone")
    person.log_in()
    assert phone.answer(asked(person)).status == 200
    out = tmp_path / "out.json"
    place.done("users", "export", person.user_id, "--out", str(out), *WORDS)
    held = json.loads(out.read_text())
    (device,) = [one for one in held["factors"] if one["kind"] == "device_key"]
    assert (device["name"], device["push"], device["attested"]) == ("Zoë's phone", None, False)
    assert device["last_used_at"]
    assert device.keys() == {
        "id", "kind", "state", "created_at", "name", "last_used_at", "push", "attested",
    }  # fmt: skip
    for secret in (phone.soft.public["x"], phone.soft.proof_jwk["x"]):
        assert secret not in out.read_text()


def test_whoever_was_blocked_is_told_that_they_are_not_any_more(
    place: Installation, server: Server
) -> None:
    person = new_person(server)
    for _ in range(5):
        log_in(server, person.email, "wrong-one")
    assert log_in(server, person.email).status != 200
    place.done("users", "unblock", person.email, *WORDS)
    assert log_in(server, person.email).status == 200
    bodies = [mail["body"] for mail in server.mails(person.email)]
    assert any("no longer blocked" in body for body in bodies)
    count = len(bodies)
    place.done("users", "unblock", person.email, *WORDS)  # nobody is told of nothing
    assert len(server.mails(person.email)) == count


@pytest.mark.parametrize(
    "command", ["unblock", "end-sessions", "erase", "export", "deactivate", "remove-factor"]
)
def test_every_change_needs_an_operator_and_a_reason_that_names_nobody(
    place: Installation, server: Server, command: str, tmp_path: Path
) -> None:
    person = new_person(server)
    rest = {"export": ("--out", str(tmp_path / "out.json")), "remove-factor": ("password",)}
    arguments = ("users", command, person.email, *rest.get(command, ()))
    before = _count(place)
    for missing in (WORDS[:2], WORDS[2:], ("--operator", "", "--reason", "x")):
        assert _refused(place, *arguments, *missing)
    for name in (person.email.upper(), f"call {person.phone}"):
        told = _refused(place, *arguments, "--operator", "grace", "--reason", name)
        assert "is kept for ever" in told
    assert _count(place) == before
    assert not (tmp_path / "out.json").exists()


def _count(place: Installation) -> int:
    with closing(sqlite3.connect(place.place / "assent.sqlite3")) as db:
        return int(db.execute("SELECT count(*) FROM facts").fetchone()[0])


def test_all_that_is_held_is_exported_and_no_secret_of_it(
    place: Installation, server: Server, tmp_path: Path
) -> None:
    person = enrolled_person(server)
    out = tmp_path / "ada.json"
    said = place.done("users", "export", person.email, "--out", str(out), *WORDS)
    assert person.user_id in said
    assert out.stat().st_mode & 0o777 == 0o600
    held = json.loads(out.read_text())
    assert held["person"]["email"] == person.email
    assert held["person"]["mobile"] == {"country_code": "+356", "number": person.number}
    assert held["person"]["details"]["name"] == "Ada"
    assert [one["id"] for one in held["identities"]] == [int(person.identity_id)]
    kinds = {one["kind"]: one for one in held["factors"]}
    assert kinds["sms_otp"]["mobile"] == person.phone
    assert set(kinds["password"]) == {"id", "kind", "state", "created_at"}
    assert {"challenge_started", "session_opened"} <= {one["what"] for one in held["record"]}
    assert held["record"][-1]["what"] == "person_exported"
    assert held["record"][-1]["by"] == "operator"
    assert held["sessions"][0]["proved"] == ["knowledge"]
    assert held["messages"][0]["channel"] == "sms"
    assert held["challenges"][0]["state"] == "passed"
    text = out.read_text()
    assert "grace" not in text  # somebody else's name
    for secret in ("argon2", "hash", "sealed", "expected", "lookup", PASSWORD, "123456"):
        assert secret not in text, secret
    again = _refused(place, "users", "export", person.email, "--out", str(out), *WORDS)
    assert "File exists" in again
    assert len(_facts(place, "person_exported", person)) == 1


def test_a_number_that_was_changed_is_kept_no_more(
    place: Installation, server: Server, tmp_path: Path
) -> None:
    person = enrolled_person(server).stepped_up()
    new = {"countryCode": "+356", "number": "79990077"}
    assert person.change(mobile=new).status == 200
    out = tmp_path / "ada.json"
    place.done("users", "export", person.email, "--out", str(out), *WORDS)
    text = out.read_text()
    assert [one["state"] for one in json.loads(text)["factors"] if one["kind"] == "sms_otp"] == [
        "removed"
    ]
    assert person.phone not in text
    assert new["number"] in text


def test_whoever_is_shut_out_and_let_in_again_is_recorded_with_the_operator(
    place: Installation, server: Server
) -> None:
    person = new_person(server)
    told = {"actor": "operator:grace", "operator": "grace", "reason": "asked at the counter"}
    for command, name in (
        ("deactivate", "person_deactivated"),
        ("activate", "person_activated"),
        ("unblock", "person_unblocked"),
    ):
        place.done("users", command, person.email, *WORDS)
        assert _facts(place, name, person) == [told]


def test_an_erasure_asks_first_and_says_what_goes(place: Installation, server: Server) -> None:
    person = enrolled_person(server)
    told = place.run("users", "erase", person.email, *WORDS)  # nobody is at a terminal
    assert told.returncode == 1
    assert "Nobody is there to ask: say --yes" in told.stderr
    assert f"the details of consumer {person.identity_id}" in told.stdout
    assert "2 factors, 2 sessions" in told.stdout
    assert person.email not in told.stdout
    assert person.factors().status == 200
    said = place.done("users", "erase", person.email, *WORDS, "--yes")
    assert f"Erased {person.user_id}." in said
    assert person.factors().status == 401
    assert "has no such person" in _refused(place, "users", "erase", person.email, *WORDS, "--yes")
    (recorded,) = _facts(place, "person_erased", person)
    assert recorded == {
        "actor": "operator:grace",
        "operator": "grace",
        "reason": "asked at the counter",
        "identities": person.identity_id,
    }


def _sessions(told: str) -> int:
    """How many are counted."""
    return int(told.split("sessions")[1].split(",")[0])


def test_what_has_served_its_time_is_counted_and_then_deleted(
    tmp_path: Path, place: Installation, server: Server
) -> None:
    person = new_person(server)
    assert person.factors().status == 200
    nothing = place.done("retention", "run", "--dry-run")
    assert "sessions      0, older than 30 days" in nothing
    server.advance(31 * DAY)
    # the server, which runs on, deletes them too: what is counted may be fewer each time
    found = _sessions(place.done("retention", "run", "--dry-run"))
    assert 0 <= _sessions(place.done("retention", "run", "--dry-run", "--trust-clock")) <= found
    place.done("retention", "run", "--operator", "grace")
    assert _sessions(place.done("retention", "run", "--dry-run")) == 0
    with closing(sqlite3.connect(place.place / "assent.sqlite3")) as db:
        text = "SELECT count(*) FROM sessions WHERE subject_id = ?"
        assert db.execute(text, (int(person.user_id),)).fetchone() == (0,)
    assert person.factors().status == 401
    assert person.log_in().status == 200
    assert place.done("audit", "verify").startswith("ok ")


def test_days_that_no_law_allows_are_refused(place: Installation) -> None:
    for name, days in (("ATTEMPTS", "29"), ("SESSIONS", "0"), ("MESSAGES", "36501")):
        done = place.run("config", **{f"ASSENT_RETENTION_{name}_DAYS": days})
        assert done.returncode == 1
        assert f"retention.{name.lower()}_days is {days}" in done.stderr


def test_at_a_terminal_the_id_is_typed_to_erase_somebody(
    place: Installation, server: Server
) -> None:
    person = new_person(server)
    for typed, code in (("yes", 1), (person.user_id, 0)):
        ours, theirs = pty.openpty()
        try:
            os.write(ours, f"{typed}\n".encode())
            done = subprocess.run(
                [ASSENT, "users", "erase", person.email, *WORDS],
                env=environment(place.settings),
                stdin=theirs,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            os.close(ours)
            os.close(theirs)
        assert done.returncode == code, done.stderr
        assert (log_in(server, person.email).status == 200) is bool(code)
        assert (f"Erased {person.user_id}" in done.stdout) is not bool(code)
