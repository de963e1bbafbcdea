"""The sandbox's own calls, its credentials file, and its second start."""

import asyncio
import json
import stat
import time
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from assent import foundation
from assent.domain.message import Channel, Message, Outgoing
from assent.sandbox.inbox import VirtualInbox
from assent.settings import load, sandboxed
from tests.support.client import Answer, Server
from tests.support.processes import Sandbox, sandbox
from tests.support.weavr import (
    CODE,
    PASSWORD,
    enrolled_person,
    log_in,
    new_person,
)

CREDENTIALS = {
    "base_url",
    "frames_url",
    "programme",
    "profiles",
    "simulator_key",
    "sandbox_key",
    "wise",
}
MESSAGE = ("id", "sent_at", "channel", "subject", "body", "html")
CALLS = (
    ("GET", "/clock"),
    ("POST", "/clock"),
    ("GET", "/phones/+35679000001/messages"),
    ("GET", "/mailboxes/a@example.com/messages"),
    ("GET", "/settings"),
    ("POST", "/settings"),
    ("GET", "/words"),
    ("PUT", "/words"),
    ("GET", "/users/1/challenges"),
    ("POST", "/users/1/challenges/2/approve"),
    ("POST", "/users/1/challenges/2/decline"),
    ("POST", "/phones/+35679000001/challenges/2/approve"),
    ("POST", "/phones/+35679000001/challenges/2/decline"),
    ("GET", "/users/1/devices"),
    ("POST", "/users/1/devices"),
    ("DELETE", "/users/1/devices/2"),
    ("POST", "/users/1/balances"),
    ("POST", "/users/1/transfers"),
    ("POST", "/users/1/card-payments"),
    ("POST", "/programmes"),
    ("POST", "/faults"),
)


GERMAN = """
default = "de"
[de.code]
text = "{code} ist Ihr Code, um {action}."
[de.actions]
enrol_phone = "dieses Telefon bei {programme} anzumelden"
[de.factor_enrolled]
subject = "Neuer Weg"
text = "Neu bei {programme}: {factor}"
html = '<b title="x">{programme}</b>'
[de.what]
one_time_code = "Einmalcode"
"""


# the credentials file, and a second start


def test_the_credentials_file(box: Sandbox):
    assert stat.S_IMODE(box.credentials_file.stat().st_mode) == 0o600
    held = json.loads(box.credentials_file.read_text())
    assert set(held) == CREDENTIALS
    assert set(held["programme"]) == {"id", "name", "api_key", "ui_key"}
    assert set(held["profiles"]) == {"consumers", "corporates"}
    assert held["profiles"]["consumers"] != held["profiles"]["corporates"]
    keys = [held["simulator_key"], held["sandbox_key"]]
    keys += [held["programme"]["api_key"], held["programme"]["ui_key"]]
    keys += [held["wise"]["client_id"], held["wise"]["client_secret"]]
    assert len(set(keys)) == 6
    for url in (held["base_url"], held["frames_url"]):
        assert urlsplit(url).scheme == "http"
        assert urlsplit(url).hostname == "localhost"
    assert urlsplit(held["base_url"]).port != urlsplit(held["frames_url"]).port


def test_the_frames_port_is_another_origin(box: Sandbox):
    frames = Server(box.server.credentials, box.server.credentials["frames_url"])
    assert frames.call("GET", "/health/live").status == 200
    for path in ("/multi/consumers", "/sandbox/clock", "/simulate/api/consumers/1/verify"):
        answer = frames.call("POST", path, {}, {**frames.api, "sandbox-key": "x"})
        assert (answer.status, answer.json) == (404, {"code": "NOT_FOUND"})
        assert answer.headers["request-ref"] not in ("", "frames")


def test_the_demo_programme_is_set_up_to_be_tried(box: Sandbox):
    settings = box.server.sandbox("GET", "/settings").json
    assert settings["plaintext_passwords"] is True
    assert settings["password_profile"] == "weavr"
    assert settings["codes"] == "fixed"
    assert settings["multi_identity"] is False
    assert settings["credentials"] == ["password", "passcode"]
    assert settings["passcode_digits"] == 4
    new = Server(box.server.sandbox("POST", "/programmes").json, box.server.base_url)
    settings = new.sandbox("GET", "/settings").json
    assert settings["plaintext_passwords"] is False
    assert settings["password_profile"] == "modern"
    assert settings["credentials"] == ["password"]


