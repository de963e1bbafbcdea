"""What a page, or whoever is at it, can do wrong, and what goes wrong by itself: each gets an error
that says what, and what to do about it, and nothing of what was typed."""

import re
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.support.canary import seen
from tests.support.chromium import Site, fresh, site
from tests.support.client import Server
from tests.support.secure_page import V1, V2, field_in, html, visit
from tests.support.weavr import PASSWORD, log_in, new_person

pytestmark = pytest.mark.asyncio(loop_scope="session")

DECLARED = Path(__file__).resolve().parents[2] / "src/assent/frames/built/client.1.d.ts"
VALUE = "Kestrel-Canary-81!"
TWO = '<div id="one"></div><div id="two"></div>'
# what becomes of a promise, or of a call that throws
SETTLED = """async (code) => {
  try {
    await new Function(`return (${code})`)();
    return { code: "nothing" };
  } catch (error) {
    const { code, message, name } = error;
    return { code, message, name, json: JSON.stringify(error), stack: String(error.stack) };
  }
}"""
# what is said to the callback that is written `reject`
CALLED = """(code) => new Promise((tell) => {
  const reject = ({ code, message, stack }) => tell({ code, message, stack });
  new Function("resolve", "reject", code)(() => tell({ code: "nothing" }), reject);
})"""
# a call, and then everything that it leads to
DONE = """async (code) => {
  new Function(code)();
  await form.tokenize().catch(() => {});
  await new Promise((told) => setTimeout(told));
}"""
SCRIPT = """
OpcUxSecureClient.init("UI_KEY");
const form = OpcUxSecureClient.form();
let ready = 0;
function field(place, type = "password", name = place.slice(1)) {
  const input = form.input(name, type);
  input.on("ready", () => { ready += 1; });
  input.mount(place);
  return input;
}
"""
ONE = f"{SCRIPT} field('#one');"
PAIR = f"{SCRIPT} field('#one'); field('#two', 'confirmPassword');"

AT_ONCE = [
    ("UI_KEY_MISSING", "sdk.init()", "Give the programme's UI key"),
    ("UI_KEY_MISSING", "sdk.init('  ')", "Give the programme's UI key"),
    ("UI_KEY_MISSING", "sdk.init(42)", "Give the programme's UI key"),
    ("NAME_MISSING", "form.input()", "Give a text"),
    ("NAME_MISSING", "form.input('', 'password')", "Give a text"),
    ("NAME_MISSING", "form.input(7, 'password')", "Give a text"),
    ("NAME_TAKEN", "(one(), form.input('one', 'passCode'))", '"one"'),
    ("FIELD_TYPE_UNKNOWN", "form.input('one', 'text')", '"text"'),
    ("FIELD_TYPE_UNKNOWN", "form.input('one', 'toString')", "There are password,"),
    ("FIELD_TYPE_UNKNOWN", "form.input('one')", "There are password,"),
    ("ELEMENT_NOT_FOUND", "one().mount('#nowhere')", '"one"'),
    ("ELEMENT_NOT_FOUND", "one().mount('<no selector>')", "a selector that finds one"),
    ("ELEMENT_NOT_FOUND", "one().mount(null)", "Give an element"),
    ("ELEMENT_NOT_FOUND", "one().mount({})", "Give an element"),
    ("ELEMENT_NOT_FOUND", "one().mount(document)", "Give an element"),
    ("ELEMENT_NOT_FOUND", "one().mount(document.createElement('p'))", "in the document"),
    ("ELEMENT_TAKEN", "(one().mount('#one'), other().mount('#one'))", '"one"'),
    ("OPTION_REFUSED", "one(5)", "See the declarations"),
    ("OPTION_REFUSED", "one({ maxlength: 0 })", '"maxlength"'),
    ("OPTION_REFUSED", "one({ placeholder: 7 })", '"placeholder"'),
    ("OPTION_REFUSED", "one({ autocomplete: 'on' })", '"autocomplete"'),
    ("OPTION_REFUSED", "one({ dir: 'up' })", '"dir"'),
    ("OPTION_REFUSED", "one({ classNames: 'red' })", '"classNames"'),
    ("OPTION_REFUSED", "one({ messages: { perfect: 'x' } })", '"messages.perfect"'),
    ("OPTION_REFUSED", "one().update({ label: 1 })", '"label"'),
    ("STYLE_REFUSED", "one({ style: 3 })", '"style"'),
    ("STYLE_REFUSED", "one({ style: { hover: {} } })", '"style.hover"'),
    ("STYLE_REFUSED", "one({ style: { base: { position: 'fixed' } } })", '"style.base.position"'),
    ("STYLE_REFUSED", "one({ style: { base: { color: 'url(x)' } } })", "without url()"),
    ("STYLE_REFUSED", "one({ style: { base: { fontSize: 'blue' } } })", '"style.base.fontSize"'),
    ("EVENT_UNKNOWN", "one().on('click', () => {})", '"click"'),
    ("EVENT_UNKNOWN", "one().off('toString')", "There are ready,"),
    ("EVENT_UNKNOWN", "one().removeAllListeners('x')", "There are ready,"),
    ("LISTENER_INVALID", "one().on('focus')", "Give a function"),
    ("LISTENER_INVALID", "one().addListener('focus', 'log')", '"focus"'),
    ("DESTROYED", "gone().mount('#one')", '"one"'),
    ("DESTROYED", "gone().focus()", "Create a new one"),
    ("DESTROYED", "gone().update({})", "Create a new one"),
    ("DESTROYED", "(form.destroy(), form.input('one', 'password'))", "Create a new one"),
    ("DESTROYED", "(form.destroy(), form.tokenize())", "Create a new one"),
    ("FORM_EMPTY", "form.tokenize()", "Create one with input()"),
    ("NOT_READY", "(one(), form.tokenize())", "Mount it and wait"),
    ("NOT_READY", "(one().mount('#one'), form.tokenize())", '"one"'),
    ("CONFIRM_WITHOUT_PAIR", "confirm().mount('#one')", "in the same form first"),
    ("CONFIRM_WITHOUT_PAIR", "(confirm(), form.tokenize())", '"again"'),
    ("CONFIRM_WITHOUT_PAIR", "(one(), confirm('confirmPassCode').mount('#one'))", '"again"'),
    ("TOKEN_MALFORMED", "sdk.associate()", '"Bearer "'),
    ("TOKEN_MALFORMED", "sdk.associate('eyJhbGciOi')", "Give the session's token"),
]
"""Code, how to get it, and what the message says among other things."""
LATER = {
    *("NOT_INITIALISED", "INSECURE_CONTEXT", "VALUE_EMPTY", "VALUE_REFUSED", "CONFIRM_MISMATCH"),
    *("PAIR_UNREACHABLE", "UI_KEY_UNKNOWN", "ORIGIN_NOT_REGISTERED", "FIELD_NOT_CONFIGURED"),
    *("CONNECTION_LOST", "FRAME_TIMEOUT", "SERVER_UNAVAILABLE", "TOO_MANY_REQUESTS"),
    "SESSION_GONE",
}
"""Those of the tests further down."""


