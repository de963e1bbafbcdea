"""Settings: where they come from, what is refused, and how they are shown."""

import re
from pathlib import Path

import pytest

from assent.cli.reference import described
from assent.kernel.secret import DOTS
from assent.settings import Settings, load, sandboxed
from tests.cli.conftest import Command

SECRETS = {
    "ASSENT_DATABASE_URL": "postgresql://ann:canary-one@db.example/assent?password=canary-two",
    "ASSENT_SMS_AUTHORIZATION": "Bearer canary-three",
    "ASSENT_SMS_URL": "https://ann:canary-four@sms.example/send?key=canary-five",
    "ASSENT_VOICE_AUTHORIZATION": "Bearer canary-seven",
    "ASSENT_TWILIO_SECRET": "canary-eight",
    "ASSENT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
}


def test_every_setting_is_shown_with_meaning_default_value_and_variable(assent: Command) -> None:
    shown = assent("config")
    assert shown.code == 0
    blocks = re.findall(
        r"^(\S+) = (.*)\n    (\S.*)\n    default: (.+); variable: (ASSENT_\S+)$", shown.out, re.M
    )
    assert len(blocks) * 3 == len(shown.out.splitlines())
    names = [name for name, *_ in blocks]
    assert names == [one.name for one in described(Settings())]
    assert len(names) > 30
    for name, value, meaning, default, variable in blocks:
        assert len(meaning) > 15, name
        assert variable == f"ASSENT_{name.replace('.', '_').upper()}"
        assert default == (value or "(empty)"), name


def test_secrets_are_dots(assent: Command) -> None:
    shown = assent("config", **SECRETS).out
    assert "canary" not in shown
    assert f"database.url = postgresql://ann:{DOTS}@db.example/assent?password={DOTS}" in shown
    assert f"sms.authorization = {DOTS}\n" in shown
    assert f"sms.url = https://ann:{DOTS}@sms.example/send?key={DOTS}" in shown
    assert f"voice.authorization = {DOTS}\n" in shown
    assert f"twilio.secret = {DOTS}\n" in shown


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_secret_with_a_mistake_in_it_is_not_repeated(assent: Command, name: str) -> None:
    refused = assent("config", **{name: "canary-six"})
    assert "canary" not in refused.out + refused.err


