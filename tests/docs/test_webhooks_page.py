"""docs/webhooks.md: its samples run as they stand, and take what the server posts, nothing else."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assent.adapters.webhook.poster import Webhooks
from assent.adapters.webhook.settings import WebhookSettings
from assent.kernel.clock import MINUTE, SystemClock
from assent.kernel.randomness import SystemRandomness
from assent.ports.delivery import Undelivered
from assent.ports.webhooks import EventCall
from tests.support.ports import free_ports
from tests.support.processes import stop, until

PAGE = Path(__file__).resolve().parents[2] / "docs/webhooks.md"
OLD, NEW = "ask_old", "ask_new"
COMMANDS = {"python": [sys.executable], "js": ["node"]}
SUFFIX = {"python": "py", "js": "mjs"}


def sample(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


@contextmanager
def running(language: str, place: Path) -> Iterator[tuple[str, Path]]:
    (port,) = free_ports(1)
    file, out = place / f"hooks.{SUFFIX[language]}", place / "out"
    file.write_text(sample(language))
    with out.open("wb") as sink:
        process = subprocess.Popen(
            [*COMMANDS[language], str(file), str(port)],
            env={**os.environ, "API_KEYS": f"{OLD},{NEW}"},
            stdout=sink,
            stderr=subprocess.DEVNULL,
        )
    try:
        until("it listens", lambda: listens(port))
        yield f"http://127.0.0.1:{port}", out
    finally:
        stop(process)


def listens(port: int) -> bool:
    socket.create_connection(("127.0.0.1", port)).close()
    return True


class Late(SystemClock):
    def wall(self) -> int:
        return super().wall() - 6 * MINUTE


def posted(
    url: str,
    key: str,
    reference: str,
    clock: SystemClock | None = None,
    event: tuple[str, str] = ("/stepup/watch", '{"status":"VERIFIED","note":"é"}'),
) -> bool:
    async def inside() -> bool:
        clock_used = clock or SystemClock()
        one = Webhooks(WebhookSettings(), clock_used, SystemRandomness(), sandbox=True)
        call = EventCall(
            url=f"{url}{event[0]}",
            body=event[1].encode(),
            key=key,
            reference=reference,
        )
        try:
            await one.post(call)
        except Undelivered as undelivered:
            return "401" not in str(undelivered)
        else:
            return True
        finally:
            await one.close()

    return asyncio.run(inside())


@pytest.mark.parametrize("language", ["python", "js"])
def test_the_sample_takes_each_event_once_and_nothing_forged(language: str, tmp_path: Path):
    with running(language, tmp_path) as (url, out):
        assert posted(url, OLD, "1")
        assert posted(url, OLD, "1")
        assert posted(url, NEW, "2")
        assert not posted(url, "ask_somebody_else", "3")
        assert not posted(url, OLD, "4", Late())
        until("it is printed", lambda: out.read_text().count("\n") >= 2)
        assert out.read_text() == "/stepup/watch VERIFIED\n" * 2


@pytest.mark.parametrize("language", ["python", "js"])
def test_the_sample_takes_an_event_without_a_status(language: str, tmp_path: Path):
    """Of a person who was deactivated."""
    path = "/auth/users/user_deactivated/watch"
    with running(language, tmp_path) as (url, out):
        posted(url, OLD, "1", event=(path, '{"reasonCode":"ACCOUNT_CLOSURE"}'))
        until("it is printed", lambda: out.read_text() == f"{path} \n")


def test_the_front_door_leads_to_it():
    root = PAGE.parents[1]
    for page in (
        "README.md",
        "docs/dialects/weavr.md",
        "docs/operations/configure.md",
        "docs/sandbox.md",
    ):
        assert "webhooks.md" in (root / page).read_text(encoding="utf-8"), page
