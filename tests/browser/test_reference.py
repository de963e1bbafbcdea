"""The API reference, as somebody reads it and calls from it."""

import json
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


async def unfold(hands: Hands, operation: str) -> None:
    """Opens the operation, as long as it is folded."""
    fold = f"#{operation} > .fold"
    if await hands.page.locator(fold).get_attribute("open") is None:
        await hands.press(f"{fold} > summary")


async def send(hands: Hands, operation: str) -> str:
    """Opens the operation and its Try it, sends what is there; the status."""
    form = f"#{operation} .try"
    await unfold(hands, operation)
    if await hands.page.locator(form).get_attribute("open") is None:
        await hands.press(f"{form} summary")
    answer = hands.page.locator(f"{form} .answer")
    await answer.evaluate("node => delete node.dataset.status")
    await hands.press(f"{form} button.primary")
    await expect(hands.page.locator(f"{form} .answer[data-status]")).to_be_visible()
    return f"{await answer.get_attribute('data-status')}"


async def refused(hands: Hands, *operations: str) -> list[tuple[str, str]]:
    """Sends each as it stands; those that did not go well, with their status."""
    done = [(operation, await send(hands, operation)) for operation in operations]
    return [(name, status) for name, status in done if status not in ("200", "204")]


async def test_a_person_from_nothing_to_stepped_up(page: Page, demo: Server):
    heard, hands = complaints(page), Mouse(page)
    await visit(page, demo)
    failed = await refused(
        hands,
        *("createConsumer", "createPassword", "loginWithPassword", "listIdentities"),
        *("accessToken", "enrolOtp", "verifyOtpEnrolment", "listAuthenticationFactors"),
        *("startStepUp", "verifyStepUp", "updateConsumer", "getConsumer", "updatePassword"),
    )
    assert failed == []
    assert heard == [], "nothing that its policy would not let happen"
    assert await refused(hands, "logout", "loginWithPassword") == [], "with what it is now"


async def test_a_corporate_its_user_and_the_back_office(page: Page, demo: Server):
    """A consumer first: what was learnt of them is not what is sent for the corporate."""
    heard, hands = complaints(page), Mouse(page)
    await visit(page, demo)
    assert await refused(hands, "createConsumer", "createPassword") == []
    failed = await refused(
        hands,
        *("createCorporate", "createPassword", "enrolOtp", "verifyOtpEnrolment"),
        *("sendCorporateEmailVerification", "verifyCorporateEmail", "startCorporateKyb"),
        *("createUser", "getUser", "updateUser", "inviteUser", "validateInvite"),
        *("deactivateUser", "activateUser", "listUsers"),
        *("sendUserEmailVerification", "verifyUserEmail"),
    )
    assert failed == []
    assert await refused(hands, "backOfficeAccessToken") == []
    assert await identity_in(page, "backOfficeAccessToken") == "CORPORATE"
    assert await refused(hands, "createUser", "inviteUser", "consumeInvite") == []
    assert await refused(hands, "listIdentities", "backOfficeAccessToken") == [], "as the user"
    assert await refused(hands, "loginWithPassword", "listAuthenticationFactors") == []
    assert heard == [], "nothing that its policy would not let happen"


async def test_a_user_may_get_a_password_without_an_invitation(page: Page, demo: Server):
    hands = Mouse(page)
    await visit(page, demo)
    failed = await refused(
        hands,
        *("createCorporate", "createPassword", "enrolOtp", "verifyOtpEnrolment", "createUser"),
        *("createPassword", "loginWithPassword", "enrolOtp", "verifyOtpEnrolment"),
    )
    assert failed == []


async def test_a_lost_password_is_the_next_log_ins(page: Page, demo: Server):
    hands = Mouse(page)
    await visit(page, demo)
    failed = await refused(
        hands,
        *("createConsumer", "createPassword", "startLostPassword", "resumeLostPassword"),
        *("loginWithPassword", "impersonateIdentityLogin"),
        *("createConsumer", "createPassword", "loginWithPassword"),
        *("startLostPassword", "resumeLostPassword", "loginWithPassword"),
    )
    assert failed == []


async def identity_in(page: Page, operation: str) -> str:
    """The type of the identity in the body as it stands."""
    body = await page.locator(f"#{operation} .try textarea").input_value()
    return f"{json.loads(body)['identity']['type']}"


async def test_by_keyboard_alone(page: Page, demo: Server):
    hands = Keyboard(page)
    await visit(page, demo)
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#operations")).to_be_focused()
    await write(hands, "#token", "nobody's")
    await page.locator("#logout > .fold > summary").focus()
    await page.keyboard.press("Enter")
    await page.locator("#logout .try summary").focus()
    await page.keyboard.press("Enter")
    await hands.press("#logout .try button.primary")
    await expect(page.locator("#logout .answer[data-status='401']")).to_be_visible()
    await expect(page.locator("#announcements")).to_have_text("Answered 401.")


async def test_the_language_is_chosen_for_the_whole_page(page: Page, demo: Server):
    await visit(page, demo)
    await page.locator("#fold-all").click()
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
    await page.locator("#filter").fill("code step-up")
    await expect(page.locator("#tags li:visible")).to_have_count(1)
    await page.locator("#tags li:visible a").first.click()
    await expect(page.locator("#startStepUp")).to_be_in_viewport()
    await expect(page.locator("#startStepUp .halves")).to_be_visible()
    await visit(page, demo, "#createConsumer")
    await expect(page.locator("#createConsumer h3")).to_be_in_viewport()
    await expect(page.locator("#createConsumer .halves")).to_be_visible()
    await page.go_back()
    await expect(page.locator("#startStepUp .halves")).to_be_visible()


async def test_operations_are_folded_until_they_are_opened(page: Page, demo: Server):
    await page.set_viewport_size({"width": 400, "height": 800})
    await visit(page, demo)
    assert await page.locator(".operation .halves:visible").count() == 0
    assert await page.evaluate("document.documentElement.scrollHeight") < 8_000
    await expect(page.locator("#tags")).to_be_hidden()
    await page.locator("#list > summary").press("Enter")
    await expect(page.locator("#tags")).to_be_visible()
    cut = "(list) => list.scrollHeight > list.clientHeight"
    assert not await page.locator(".tags").evaluate(cut), "the page scrolls, and nothing inside it"
    await page.locator("#tags a[href='#createUser']").press("Enter")
    await expect(page.locator("#tags")).to_be_hidden()
    await expect(page.locator("#createUser h3")).to_be_in_viewport()
    await expect(page.locator("#createUser .halves")).to_be_visible()
    await page.locator("#createUser > .fold > summary").press("Enter")
    await expect(page.locator("#createUser .halves")).to_be_hidden()


@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_it_can_be_read(browser: Browser, demo: Server, colours: Literal["light", "dark"]):
    context = await browser.new_context(
        color_scheme=colours, viewport={"width": 360, "height": 700}
    )
    page = await context.new_page()
    await visit(page, demo)
    await page.locator("#fold-all").click()
    await page.locator("#list > summary").click()
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