def test_a_second_start_keeps_everything(tmp_path: Path):
    with sandbox(tmp_path) as first:
        person = enrolled_person(first.server)
        isolated = first.server.isolated()
        other = new_person(isolated)
        first.server.advance(86_400)
        first.server.settings(password_days=7)
        held = json.loads(first.credentials_file.read_text())
        before = first.server.sandbox("GET", "/clock").json
    with sandbox(tmp_path / "again", first.data) as second:
        again = json.loads(second.credentials_file.read_text())
        for made in (held, again):
            made.pop("base_url")
            made.pop("frames_url")
        assert again == held
        after = second.server.sandbox("GET", "/clock").json
        assert after["offset_seconds"] == before["offset_seconds"] == 86_400
        assert 0 <= after["now"] - before["now"] < 60_000
        assert second.server.sandbox("GET", "/settings").json["password_days"] == 7
        person.server = second.server
        assert person.log_in().status == 200
        assert person.factors().json["factors"][0]["status"] == "ACTIVE"
        assert len(second.server.messages(person.phone)) == 1
        elsewhere = Server(isolated.credentials, second.server.base_url)
        assert log_in(elsewhere, other.email).status == 200


# keys


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_call_needs_the_sandbox_key(server: Server, method: str, path: str):
    programme = server.credentials["programme"]
    wrong = ("", "x", programme["api_key"], server.credentials["simulator_key"])
    for headers in ({}, *({"sandbox-key": key} for key in wrong)):
        answer = server.call(method, f"/sandbox{path}", None, headers, b"{")
        assert (answer.status, answer.json) == (401, {"message": "caller_unknown"})
        assert answer.headers["request-ref"]


def test_unknown_calls(server: Server):
    assert server.sandbox("GET", "/nothing").status == 404
    assert server.sandbox("DELETE", "/clock").status == 405
    assert server.call("GET", "/simulate/api/nothing").status == 404
    assert server.call("GET", "/simulate/api/consumers/1/verify").status == 405


# the clock


def test_the_clock_goes_forward(server: Server):
    before = server.sandbox("GET", "/clock").json
    assert set(before) == {"now", "offset_seconds"}
    answer = server.sandbox("POST", "/clock", {"advance_seconds": 7})
    assert answer.status == 200
    assert answer.json["offset_seconds"] == before["offset_seconds"] + 7
    assert 7_000 <= answer.json["now"] - before["now"] < 60_000
    assert server.sandbox("GET", "/clock").json["offset_seconds"] == answer.json["offset_seconds"]


@pytest.mark.parametrize("seconds", [0, -1, 1.5, "1", True, None, 2**63, 10**30])
def test_the_clock_goes_nowhere_else(server: Server, seconds: object):
    before = server.sandbox("GET", "/clock").json["offset_seconds"]
    answer = server.sandbox("POST", "/clock", {"advance_seconds": seconds})
    assert answer.status == 400
    (field,) = answer.json["fields"]
    assert field["field"] == "advance_seconds"
    assert server.sandbox("GET", "/clock").json["offset_seconds"] == before


# phones, mailboxes, codes


def put_words(server: Server, words: object) -> Answer:
    octets = words if isinstance(words, bytes) else json.dumps(words).encode()
    key = {"sandbox-key": server.credentials["sandbox_key"]}
    return server.call("PUT", "/sandbox/words", None, key, octets)


def test_words_of_its_own_are_said_at_once(server: Server):
    """The code before in the words before, the next in the new ones, and whole in that language."""
    early, late = new_person(server), new_person(server)
    assert early.enrol().status == 204
    for words in (GERMAN.encode(), tomllib.loads(GERMAN)):
        answer = put_words(server, words)
        assert answer.status == 200, answer.body
        assert tomllib.loads(answer.json["words"]) == tomllib.loads(GERMAN)
        assert server.sandbox("GET", "/words").json == answer.json
    assert server.messages(early.phone)[0]["body"].startswith(
        f"{CODE} is your code to register this phone with Test."
    )
    assert late.enrol().status == 204
    assert (
        server.messages(late.phone)[0]["body"]
        == f"{CODE} ist Ihr Code, um dieses Telefon bei Test anzumelden."
    )
    assert late.verify_enrolment().status == 204
    mail = server.mails(late.email)[0]
    assert (mail["subject"], mail["body"]) == ("Neuer Weg", "Neu bei Test: Einmalcode")
    assert mail["html"] == '<b title="x">Test</b>'
    assert put_words(server, b"").json == {"words": ""}
    server.advance(15)
    third = new_person(server)
    assert third.enrol().status == 204
    assert server.messages(third.phone)[0]["body"].startswith(f"{CODE} is your code to register")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[de.code]\ntext = '{code}'", "[de.code]: text must have {action}"),
        ({"de": {"code": {"text": "{code} {action} {x}"}}}, "{x}; there are"),
        ({"de": {"code": {"text": 7}}}, "[de.code]: text is a text"),
        ({"de": [None]}, "not TOML"),
        (b"\x00", "not TOML"),
    ],
)
def test_words_that_cannot_be_are_refused(server: Server, body: object, reason: str):
    answer = put_words(server, body)
    assert answer.status == 400
    assert any(reason in one for one in answer.json["reasons"]), answer.body
    assert server.sandbox("GET", "/words").json == {"words": ""}


