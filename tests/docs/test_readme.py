"""The README's tours, word for word: their blocks run in bash, the answers are the ones shown."""

import json
import re
import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CUT = "--- block "
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Step:
    """A block to paste, and the answer that the README shows below it."""

    commands: str
    answer: str


FIRST, DEVICE, SECOND = "A tour", "Approving on a device", "The SCA API"


def the_tour(title: str) -> str:
    found = re.search(rf"^## {title}$(.*?)^## ", README, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no section '## {title}'"
    return found.group(1)


def start_command() -> list[str]:
    """The one block of the first terminal, for both tours."""
    both = the_tour(FIRST) + the_tour(SECOND)
    starts = [text for language, text in BLOCK.findall(both) if language == "sh"]
    assert len(starts) == 1, "the sandbox is started once"
    return shlex.split(starts[0])


def steps(title: str) -> list[Step]:
    blocks = [block for block in BLOCK.findall(the_tour(title)) if block[0] != "sh"]
    assert blocks
    assert [language for language, _ in blocks] == ["bash", "text"] * (len(blocks) // 2)
    return [
        Step(commands, answer)
        for (_, commands), (_, answer) in zip(blocks[::2], blocks[1::2], strict=True)
    ]


def fits(shown: str, got: str) -> bool:
    """Line by line the same, but for what `…` stands for."""
    pattern = ".+".join(re.escape(part) for part in shown.strip().split("…"))
    return re.fullmatch(pattern, got.strip()) is not None


def options() -> list[str]:
    """What the README's `make run ARGS=...` hands to the sandbox, asked of make itself."""
    told = start_command()
    assert told[:2] == ["make", "run"]
    dry = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "--old-file=.venv/.ready", *told[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    command = shlex.split(dry.stdout.strip().splitlines()[-1])
    assert command[:2] == [".venv/bin/assent", "sandbox"]
    return command[2:]


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in which the sandbox was started as the README says, on ports that are free.

    No block names an address: they all read it from the credentials.
    """
    command = [sys.executable, "-m", "assent.cli.main", "sandbox", *options()]
    with subprocess.Popen(
        [*command, "--port", "0", "--frames-port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as sandbox:
        try:
            assert sandbox.stdout
            for line in sandbox.stdout:
                if "Read on" in line:
                    break
            assert sandbox.poll() is None, "the sandbox did not start"
            held = json.loads((tmp_path / ".assent" / "credentials.json").read_text())
            end = time.monotonic() + PATIENCE_SECONDS
            while not answers(f"{held['base_url']}/health/ready"):
                assert time.monotonic() < end, "the sandbox does not answer"
            yield tmp_path
        finally:
            sandbox.terminate()


def pasted(folder: Path, blocks: list[str]) -> list[str]:
    """What each block prints, all of them pasted into one shell."""
    script = "".join(f"echo '{CUT}{n}'\n{text}\n" for n, text in enumerate(blocks))
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-s"],
        input=script,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not done.stderr, done.stderr
    return re.split(rf"^{CUT}\d+\n", done.stdout, flags=re.MULTILINE)[1:]


def test_the_tours_answer_as_they_say(folder: Path):
    """Twice: nobody starts from an empty folder for long. The second goes on where the first
    ended, or after the keys were read."""
    first, device, second = steps(FIRST), steps(DEVICE), steps(SECOND)
    for tour in ([*first, *device, *second], [*first, *device], [first[0], *second]):
        got = pasted(folder, [step.commands for step in tour])
        for step, printed in zip(tour, got, strict=True):
            assert fits(step.answer, printed), f"{step.commands}\nprinted\n{printed}"


def test_the_tour_goes_the_whole_way():
    """Whoever shortens the tour must want to."""
    said = "\n".join(step.commands for step in steps(FIRST))
    for stop in (
        "/multi/consumers",
        "/create",
        "/login_with_password",
        "/multi/authentication_factors",
        "/multi/authentication_factors/otp/SMS",
        "/sandbox/phones/",
        "/otp/SMS/verify",
        "/stepup/challenges/otp/SMS",
        "/passwords/update",
        '"advance_seconds": 301',
    ):
        assert stop in said
    assert steps(FIRST)[-1].answer.strip() == "401"


def test_the_second_tour_goes_the_whole_way():
    said = "\n".join(step.commands for step in steps(SECOND))
    for stop in (
        "grant_type=client_credentials",
        "/v1/user/signup/registration_code",
        "grant_type=registration_code",
        "/phone-numbers",
        "/v1/user/facemap/enrol",
        "/statement.json",
        "/v1/one-time-token/sms/trigger",
        "/v1/one-time-token/sms/verify",
        "/v1/one-time-token/facemap/verify",
        "x-2fa-approval: $TOKEN",
    ):
        assert stop in said
    assert steps(SECOND)[-1].answer.startswith("HTTP/1.1 200 OK\nx-2fa-approval-result: APPROVED")


def test_the_tour_of_devices_goes_the_whole_way():
    said = "\n".join(step.commands for step in steps(DEVICE))
    for stop in (
        "/devices",
        "/multi/stepup/challenges/push/BIOMETRIC",
        "/approve",
        "/multi/login_via_biometrics",
        "/multi/access_token",
    ):
        assert stop in said
    assert steps(DEVICE)[-1].answer.strip() == "STEPPED_UP"


@pytest.mark.parametrize("title", [FIRST, DEVICE, SECOND])
def test_no_block_of_a_tour_names_an_address(title: str):
    assert not re.search(r"localhost|127\.0\.0\.1|:8400", "".join(s.commands for s in steps(title)))


def test_what_an_answer_must_be():
    assert fits("a…c", "abc\n")
    assert not fits("a…c", "a\nc")
    assert not fits("a…c", "ac")
    assert not fits("204\n401", "204")


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)", README))))
def test_what_the_readme_links_to_is_there(path: str):
    assert (ROOT / path).exists()
