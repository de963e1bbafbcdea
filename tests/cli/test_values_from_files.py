"""Settings whose value lies in a file, as containers and systemd hand secrets over."""

from pathlib import Path

import pytest

from assent.settings import Settings, SettingsError, load, variable_of
from tests.cli.conftest import Command, Place

URL = "postgresql://ann:canary-one@db.example/assent"


def _file(tmp_path: Path, octets: bytes, name: str = "secret") -> str:
    path = tmp_path / name
    path.write_bytes(octets)
    return str(path)


def _loaded(**environment: str) -> Settings:
    return load(None, environment)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_value_comes_from_a_file_without_the_newline_that_editors_add(
    tmp_path: Path, end: str
) -> None:
    path = _file(tmp_path, (URL + end).encode())
    assert _loaded(ASSENT_DATABASE_URL_FILE=path).database.url.reveal() == URL


def test_one_newline_is_taken_off_and_no_other_character(tmp_path: Path) -> None:
    path = _file(tmp_path, f"{URL} \n\n".encode())
    assert _loaded(ASSENT_DATABASE_URL_FILE=path).database.url.reveal() == f"{URL} \n"


def test_any_sort_of_setting_may_lie_in_a_file(tmp_path: Path) -> None:
    settings = _loaded(
        ASSENT_ATTEMPTS_PERSON_TRIES_FILE=_file(tmp_path, b"4\n", "tries"),
        ASSENT_CALLS_USER_FILE=_file(tmp_path, b"9/1,90/60\n", "calls"),
        ASSENT_SERVER_TRUSTED_PROXIES_FILE=_file(tmp_path, b"10.0.0.1,10.0.0.2\n", "proxies"),
        ASSENT_SERVER_LOG_LEVEL_FILE=_file(tmp_path, b"error\n", "level"),
    )
    assert settings.attempts.person_tries == 4
    assert [(one.calls, one.seconds) for one in settings.calls.user] == [(9, 1), (90, 60)]
    assert settings.server.trusted_proxies == ("10.0.0.1", "10.0.0.2")
    assert settings.server.log_level == "error"


def test_the_file_wins_over_the_settings_file_as_the_variable_does(tmp_path: Path) -> None:
    toml = tmp_path / "assent.toml"
    toml.write_text('[database]\nurl = "postgresql://nobody@nowhere.example/none"\n')
    settings = load(toml, {"ASSENT_DATABASE_URL_FILE": _file(tmp_path, URL.encode())})
    assert settings.database.url.reveal() == URL


def test_the_vault_file_is_still_a_setting_by_itself(tmp_path: Path) -> None:
    assert _loaded(ASSENT_VAULT_FILE="/run/secrets/vault").vault.file == "/run/secrets/vault"
    path = _file(tmp_path, b"/etc/assent/assent.vault\n")
    assert _loaded(ASSENT_VAULT_FILE_FILE=path).vault.file == "/etc/assent/assent.vault"


def test_no_setting_is_called_like_anothers_file() -> None:
    """Its variable would mean two things."""
    variables = {
        variable_of(room, name)
        for room in Settings.__dataclass_fields__
        for name in getattr(Settings(), room).__dataclass_fields__
    }
    assert "ASSENT_VAULT_FILE" in variables
    assert {f"{one}_FILE" for one in variables} & variables == set()


def test_both_forms_at_once_are_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, URL.encode())
    with pytest.raises(SettingsError) as refused:
        _loaded(ASSENT_DATABASE_URL=URL, ASSENT_DATABASE_URL_FILE=path)
    told = str(refused.value)
    assert told == (
        "ASSENT_DATABASE_URL and ASSENT_DATABASE_URL_FILE are both set: unset one of them"
    )


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"", "the file is empty. Write the value into it"),
        (b"\n", "the file is empty. Write the value into it"),
        (b"canary-two\xff", "it is no text"),
        (b"canary-two" * 7_000, "the file is too long"),
    ],
)
def test_a_file_that_holds_no_value_is_refused_without_its_content(
    assent: Command, tmp_path: Path, octets: bytes, told: str
) -> None:
    path = _file(tmp_path, octets)
    refused = assent("config", ASSENT_DATABASE_URL_FILE=path)
    assert refused.code == 1
    assert "ASSENT_DATABASE_URL_FILE must hold the path of a file" in refused.err
    assert told in refused.err
    assert "canary" not in refused.out + refused.err


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "No such file or directory"),
        ("canary-two", "No such file or directory"),
        (URL, "No such file or directory"),
        ("canary-\N{BEL}" * 2_000, "File name too long"),
        (".", "Is a directory"),
    ],
)
def test_a_file_that_is_not_there_is_refused_and_its_path_kept_back(
    assent: Command, path: str, told: str
) -> None:
    """It may be the secret itself, by mistake."""
    refused = assent("config", ASSENT_DATABASE_URL_FILE=path)
    assert refused.code == 1
    assert "ASSENT_DATABASE_URL_FILE" in refused.err
    assert told in refused.err
    assert "canary" not in refused.out + refused.err


@pytest.mark.parametrize(
    "variable",
    [
        "ASSENT_ATTEMPTS_PERSON_TRIES_FILE",
        "ASSENT_CALLS_USER_FILE",
        "ASSENT_SERVER_LOG_LEVEL_FILE",
        "ASSENT_DATABASE_URL_FILE",
    ],
)
def test_the_wrong_file_for_a_setting_does_not_show_what_is_in_it(
    assent: Command, tmp_path: Path, variable: str
) -> None:
    refused = assent("config", **{variable: _file(tmp_path, b"canary-three\n")})
    assert refused.code == 1
    assert "canary" not in refused.out + refused.err


def test_a_name_that_is_no_setting_is_unknown_with_file_behind_it_too() -> None:
    for name in ("ASSENT_DATABASE_FILE", "ASSENT_CONFIG_FILE", "ASSENT_FILE"):
        with pytest.raises(SettingsError, match=f"Unknown variable {name}"):
            load(None, {name: "/dev/null"})


def test_secrets_from_files_are_dots_like_others(assent: Command, tmp_path: Path) -> None:
    shown = assent("config", ASSENT_DATABASE_URL_FILE=_file(tmp_path, URL.encode()))
    assert shown.code == 0
    assert "canary" not in shown.out
    assert "db.example" in shown.out


def test_a_server_runs_on_nothing_but_files(place: Place, tmp_path: Path) -> None:
    url = _file(tmp_path, place.settings["ASSENT_DATABASE_URL"].encode() + b"\n")
    settings = {
        name: value for name, value in place.settings.items() if name != "ASSENT_DATABASE_URL"
    }
    alone = Place(place.place, {**settings, "ASSENT_DATABASE_URL_FILE": url}, place.command)
    alone.done("programme", "create", "Bank")
    with alone.serve("server") as running:
        assert running.server.call("GET", "/health/ready").status == 200