@pytest.mark.parametrize("body", [b"{", b"\xff", b"{}x"])
def test_words_that_are_no_text_are_refused(server: Server, body: bytes):
    assert put_words(server, body).status == 400


def test_messages_are_newest_first(server: Server):
    person = new_person(server)
    assert server.messages(person.phone) == []
    assert person.enrol().status == 204
    server.advance(15)
    assert person.enrol().status == 204
    newest, oldest = server.messages(person.phone)
    assert newest["sent_at"] - oldest["sent_at"] >= 15_000
    for message in (newest, oldest):
        assert set(message) == {*MESSAGE, "code", "challenge"}
        assert (message["subject"], message["html"]) == ("", ""), "an e-mail's"
        assert message["code"] == CODE, "filled while codes are fixed, too"
        assert message["body"].startswith(f"{CODE} is your code to register this phone with ")
    for spelled in (person.phone[1:], f"%2B{person.phone[1:]}", f"%20{person.phone[1:]}"):
        assert len(server.messages(spelled)) == 2


def test_a_phone_shows_every_channel(tmp_path: Path):
    number = "+35679846213"
    with sandbox(tmp_path) as first:
        programme = int(first.server.credentials["programme"]["id"])
    held = asyncio.run(_delivered(first, programme, number))
    with sandbox(tmp_path / "again", first.data) as second:
        shown = second.server.messages(number)
        assert second.server.messages("+35679846214") == []
    assert [(one["id"], one["channel"]) for one in shown] == held[::-1]
    assert {one["channel"] for one in shown} == {"sms", "whatsapp", "voice"}


async def _delivered(box: Sandbox, programme_id: int, number: str) -> list[tuple[str, str]]:
    """Id and channel of messages that came a millisecond apart."""
    database = {
        "ASSENT_DATABASE_URL": f"sqlite:///{box.data / 'assent.sqlite3'}",
        "ASSENT_VAULT_FILE": str(box.data / "vault.json"),
    }
    base = await foundation.found(sandboxed(load(None, database)))
    phone = VirtualInbox(base.world)
    held: list[tuple[str, str]] = []
    for channel in (Channel.VOICE, Channel.SMS, Channel.WHATSAPP):
        sent = Message(
            id=base.world.ids.next(),
            programme_id=programme_id,
            subject_id=1,
            content=Outgoing(channel=channel, address=number, body="Hello", code=None),
            created_at=base.world.clock.now() + len(held),
            not_after=2**53,
            dedupe="",
        )
        await phone.send(sent)
        held.append((str(sent.id), str(channel)))
    await base.close()
    return held


def test_random_codes(server: Server):
    server.settings(codes="random")
    people = [new_person(server) for _ in range(4)]
    codes = []
    for person in people:
        assert person.enrol().status == 204
        codes.append(server.messages(person.phone)[0]["code"])
    assert set(codes) != {CODE}
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(set(codes)) > 1
    assert people[0].verify_enrolment(codes[0]).status == 204
    server.settings(codes="fixed")
    assert people[0].elsewhere().stepped_up().factors().status == 200


def test_a_phone_is_its_programmes_alone(server: Server):
    person = new_person(server)
    assert person.enrol().status == 204
    foreign = server.isolated()
    assert foreign.messages(person.phone) == []
    assert len(server.messages(person.phone)) == 1


@pytest.mark.parametrize("number", ["abc", "1", "%00", "+" + "1" * 20, "%D9%A1%D9%A1%D9%A1%D9%A1"])
def test_numbers_that_are_none(server: Server, number: str):
    answer = server.sandbox("GET", f"/phones/{number}/messages")
    assert (answer.status, answer.json["fields"][0]["field"]) == (400, "number")


def test_a_mailbox_in_any_spelling_of_a_stranger_is_empty(server: Server):
    for email in ("nobody@example.com", "%00", "%F0%9F%98%80", "%FF"):
        assert server.mails(email) == []


# settings


