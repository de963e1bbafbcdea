"""examples/secure-login: a page to copy, with nothing changed but its two lines."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.support.chromium import Site
from tests.support.client import Server
from tests.support.frames import ui_key_of
from tests.support.playground import complaints
from tests.support.secure_page import frame_in
from tests.support.weavr import PASSWORD, new_person

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/secure-login/index.html"


def filled_in(base_url: str, ui_key: str) -> str:
    text = EXAMPLE.read_text(encoding="utf-8")
    for blank, filled in (("http://localhost:8400", base_url), ("asu_...", ui_key)):
        assert text.count(f'"{blank}"') == 1
        text = text.replace(blank, filled)
    return text


def in_a_shell(command: str, api_key: str) -> Any:
    """The answer's body."""
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={**os.environ, "API_KEY": api_key},
        capture_output=True,
        check=True,
        timeout=20,
    )
    return json.loads(done.stdout)


async def test_the_call_it_shows_logs_in(page: Page, bank: Site, server: Server):
    person, heard = new_person(server, "o'hara.example@example.com"), complaints(page)
    bank.put("/favicon.ico", "<svg/>")
    await page.goto(bank.put("/index.html", filled_in(server.base_url, ui_key_of(server))))
    await page.get_by_label("E-mail").fill(person.email)
    field = frame_in(page, "#password").get_by_role("textbox", name="Password", exact=True)
    await expect(field).to_have_attribute("autocomplete", "current-password")
    await field.press_sequentially(PASSWORD)
    await field.press("Enter")
    command = page.locator("#command")
    await expect(command).to_contain_text("cap_")
    session = in_a_shell(await command.inner_text(), server.api["api-key"])
    assert session["credentials"]["id"] == person.user_id
    bearer = server.bearer(session["token"])
    assert server.call("GET", "/multi/consumers", None, bearer).status == 200
    assert PASSWORD not in await page.content()
    assert heard == []


async def test_it_says_what_is_missing(page: Page, bank: Site, server: Server):
    await page.goto(bank.put("/index.html", filled_in(server.base_url, ui_key_of(server))))
    await page.get_by_label("E-mail").fill("ada@example.com")
    await expect(frame_in(page, "#password").locator("input")).to_be_visible()
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("status")).to_contain_text("Ask to fill it in.")
    await expect(page.locator("#command")).to_be_hidden()


async def test_it_says_when_there_is_no_server(page: Page, bank: Site):
    nowhere = "http://localhost:1"
    await page.goto(bank.put("/index.html", filled_in(nowhere, "asu_any")))
    await expect(page.get_by_role("status")).to_have_text(f"No server answers at {nowhere}.")
