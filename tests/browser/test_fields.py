"""A field as the page sets it up, and as whoever fills it in meets it: by eye, by ear, by hand."""

import json
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.chromium import Site
from tests.support.client import Server
from tests.support.playground import next_stop
from tests.support.secure_page import V2, field_in, frame_in, told, visit
from tests.support.weavr import PASSWORD, log_in, new_person

pytestmark = pytest.mark.asyncio(loop_scope="session")

LABELLED = '<label for="one">Password</label><div id="one"></div>'
PAIR = '<div id="one"></div><div id="two"></div>'
# `field` makes one and mounts it; `said` is all that it says but of its strength
SCRIPT = """
OpcUxSecureClient.init("UI_KEY");
const form = OpcUxSecureClient.form();
const said = [];
function listen(input) {
  for (const event of ["ready", "change", "keyup", "focus", "blur", "submit"]) {
    input.on(event, (...told) => said.push([event, ...told]));
  }
  return input;
}
function field(place, type = "password", options = {}) {
  const input = listen(form.input(place.slice(1), type, options));
  input.mount(place);
  return input;
}
"""
ONE = f"{SCRIPT} const input = field('#one');"
NEW = {"autocomplete": "new-password"}


async def one_with(page: Page, bank: Site, server: Server, body: str, **options: Any) -> Locator:
    """A password field with these options; what is typed into."""
    script = f"{SCRIPT} const input = field('#one', 'password', {json.dumps(options)});"
    await visit(page, bank, server, body, script)
    return await ready(page)


async def ready(page: Page, place: str = "#one") -> Locator:
    await page.wait_for_function("() => said.some(([event]) => event === 'ready')")
    box = field_in(page, place)
    await expect(box).to_be_attached()
    return box


async def heard(page: Page, event: str) -> list[list[Any]]:
    """What was said with it, each time. Blurred before, so that nothing is still to be said."""
    told = await page.evaluate("(event) => said.filter(([name]) => name === event)", event)
    return [one[1:] for one in told]


async def left(page: Page, box: Locator) -> None:
    """The person goes on; all that there is to be said of the field is said before that."""
    before = len(await heard(page, "blur"))
    await box.evaluate("(input) => input.focus()")
    await box.evaluate("(input) => input.blur()")
    await page.wait_for_function(
        "(before) => said.filter(([name]) => name === 'blur').length > before", arg=before
    )


# ----- by ear


@pytest.mark.parametrize(
    ("body", "options", "name"),
    [
        (
            '<label for="one">Your <b>secret </b>\nword</label><div id="one"></div>',
            {},
            "Your secret word",
        ),
        (LABELLED, {"label": "Passphrase"}, "Passphrase"),
        ('<div id="one" aria-label="Key"></div>', {"placeholder": "Hint"}, "Key"),
        ('<div id="one"></div>', {"placeholder": "Type it here"}, "Type it here"),
        ('<div id="one"></div>', {}, "Password"),
    ],
    ids=["label", "option", "aria-label", "placeholder", "type"],
)
async def test_what_a_screen_reader_calls_it(
    page: Page, bank: Site, server: Server, body: str, options: dict[str, str], name: str
):
    await one_with(page, bank, server, body, **options)
    named = frame_in(page, "#one").get_by_role("textbox", name=name, exact=True)
    await expect(named).to_have_attribute("type", "password")
    await expect(page.locator("#one iframe")).to_have_attribute("title", name)


async def test_a_field_is_not_called_wrong_before_it_is_left(
    page: Page, bank: Site, server: Server
):
    box = await one_with(page, bank, server, LABELLED, **NEW)
    status = frame_in(page, "#one").get_by_role("status")
    await box.press_sequentially("short")
    await expect(box).to_have_attribute("aria-invalid", "false")
    await expect(status).to_be_empty()
    await left(page, box)
    await expect(box).to_have_attribute("aria-invalid", "true")
    await expect(status).to_have_text(
        "Use 8 to 30 characters, with a capital letter, a small letter, "
        "a digit and a special character."
    )
    await expect(box).to_have_accessible_description(await status.inner_text())
    await box.fill(PASSWORD)
    await expect(box).to_have_attribute("aria-invalid", "false")
    await expect(status).to_have_text("Valid.")