def is_clear(error: dict[str, Any], code: str, *says: str) -> None:
    """It has the code; it names the mistake in one sentence and the remedy in another; there is
    nothing in it of what was typed."""
    assert error["code"] == code
    message = error["message"]
    assert len(re.findall(r"[.:;](?: |$)", message)) >= 2, message
    for part in says:
        assert part in message
    assert seen(VALUE, repr(error).encode()) == []


async def ready(page: Page, fields: int = 1) -> None:
    await page.wait_for_function("(fields) => ready === fields", arg=fields)


async def refused(page: Page) -> dict[str, Any]:
    """What `tokenize` says to its callback."""
    return dict(await page.evaluate(CALLED, "form.tokenize(resolve, reject)"))


async def complained(page: Page, code: str, doing: Awaitable[Any]) -> dict[str, Any]:
    """The error that is on the console while nobody has asked for a token yet; who asks then gets
    the same."""
    async with page.expect_console_message(lambda said: f"({code})" in said.text) as said:
        await doing
    message = await said.value
    assert message.type == "error"
    error = await refused(page)
    assert error["message"] in message.text
    return error


# ----- mistakes of the page


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(browser: Browser) -> AsyncIterator[Page]:
    """One page for all mistakes that need no frame; each makes a form of its own."""
    async with fresh(browser) as context:
        with site() as bank:
            page = await context.new_page()
            await page.goto(bank.put("/", TWO))
            yield page


@pytest.mark.parametrize(("code", "mistake", "says"), AT_ONCE, ids=[one[1] for one in AT_ONCE])
async def test_a_mistake_is_told_at_once(desk: Page, box: Any, code: str, mistake: str, says: str):
    server: Server = box.server
    if await desk.evaluate("() => !window.OpcUxSecureClient"):
        await desk.add_script_tag(url=f"{server.base_url}{V1}")
    await desk.evaluate(
        """(ui_key) => {
          window.form?.destroy();
          window.sdk = OpcUxSecureClient;
          sdk.init(ui_key);
          window.form = sdk.form();
          window.one = (options) => form.input("one", "password", options);
          window.other = () => sdk.form().input("other", "password");
          window.confirm = (type = "confirmPassword") => form.input("again", type);
          window.gone = () => { const input = one(); input.destroy(); return input; };
        }""",
        server.credentials["programme"]["ui_key"],
    )
    error = await desk.evaluate(SETTLED, mistake)
    is_clear(error, code, says)
    assert error["name"] == "SecureFieldError"
    assert code in error["json"], "whoever writes it down as JSON has it all"


