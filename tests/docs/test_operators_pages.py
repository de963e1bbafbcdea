"""The commands of the operators' pages, word for word, on a server with people in it."""

import json
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from assent.domain.retention import RetentionLimits
from tests.support.device_client import phone_of
from tests.support.processes import Installation, installation
from tests.support.weavr import Person, enrolled_person, log_in

PAGES = Path(__file__).resolve().parents[2] / "docs" / "operations"


def blocks(page: str, language: str) -> list[str]:
    """What stands between fences of a language."""
    text = (PAGES / f"{page}.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shell(place: Installation, script: str, **variables: str) -> str:
    """As an operator types it, in the installation's folder."""
    bin_ = Path(sys.executable).parent
    environment = {
        **os.environ,
        **place.settings,
        **variables,
        "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=place.place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """With a person who has enrolled."""
    folder = tmp_path_factory.mktemp("operators")
    url = f"sqlite:///{folder / 'assent.sqlite3'}"
    return installation(folder, url, ASSENT_SERVER_ENVIRONMENT="sandbox")


def test_the_record_is_verified_as_the_page_says(place: Installation) -> None:
    with place.serve("one") as one:
        enrolled_person(one.server)
    verify, again, export = blocks("audit", "sh")
    said = shell(place, verify)
    assert said.startswith("ok ")
    head = re.search(r"head (\S+)", said)
    assert head is not None
    assert shell(place, again, NOTED=head.group(1)).startswith("ok ")
    assert shell(place, export).splitlines()[-1].endswith(head.group(1))
    (script,) = blocks("audit", "python")
    done = subprocess.run(
        [sys.executable, "-c", script, "record.jsonl"],
        cwd=place.place,
        capture_output=True,
        text=True,
        check=False,
    )
    number, digest = head.group(1).split(":")
    assert done.stdout == f"whole; head {number} {digest}\n", done.stderr


def test_keys_are_renewed_as_the_page_says(place: Installation) -> None:
    with place.serve("one") as one:
        person = enrolled_person(one.server)
    data, vault, jose = blocks("keys", "sh")
    assert "Sealed" in shell(place, data)
    assert "has one wrapping root" in shell(place, vault)
    assert "are retired" in shell(place, jose)
    with place.serve("two") as two:
        again = Person(
            two.server, person.email, person.number, person.user_id, person.identity_id, ""
        )
        assert log_in(two.server, again.email).status == 200


def test_people_are_helped_exported_and_erased_as_the_page_says(place: Installation) -> None:
    find, reveal, helped, export, erase = blocks("people", "sh")
    with place.serve("three") as three:
        person = enrolled_person(three.server, "ada@example.com")
        phone_of(person, name="Ada's phone")
        shown = shell(place, find)
        assert "Ada's phone  jws  never used  no push  not attested" in shown
        assert person.user_id in shown
        assert "ada@example.com" not in shown
        assert "ada@example.com" in shell(place, reveal)
        said = shell(place, helped).splitlines()
        assert said[0] == f"Unblocked {person.user_id}."
        assert said[-1] == f"Activated {person.user_id}."
        assert person.factors().status == 401
        shell(place, export)
        held = json.loads((place.place / "ada.json").read_text())
        assert "device_key" in [factor["kind"] for factor in held["factors"]]
        named = re.findall(r"^\| (`.*?`) \|", (PAGES / "people.md").read_text(), re.MULTILINE)
        names = {name for cell in named for name in re.findall(r"`(\w+)`", cell)}
        assert held.keys() - {"format", "exported_at", "programme"} <= names
        assert f"Erased {person.user_id}." in shell(place, erase)
        assert log_in(three.server, person.email).status != 200


def test_what_has_served_its_time_is_deleted_as_the_page_says(place: Installation) -> None:
    dry, _, run = blocks("retention", "sh")[0].partition("\n")
    assert "sessions      0, older than 30 days" in shell(place, dry)
    assert "attempts      0, older than 366 days" in shell(place, run)
    text = (PAGES / "retention.md").read_text()
    for one in fields(RetentionLimits):
        assert f"| `{one.name}` | {one.default} |" in text


@pytest.mark.parametrize("page", ["audit", "keys", "retention"])
def test_every_command_that_a_page_names_is_there(place: Installation, page: str) -> None:
    text = (PAGES / f"{page}.md").read_text()
    named = set(re.findall(r"`(assent [a-z-]+ [a-z-]+)", " ".join(text.split())))
    assert named
    for command in named:
        assert place.run(*command.split()[1:], "--help").returncode == 0, command
