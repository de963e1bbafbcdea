"""A programme's page with secure fields, as the published documents show them."""

from typing import Any

from playwright.async_api import FrameLocator, Locator, Page

from tests.support.chromium import Site
from tests.support.client import Server

V1 = "/app/secure/static/client.1.js"
V2 = "/weavr-client-v2.js"


def html(server: Server, body: str, script: str, sdk: str = V1) -> str:
    """`UI_KEY` in the script becomes the programme's."""
    filled = script.replace("UI_KEY", server.credentials["programme"]["ui_key"])
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Bank</title>'
        f'<script src="{server.base_url}{sdk}"></script>'
        f"<body>{body}<script>{filled}</script></body></html>"
    )


async def visit(
    page: Page, bank: Site, server: Server, body: str, script: str, sdk: str = V1
) -> None:
    """Puts the page on the bank's site and goes there."""
    await page.goto(bank.put("/", html(server, body, script, sdk)))


def frame_in(page: Page, selector: str) -> FrameLocator:
    """The frame of the field that is mounted there."""
    return page.frame_locator(f"{selector} iframe")


def field_in(page: Page, selector: str) -> Locator:
    """What a person types into. It is there once the field is ready."""
    return frame_in(page, selector).locator("input")


async def told(page: Page, expression: str) -> Any:
    """Waits until an expression of the page is truthy; its value."""
    handle = await page.wait_for_function(expression)
    return await handle.json_value()