async def test_every_declared_code_is_here():
    declared = set(re.findall(r'\| "([A-Z_]+)"', DECLARED.read_text()))
    assert len(declared) > 25
    assert {code for code, _, _ in AT_ONCE} | LATER == declared


@pytest.mark.parametrize("mistake", ["OpcUxSecureClient.form()", "OpcUxSecureClient.associate('')"])
async def test_nothing_before_init(page: Page, bank: Site, server: Server, mistake: str):
    await visit(page, bank, server, "", "")
    error = await page.evaluate(SETTLED, mistake)
    is_clear(error, "NOT_INITIALISED", "Call init() with the UI key first")


@pytest.mark.parametrize("sdk", [V1, V2])
async def test_a_page_that_is_not_secure(page: Page, server: Server, sdk: str):
    """By plain http, and not on this machine."""
    code = server.call("GET", sdk).body
    await page.route("http://bank.example.com/sdk.js", lambda route: route.fulfill(body=code))
    text = '<!doctype html><script src="/sdk.js"></script>'
    await page.route(
        "http://bank.example.com/",
        lambda route: route.fulfill(body=text, content_type="text/html"),
    )
    await page.goto("http://bank.example.com/")
    error = await page.evaluate(SETTLED, "(window.weavr ?? OpcUxSecureClient).init('asu_any')")
    is_clear(error, "INSECURE_CONTEXT", "Open it by https, or on localhost")


async def test_an_option_that_nobody_knows_is_said_so(page: Page, bank: Site, server: Server):
    warned: list[str] = []
    page.on("console", lambda said: warned.append(said.text) if said.type == "warning" else None)
    await visit(
        page, bank, server, TWO, f"{SCRIPT} form.input('one', 'password', {{ colour: 1 }});"
    )
    assert warned == ['Secure fields have no option "colour"; it changes nothing.']


# ----- what was typed, or was not


async def test_an_empty_field(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, TWO, ONE)
    await ready(page)
    is_clear(await refused(page), "VALUE_EMPTY", '"one"', "Ask to fill it in")


async def test_an_empty_confirm_field(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, TWO, PAIR)
    await ready(page, 2)
    await field_in(page, "#one").fill(VALUE)
    is_clear(await refused(page), "VALUE_EMPTY", '"two"')


async def test_two_that_differ(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, TWO, PAIR)
    await ready(page, 2)
    await field_in(page, "#one").fill(VALUE)
    await field_in(page, "#two").fill(VALUE[:-1])
    is_clear(await refused(page), "CONFIRM_MISMATCH", '"two"', "Ask to type both again")


async def test_what_cannot_be_a_value(page: Page, bank: Site, server: Server):
    server.settings(credentials=["passcode"])
    await visit(page, bank, server, TWO, f"{SCRIPT} field('#one', 'passCode');")
    await ready(page)
    await field_in(page, "#one").fill("837")
    error = await refused(page)
    is_clear(error, "VALUE_REFUSED", '"one"', "Ask to correct it")
    assert "837" not in error["message"]


async def test_a_confirm_field_that_cannot_reach_its_pair(page: Page, bank: Site, server: Server):
    """That is in a shadow tree, where frames are not found. Three seconds are allowed to it."""
    script = f"""{SCRIPT}
    const hidden = document.createElement("div");
    document.getElementById("one").attachShadow({{ mode: "open" }}).append(hidden);
    field(hidden, "password", "one");
    field("#two", "confirmPassword");
    """
    await page.clock.install()
    await visit(page, bank, server, TWO, script)
    await ready(page, 2)
    for place in ("#one", "#two"):
        await field_in(page, place).fill(VALUE)
    await page.clock.fast_forward(4_000)
    is_clear(await refused(page), "PAIR_UNREACHABLE", '"two"', "outside of shadow trees")


# ----- a programme that is another


async def test_an_unknown_ui_key(page: Page, bank: Site, server: Server):
    error = await complained(
        page, "UI_KEY_UNKNOWN", visit(page, bank, server, TWO, ONE.replace("UI_KEY", "asu_nobodys"))
    )
    is_clear(error, "UI_KEY_UNKNOWN", "Copy it from the programme's keys")