async def test_a_remembered_password_is_not_praised(page: Page, bank: Site, server: Server):
    box = await one_with(page, bank, server, LABELLED)
    await box.fill("anything")
    await left(page, box)
    await expect(box).to_have_attribute("aria-invalid", "false")
    await expect(frame_in(page, "#one").get_by_role("status")).to_be_empty()


async def test_it_speaks_the_pages_words(page: Page, bank: Site, server: Server):
    german = {"invalid": "{shortest} bis {longest} Zeichen.", "valid": "In Ordnung."}
    body = f'<div lang="de">{LABELLED}</div>'
    box = await one_with(page, bank, server, body, messages=german, **NEW)
    status = frame_in(page, "#one").get_by_role("status")
    await box.fill("kurz")
    await left(page, box)
    await expect(status).to_have_text("8 bis 30 Zeichen.")
    await box.fill(PASSWORD)
    await expect(status).to_have_text("In Ordnung.")
    await expect(frame_in(page, "#one").locator("html")).to_have_attribute("lang", "de")


async def test_whether_two_are_the_same_is_announced(page: Page, bank: Site, server: Server):
    messages = json.dumps({"messages": {"mismatch": "Nicht gleich."}})
    script = f"{SCRIPT} field('#one'); field('#two', 'confirmPassword', {messages});"
    await visit(page, bank, server, PAIR, script)
    await field_in(page, "#one").fill(PASSWORD)
    again = field_in(page, "#two")
    status = frame_in(page, "#two").get_by_role("status")
    await again.fill("another")
    await left(page, again)
    await expect(status).to_have_text("Nicht gleich.")
    await expect(again).to_have_attribute("aria-invalid", "true")
    await again.fill(PASSWORD)
    await expect(status).to_have_text("Both entries are the same.")
    await field_in(page, "#one").fill("changed")
    await expect(status).to_have_text("Nicht gleich.")


# ----- by eye


async def test_it_is_as_the_element_around_it(page: Page, bank: Site, server: Server):
    body = f'<div lang="ar" dir="rtl" style="color-scheme: dark">{LABELLED}</div>'
    box = await one_with(page, bank, server, body)
    root = frame_in(page, "#one").locator("html")
    await expect(root).to_have_attribute("lang", "ar")
    await expect(box).to_have_css("direction", "rtl")
    await expect(root).to_have_css("color-scheme", "dark")


async def test_options_come_before_the_element_around_it(page: Page, bank: Site, server: Server):
    body = f'<div lang="ar" dir="rtl">{LABELLED}</div>'
    box = await one_with(page, bank, server, body, lang="en-GB", dir="ltr")
    await expect(frame_in(page, "#one").locator("html")).to_have_attribute("lang", "en-GB")
    await expect(box).to_have_css("direction", "ltr")


async def test_the_focus_is_seen(page: Page, bank: Site, server: Server):
    box = await one_with(page, bank, server, LABELLED)
    await expect(box).to_have_css("outline-style", "none")
    await box.focus()
    await expect(box).to_have_css("outline-style", "solid")
    await expect(box).to_have_css("outline-width", "2px")


async def test_high_contrast(page: Page, bank: Site, server: Server):
    await page.emulate_media(forced_colors="active")
    body = f'{LABELLED}<p style="color: Highlight">Highlight</p>'
    box = await one_with(page, bank, server, body, **NEW)
    await expect(box).to_have_css("border-style", "solid")
    await box.focus()
    highlight = await page.locator("p").evaluate("(it) => getComputedStyle(it).color")
    await expect(box).to_have_css("outline-color", highlight)
    await box.fill("short")
    await left(page, box)
    await expect(box).to_have_css("border-style", "dashed")


