"""The device app around its requests: offline and back, who may hold it, hostile content, hands and
eyes, push, other windows and wrong clocks."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, ConsoleMessage, Page, Route, expect

from assent.dialects.device.app import app as documents
from tests.support.chromium import Site
from tests.support.client import Server
from tests.support.device_app import (
    DeviceApp,
    ask_step_up,
    is_stepped_up,
    new_link,
    shown_as,
)
from tests.support.playground import Keyboard, complaints
from tests.support.weavr import Person, enrolled_person

pytestmark = pytest.mark.asyncio(loop_scope="session")

LISTED = re.compile(r"/device/v1/challenges(\?|$)")
NOTICES = """(await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body, data }) => ({ title, body, data }))"""
LISTED_AT = """(listed) => performance.getEntriesByType("resource")
  .filter(({ name }) => new RegExp(listed).test(name)).map(({ startTime }) => startTime)"""
MARKUP = "<img src=x onerror=\"document.title='broken'\"><b>Ada</b>"


@pytest.fixture
def ada(server: Server) -> Person:
    """With a phone, and a stepped-up session."""
    server.settings(channels=["SMS", "BIOMETRIC"])
    return enrolled_person(server).stepped_up()


@pytest_asyncio.fixture(loop_scope="session")
async def app(page: Page, ada: Person) -> DeviceApp:
    """Enrolled, and waiting; Ada has logged in anew since, with one factor."""
    made = await DeviceApp.opened(page, ada)
    await made.enrol()
    await made.waits()
    assert ada.log_in().status == 200
    return made


# ----- offline


async def test_offline_and_back(app: DeviceApp, ada: Person):
    """It says so, and what was asked meanwhile is there as soon as there is a connection."""
    await app.page.context.set_offline(True)
    await expect(app["#connection"]).to_contain_text("No connection")
    ask_step_up(ada)
    await app.on("waiting")
    await app.page.context.set_offline(False)
    await app.on("request")
    await expect(app["#connection"]).to_be_empty()
    await app.press("#approve")
    await app.ended("approved")
    assert is_stepped_up(ada)


async def test_it_opens_offline_with_nothing_old(app: DeviceApp, ada: Person):
    """The shell is there; of the request that was shown there is no trace."""
    await app.page.evaluate("navigator.serviceWorker.ready")
    ask_step_up(ada)
    await app.on("request")
    await app.page.context.set_offline(True)
    await app.page.reload()
    await app.on("waiting")
    await expect(app["#connection"]).to_contain_text("No connection")
    await expect(app["#said"]).to_have_count(0)
    await app.page.context.set_offline(False)
    await app.on("request")


async def test_an_answer_without_a_connection_is_not_kept(app: DeviceApp, ada: Person):
    ask_step_up(ada)
    await app.on("request")
    await app.page.context.set_offline(True)
    await app.press("#approve")
    await expect(app["#problem"]).to_contain_text("There is no connection. Nothing was sent")
    ada.server.advance(200)
    assert not is_stepped_up(ada)
    ada.server.advance(101)
    await app.page.context.set_offline(False)
    await app.ended("closed")
    assert not is_stepped_up(ada)


# ----- hostile content


async def test_markup_is_shown_as_text_and_its_signature_is_refused(app: DeviceApp, ada: Person):
    """Whatever is shown is what is signed: the server finds that it is not what it issued."""
    heard = complaints(app.page)
    fields = [{"label": MARKUP, "value": MARKUP}]
    await shown_as(app.page, display={"text": MARKUP, "fields": fields})
    ask_step_up(ada)
    await app.on("request")
    for place in ("#said", "#fields dt", "#fields dd"):
        assert await app[place].text_content() == MARKUP
    assert await app["#exactly *"].count() == 4, "said, fields, label, value: and no markup's own"
    await app.press("#approve")
    await expect(app["#problem"]).to_contain_text("That was not accepted")
    assert not is_stepped_up(ada)
    assert await app.page.title() == "Assent approvals"
    assert [one for one in heard if "409" not in one] == []


async def test_a_programmes_name_is_text_too(page: Page, server: Server):
    other = server.isolated("<b>Bank</b> &amp; Sons")
    other.settings(channels=["SMS", "BIOMETRIC"])
    ada = enrolled_person(other).stepped_up()
    app = await DeviceApp.opened(page, ada)
    await app.enrol()
    await app.waits()
    assert ada.log_in().status == 200
    ask_step_up(ada)
    await app.on("request")
    await expect(app["h1"]).to_have_text("<b>Bank</b> &amp; Sons asks you to")
    await app.press("#approve")
    await app.ended("approved")
    assert is_stepped_up(ada)


@pytest.mark.parametrize(
    "changed",
    [
        {"small_print": "and everything else"},
        {"challenge": "1234567890123456"},
        {"programme": {"id": "1", "name": "Another bank"}},
        {"display": {"text": "Pay \u202e00.01", "fields": []}},
    ],
    ids=["more", "another", "programme", "turned"],
)
async def test_what_it_does_not_understand_cannot_be_answered(
    app: DeviceApp, ada: Person, changed: dict[str, Any]
):
    await shown_as(app.page, **changed)
    ask_step_up(ada)
    await app.on("unreadable")
    await expect(app["#approve"]).to_have_count(0)
    await expect(app["#said"]).to_have_count(0)
    await app.press("#done")
    await app.on("waiting")


# ----- who may hold it


async def test_no_other_page_may_frame_it(page: Page, bank: Site, server: Server):
    """Not even one that the programme has registered: nothing may be drawn over it."""
    server.settings(origins=[bank.origin])
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        said.append(message.text)

    page.on("console", hear)
    frame = f'<iframe src="{server.base_url}/device/"></iframe>'
    await page.goto(bank.put("/", f"<!doctype html><title>Bank</title>{frame}"))
    assert page.frames[1].url.startswith("chrome-error:")
    assert any("frame-ancestors" in one for one in said)


async def test_in_production_nobody_may():
    for framed, ancestors in ((False, "'none'"), (True, "'self'")):
        made = documents("https://bank.example", framed=framed)
        headers = dict(made["/device/"].answer("GET", {}).headers)
        policy = headers[b"content-security-policy"].decode()
        assert f"frame-ancestors {ancestors}" in policy.split("; ")
        assert "unsafe" not in policy
        assert headers[b"permissions-policy"].startswith(b"camera=(self), publickey-credentials")


async def test_another_name_of_the_server_is_not_its_address(page: Page, server: Server):
    """Keys would belong to that name, and the server takes none of them."""
    await page.goto(f"{server.base_url.replace('localhost', '127.0.0.1')}/device/")
    await expect(page.locator("#screen")).to_have_attribute("data-screen", "other-address")
    await expect(page.locator("#screen a")).to_have_attribute("href", f"{server.base_url}/device/")


# ----- hands and eyes


async def test_by_keyboard_alone(page: Page, ada: Person):
    """From the link to an answer, and a key that is renewed; each stop can be seen."""
    app = await DeviceApp.opened(page, ada)
    hands = Keyboard(page)
    await page.goto(new_link(ada))
    await hands.press("#go-on")
    await app.on("enrol")
    await hands.reach("#name")
    await page.keyboard.press("ControlOrMeta+A")
    await page.keyboard.type("Keys only")
    await page.keyboard.press("Enter")
    await app.on("waiting")
    await expect(app["#connection"]).to_have_attribute("data-link", "listening")
    assert ada.log_in().status == 200
    ask_step_up(ada)
    await app.on("request")
    await expect(app["h1"]).to_be_focused()
    await hands.press("#decline")
    await expect(app["#changed-mind"]).to_be_focused()
    await hands.press("#back")
    await expect(app["#decline"]).to_be_focused()
    await hands.reach("#approve")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert await page.evaluate(outline) == "solid"
    await page.keyboard.press("Enter")
    await app.ended("approved")
    assert is_stepped_up(ada)
    await hands.press("#to-devices")
    await hands.press(".rotate")
    await expect(app["#notice"]).to_contain_text("new key")


@pytest.mark.parametrize("width", [320, 390])
async def test_nothing_is_cut_off_on_small_screens(app: DeviceApp, ada: Person, width: int):
    await app.page.set_viewport_size({"width": width, "height": 568})
    long = "Wolfeschlegelsteinhausenbergerdorff" * 3
    display = {
        "text": f"pay 1,000,000.00 EUR to {long}",
        "fields": [{"label": long, "value": long}],
    }
    await shown_as(app.page, display=display)
    ask_step_up(ada)
    await app.on("request")
    for screen in ("request", "devices", "add"):
        await app.on(screen)
        wide = await app.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, screen
        await app.press(
            {"request": "#to-devices", "devices": "#to-add", "add": "#to-devices"}[screen]
        )


async def test_everything_has_a_name(app: DeviceApp, ada: Person):
    """As a screen reader finds it."""
    ada.server.settings(number_matching=True)
    ask_step_up(ada)
    await app.on("request")
    page = app.page
    await expect(page.get_by_role("group", name="What you are asked to approve")).to_be_visible()
    await expect(page.get_by_label("The number that the other screen shows")).to_be_visible()
    for button in ("Approve", "Decline", "Requests", "Devices"):
        await expect(page.get_by_role("button", name=button, exact=True)).to_be_visible()
    await app.press("#decline")
    await expect(page.get_by_role("group", name="Why do you decline?")).to_be_visible()
    await app.press("#to-devices")
    await expect(page.get_by_role("region", name="Test browser, Test")).to_be_visible()
    await expect(app["#arrived"]).to_contain_text("A request waits")
    await app.press("#show-it")
    await app.on("request")


async def test_the_camera_reads_the_link(page: Page, ada: Person):
    """Chromium on this machine has neither camera nor reader of codes: both are played."""
    link = new_link(ada)
    await page.add_init_script(
        """
        const picture = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
        picture.getContext("2d").fillRect(0, 0, 8, 8);
        navigator.mediaDevices.getUserMedia = async () => (window.taken = picture.captureStream(5));
        window.BarcodeDetector = class {
          async detect() { return [{ rawValue: window.code }]; }
        };
        """
    )
    app = await DeviceApp.opened(page, ada)
    await page.evaluate("(link) => { window.code = link; }", link)
    await app.press("#to-add")
    await app.press("#scan")
    await app.finish()
    assert await page.evaluate("window.taken.getTracks().map((one) => one.readyState)") == ["ended"]


# ----- push, windows, clocks


async def test_a_push_says_that_something_waits_and_nothing_of_it(app: DeviceApp, ada: Person):
    """Delivered by Chromium's own protocol; whatever is in it, the notice is the same. It goes with
    the last request."""
    page = app.page
    ask_step_up(ada)
    await app.on("request")
    await page.context.grant_permissions(["notifications"], origin=ada.server.base_url)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    link = await page.context.new_cdp_session(page)
    found: list[str] = []

    def hear(event: dict[str, Any]) -> None:
        found.extend(
            one["registrationId"]
            for one in event["registrations"]
            if one["scopeURL"] == f"{ada.server.base_url}/device/" and not one["isDeleted"]
        )

    link.on("ServiceWorker.workerRegistrationUpdated", hear)
    await link.send("ServiceWorker.enable")
    await page.wait_for_function("navigator.serviceWorker.controller !== null")
    body = json.dumps({"challenge": "1234567890123456", "title": "<b>Pay Eve</b>"})
    told = {"origin": ada.server.base_url, "registrationId": found[-1], "data": body}
    await link.send("ServiceWorker.deliverPushMessage", told)
    await page.wait_for_function(f"async () => ({NOTICES}).length === 1")
    body = "Open the app to see it. Approve only what you started yourself."
    assert await page.evaluate(f"async () => ({NOTICES})") == [
        {"title": "A request waits", "body": body, "data": None}
    ]
    await app.press("#approve")
    await app.ended("approved")
    await page.wait_for_function(f"async () => ({NOTICES}).length === 0")


async def test_one_window_at_a_time(app: DeviceApp, ada: Person):
    second = await app.page.context.new_page()
    await second.goto(f"{ada.server.base_url}/device/")
    await expect(second.locator("#connection")).to_have_attribute("data-link", "listening")
    await app.on("elsewhere")
    ask_step_up(ada)
    await expect(second.locator("#screen")).to_have_attribute("data-screen", "request")
    await app.on("elsewhere")
    await app.press("#use-here")
    await app.on("request")
    await expect(second.locator("#screen")).to_have_attribute("data-screen", "elsewhere")


async def test_a_clock_that_is_hours_off(context: BrowserContext, ada: Person):
    """The server tells the time once; proofs and answers go by that."""
    await context.add_init_script(
        "const plain = Date.now.bind(Date); Date.now = () => plain() - 3 * 3_600_000;"
    )
    page = await context.new_page()
    app = await DeviceApp.opened(page, ada)
    await app.enrol()
    await app.waits()
    assert ada.log_in().status == 200
    ask_step_up(ada)
    await app.on("request")
    async with page.expect_request(re.compile("/answer$")) as sent:
        await app.press("#approve")
    await app.ended("approved")
    told = json.loads((await sent.value).post_data or "")
    plain = await page.evaluate("Date.now()") + 3 * 3_600_000
    assert abs(told["time"] - plain) < 10_000


async def test_a_server_that_refuses_is_asked_less_and_less(app: DeviceApp, ada: Person):
    async def refuse(route: Route) -> None:
        await route.fulfill(status=503, json={"code": "busy"})

    await app.page.route(LISTED, refuse)
    await app.page.reload()
    enough = f"(listed) => ({LISTED_AT})(listed).length >= 3"
    await app.page.wait_for_function(enough, arg=LISTED.pattern)
    await expect(app["#connection"]).to_contain_text("No connection")
    asked = await app.page.evaluate(LISTED_AT, LISTED.pattern)  # ms, by the page's own clock
    first, second = (later - before for before, later in pairwise(asked[:3]))
    assert first > 200
    assert second > 400
    await app.page.unroute_all()
    await app.page.evaluate("dispatchEvent(new Event('online'))")
    await app.waits()
