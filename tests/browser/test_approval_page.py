"""The approval page, where people meet it: in a frame, in a window, from a page of a partner."""

import json
import re
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import ConsoleMessage, Error, Page, expect

from tests.browser.test_plaintext import KEPT, WALK
from tests.support.approval_page import Shop, enter_code, enter_pin, pin_field
from tests.support.chromium import Site
from tests.support.client import Server
from tests.support.frames import ui_key_of
from tests.support.jose_client import JoseClient
from tests.support.secure_page import V1
from tests.support.wise import Partner, WiseUser
from tests.wise.people import asked, enrolled

pytestmark = pytest.mark.asyncio(loop_scope="session")

GUIDE = Path(__file__).resolve().parents[2] / "docs/approval-page.md"


@pytest.fixture
def ada(server: Server, partner: JoseClient) -> WiseUser:
    """With a PIN and a phone."""
    return enrolled(Partner(server, partner))


@pytest_asyncio.fixture(loop_scope="session")
async def shop(page: Page, bank: Site, ada: WiseUser) -> Shop:
    ada.server.settings(origins=[bank.origin])
    return await Shop(page, ada, bank).visit()


async def test_in_a_frame(shop: Shop, ada: WiseUser):
    """The call, its 403, the page, the message, the call again: all of it from another origin."""
    first = await shop.call()
    assert (first["status"], first["headers"]["x-2fa-approval-result"]) == (403, "REJECTED")
    assert first["headers"]["x-external-correlation-id"] == "from-a-page"
    assert first["headers"]["x-trace-id"]
    ott = first["headers"]["x-2fa-approval"]
    frame = await shop.frame(ott)
    heading = frame.get_by_role("heading", level=1)
    await expect(heading).to_have_text("Read the EUR statement of 2026-01-01 to 2026-02-01")
    await expect(frame.get_by_text("Test asks you to approve")).to_be_visible()
    await expect(frame.get_by_text("Valid for 60 minutes")).to_be_visible()
    await enter_pin(frame)
    await expect(frame.get_by_text("Step 2 of 2", exact=True)).to_be_visible()
    assert await shop.heard() == []
    assert (await shop.call(ott))["status"] == 403, "one proof is not enough"
    await enter_code(frame, ada)
    await shop.hears("success")
    await expect(frame.get_by_role("heading", name="Approved")).to_be_focused()
    again = await shop.call(ott)
    assert (again["status"], again["headers"]["x-2fa-approval-result"]) == (200, "APPROVED")


async def test_in_a_window(shop: Shop, ada: WiseUser):
    ott = await shop.ott()
    window = await shop.window(ott)
    assert ott not in window.url
    await enter_pin(window)
    await enter_code(window, ada)
    await shop.hears("success")
    assert (await shop.call(ott))["status"] == 200
    async with window.expect_event("close"):
        await window.evaluate("setTimeout(() => document.querySelector('#outcome button').click())")
    assert await shop.heard() == ["success"]


async def test_the_page_that_the_documentation_shows(page: Page, bank: Site, ada: WiseUser):
    """docs/approval-page.md, "By hand": with its three names filled in, and nothing else."""
    ada.server.settings(origins=[bank.origin])
    ott = asked(ada)
    (html,) = re.findall(r"^```html\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    for name, filled in (
        ("https://api.bank.example", ada.server.base_url),
        ("app.bank.example", "localhost"),
        ("THE-TOKEN", ott),
    ):
        assert name in html
        html = html.replace(name, filled)
    own = "<script>function callAgain() { window.called = (window.called ?? 0) + 1; }</script>"
    await page.goto(bank.put("/by-hand", f"<!doctype html><title>Bank</title>{own}{html}"))
    frame = page.frame_locator("iframe[name=approval]")
    await page.evaluate("postMessage('tw-approve-api-action-success')")
    await enter_pin(frame)
    assert await page.evaluate("window.called") is None, "not by whoever says so"
    await enter_code(frame, ada)
    await page.wait_for_function("window.called === 1")


