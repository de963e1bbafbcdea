"""The compose file: what a linter says of it, and what its services must not lose."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from assent.settings import Settings, load
from tests.support.image import ROOT, stages, uncommented
from tests.support.manual import commands, paste

FILE = ROOT / "deploy" / "compose.yaml"
LINTER = str(Path(sys.executable).parent / "compose-lint")
PINNING = "CL-0019"
"""By digest: that is for whoever runs it to choose, as docs/operations/deploy.md says."""
OURS = ("migrate", "serve", "worker")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """As YAML reads it, with what is merged merged."""
    return dict(yaml.safe_load(FILE.read_text()))


def _lint(path: Path) -> set[str]:
    done = subprocess.run(
        [LINTER, "check", "--fail-on", "low", str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=path.parent,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return set(re.findall(r"CL-\d{4}", done.stdout)) - ({PINNING} if path == FILE else set())


def test_the_linter_finds_nothing_else(tmp_path: Path) -> None:
    assert _lint(FILE) == set()
    loose = tmp_path / "compose.yaml"
    text = FILE.read_text().replace("cap_drop: [ALL]", "privileged: true")
    loose.write_text(text.replace("127.0.0.1:8400", "8400"))
    assert len(_lint(loose) - {PINNING}) >= 2


def test_every_service_is_shut_in(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"database", *OURS}
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"].split(":")[0] not in ("0", "root"), name
        assert {"privileged", "network_mode", "pid", "devices"} & set(service) == set(), name
        assert not any("docker.sock" in str(one) for one in service.get("volumes", [])), name
        assert service["pids_limit"]
        assert service["mem_limit"]


def test_only_the_database_keeps_anything(compose: dict[str, Any]) -> None:
    kept = {name for name, service in compose["services"].items() if service.get("volumes")}
    assert kept == {"database"}
    assert list(compose["volumes"]) == ["database"]


def test_only_this_machine_reaches_the_server_and_nothing_outside_the_database(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]
    assert {name for name, service in services.items() if service.get("ports")} == {"serve"}
    assert all(port.startswith("127.0.0.1:") for port in services["serve"]["ports"])
    assert compose["networks"]["inside"]["internal"] is True
    assert services["database"]["networks"] == ["inside"]
    assert services["migrate"]["networks"] == ["inside"]


def test_nothing_starts_before_the_schema_is_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["migrate"]["restart"] == "no"
    for name in ("serve", "worker"):
        waits = services[name]["depends_on"]
        assert waits["migrate"] == {"condition": "service_completed_successfully"}, name
        assert waits["database"] == {"condition": "service_healthy"}, name
    assert services["database"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]


def test_the_commands_are_the_programs(compose: dict[str, Any]) -> None:
    commands = {name: compose["services"][name]["command"] for name in OURS}
    assert commands == {
        "migrate": ["migrate"],
        "serve": ["serve", "--no-worker"],
        "worker": ["worker"],
    }
    last = stages((ROOT / "Dockerfile").read_text())[-1]
    (user,) = [step.rest for step in last if step.word == "USER"]
    (ports,) = [step.rest.split() for step in last if step.word == "EXPOSE"]
    for name in OURS:
        assert compose["services"][name]["user"] == user
    published = [port.rsplit(":", 1)[1] for port in compose["services"]["serve"]["ports"]]
    assert published == ports


def test_the_worker_is_asked_on_its_own_port(compose: dict[str, Any]) -> None:
    test = compose["services"]["worker"]["healthcheck"]["test"]
    assert f":{Settings().admin.worker_port}/health/live" in test[-1]


@pytest.fixture(scope="module")
def everything() -> dict[str, Any]:
    """With what is prepared in it: mail and Twilio."""
    return dict(yaml.safe_load(uncommented(FILE.read_text())))


def test_mail_and_twilio_are_prepared(everything: dict[str, Any], tmp_path: Path) -> None:
    test_secrets_are_files_and_no_value_stands_in_the_file(everything)
    told = tmp_path / "assent.toml"
    told.write_text(uncommented((ROOT / "deploy" / "assent.toml").read_text()))
    server, worker = (
        load(told, _with_files(everything["services"][name]["environment"], tmp_path))
        for name in ("serve", "worker")
    )
    assert worker.mail.host
    assert worker.mail.password.reveal()
    assert worker.twilio.senders
    assert worker.twilio.secret.reveal()
    assert server.twilio.signing_token  # receipts come to the server
    assert not server.mail.password.reveal()
    load(told, {})  # the other commands, with the file alone


def test_secrets_are_files_and_no_value_stands_in_the_file(compose: dict[str, Any]) -> None:
    named = {name: held["file"] for name, held in compose["secrets"].items()}
    assert named == {name: f"./secrets/{name}" for name in named}
    used = set()
    for name, service in compose["services"].items():
        given = set(service.get("secrets", []))
        used |= given
        told = {
            value.removeprefix("/run/secrets/")
            for value in service["environment"].values()
            if str(value).startswith("/run/secrets/")
        }
        assert given <= told, name
        if name != "migrate":  # it opens nothing sealed: no vault
            assert given == told, name
    assert used == set(named)
    assert "vault" not in compose["services"]["migrate"]["secrets"]
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/deploy/secrets/" in ignored


@pytest.mark.parametrize("name", OURS)
def test_the_settings_it_names_are_settings(
    compose: dict[str, Any], name: str, tmp_path: Path
) -> None:
    assert compose["configs"]["settings"]["file"] == "./assent.toml"
    environment = _with_files(compose["services"][name]["environment"], tmp_path)
    settings = load(ROOT / "deploy" / "assent.toml", environment)
    (range_,) = compose["networks"]["outside"]["ipam"]["config"]
    assert settings.server.trusted_proxies == (range_["gateway"],)
    assert settings.server.environment == "production"


def _with_files(told: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A service's variables, where the files are that they name."""
    environment = dict(told)
    assert environment.pop("ASSENT_CONFIG") == "/etc/assent/assent.toml"
    for variable, value in environment.items():
        if variable != "ASSENT_VAULT_FILE" and variable.endswith("_FILE"):
            path = tmp_path / Path(value).name
            path.write_text("postgresql://assent:x@database/assent\n")
            environment[variable] = str(path)
    return environment


def test_the_pages_commands_make_the_secrets(tmp_path: Path) -> None:
    paste(commands("deploy.md", "Docker Compose"), tmp_path, {})
    folder = tmp_path / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    # the vault is made by the image itself
    named = set(yaml.safe_load(FILE.read_text())["secrets"]) - {"vault"}
    assert {path.name for path in folder.iterdir()} == named
    assert all(path.stat().st_mode & 0o777 == 0o444 for path in folder.iterdir())
    settings = load(None, {"ASSENT_DATABASE_URL_FILE": str(folder / "database-url")})
    password = (folder / "database-password").read_text().strip()
    assert len(password) == 48
    assert settings.database.url.reveal() == f"postgresql://assent:{password}@database/assent"
