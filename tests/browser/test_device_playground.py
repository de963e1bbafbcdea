"""The playground's middle panel as the person's device: the app itself, in a frame."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.support.client import Server
from tests.support.device_app import Authenticator, DeviceApp
from tests.support.playground import (
    Hands,
    Mouse,
    complaints,
    log_in,
    on_screen,
    write_secrets,
)
from tests.support.processes import sandbox
from tests.support.weavr import CODE, PASSWORD, Person, enrolled_person

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A sandbox that has just been started, with its demo programme."""
    with sandbox(tmp_path_factory.mktemp("playground")) as running:
        yield running.server
        assert "Traceback" not in running.log()


@pytest.fixture
def ada(demo: Server) -> Person:
    return enrolled_person(demo)


async def visit(page: Page, ada: Person) -> tuple[DeviceApp, Mouse]:
    """Logged in with one factor, with an authenticator."""
    authenticator = await Authenticator.plugged(page)
    await page.goto(f"{ada.server.base_url}/playground")
    hands = Mouse(page)
    await log_in(hands, ada.email, PASSWORD)
    await on_screen(page, "home")
    return DeviceApp(page, ada, authenticator, page.frame_locator("#device-app")), hands


async def add(app: DeviceApp, hands: Hands) -> None:
    """This browser, by a link that the bank hands to the app beside it; with the code that the
    phone gets, because the session is not stepped up."""
    page = hands.page
    await hands.press("#add-device")
    await on_screen(page, "device")
    await expect(page.locator("#device-qr")).to_be_visible()
    await app.press("#go-on")
    await app.on("enrol")
    await expect(page.locator("#show-messages")).to_have_attribute("data-new", "")
    await page.locator("#show-messages").click()
    await page.locator("#phone .message:first-child .use-code").click()
    await expect(app["#code"]).to_have_value(CODE)
    await app.press("#add")
    await expect(page.locator("#notice")).to_contain_text("The device is added")
    await expect(page.locator("#session-level")).to_have_text("Stepped up")


async def test_added_asked_approved(page: Page, ada: Person):
    heard = complaints(page)
    app, hands = await visit(page, ada)
    await expect(page.locator("#tour [data-step=approve]")).to_be_visible()
    await add(app, hands)
    await hands.press("#log-out")
    await again(hands)
    await expect(page.locator("#session-level")).to_have_text("One factor")
    await hands.press("#push-step-up")
    await on_screen(page, "push")
    await app.on("request")
    await app.press("#approve")
    await app.ended("approved")
    await expect(page.locator("#notice")).to_contain_text("Approved on your device")
    await expect(page.locator("#session-level")).to_have_text("Stepped up")
    done = page.locator("#tour [data-done]")
    assert [await one.get_attribute("data-step") for one in await done.all()] == [
        "log-in",
        "device",
        "approve",
    ]
    assert [one for one in heard if "pubKeyCredParams" not in one] == []


async def again(hands: Hands) -> None:
    """Logs in on the screen that is shown."""
    await on_screen(hands.page, "log-in")
    await write_secrets(hands, password=PASSWORD)
    await hands.press("#log-in [type=submit]")
    await on_screen(hands.page, "home")


async def test_declined_there(page: Page, ada: Person):
    app, hands = await visit(page, ada)
    await add(app, hands)
    await hands.press("[data-advance='60']")  # a code was sent a moment ago
    await hands.press("#push-step-up")
    await app.on("request")
    await app.press("#decline")
    await app.press("#changed-mind")
    await app.ended("declined")
    await expect(page.locator("#notice")).to_contain_text("not approved on your device: declined")


async def test_this_was_not_me_logs_the_bank_out(page: Page, ada: Person):
    app, hands = await visit(page, ada)
    await add(app, hands)
    await hands.press("[data-advance='60']")
    await hands.press("#push-step-up")
    await app.on("request")
    await app.press("#decline")
    await app.press("#not-me")
    await app.ended("not-me")
    await on_screen(page, "log-in")
    await expect(page.locator("#screen")).to_contain_text("The server has ended the session")


@pytest.mark.parametrize("word", ["approve", "decline"])
async def test_the_vendors_app_asks_and_is_answered(page: Page, ada: Person, word: str):
    """AUTHY: on the same phone, among the messages."""
    await visit(page, ada)
    ada.stepped_up()
    assert ada.call("POST", "/authentication_factors/push/AUTHY").status == 204
    # not the first: once it is approved, a mail tells of it
    message = page.locator("#phone .message").filter(has_text="Authy app")
    await expect(message.locator(".body")).to_have_text("add a device to your Demo Bank account")
    await message.locator(f".{word}").click()
    await expect(message.locator(".actions")).to_have_text(
        "You have approved this." if word == "approve" else "You have declined this."
    )
    states = {one["channel"]: one["status"] for one in ada.factors().json["factors"]}
    assert states["AUTHY"] == ("ACTIVE" if word == "approve" else "INACTIVE")


async def test_a_log_ins_token_goes_to_the_page_around_it(page: Page, ada: Person):
    """Of this origin, and to nobody else: with it that page's server opens the session."""
    app, hands = await visit(page, ada)
    await add(app, hands)
    await page.evaluate(
        """() => {
          window.told = new Promise((resolve) => addEventListener("message", ({ origin, data }) => {
            if (data?.assent === "log-in") resolve([origin, data.token]);
          }));
        }"""
    )
    ada.server.advance(60)
    server = ada.server
    asked = server.call("POST", "/multi/login_via_biometrics", {"email": ada.email}, server.api)
    assert asked.status == 200, asked.body
    await app.on("request")
    await app.press("#approve")
    await app.ended("approved")
    origin, token = await page.evaluate("window.told")
    assert origin == server.base_url
    body = {"token": token, "identity": {"type": "consumers", "id": ada.identity_id}}
    opened = server.call("POST", "/multi/access_token", body, server.api)
    assert (opened.status, opened.json["status"]) == (200, "STEPPED_UP")


async def test_without_an_authenticator_the_tour_leaves_it_out(page: Page, demo: Server):
    await page.goto(f"{demo.base_url}/playground")
    await on_screen(page, "sign-up")
    await expect(page.locator("#tour [data-step=change]")).to_be_visible()
    await expect(page.locator("#tour [data-step=approve]")).to_have_count(0)