async def test_a_standing_approval_needs_no_page(shop: Shop, ada: WiseUser):
    """Low risk: within five minutes the next statement is just read."""
    ott = await shop.ott()
    frame = await shop.frame(ott)
    await enter_pin(frame)
    await enter_code(frame, ada)
    await shop.hears("success")
    assert (await shop.call(ott))["status"] == 200
    assert (await shop.call())["status"] == 200


async def test_cancelled(shop: Shop):
    ott = await shop.ott()
    frame = await shop.frame(ott)
    await frame.get_by_role("button", name="Cancel").click()
    await shop.hears("closed")
    await expect(frame.get_by_role("heading", name="Cancelled")).to_be_focused()
    await expect(frame.locator("#asking")).to_be_hidden()
    assert (await shop.call(ott))["status"] == 403


async def test_the_window_is_closed(shop: Shop):
    window = await shop.window(await shop.ott())
    await window.close()
    await shop.hears("closed")


async def test_wrong_answers_and_then_a_block(shop: Shop, ada: WiseUser):
    frame = await shop.frame(await shop.ott())
    problem = frame.get_by_role("alert")
    for _ in range(4):
        await enter_pin(frame, "9999")
        await expect(problem).to_have_text("That is not your PIN.")
        await expect(pin_field(frame)).to_have_value("")
    assert await shop.heard() == []
    await enter_pin(frame, "9999")
    await shop.hears("failed")
    await expect(frame.get_by_role("heading", name="Not approved")).to_be_focused()
    await expect(frame.get_by_text("too many wrong answers")).to_contain_text("15 minutes")
    blocked = await shop.call()
    assert blocked["status"] == 429
    assert 0 < int(blocked["headers"]["retry-after"]) <= 900


async def test_blocked_before_it_begins(shop: Shop, ada: WiseUser):
    ott = await shop.ott()
    for _ in range(5):
        ada.verify_pin(ott, "9999")
    frame = await shop.frame(ott)
    await expect(frame.get_by_text("too many wrong answers")).to_be_visible()
    await shop.hears("failed")


async def test_expired_while_the_page_is_open(shop: Shop, ada: WiseUser):
    frame = await shop.frame(await shop.ott())
    await expect(frame.locator("#pin[data-ready]")).to_be_visible()
    ada.server.advance(3_601)
    await enter_pin(frame)
    await shop.hears("failed")
    await expect(frame.get_by_text("The request has expired")).to_be_visible()


@pytest.mark.parametrize("how", ["expired", "used", "unknown"])
async def test_a_token_that_is_good_for_nothing(shop: Shop, ada: WiseUser, how: str):
    """One page for all of them, and the partner's page is told."""
    ott = await shop.ott()
    if how == "expired":
        ada.server.advance(3_601)
    elif how == "used":
        ada.clear(ott)
        assert (await shop.call(ott))["status"] == 200
    frame = await shop.frame(ott if how != "unknown" else "b8f2a6be-3c5d-4b7a-9a57-70f4ae1c9d11")
    await expect(frame.get_by_role("heading", name="Not approved")).to_be_visible()
    await expect(frame.get_by_text("has expired or was used already")).to_be_visible()
    await shop.hears("failed")


async def test_another_way(shop: Shop, ada: WiseUser):
    """A person may choose the channel; a wrong code is said to be one, and another can be sent."""
    frame = await shop.frame(await shop.ott())
    await enter_pin(frame)
    await frame.get_by_role("button", name="Get a code by WhatsApp").click()
    await expect(frame.get_by_role("heading", name="Get a code by WhatsApp")).to_be_visible()
    await frame.get_by_role("button", name="Send the WhatsApp message").click()
    code = frame.get_by_label("Code of six digits")
    await expect(code).to_be_focused()
    ending = ada.phone[-4:]
    await expect(frame.locator("form p")).to_have_text(
        f"We have sent a WhatsApp message to the phone that ends in {ending}."
    )
    await code.fill("000000")
    await frame.get_by_role("button", name="Confirm").click()
    await expect(frame.get_by_role("alert")).to_have_text("That is not the code that we sent.")
    await frame.get_by_role("button", name="Send again").click()
    await expect(frame.get_by_role("alert")).to_contain_text("A code was sent a moment ago.")
    (message, *_) = ada.server.messages(ada.phone)
    assert message["channel"].upper() == "WHATSAPP"
    await code.fill(str(message["code"]))
    await frame.get_by_role("button", name="Confirm").click()
    await shop.hears("success")