async def test_a_page_that_is_not_registered(page: Page, bank: Site, server: Server):
    server.settings(origins=["https://bank.example.com"])
    error = await complained(page, "ORIGIN_NOT_REGISTERED", visit(page, bank, server, TWO, ONE))
    is_clear(error, "ORIGIN_NOT_REGISTERED", bank.origin, "Register it for the programme")


async def test_a_page_that_is_not_registered_has_nothing_to_associate(
    page: Page, bank: Site, server: Server
):
    server.settings(origins=["https://bank.example.com"])
    person = new_person(server)
    await visit(page, bank, server, TWO, SCRIPT)
    error = await page.evaluate(SETTLED, f"OpcUxSecureClient.associate('Bearer {person.token}')")
    is_clear(error, "ORIGIN_NOT_REGISTERED", bank.origin)
    assert person.token not in repr(error)


async def test_a_kind_that_the_programme_does_not_have(page: Page, bank: Site, server: Server):
    error = await complained(
        page,
        "FIELD_NOT_CONFIGURED",
        visit(page, bank, server, TWO, f"{SCRIPT} field('#one', 'passCode');"),
    )
    is_clear(error, "FIELD_NOT_CONFIGURED", '"one"', "Switch that credential on")


async def test_a_dead_session(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, TWO, SCRIPT)
    error = await page.evaluate(CALLED, "OpcUxSecureClient.associate('Bearer x', resolve, reject)")
    is_clear(error, "SESSION_GONE", "Log in and give the new session's token")


# ----- a server that is far away


async def test_offline_after_the_field_was_there(
    page: Page, bank: Site, server: Server, context: BrowserContext
):
    await visit(page, bank, server, TWO, ONE)
    await ready(page)
    await field_in(page, "#one").fill(VALUE)
    await context.set_offline(True)
    error = await refused(page)
    is_clear(error, "CONNECTION_LOST", server.credentials["frames_url"], "try again")
    await context.set_offline(False)
    assert list(await page.evaluate("form.tokenize()")) == ["one"], "what was typed is still there"


async def test_offline_before_it_was(
    page: Page, bank: Site, server: Server, context: BrowserContext
):
    await visit(page, bank, server, TWO, f"{SCRIPT} let input;")
    await context.set_offline(True)
    mounting = page.evaluate("() => { input = field('#one'); }")
    error = await complained(page, "CONNECTION_LOST", mounting)
    is_clear(error, "CONNECTION_LOST", server.credentials["frames_url"])
    await context.set_offline(False)
    await page.evaluate("input.mount('#one')")
    await field_in(page, "#one").fill(VALUE)
    assert list(await page.evaluate("form.tokenize()")) == ["one"]


async def test_a_server_that_hangs_up(
    page: Page, bank: Site, server: Server, context: BrowserContext
):
    await context.route("**/association", lambda route: route.abort())
    await context.route("**/tokens?*", lambda route: route.abort("connectionreset"))
    await visit(page, bank, server, TWO, ONE)
    await ready(page)
    await field_in(page, "#one").fill(VALUE)
    is_clear(await refused(page), "CONNECTION_LOST", "Check the connection")
    error = await page.evaluate(SETTLED, "OpcUxSecureClient.associate('Bearer x')")
    is_clear(error, "CONNECTION_LOST", "Check the connection")


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (429, "TOO_MANY_REQUESTS", "Wait a minute"),
        (503, "SERVER_UNAVAILABLE", "Try again later"),
        (500, "SERVER_UNAVAILABLE", "Try again later"),
        (200, "SERVER_UNAVAILABLE", "Try again later"),
    ],
)
async def test_a_server_that_cannot_now(
    page: Page,
    bank: Site,
    server: Server,
    context: BrowserContext,
    status: int,
    code: str,
    says: str,
):
    """Or something between it and us that answers in its place."""
    for path in ("**/tokens?*", "**/association"):
        await context.route(path, lambda route: route.fulfill(status=status, body="<h1>No</h1>"))
    await visit(page, bank, server, TWO, ONE)
    await ready(page)
    await field_in(page, "#one").fill(VALUE)
    is_clear(await refused(page), code, says, '"one"')


@pytest.mark.parametrize(
    ("status", "code"), [(429, "TOO_MANY_REQUESTS"), (503, "SERVER_UNAVAILABLE")]
)
async def test_a_server_that_has_no_frame_now(
    page: Page, bank: Site, server: Server, context: BrowserContext, status: int, code: str
):
    for path in ("**/field?*", "**/embedding?*"):
        await context.route(path, lambda route: route.fulfill(status=status, json={"code": "X"}))
    error = await complained(page, code, visit(page, bank, server, TWO, ONE))
    is_clear(error, code, '"one"')


