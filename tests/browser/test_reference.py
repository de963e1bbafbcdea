"""The API reference, as somebody reads it and calls from it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.client import Server
from tests.support.playground import Hands, Keyboard, Mouse, complaints, write
from tests.support.processes import Running, installation, sandbox

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = "/multi/docs"
# the narrowest text against its ground, over all that is shown (WCAG 2.2, 1.4.3)
CONTRAST = """() => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const plain = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (n) => ((n /= 255) <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  let worst = [99, ""];
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !one.checkVisibility()) continue;
    let behind = one;
    while (behind && plain(getComputedStyle(behind).backgroundColor)[3] < 255) {
      behind = behind.parentElement;
    }
    behind ??= document.documentElement;
    const ground = light(plain(getComputedStyle(behind).backgroundColor));
    const text = light(plain(getComputedStyle(one).color));
    const ratio = (Math.max(ground, text) + 0.05) / (Math.min(ground, text) + 0.05);
    if (ratio < worst[0]) worst = [ratio, one.outerHTML.slice(0, 120)];
  }
  return worst;
}"""
UNLABELLED = """() => [...document.querySelectorAll("input, textarea, button, summary, a")]
  .filter((one) => !(one.labels?.length || one.textContent.trim() || one.ariaLabel))
  .map((one) => one.outerHTML)"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A sandbox that has just been started, with its demo programme."""
    with sandbox(tmp_path_factory.mktemp("reference")) as running:
        yield running.server


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place: Path = tmp_path_factory.mktemp("production")
    made = installation(place, f"sqlite:///{place / 'assent.sqlite3'}")
    with made.serve("production") as running:
        yield running


async def visit(page: Page, server: Server, fragment: str = "") -> None:
    await page.goto(f"{server.base_url}{PAGE}{fragment}")
    await expect(page.locator(".operation").first).to_be_visible()


async def send(hands: Hands, operation: str) -> str:
    """Opens the operation's Try it, sends what is there; the status."""
    form = f"#{operation} .try"
    await hands.press(f"{form} summary")
    await hands.press(f"{form} button.primary")
    answer = hands.page.locator(f"{form} .answer[data-status]")
    await expect(answer).to_be_visible()
    return f"{await answer.get_attribute('data-status')}"


async def test_a_person_from_nothing_to_stepped_up(page: Page, demo: Server):
    heard, hands = complaints(page), Mouse(page)
    await visit(page, demo)
    done = {
        operation: await send(hands, operation)
        for operation in (
            *("createConsumer", "createPassword", "loginWithPassword", "listIdentities"),
            *("accessToken", "enrolOtp", "verifyOtpEnrolment", "listAuthenticationFactors"),
            *("startStepUp", "verifyStepUp", "updateConsumer", "getConsumer", "updatePassword"),
        )
    }
    assert {name for name, status in done.items() if status not in ("200", "204")} == set()
    assert heard == [], "nothing that its policy would not let happen"
    assert await send(hands, "logout") == "204"


async def test_by_keyboard_alone(page: Page, demo: Server):
    hands = Keyboard(page)
    await visit(page, demo)
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#operations")).to_be_focused()
    await write(hands, "#token", "nobody's")
    await page.locator("#logout .try summary").focus()
    await page.keyboard.press("Enter")
    await hands.press("#logout .try button.primary")
    await expect(page.locator("#logout .answer[data-status='401']")).to_be_visible()
    await expect(page.locator("#announcements")).to_have_text("Answered 401.")


async def test_the_language_is_chosen_for_the_whole_page(page: Page, demo: Server):
    await visit(page, demo)
    await page.locator("#createConsumer button[data-lang=Python]").click()
    shown = page.locator("#getConsumer .sample:visible")
    await expect(shown).to_have_count(1)
    await expect(shown).to_contain_text("import requests")
    pressed = page.locator("#getConsumer button[data-lang=Python]")
    await expect(pressed).to_have_attribute("aria-pressed", "true")


async def test_operations_are_found(page: Page, demo: Server):
    await visit(page, demo)
    everything = await page.locator("#tags li:visible").count()
    assert everything == await page.locator(".operation").count()
    await page.locator("#filter").fill("step-up")
    await expect(page.locator("#tags li:visible")).to_have_count(1)
    await page.locator("#tags li:visible a").first.click()
    await expect(page.locator("#startStepUp")).to_be_in_viewport()
    await visit(page, demo, "#createConsumer")
    await expect(page.locator("#createConsumer h3")).to_be_in_viewport()


@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_it_can_be_read(browser: Browser, demo: Server, colours: Literal["light", "dark"]):
    context = await browser.new_context(
        color_scheme=colours, viewport={"width": 360, "height": 700}
    )
    page = await context.new_page()
    await visit(page, demo)
    worst, where = await page.evaluate(CONTRAST)
    assert worst >= 4.5, where
    assert await page.evaluate(UNLABELLED) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360, "nothing sticks out"
    await context.close()


async def test_in_production_there_is_no_key_and_no_call(page: Page, production: Running):
    heard, origin = complaints(page), production.server.base_url
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(origin)))
    await visit(page, production.server)
    assert await page.locator(".try, .keys").count() == 0
    await expect(page.locator("#to-playground")).to_be_hidden()
    files = {PAGE, f"{PAGE}/reference.js", f"{PAGE}/reference.css", "/multi/openapi.json"}
    assert {one for one in asked if not one.startswith("data:")} == files
    assert heard == []
    call = production.server.call
    assert call("GET", "/_mock/products/multi/openapi/identities").status == 404
    assert call("GET", "/playground/config.json").status == 404
