"""The usage that the vendor's pages document, step by step, in a real browser.

Each page here makes the documented calls in the documented order, with what they are given.
"""

import pytest
from playwright.async_api import Page, expect

from tests.support.chromium import Site
from tests.support.client import Server
from tests.support.secure_page import V2, field_in, told, visit
from tests.support.weavr import PASSWORD, log_in, new_person

pytestmark = pytest.mark.asyncio(loop_scope="session")

_FORM = '<form onsubmit="onSubmit(); return false;">{}<input type="submit" value="Go"></form>'
_ONE = _FORM.format('<div id="one"></div>')
_TWO = _FORM.format('<div id="one"></div><div id="two"></div>') + '<div id="said"></div>'

_LOG_IN = """
window.OpcUxSecureClient.init("UI_KEY");
var form = window.OpcUxSecureClient.form();
var input = form.input("password", "password", { placeholder: "Password", maxlength: 30 });
input.mount(document.getElementById("one"));
input.on("submit", () => { window.entered = true; });
function onSubmit() { form.tokenize(function (tokens) { window.tokens = tokens; }); }
"""
_CONFIRM = """
window.OpcUxSecureClient.init("UI_KEY");
const form = window.OpcUxSecureClient.form();
const first = form.input("NAME", "NAME", { placeholder: "First" });
const second = form.input("CONFIRM", "CONFIRM", { placeholder: "Again" });
first.mount("#one");
second.mount("#two");
function onSubmit() {
  form.tokenize(
    (res) => { document.getElementById("said").innerText = JSON.stringify(res); window.res = res; },
    (err) => { document.getElementById("said").innerText = "ERROR: " + JSON.stringify(err); },
  );
}
"""
_PASSCODE = """
window.OpcUxSecureClient.init("UI_KEY");
var form = window.OpcUxSecureClient.form();
var input = form.input("passcode", "passCode", { placeholder: "Pass code" });
input.on("submit", () => { onSubmit(); });
input.mount(document.getElementById("one"));
function onSubmit() { form.tokenize(function (tokens) { window.tokens = tokens; }); }
"""
_V2 = """
const client = weavr.init("UI_KEY");
const input = client.capture.password("password", { placeholder: "Password" });
input.on("ready", () => { window.ready = true; });
input.mount("#one");
function onSubmit() { input.createToken().then((answer) => { window.answer = answer; }); }
"""


def with_passcodes(server: Server) -> None:
    server.settings(credentials=["password", "passcode"])


async def test_password_to_token_to_session(page: Page, bank: Site, server: Server):
    person = new_person(server)
    await visit(page, bank, server, _ONE, _LOG_IN)
    field = field_in(page, "#one")
    assert await field.get_attribute("placeholder") == "Password"
    await field.fill(PASSWORD)
    await page.get_by_role("button", name="Go").click()
    tokens = await told(page, "window.tokens")
    assert list(tokens) == ["password"]
    assert log_in(server, person.email, tokens["password"]).status == 200
    assert log_in(server, person.email, tokens["password"]).error == "TOKEN_EXPIRED"


async def test_enter_triggers_the_submit_handler(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, _ONE, _LOG_IN)
    field = field_in(page, "#one")
    await field.fill(PASSWORD)
    await field.press("Enter")
    assert await told(page, "window.entered")


@pytest.mark.parametrize(
    ("name", "confirm", "value"),
    [("password", "confirmPassword", PASSWORD), ("passCode", "confirmPassCode", "4937")],
)
async def test_two_that_match_and_two_that_do_not(
    page: Page, bank: Site, server: Server, name: str, confirm: str, value: str
):
    with_passcodes(server)
    script = _CONFIRM.replace("CONFIRM", confirm).replace("NAME", name)
    await visit(page, bank, server, _TWO, script)
    first, second = field_in(page, "#one"), field_in(page, "#two")
    said, go = page.locator("#said"), page.get_by_role("button", name="Go")
    await first.fill(value)
    await second.fill(value[:-1] + "8")
    await go.click()
    await expect(said).to_contain_text("ERROR")
    await expect(said).to_contain_text("CONFIRM_MISMATCH")
    assert value not in await said.inner_text()
    await second.fill(value)
    await go.click()
    res = await told(page, "window.res")
    assert list(res) == [name], "a confirm field gives no token"


async def test_passcode_by_enter_to_token_to_session(page: Page, bank: Site, server: Server):
    with_passcodes(server)
    person = new_person(server, password="4937")
    await visit(page, bank, server, _ONE, _PASSCODE)
    field = field_in(page, "#one")
    await field.press_sequentially("4937")
    await field.press("Enter")
    tokens = await told(page, "window.tokens")
    assert list(tokens) == ["passcode"]
    assert log_in(server, person.email, tokens["passcode"]).status == 200


async def test_the_second_generation(page: Page, bank: Site, server: Server):
    person = new_person(server)
    await visit(page, bank, server, _ONE, _V2, V2)
    await field_in(page, "#one").fill(PASSWORD)
    await told(page, "window.ready")
    await page.get_by_role("button", name="Go").click()
    answer = await told(page, "window.answer")
    assert list(answer) == ["tokens"]
    assert log_in(server, person.email, answer["tokens"]["password"]).status == 200


async def test_the_demo_programme_takes_any_loopback_page(page: Page, stranger: Site, box):
    await visit(page, stranger, box.server, _ONE, _LOG_IN)
    await field_in(page, "#one").fill(PASSWORD)
    await page.get_by_role("button", name="Go").click()
    assert await told(page, "window.tokens")
