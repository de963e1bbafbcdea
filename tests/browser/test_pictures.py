"""The README's pictures: taken by this, so that they show what there is.

`make pictures` keeps them: ASSENT_PICTURES= says in which folder.
"""

import base64
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support.approval_page import Shop
from tests.support.chromium import Site, fresh
from tests.support.client import Server
from tests.support.device_app import DeviceApp, ask_step_up, shown_as
from tests.support.jose_client import JoseClient
from tests.support.playground import Mouse, on_screen, write, write_secrets
from tests.support.processes import sandbox
from tests.support.weavr import enrolled_person
from tests.support.wise import Partner
from tests.wise.people import asked, enrolled

pytestmark = pytest.mark.asyncio(loop_scope="session")

PASSWORD = "Lighthouse-81!"
WIDTH, HEIGHT = 1440, 900
LARGEST = 300_000
PAYMENT = {
    "text": "pay 1,250.00 EUR to Grace Hopper",
    "fields": [
        {"label": "Amount", "value": "1,250.00 EUR"},
        {"label": "Payee", "value": "Grace Hopper"},
        {"label": "Account", "value": "GB33 BUKB 2020 1555 5555 55"},
    ],
}
# what a browser makes of the file
READ = """async (base64) => {
  const octets = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([octets], { type: "image/png" }));
  const { width, height } = picture;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, colours: new Set(new Uint32Array(data.buffer)).size };
}"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A sandbox that nobody has used."""
    with sandbox(tmp_path_factory.mktemp("pictures")) as running:
        yield running.server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def amid(browser: Browser, demo: Server) -> AsyncIterator[Page]:
    """The playground in the middle of the tour: a code on the phone, calls, one of them open."""
    context = await browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page = await context.new_page()
    hands = Mouse(page)
    await page.goto(f"{demo.base_url}/playground")
    await on_screen(page, "sign-up")
    await write(hands, "#email", "ada@example.com")
    await write_secrets(hands, password=PASSWORD, passwordAgain=PASSWORD)
    await hands.press("#sign-up [type=submit]")
    await on_screen(page, "log-in")
    await write_secrets(hands, password=PASSWORD)
    await hands.press("#log-in [type=submit]")
    await on_screen(page, "home")
    await hands.press("#enrol")
    await hands.press("#phone .message:first-child .use-code")
    await page.locator("#calls .call[data-path='/multi/login_with_password'] summary").click()
    await expect(page.locator("#calls pre mark")).to_be_visible()
    yield page
    await context.close()


@pytest.mark.parametrize(
    ("scheme", "name"), [("light", "playground.png"), ("dark", "playground-dark.png")]
)
async def test_a_picture_of_the_playground(amid: Page, tmp_path: Path, scheme: str, name: str):
    await amid.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    picture = await _taken(amid, tmp_path, name)
    read = await amid.evaluate(READ, base64.b64encode(picture).decode())
    assert (read["width"], read["height"]) == (WIDTH, HEIGHT)
    assert read["colours"] > 100


async def _taken(page: Page, tmp_path: Path, name: str) -> bytes:
    places = [tmp_path, *(Path(place) for place in filter(None, [os.getenv("ASSENT_PICTURES")]))]
    taken = await page.screenshot(animations="disabled", caret="hide", scale="css")
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(taken)
    picture = (tmp_path / name).read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(picture) < LARGEST
    return picture


@pytest.mark.parametrize(
    ("scheme", "name"), [("light", "approval-page.png"), ("dark", "approval-page-dark.png")]
)
async def test_a_picture_of_the_approval_page(
    browser: Browser,
    demo: Server,
    partner: JoseClient,
    bank: Site,
    tmp_path: Path,
    scheme: str,
    name: str,
):
    """A payment, in a window; the PIN is half typed."""
    user = enrolled(Partner(demo, partner))
    async with fresh(browser) as context:
        shop = await Shop(await context.new_page(), user, bank).visit()
        window = await shop.window(asked(user))
        await window.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await window.set_viewport_size({"width": 460, "height": 640})
        await expect(window.locator("#pin[data-ready]")).to_be_visible()
        await window.frame_locator("#pin iframe").locator("input").press_sequentially("12")
        picture = await _taken(window, tmp_path, name)
        read = await shop.page.evaluate(READ, base64.b64encode(picture).decode())
        assert (read["width"], read["height"]) == (460, 640)
        assert read["colours"] > 100


@pytest.mark.parametrize(
    ("scheme", "name"), [("light", "device-app.png"), ("dark", "device-app-dark.png")]
)
async def test_a_picture_of_the_device_app(
    browser: Browser, demo: Server, tmp_path: Path, scheme: str, name: str
):
    """A payment that waits, on a phone, with the number half typed. The Multi API asks no device
    about payments yet, so that what is shown is put in on the way."""
    ada = enrolled_person(demo.isolated("Demo Bank")).stepped_up()
    ada.server.settings(channels=["SMS", "BIOMETRIC"], number_matching=True)
    async with fresh(browser) as context:
        page = await context.new_page()
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await page.set_viewport_size({"width": 390, "height": 720})
        app = await DeviceApp.opened(page, ada)
        await app.enrol("My phone")
        await app.waits()
        assert ada.log_in().status == 200
        await shown_as(page, display=PAYMENT)
        ask_step_up(ada)
        await app.on("request")
        await app["#number"].fill("4")
        await page.mouse.move(WIDTH, 0)
        picture = await _taken(page, tmp_path, name)
        read = await page.evaluate(READ, base64.b64encode(picture).decode())
        assert (read["width"], read["height"]) == (390, 720)
        assert read["colours"] > 100