async def test_styles(page: Page, bank: Site, server: Server):
    style = {
        "base": {
            "color": "rgb(1, 2, 3)",
            "fontSize": "21px",
            "height": "64px",
            "textAlign": "center",
            "::placeholder": {"color": "rgb(4, 5, 6)"},
            ":focus": {"letterSpacing": "3px"},
        },
        "invalid": {"color": "rgb(7, 8, 9)"},
    }
    box = await one_with(page, bank, server, LABELLED, style=style, placeholder="Hint", **NEW)
    await expect(box).to_have_css("color", "rgb(1, 2, 3)")
    await expect(box).to_have_css("font-size", "21px")
    await expect(box).to_have_css("text-align", "center")
    hint = "(input) => getComputedStyle(input, '::placeholder').color"
    assert await box.evaluate(hint) == "rgb(4, 5, 6)"
    await expect(page.locator("#one iframe")).to_have_css("height", "64px")
    await box.press_sequentially("short")
    await expect(box).to_have_css("letter-spacing", "3px")
    await left(page, box)
    await expect(box).to_have_css("color", "rgb(7, 8, 9)")


async def test_class_names(page: Page, bank: Site, server: Server):
    states = ("base", "empty", "focus", "valid", "invalid")
    names = {state: f"is-{state} {state}-2" for state in states}
    body = '<div id="one" class="own"></div>'
    box, place = (
        await one_with(page, bank, server, body, classNames=names, **NEW),
        page.locator("#one"),
    )
    await expect(place).to_have_class("own is-base base-2 is-empty empty-2")
    await box.press_sequentially("short")
    await expect(place).to_have_class("own is-base base-2 is-focus focus-2")
    await left(page, box)
    await expect(place).to_have_class("own is-base base-2 is-invalid invalid-2")
    await box.fill(PASSWORD)
    await expect(place).to_contain_class("is-valid valid-2")
    await page.evaluate("input.unmount()")
    await expect(place).to_have_class("own")


# ----- by hand


async def test_a_click_on_the_label(page: Page, bank: Site, server: Server):
    box = await one_with(page, bank, server, LABELLED)
    await page.get_by_text("Password").click()
    await expect(box).to_be_focused()


async def test_tab_goes_through_it_both_ways(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, f'<input id="a">{LABELLED}<input id="b">', ONE)
    box = await ready(page)
    await page.locator("#a").focus()
    await next_stop(page)
    await expect(box).to_be_focused()
    await next_stop(page)
    await expect(page.locator("#b")).to_be_focused()
    await next_stop(page, "Shift+Tab")
    await expect(box).to_be_focused()
    await next_stop(page, "Shift+Tab")
    await expect(page.locator("#a")).to_be_focused()


async def test_a_pages_form_is_not_sent_by_enter(page: Page, bank: Site, server: Server):
    body = f'<form onsubmit="said.push([&quot;sent&quot;])">{LABELLED}<button>Go</button></form>'
    box = await one_with(page, bank, server, body)
    await box.press_sequentially(PASSWORD)
    await box.press("Enter")
    await left(page, box)
    assert await heard(page, "submit") == [[]]
    assert await heard(page, "sent") == []


@pytest.mark.parametrize(
    ("script", "known"),
    [
        ("field('#one')", "current-password"),
        ("field('#one'); field('#two', 'confirmPassword')", "new-password"),
        ("field('#one').on('strength', () => {})", "new-password"),
        ("field('#one', 'password', { autocomplete: 'new-password' })", "new-password"),
        ("field('#one', 'password', { autocomplete: 'off' })", "off"),
    ],
    ids=["remembered", "confirmed", "graded", "said", "off"],
)
async def test_password_managers_know_what_it_is_for(
    page: Page, bank: Site, server: Server, script: str, known: str
):
    await visit(page, bank, server, PAIR, f"{SCRIPT} {script};")
    box = await ready(page)
    await expect(box).to_have_attribute("autocomplete", known)
    await expect(box).to_have_attribute("name", "password")