async def test_a_frame_that_starts_after_all(
    page: Page, bank: Site, server: Server, context: BrowserContext
):
    """The page has put its element somewhere else, and the browser has loaded it anew."""
    await visit(page, bank, server, TWO, SCRIPT)
    await context.set_offline(True)
    await complained(page, "CONNECTION_LOST", page.evaluate("() => void field('#one')"))
    await context.set_offline(False)
    await page.evaluate("document.body.append(document.getElementById('one'))")
    await ready(page)
    await field_in(page, "#one").fill(VALUE)
    assert list(await page.evaluate("form.tokenize()")) == ["one"]


async def test_a_frame_that_never_starts(
    page: Page, bank: Site, server: Server, context: BrowserContext
):
    """Fifteen seconds are allowed to it."""
    await context.route("**/static/field.*.js", lambda route: route.fulfill(body=""))
    await page.clock.install()
    await visit(page, bank, server, TWO, ONE)
    error = await complained(page, "FRAME_TIMEOUT", page.clock.fast_forward(16_000))
    is_clear(error, "FRAME_TIMEOUT", '"one"', "browser extension")


# ----- nothing is silent


@pytest.mark.parametrize(
    ("call", "lost"),
    [
        ("form.tokenize()", 1),
        ("form.tokenize(() => {})", 1),
        ("form.tokenize(() => {}, undefined)", 1),
        ("form.tokenize(() => {}, () => {})", 0),
        ("form.tokenize().catch(() => {})", 0),
    ],
)
async def test_a_failure_that_nobody_looks_at(
    page: Page, bank: Site, server: Server, call: str, lost: int
):
    uncaught: list[str] = []
    page.on("pageerror", lambda error: uncaught.append(error.message))
    await visit(page, bank, server, TWO, ONE)
    await ready(page)
    await page.evaluate(DONE, call)
    assert uncaught == ['The field "one" is empty. Ask to fill it in.'] * lost


async def test_a_page_can_collect_what_nobody_looked_at(page: Page, bank: Site, server: Server):
    """With `crossorigin`; browsers do not tell a page what scripts of other origins do wrong."""
    script = f"{ONE} const lost = []; onunhandledrejection = (it) => lost.push(it.reason.code);"
    text = html(server, TWO, script).replace("<script src", "<script crossorigin src")
    await page.goto(bank.put("/", text))
    await ready(page)
    await page.evaluate(DONE, "form.tokenize()")
    assert await page.evaluate("lost") == ["VALUE_EMPTY"]


async def test_a_callback_that_throws_is_the_pages_own_error(
    page: Page, bank: Site, server: Server
):
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    await visit(page, bank, server, TWO, ONE)
    await ready(page)
    await page.evaluate(
        """() => form.tokenize(null, ({ code }) => { throw new Error(`page: ${code}`); })
          .catch(() => {})"""
    )
    assert errors == ["page: VALUE_EMPTY"]


async def test_the_second_generation_fails_alike(page: Page, bank: Site, server: Server):
    script = """
    const input = weavr.init("UI_KEY").capture.password("one");
    let ready = 0;
    input.on("ready", () => { ready += 1; });
    """
    await visit(page, bank, server, TWO, script, V2)
    is_clear(await page.evaluate(SETTLED, "input.createToken()"), "NOT_READY", '"one"')
    await page.evaluate("input.mount('#one')")
    await ready(page)
    is_clear(await page.evaluate(SETTLED, "input.createToken()"), "VALUE_EMPTY", '"one"')


# ----- what takes its time does not go wrong


async def test_a_page_that_stayed_open_for_longer_than_the_key(
    page: Page, bank: Site, server: Server
):
    person = new_person(server)
    await visit(page, bank, server, TWO, ONE)
    await ready(page)
    for _ in range(2):
        server.advance(3_600)
        await field_in(page, "#one").fill(PASSWORD)
        tokens = await page.evaluate("form.tokenize()")
        assert log_in(server, person.email, tokens["one"]).status == 200


async def test_another_origin_is_registered_while_a_field_is_open(
    page: Page, bank: Site, server: Server
):
    """A frame that is loaded stays; the next one is not for this page."""
    person = new_person(server)
    await visit(page, bank, server, TWO, ONE)
    await ready(page)
    server.settings(origins=["https://bank.example.com"])
    await field_in(page, "#one").fill(PASSWORD)
    tokens = await page.evaluate("form.tokenize()")
    assert log_in(server, person.email, tokens["one"]).status == 200
    await complained(page, "ORIGIN_NOT_REGISTERED", page.reload())