async def test_when_no_more_codes_are_sent(shop: Shop, ada: WiseUser):
    """Starting again would bring the same token: another way, or the end of this one."""
    ott = await shop.ott()
    for _ in range(3):
        assert ada.trigger(ott).status == 200
        ada.server.advance(15)
    frame = await shop.frame(ott)
    await enter_pin(frame)
    await frame.get_by_role("button", name="Send the text message").click()
    await expect(frame.get_by_role("alert")).to_have_text(
        "No more codes can be sent for this request. "
        "Choose another way, or try again in 60 minutes."
    )


async def test_in_the_app(page: Page, bank: Site, server: Server, partner: JoseClient):
    """What only the app can prove: the page waits, and goes on by itself."""
    server.settings(origins=[bank.origin], fingerprint_is_possession=True)
    grace = enrolled(Partner(server, partner), "pin", "fingerprint")
    shop = await Shop(page, grace, bank).visit()
    ott = await shop.ott()
    frame = await shop.frame(ott)
    await enter_pin(frame)
    await expect(frame.get_by_text("Open your app on the phone")).to_be_visible()
    assert grace.verify_fingerprint(ott).status == 200
    await shop.hears("success")


async def test_somebody_elses_page(shop: Shop, page: Page, stranger: Site, ada: WiseUser):
    """With the very token: it reads no header, frames nothing, and is told nothing."""

    def refused(message: ConsoleMessage) -> bool:
        what, _, why = message.text.partition("frame-ancestors")
        return bool(why) and ada.server.base_url in what  # the page itself, not a frame in it

    ott = await shop.ott()
    theirs = await Shop(await page.context.new_page(), ada, stranger, shop.balance).visit()
    unreadable = await theirs.call()
    assert (unreadable["status"], unreadable["headers"]) == (0, {})
    for hostname in ("localhost", "127.0.0.1"):
        async with theirs.page.expect_console_message(refused):
            await theirs.frame(ott, hostname)
        await theirs.page.evaluate("document.querySelector('iframe').remove()")
    assert await theirs.heard() == []


async def test_in_a_strangers_window(shop: Shop, page: Page, stranger: Site, ada: WiseUser):
    """Who opens the page in the name of a registered one learns nothing of the end."""
    ott = await shop.ott()
    theirs = await Shop(await page.context.new_page(), ada, stranger, shop.balance).visit()
    async with theirs.page.expect_popup() as made:
        await theirs.page.get_by_role("button", name="Open").click()
    window = await made.value
    await expect(window.get_by_role("heading", name="One moment")).to_be_visible()
    await theirs.page.evaluate("(ott) => send(ott, 'approving', 'localhost')", ott)
    await enter_pin(window)
    await enter_code(window, ada)
    await expect(window.get_by_role("heading", name="Approved")).to_be_visible()
    await window.evaluate("new Promise(requestAnimationFrame)")
    assert await theirs.heard() == []
    await theirs.page.evaluate("(ott) => send(ott, 'approving')", ott)
    await expect(window.get_by_text("is not registered here")).to_be_visible()
    assert await theirs.heard() == []


async def test_a_sandbox_without_origins_takes_this_machine(page: Page, bank: Site, ada: WiseUser):
    shop = await Shop(page, ada, bank).visit()
    ott = await shop.ott()
    frame = await shop.frame(ott)
    await enter_pin(frame)
    await enter_code(frame, ada)
    await shop.hears("success")