def test_settings_change_one_by_one(server: Server):
    before = server.sandbox("GET", "/settings").json
    changes = {
        "codes": "random",
        "origins": ["https://shop.example"],
        "channels": [],
        "webhook_url": "https://shop.example/hook",
        "plaintext_passwords": False,
        "password_profile": "modern",
        "credentials": ["passcode"],
        "passcode_digits": 6,
    }
    for name, value in changes.items():
        assert before[name] != value
        answer = server.sandbox("POST", "/settings", {name: value})
        before = {**before, name: value}
        assert (answer.status, answer.json) == (200, before)
    assert server.sandbox("GET", "/settings").json == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("codes", "none"),
        ("codes", None),
        ("codes", 1),
        ("channels", ["FAX"]),
        ("channels", "SMS"),
        ("channels", [1]),
        ("countries", ["Malta"]),
        ("credentials", []),
        ("credentials", ["pin"]),
        ("credentials", ["password", "sms_otp"]),
        ("credentials", ["password", "passcode", "password"]),
        ("credentials", "password"),
        ("credentials", None),
        ("passcode_digits", 3),
        ("passcode_digits", 7),
        ("passcode_digits", "4"),
        ("passcode_digits", 4.5),
        ("password_profile", "none"),
        ("password_profile", None),
        ("plaintext_passwords", "yes"),
        ("password_days", -1),
        ("multi_identity", 1),
        ("origins", ["\x00"]),
        ("webhook_url", "x" * 256),
        ("nothing", 1),
    ],
)
def test_settings_that_cannot_be(server: Server, name: str, value: object):
    before = server.sandbox("GET", "/settings").json
    answer = server.sandbox("POST", "/settings", {"codes": "random", name: value})
    assert answer.status == 400
    assert answer.json["fields"][0]["field"].startswith(name)
    assert server.sandbox("GET", "/settings").json == before, "nothing is half changed"


# faults


@pytest.mark.parametrize(
    ("status", "header"), [(429, "x-ratelimit-reset"), (500, ""), (503, "retry-after")]
)
def test_faults(server: Server, status: int, header: str):
    person, other = new_person(server), new_person(server.isolated())
    answer = server.sandbox("POST", "/faults", {"calls": 2, "status": status})
    assert (answer.status, answer.json) == (
        200,
        {"calls": 2, "status": status, "delay_seconds": 0},
    )
    for _ in range(2):
        assert other.factors().status == 200, "another programme's calls are spared"
        answer = person.factors()
        assert (answer.status, answer.body) == (status, b"")
        assert answer.headers["request-ref"]
        assert not header or int(answer.headers[header]) > 0
    assert person.factors().status == 200


def test_a_slow_answer(server: Server):
    person = new_person(server)
    server.sandbox("POST", "/faults", {"calls": 1, "delay_seconds": 1})
    before = time.monotonic()
    assert person.factors().status == 200, "late, but carried out"
    assert time.monotonic() - before >= 1
    assert person.factors().status == 200


def test_the_clock_leaves_no_message_behind(server: Server):
    """What was to be sent when the clock went on is there, although its code has expired."""
    people = [new_person(server) for _ in range(5)]
    for person in people:
        assert person.enrol().status == 204
    server.advance(86_400)
    assert [len(server.messages(person.phone)) for person in people] == [1] * 5


def test_a_fault_can_be_called_off(server: Server):
    person = new_person(server)
    server.sandbox("POST", "/faults", {"calls": 1_000, "status": 500})
    assert person.factors().status == 500
    server.sandbox("POST", "/faults", {"calls": 0})
    assert person.factors().status == 200


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"calls": -1},
        {"calls": 1, "status": 404},
        {"calls": 1, "delay_seconds": 61},
        {"calls": 1, "status": "429"},
    ],
)
def test_faults_that_cannot_be(server: Server, fault: dict):
    assert server.sandbox("POST", "/faults", fault).status == 400


# programmes


def test_an_isolated_programme_has_nothing_in_common(server: Server):
    person = new_person(server, "ada@example.com")
    assert person.enrol().status == 204
    answer = server.sandbox("POST", "/programmes", {"name": "CI 7"})
    assert answer.status == 200
    assert set(answer.json) == CREDENTIALS
    assert answer.json["programme"]["name"] == "CI 7"
    other = Server(answer.json, server.base_url)
    other.settings(plaintext_passwords=True)
    assert log_in(other, person.email).status == 403
    twin = new_person(other, "ada@example.com", "correct horse staple")
    assert twin.user_id != person.user_id
    assert log_in(other, person.email, PASSWORD).status == 403
    assert other.sandbox("GET", f"/users/{person.user_id}/challenges").json == {"challenges": []}


@pytest.mark.parametrize("name", ["", "x" * 101, 1, None, "\x00"])
def test_names_of_programmes_that_cannot_be(server: Server, name: object):
    assert server.sandbox("POST", "/programmes", {"name": name}).status == 400