def test_the_variable_wins_over_the_file_and_the_file_over_the_default(
    assent: Command, tmp_path: Path
) -> None:
    file = tmp_path / "assent.toml"
    file.write_text(
        '[attempts]\nperson_tries = 4\nsends = 2\n[server]\ntrusted_proxies = ["10.0.0.1"]\n'
        '[calls]\naddress = ["7/1", "70/60"]\n'
    )
    variables = {"ASSENT_ATTEMPTS_PERSON_TRIES": "3", "ASSENT_CALLS_USER": "9/1,90/60"}
    for way in (("--config", str(file)), ()):
        named = {} if way else {"ASSENT_CONFIG": str(file)}
        shown = assent("config", *way, **variables, **named).out
        for line in (
            "attempts.person_tries = 3",
            "attempts.sends = 2",
            "attempts.challenge_tries = 3",
            "server.trusted_proxies = 10.0.0.1",
            "calls.address = 7/1, 70/60",
            "calls.user = 9/1, 90/60",
        ):
            assert f"{line}\n" in shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[attemps]\nsends = 1\n", r"Unknown table \[attemps\]; there are: server, database"),
        ("sends = 1\n", r"Unknown table \[sends\]"),
        ("[attempts]\nsend = 1\n", r"Unknown setting attempts\.send; \[attempts\] has: .*sends"),
        ("[attempts]\nperson_tries = 6\n", r"attempts\.person_tries is 6; it may be from 2 to 5"),
        ("[attempts]\nperson_tries = 4.7\n", r"person_tries must be a whole number, not 4\.7"),
        ("[attempts]\nperson_tries = true\n", r"must be a whole number, not True"),
        ('[attempts]\nperson_tries = "four"\n', r"must be a whole number, not 'four'"),
        ("[attempts]\nchallenge_tries = 6\n", r"challenge_tries is 6; it may be from 1 to 5"),
        ("[sessions]\nidle_seconds = 301\n", r"idle_seconds is 301; it may be from 1 to 300"),
        ("[passwords]\nmemory_kib = 100\n", r"memory_kib is 100; it may be from 7168"),
        ("[devices]\nopen_questions = 4\n", r"open_questions is 4; it may be from 2 to 3"),
        ("[devices]\nopen_questions = 1\n", r"open_questions is 1; it may be from 2 to 3"),
        ("[codes]\ndigits = 4\n", r"codes\.digits is 4; it may be from 6 to 6"),
        ('[faces]\nmatcher = "eyes"\n', r"faces\.matcher is one of: none, bytes, vector"),
        ('[faces]\nmatcher = "bytes"\n', r"faces\.matcher=bytes knows no faces: .* sandboxes only"),
        ("[face_vector]\nthreshold = 399\n", r"threshold is 399; it may be from 400 to 999"),
        ("[face_vector]\nthreshold = 1000\n", r"threshold is 1000; it may be from 400 to 999"),
        ("[server]\nhost = 5\n", r"server\.host must be a text, not 5"),
        ("[server]\nport = 99999\n", r"server\.port is 99999; it may be from 0 to 65535"),
        ('[server]\nenvironment = "test"\n', r"environment is one of: production, sandbox"),
        ('[server]\nlog_level = "loud"\n', r"log_level is one of: debug, info, warning, error"),
        (
            '[server]\ntrusted_proxies = ["10.0.0.0/8"]\n',
            r"'10\.0\.0\.0/8', which is no IP address",
        ),
        ("[server]\ntrusted_proxies = 5\n", r"trusted_proxies must be a list of texts, not 5"),
        ('[server]\nbase_url = "http://a.example"\n', r"base_url must be https:// in production"),
        ('[calls]\naddress = "200"\n', r"calls\.address is CALLS/SECONDS, as in 600/60"),
        ("[calls]\naddress = []\n", r"calls\.address is one or more CALLS/SECONDS"),
        ('[calls]\naddress = ["0/60"]\n', r"calls\.address is one or more CALLS/SECONDS"),
        ('[database]\nurl = "mysql://x"\n', r"database\.url begins with sqlite:/// or postgresql"),
        ('[sms]\nbody = "{}"\n', r"sms\.body must have the places \{to\} and \{text\}"),
        ('[sms]\nurl = "sms.example"\n', r"sms\.url begins with https:// or http://"),
        ('[voice]\nbody = "{to}"\n', r"voice\.body must have the places \{to\} and \{text\} or"),
        ("[whatsapp]\ntimeout_seconds = 0\n", r"whatsapp\.timeout_seconds is 0; it may be from 1"),
        ("[twilio]\ntimeout_seconds = 26\n", r"twilio\.timeout_seconds is 26; .* from 1 to 25"),
        ('[twilio]\nvoice_from = "+35621000003"\n', r"twilio\.account_sid must be set too"),
        ('[twilio]\nbase_url = "http://a.example"\n', r"twilio\.base_url .* begins with https://"),
        ("[sms\n", r"The settings file .*assent\.toml cannot be read: "),
    ],
    ids=lambda value: value.strip().replace("\n", " ") if value.startswith(("[", "s")) else "",
)
def test_what_cannot_be_is_refused_in_a_sentence(
    assent: Command, tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "assent.toml"
    file.write_text(text)
    for command in ("config", "migrate", "doctor"):
        refused = assent(command, "--config", str(file))
        assert refused.code == 1
        assert refused.out == ""
        assert re.search(told, refused.err), refused.err
        assert len(refused.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ASSENT_ATTEMPTS_SEND", "1", "Unknown variable ASSENT_ATTEMPTS_SEND; see: assent config"),
        ("ASSENT_CODE", "123456", "Unknown variable ASSENT_CODE"),
        ("ASSENT_ATTEMPTS_SENDS", "", "attempts.sends must be a whole number, not ''"),
        ("ASSENT_ATTEMPTS_SENDS", "3x", "attempts.sends must be a whole number, not '3x'"),
        ("ASSENT_SESSIONS_IDLE_SECONDS", "0", "idle_seconds is 0; it may be from 1 to 300"),
        ("ASSENT_CALLS_USER", "5/", "calls.user is CALLS/SECONDS"),
        ("ASSENT_SERVER_ENVIRONMENT", "Sandbox", "is one of: production, sandbox"),
    ],
)
def test_variables_are_checked_too(assent: Command, name: str, value: str, told: str) -> None:
    refused = assent("config", **{name: value})
    assert refused.code == 1
    assert told in refused.err


@pytest.mark.parametrize("channel", ["sms", "whatsapp", "voice"])
def test_a_channel_has_one_gateway(assent: Command, channel: str) -> None:
    name = channel.upper()
    both = {
        "ASSENT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "ASSENT_TWILIO_SECRET": "canary",
        f"ASSENT_TWILIO_{name}_FROM": "+35621000001",
        f"ASSENT_{name}_URL": "https://gateway.example",
    }
    refused = assent("config", **both)
    assert refused.code == 1
    assert f"{channel} has two gateways: unset {channel}.url or twilio.{channel}_from" in (
        refused.err
    )
    both.pop(f"ASSENT_{name}_URL")
    assert assent("config", **both).code == 0


@pytest.mark.parametrize("command", ["serve", "worker", "sandbox"])
def test_nothing_starts_with_a_setting_that_cannot_be(assent: Command, command: str) -> None:
    refused = assent(command, ASSENT_SESSIONS_IDLE_SECONDS="301")
    assert refused.code == 1
    assert "idle_seconds is 301; it may be from 1 to 300" in refused.err


def test_a_settings_file_that_is_not_there_is_an_error(assent: Command) -> None:
    refused = assent("config", "--config", "nowhere.toml")
    assert refused.code == 1
    told = "The settings file nowhere.toml cannot be read: No such file or directory"
    assert refused.err == f"assent: {told}\n"


def test_a_sandbox_takes_any_octets_for_a_face_unless_it_is_told_otherwise() -> None:
    assert load(None, {}).faces.matcher == "none"
    assert sandboxed(load(None, {})).faces.matcher == "bytes"
    vector = load(None, {"ASSENT_FACES_MATCHER": "vector"})
    assert sandboxed(vector).faces.matcher == "vector"
    shared = {"ASSENT_SERVER_ENVIRONMENT": "sandbox", "ASSENT_FACES_MATCHER": "bytes"}
    assert load(None, shared).faces.matcher == "bytes"