async def test_what_a_password_manager_fills_in(page: Page, bank: Site, server: Server):
    person = new_person(server)
    box = await one_with(page, bank, server, LABELLED)
    await box.evaluate(
        """(input, filled) => {
          input.value = filled;
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        PASSWORD,
    )
    await page.wait_for_function("() => said.some(([event]) => event === 'change')")
    assert await heard(page, "change") == [[{"empty": False, "valid": True}]]
    tokens = await page.evaluate("() => form.tokenize()")
    assert log_in(server, person.email, tokens["one"]).status == 200


async def test_a_passcode_takes_digits(page: Page, bank: Site, server: Server):
    server.settings(credentials=["password", "passcode"])
    await visit(page, bank, server, LABELLED, f"{SCRIPT} field('#one', 'passCode');")
    box = await ready(page)
    await expect(box).to_have_attribute("inputmode", "numeric")
    await box.press_sequentially("4a9-3b7")
    await expect(box).to_have_value("4937")
    await box.fill("")
    await box.press_sequentially("٤۹٣7")
    await expect(box).to_have_value("4937")


async def test_a_new_passcode_has_the_programmes_length(page: Page, bank: Site, server: Server):
    server.settings(credentials=["passcode"], passcode_digits=6)
    script = f"{SCRIPT} field('#one', 'passCode', {{ autocomplete: 'new-password' }});"
    await visit(page, bank, server, LABELLED, script)
    box = await ready(page)
    await box.press_sequentially("8305")
    await left(page, box)
    await expect(frame_in(page, "#one").get_by_role("status")).to_have_text("Enter 6 digits.")
    await box.press("End")
    await box.press_sequentially("1749")
    await expect(box).to_have_value("830517")
    await expect(box).to_have_attribute("aria-invalid", "false")


async def test_no_more_is_taken_than_the_page_wants(page: Page, bank: Site, server: Server):
    box = await one_with(page, bank, server, LABELLED, maxlength="12")
    await box.press_sequentially("0123456789abcdef")
    await expect(box).to_have_value("0123456789ab")


async def test_a_password_is_pasted_in_and_not_copied_out(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, f'{LABELLED}<input id="own" value="{PASSWORD}">', ONE)
    box, own = await ready(page), page.locator("#own")
    await own.press("ControlOrMeta+A")
    await own.press("ControlOrMeta+C")
    await box.press("ControlOrMeta+V")
    await expect(box).to_have_value(PASSWORD)
    await box.press_sequentially("-and-more")
    await box.press("ControlOrMeta+A")
    await box.press("ControlOrMeta+C")
    await own.fill("")
    await own.press("ControlOrMeta+V")
    await expect(own).to_have_value(PASSWORD)


# ----- what it tells


async def test_a_change_is_told_once(page: Page, bank: Site, server: Server):
    box = await one_with(page, bank, server, LABELLED)
    await box.press_sequentially("some password")
    await left(page, box)
    await page.evaluate("input.clear()")
    await expect(box).to_have_value("")
    await left(page, box)
    assert await heard(page, "change") == [
        [{"empty": False, "valid": True}],
        [{"empty": True, "valid": False}],
    ]
    await page.wait_for_function("() => said.some(([event]) => event === 'keyup')")


async def test_how_strong_a_new_password_is(page: Page, bank: Site, server: Server):
    """From two on it keeps the programme's rules."""
    script = f"{ONE} let strength; input.on('strength', ({{ id }}) => {{ strength = id; }});"
    await visit(page, bank, server, LABELLED, script)
    box = await ready(page)
    graded = {}
    for text in ("Ab1!", "kestrelxq", "Aaaaaa1!", "Pass-word1", "Kestrel-Canary-81!", "abcdefgh"):
        await box.fill(text)
        await left(page, box)
        graded[text] = await page.evaluate("strength")
    assert list(graded.values()) == [0, 1, 2, 3, 4, 0]


async def test_listeners_come_and_go(page: Page, bank: Site, server: Server):
    script = """
    OpcUxSecureClient.init("UI_KEY");
    const input = OpcUxSecureClient.form().input("one", "password");
    const heard = [];
    const [a, b, c] = ["a", "b", "c"].map((name) => () => heard.push(name));
    const same = input.on("focus", a).addListener("focus", b).on("focus", c) === input;
    input.on("ready", () => heard.push("ready"));
    input.mount("#one");
    """
    await visit(page, bank, server, LABELLED, script)
    box = field_in(page, "#one")

    async def focused(script: str) -> list[str]:
        await page.evaluate(f"heard.length = 0; {script}; input.on('blur', () => {{ gone = 1 }})")
        await page.evaluate("gone = 0")
        await box.focus()
        await box.blur()
        await page.wait_for_function("gone")
        return list(await page.evaluate("heard"))

    await page.wait_for_function("heard.length")
    assert await page.evaluate("[same, ...heard]") == [True, "ready"], (
        "added before there is a field"
    )
    assert await focused("") == ["a", "b", "c"]
    assert await focused("input.off('focus', b)") == ["a", "c"]
    assert await focused("input.removeListener('focus', a)") == ["c"]
    assert await focused("input.on('focus', b).removeAllListeners('focus')") == []
    assert await focused("input.on('focus', a).off('focus')") == []
    assert await focused("input.on('focus', a).removeAllListeners()") == []


async def test_a_listener_that_throws_harms_nobody(page: Page, bank: Site, server: Server):
    script = f"{SCRIPT} const broken = form.input('one', 'password');"
    script += (
        "broken.on('focus', () => { throw new Error('the page'); }); listen(broken).mount('#one');"
    )
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    await visit(page, bank, server, LABELLED, script)
    await left(page, await ready(page))
    assert await heard(page, "focus") == [[]]
    assert errors == ["the page"]


# ----- what it can be told


async def test_focus_blur_and_clear(page: Page, bank: Site, server: Server):
    box = await one_with(page, bank, server, LABELLED)
    await page.evaluate("input.focus()")
    await expect(box).to_be_focused()
    await page.keyboard.type("typed")
    await page.evaluate("input.blur()")
    await expect(box).not_to_be_focused()
    await expect(box).to_have_value("typed")
    await page.evaluate("input.clear()")
    await expect(box).to_have_value("")


async def test_a_focus_asked_for_early_comes_with_the_field(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, LABELLED, f"{ONE} input.focus();")
    await expect(await ready(page)).to_be_focused()


async def test_options_are_changed_one_by_one(page: Page, bank: Site, server: Server):
    style = {"base": {"color": "rgb(1, 2, 3)"}}
    box = await one_with(page, bank, server, LABELLED, style=style, placeholder="First")
    await box.fill(PASSWORD)
    await page.evaluate("input.update({ placeholder: 'Second', label: 'Secret' })")
    await expect(box).to_have_attribute("placeholder", "Second")
    await expect(box).to_have_accessible_name("Secret")
    await expect(page.locator("#one iframe")).to_have_attribute("title", "Secret")
    await expect(box).to_have_css("color", "rgb(1, 2, 3)")
    await page.evaluate("input.update({ style: { base: { height: '70px' } } })")
    await expect(box).not_to_have_css("color", "rgb(1, 2, 3)")
    await expect(page.locator("#one iframe")).to_have_css("height", "70px")
    await expect(box).to_have_value(PASSWORD)


async def test_a_field_moves_to_another_place(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, PAIR, ONE)
    await (await ready(page)).fill(PASSWORD)
    await page.evaluate("input.unmount(); said.length = 0")
    await expect(page.locator("iframe")).to_have_count(0)
    await page.evaluate("input.mount(document.getElementById('two'))")
    box = await ready(page, "#two")
    await expect(box).to_have_value("")
    await box.fill(PASSWORD)
    assert list(await page.evaluate("form.tokenize()")) == ["one"]


async def test_a_page_that_moves_the_element_itself(page: Page, bank: Site, server: Server):
    """The browser then loads the frame anew."""
    await visit(page, bank, server, PAIR, ONE)
    await (await ready(page)).fill(PASSWORD)
    await page.evaluate("said.length = 0; document.body.append(document.getElementById('one'))")
    box = await ready(page)
    await expect(box).to_have_value("")
    await box.fill(PASSWORD)
    assert list(await page.evaluate("form.tokenize()")) == ["one"]


async def test_a_name_is_free_again(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, LABELLED, ONE)
    await ready(page)
    await page.evaluate("input.destroy(); said.length = 0; field('#one')")
    await (await ready(page)).fill(PASSWORD)
    await expect(page.locator("iframe")).to_have_count(1)
    assert list(await page.evaluate("form.tokenize()")) == ["one"]


async def test_a_form_ends_with_all_its_fields(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, PAIR, f"{SCRIPT} field('#one'); field('#two');")
    await ready(page)
    await page.evaluate("form.destroy()")
    await expect(page.locator("iframe")).to_have_count(0)


# ----- the second generation, and whom the page works for


TWO_FORMS = """
const client = weavr.init("UI_KEY");
const { password, confirmPassword } = client.capture;
const old = password("old", {}, "first");
const fields = [old, password("new", {}, "second"), confirmPassword("again", {}, "second")];
let ready = 0;
const count = () => { ready += 1; };
fields.forEach((field, at) => field.on("ready", count).mount(`#f${at}`));
"""


async def test_fields_of_one_form_give_their_tokens_together(
    page: Page, bank: Site, server: Server
):
    body = "".join(f'<div id="f{at}"></div>' for at in range(3))
    await visit(page, bank, server, body, TWO_FORMS, V2)
    await told(page, "ready === 3")
    for at in range(3):
        await field_in(page, f"#f{at}").fill(PASSWORD)
    first = await page.evaluate("old.createToken()")
    second = await page.evaluate("fields[2].createToken()")
    assert [list(one["tokens"]) for one in (first, second)] == [["old"], ["new"]]


async def test_the_second_generation_lets_go(page: Page, bank: Site, server: Server):
    body = "".join(f'<div id="f{at}"></div>' for at in range(3))
    await visit(page, bank, server, body, TWO_FORMS, V2)
    await told(page, "ready === 3")
    await page.evaluate("old.off('ready', count).unmount(); old.mount('#f0')")
    await field_in(page, "#f0").fill(PASSWORD)
    assert await page.evaluate("ready") == 3
    await page.evaluate("old.destroy()")
    await expect(page.locator("#f0 iframe")).to_have_count(0)
    await page.evaluate("password('old', {}, 'first').mount('#f0')")
    await expect(field_in(page, "#f0")).to_be_visible()


ASSOCIATE = """(token) => new Promise((tell) => {
  const { associate } = OpcUxSecureClient;
  void associate(token, () => tell("resolved"), ({ code }) => tell(code));
})"""
SET_TOKEN = """async (token) => {
  const client = weavr.init("UI_KEY");
  const told = await client.setUserToken(token).then(() => "resolved", ({ code }) => code);
  client.resetUserToken();
  return told;
}"""


@pytest.mark.parametrize(("sdk", "ask"), [("", ASSOCIATE), (V2, SET_TOKEN)])
async def test_whose_session_it_is(page: Page, bank: Site, server: Server, sdk: str, ask: str):
    person = new_person(server)
    ui_key = server.credentials["programme"]["ui_key"]
    call = ask.replace("UI_KEY", ui_key)
    await (visit(page, bank, server, "", "", sdk) if sdk else visit(page, bank, server, "", SCRIPT))
    assert await page.evaluate(call, f"Bearer {person.token}") == "resolved"
    assert person.call("POST", "/logout").status == 204
    assert await page.evaluate(call, f"Bearer {person.token}") == "SESSION_GONE"
    assert await page.evaluate(call, person.token) == "TOKEN_MALFORMED"