async def test_by_keyboard_alone(shop: Shop, ada: WiseUser):
    window = await shop.window(await shop.ott())
    await expect(window.locator("#pin[data-ready]")).to_be_visible()
    keys = window.keyboard
    await keys.press("Tab")
    await expect(pin_field(window)).to_be_focused()
    await keys.type("1234")
    await keys.press("Enter")
    await expect(window.get_by_role("button", name="Send the text message")).to_be_focused()
    await keys.press("Enter")
    await expect(window.get_by_label("Code of six digits")).to_be_focused()
    await keys.type(ada.newest_code())
    await keys.press("Enter")
    await expect(window.get_by_role("heading", name="Approved")).to_be_focused()
    await shop.hears("success")


async def test_the_page_never_has_the_pin(shop: Shop, ada: WiseUser):
    """The code, typed into a field of the page's own, is the control."""
    pin = "7302"
    assert ada.delete_pin().status == 204
    assert ada.set_pin(pin).status == 204
    sent: list[str] = []
    shop.page.context.on(
        "request", lambda request: sent.append(f"{request.url} {request.post_data or ''}")
    )
    window = await shop.window(await shop.ott())
    await expect(window.locator("#pin[data-ready]")).to_be_visible()
    await pin_field(window).press_sequentially(pin)
    while_typed = await window.evaluate(WALK)
    await window.get_by_role("button", name="Confirm").click()
    await window.get_by_role("button", name="Send the text message").click()
    await expect(window.get_by_label("Code of six digits")).to_be_focused()
    code = ada.newest_code()
    await window.get_by_label("Code of six digits").fill(code)
    afterwards = await window.evaluate(WALK)
    kept = json.dumps(await window.evaluate(KEPT))
    assert len(while_typed) > 2_000
    assert code in afterwards
    assert pin not in {*while_typed, *afterwards}
    assert any("/verify" in one and "cap_" in one for one in sent)
    assert any("/tokens" in one and "jwe" in one for one in sent)
    assert not any(f'"{pin}"' in one for one in [*sent, kept])


# What a page does that speaks to a frame by itself, without the SDK.
OWN_FRAME = """async (source) => {
  const frame = Object.assign(document.createElement("iframe"), { src: source });
  document.body.append(frame);
  return new Promise((resolve) => addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow || data !== "assent:hello") return;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    const connect = { kind: "assent:connect", version: 1, type: "pin", id: "x", settings: {} };
    frame.contentWindow.postMessage(connect, "*", [port2]);
  }));
}"""


async def test_no_page_of_a_partner_has_a_field_for_pins(shop: Shop, ada: WiseUser):
    """Neither from the SDK, nor by speaking to a frame as the SDK does."""
    page, ui_key = shop.page, ui_key_of(ada.server)
    await page.add_script_tag(url=f"{ada.server.base_url}{V1}")
    asked = "(key) => (OpcUxSecureClient.init(key), OpcUxSecureClient.form().input('a', 'pin'))"
    with pytest.raises(Error, match="There is no field type"):
        await page.evaluate(asked, ui_key)
    frames = ada.server.credentials["frames_url"]
    told = await page.evaluate(OWN_FRAME, f"{frames}/field?ui_key={ui_key}")
    assert told == {"tells": "failed", "code": "FIELD_NOT_CONFIGURED"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_narrow_screen(shop: Shop, ada: WiseUser, scheme: str):
    window = await shop.window(await shop.ott())
    await window.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await window.set_viewport_size({"width": 320, "height": 640})
    await expect(window.locator("#pin[data-ready]")).to_be_visible()
    wide = "document.documentElement.scrollWidth"
    assert await window.evaluate(wide) == 320
    await enter_pin(window)
    await window.get_by_role("button", name="Send the text message").click()
    await expect(window.get_by_label("Code of six digits")).to_be_visible()
    assert await window.evaluate(wide) == 320
