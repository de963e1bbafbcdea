"""The systemd units: what systemd's own analyser says of them, and what they must not lose."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from assent.adapters.vault_file.vault import others_may_read
from assent.settings import load
from tests.support.image import ROOT, uncommented
from tests.support.processes import ASSENT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is of Linux")

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
WORST = 1.5
"""Of systemd's exposure levels, 0 to 10; `OK` ends at 2. What is left is the network."""


def _settings(unit: Path, prepared: bool = False) -> list[tuple[str, str]]:
    text = uncommented(unit.read_text()) if prepared else unit.read_text()
    lines = re.findall(r"^(\w+)=(.*)$", text, re.M)
    return [(name, value) for name, value in lines]


def _all(unit: Path, name: str, prepared: bool = False) -> list[str]:
    return [value for key, value in _settings(unit, prepared) if key == name]


@pytest.fixture
def installed(tmp_path: Path) -> list[str]:
    """The units with a program that is there."""
    for unit in UNITS:
        text = unit.read_text()
        (tmp_path / unit.name).write_text(text.replace("/opt/assent/bin/assent", ASSENT))
    return [str(tmp_path / unit.name) for unit in UNITS]


def _analyse(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_there_is_a_server_and_a_worker() -> None:
    assert [unit.stem for unit in UNITS] == ["assent-worker", "assent"]


def test_systemd_understands_every_line(installed: list[str], tmp_path: Path) -> None:
    told = _analyse("verify", "--man=no", *installed)
    ours = [line for line in told.stderr.splitlines() if str(tmp_path) in line]
    assert (told.returncode, ours) == (0, [])
    wrong = Path(installed[0])
    wrong.write_text(wrong.read_text().replace("ProtectSystem=strict", "ProtectSystm=strict"))
    assert "ProtectSystm" in _analyse("verify", "--man=no", str(wrong)).stderr


def test_systemd_finds_them_shut_in(installed: list[str]) -> None:
    threshold = str(int(WORST * 10))
    for unit in installed:
        told = _analyse("security", "--offline=true", f"--threshold={threshold}", unit)
        assert told.returncode == 0, told.stdout[-300:]


def test_both_are_shut_in_alike() -> None:
    """Who tightens one must not forget the other."""
    own = {"Description", "ExecStart", "Environment", "LoadCredential"}
    worker, server = ([one for one in _settings(u) if one[0] not in own] for u in UNITS)
    assert worker == server


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_settings_they_name_are_settings(unit: Path, prepared: bool, tmp_path: Path) -> None:
    """Each credential is loaded, and each that is loaded is named; also of mail and Twilio."""
    loaded = {}
    assert len(_all(unit, "LoadCredential", True)) > len(_all(unit, "LoadCredential"))
    for line in _all(unit, "LoadCredential", prepared):
        name, _, source = line.partition(":")
        assert source == f"/etc/assent/{name}"
        (tmp_path / name).write_text("postgresql://assent@localhost/assent\n")
        loaded[name] = tmp_path / name
    environment = dict(line.split("=", 1) for line in _all(unit, "Environment", prepared))
    named = {value.removeprefix("%d/") for value in environment.values() if "%d" in value}
    assert named == set(loaded)
    assert environment.pop("ASSENT_CONFIG") == "/etc/assent/assent.toml"
    file = tmp_path / "assent.toml"
    text = (ROOT / "deploy" / "assent.toml").read_text()
    file.write_text(uncommented(text) if prepared else text)
    load(file, {
        name: value.replace("%d", str(tmp_path)) for name, value in environment.items()
    })  # fmt: skip


def test_the_administrators_commands_have_the_same_settings() -> None:
    """By the same variables, from the files that systemd copies."""
    script = (ROOT / "deploy" / "systemd" / "assent-admin").read_text()
    told = dict(re.findall(r"^export (\w+)=(\S+)$", script, re.M))
    server = next(unit for unit in UNITS if unit.stem == "assent")
    units = dict(line.split("=", 1) for line in _all(server, "Environment"))
    assert told == {name: value.replace("%d", "/etc/assent") for name, value in units.items()}
    assert os.access(ROOT / "deploy" / "systemd" / "assent-admin", os.X_OK)
    (command,) = _all(server, "ExecStart")
    assert f'exec {shlex.split(command)[0]} "$@"' in script


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "read"),
    [
        (0o100400, 0, 0, False),
        (0o100600, 1000, 1000, False),
        (0o100440, 0, 0, False),  # a credential of systemd's: the group's bit is the access list's
        (0o100440, 0, 1000, True),
        (0o100440, 1000, 0, True),
        (0o100460, 0, 0, True),
        (0o100640, 0, 0, True),
        (0o100444, 0, 0, True),
        (0o100640, 1000, 1000, True),
        (0o100404, 0, 0, True),
    ],
)
def test_who_may_read_a_vault_file(mode: int, uid: int, gid: int, read: bool) -> None:
    status = os.stat_result((mode, 1, 1, 1, uid, gid, 100, 0, 0, 0))
    assert others_may_read(status) is read
