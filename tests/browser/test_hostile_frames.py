"""Hostile neighbours and surroundings: other frames in the page, pages that may not hold a frame,
and frames that are led elsewhere."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.support.chromium import Site
from tests.support.client import Server
from tests.support.frames import ui_key_of
from tests.support.hostile import (
    LONG,
    MOUNT,
    ONE,
    TOKEN,
    VALUE,
    attack,
    raw,
    raw_html,
    tokenize,
    typed,
)
from tests.support.secure_page import field_in, html, visit
from tests.support.weavr import PASSWORD, log_in, new_person, set_password, validate

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_frame_beside_it_does_not_get_the_port(
    page: Page, bank: Site, stranger: Site, server: Server
):
    """An advertisement in the bank's page, of an origin that may well hold frames in pages of its
    own, is quicker than the bank."""
    script = """
    const { port1, port2 } = new MessageChannel();
    const hand = { kind: "assent:connect", version: 1, type: "password", id: "one", settings: {} };
    let tries = 0;
    setInterval(() => {
      for (let at = 0; at < parent.length; at += 1) {
        if (parent[at] === window) continue;
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => got.push([data, "port"]);
        parent[at].postMessage(hand, "*", [port2]);
        port1.postMessage({ does: "tokenize", ask: 1 });
        tries += 1;
      }
    }, 1);
    """
    bad = stranger.put("/", attack(server, script))
    hostile = await raw(page, bank, server, f'<iframe id="bad" src="{bad}"></iframe>')
    advertisement = page.main_frame.child_frames[0]
    await advertisement.wait_for_function("typeof tries === 'number'")
    # the page is slow to answer: it lets the other go first
    await page.evaluate("""() => {
      field("one", "password");
      opened.one.frame.addEventListener("load", () => (opened.one.loaded = true));
    }""")
    await hostile.ready("one")
    await hostile.put("one", VALUE)
    await advertisement.wait_for_function("tries > 50")
    assert (await hostile.ask("one", "tokenize"))["token"]
    assert await advertisement.evaluate("got") == []


async def test_a_frame_beside_it_does_not_get_the_port_of_a_page_that_is_silent(
    page: Page, bank: Site, stranger: Site, server: Server
):
    """The page itself never says a word: nobody else is taken for it."""
    script = """
    let tries = 0;
    setInterval(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => got.push([data, "port"]);
      const hand = { kind: "assent:connect", version: 1, type: "password", id: "x", settings: {} };
      parent[0].postMessage(hand, "*", [port2]);
      tries += 1;
    }, 1);
    """
    bad = stranger.put("/", attack(server, script))
    address = f"{server.credentials['frames_url']}/field?ui_key={ui_key_of(server)}"
    body = f'<iframe src="{address}"></iframe><iframe src="{bad}"></iframe>'
    await page.goto(bank.put("/", body))
    field, advertisement = page.main_frame.child_frames
    await advertisement.wait_for_function("tries > 100")
    assert await advertisement.evaluate("got") == []
    assert await field.locator("input").count() == 0


async def test_a_frame_beside_it_is_not_taken_for_it(
    page: Page, bank: Site, stranger: Site, server: Server
):
    """It says hello as our frames do, all the time, and waits for the SDK's hand."""
    script = """
    let tries = 0;
    setInterval(() => { parent.postMessage("assent:hello", "*"); tries += 1; }, 1);
    """
    bad = stranger.put("/", attack(server, script))
    await visit(page, bank, server, f'<iframe src="{bad}"></iframe>{ONE}', MOUNT)
    advertisement = page.main_frame.child_frames[0]
    await typed(page)
    await advertisement.wait_for_function("tries > 100")
    assert TOKEN.fullmatch((await tokenize(page))["password"])
    assert await advertisement.evaluate("got") == []


async def test_one_of_our_frames_is_not_taken_for_another(page: Page, bank: Site, server: Server):
    """Two fields of one page, of two programmes: each has its own port."""
    other = server.isolated()
    script = (
        MOUNT
        + f"""
    OpcUxSecureClient.init("{ui_key_of(other)}");
    const second = OpcUxSecureClient.form();
    second.input("password", "password").mount("#two");
    """
    )
    await visit(page, bank, server, ONE + '<div id="two"></div>', script)
    await field_in(page, "#one").fill(PASSWORD)
    await field_in(page, "#two").fill(VALUE)
    mine = (await tokenize(page))["password"]
    theirs = (await page.evaluate("second.tokenize()"))["password"]
    person = new_person(server, password="")
    assert validate(server, theirs).error == "TOKEN_NOT_FOUND"
    assert validate(other, mine).error == "TOKEN_NOT_FOUND"
    assert set_password(server, person.user_id, mine).status == 200
    assert log_in(server, person.email, PASSWORD).status == 200


async def test_a_stranger_does_not_pair_with_it(
    page: Page, bank: Site, stranger: Site, server: Server
):
    """It asks the password's frame to compare, as a confirm field would: with the right id, and a
    key that it could use to try passwords in peace."""
    script = """
    async function pair() {
      const mac = { name: "HMAC", hash: "SHA-256" };
      const key = await crypto.subtle.generateKey(mac, true, ["sign"]);
      for (let at = 0; at < 50; at += 1) {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => got.push([data, "port"]);
        parent[0].postMessage({ kind: "assent:pair", id: "one", of: "password" }, "*", [port2]);
        port1.postMessage({ turn: 1, key });
      }
    }
    """
    hostile = await raw(page, bank, server)
    await hostile.open("one")
    await hostile.put("one", VALUE)
    # as a frame beside it, and as the page itself
    bad = stranger.put("/", attack(server, script))
    await page.evaluate(
        """(src) => {
      document.body.append(Object.assign(document.createElement("iframe"), { src }));
    }""",
        bad,
    )
    advertisement = page.main_frame.child_frames[1]
    await advertisement.wait_for_function("typeof pair === 'function'")
    await advertisement.evaluate("pair()")
    asked = script.replace("parent[0]", "opened.one.frame.contentWindow")
    await page.evaluate(f"() => {{ window.got = []; {asked}; return pair(); }}")
    for _ in range(3):
        await hostile.ask("one", "check")
    assert await advertisement.evaluate("got") == []
    assert await page.evaluate("got") == []


async def test_asking_whether_they_match_tells_no_more(page: Page, bank: Site, server: Server):
    """However near, however far, however often: yes or no."""
    other = server.isolated()
    hostile = await raw(page, bank, server)
    await hostile.open("one")
    await hostile.open("again", "confirmPassword")
    await page.evaluate("(key) => field('foreign', 'password', {}, key)", ui_key_of(other))
    await hostile.ready("foreign")
    await hostile.put("one", VALUE)
    await hostile.put("foreign", LONG)
    said = []
    for pair, entry, code in (
        ("one", VALUE, None),
        ("one", VALUE[:-1], "CONFIRM_MISMATCH"),
        ("one", f"{VALUE}x", "CONFIRM_MISMATCH"),
        ("one", LONG, "CONFIRM_MISMATCH"),
        ("one", VALUE[0], "CONFIRM_MISMATCH"),
        ("foreign", VALUE, "CONFIRM_MISMATCH"),
        ("foreign", LONG, None),
    ):
        await hostile.put("again", entry)
        await hostile.send("again", {"does": "pair", "id": pair})
        before = len(await hostile.told("again"))
        answers = [await hostile.ask("again", "check") for _ in range(3)]
        wanted = {"tells": "failed", "code": code} if code else {"tells": "answer"}
        assert answers == [wanted] * 3, (pair, entry)
        said += (await hostile.told("again"))[before:]
    changes = {True: {"tells": "change", "empty": False, "valid": True}}
    changes[False] = {**changes[True], "valid": False}
    assert [one for one in said if "ask" not in one and one not in changes.values()] == []
    assert await hostile.ask("again", "tokenize") == {"tells": "answer"}  # and there is no token


async def test_a_confirm_field_compares_with_frames_of_ours_only(
    page: Page, bank: Site, stranger: Site, server: Server
):
    """A frame that says it is the pair would be handed a key and asked for a code."""
    await page.clock.install()
    bad = stranger.put("/", attack(server, ""))
    hostile = await raw(page, bank, server, f'<iframe src="{bad}"></iframe>')
    advertisement = page.main_frame.child_frames[0]
    await advertisement.wait_for_function("typeof got === 'object'")
    await hostile.open("again", "confirmPassword")
    await hostile.put("again", VALUE)
    for id in ("one", "again", "", "x" * 64):
        await hostile.send("again", {"does": "pair", "id": id})
    answer = asyncio.create_task(hostile.ask("again", "check"))
    while not answer.done():
        await page.clock.run_for(500)
    assert await answer == {"tells": "failed", "code": "PAIR_UNREACHABLE"}
    assert await advertisement.evaluate("got") == []
    assert {one["data"] for one in await page.evaluate("heard")} == {"assent:hello"}


async def _error(page: Page, script: str = "form.tokenize()") -> dict[str, Any]:
    """What the SDK says once it knows."""
    await page.wait_for_function("said.length")
    told = await page.evaluate(
        f"() => {script}.then(() => null, ({{ code, message }}) => ({{ code, message }}))"
    )
    return dict(told)


_SAYS = "const said = []; console.error = (text) => said.push(text);"


async def test_an_origin_that_is_not_registered(
    page: Page, bank: Site, stranger: Site, server: Server
):
    """Only a message for the programmer; no field to type into."""
    server.settings(origins=[bank.origin])
    await visit(page, stranger, server, ONE, _SAYS + MOUNT)
    error = await _error(page)
    assert error["code"] == "ORIGIN_NOT_REGISTERED"
    assert stranger.origin in error["message"]
    assert page.main_frame.child_frames[0].url.startswith("chrome-error:")
    assert await page.evaluate("events") == []
    await visit(page, bank, server, ONE, MOUNT)
    await typed(page)  # the bank itself may


async def test_a_frame_looks_at_the_origin_by_itself(
    page: Page, bank: Site, stranger: Site, server: Server
):
    """In a browser that does not know `frame-ancestors`, or behind a proxy that drops headers."""
    server.settings(origins=[bank.origin])

    async def strip(route: Route) -> None:
        answer = await route.fetch()
        kept = {
            name: text for name, text in answer.headers.items() if name != "content-security-policy"
        }
        await route.fulfill(response=answer, headers=kept)

    await page.route("**/field?*", strip)
    hostile = await raw(page, stranger, server)
    await page.evaluate("field('one', 'password')")
    await page.wait_for_function("opened.one.greetings")
    field = page.main_frame.child_frames[0]
    # what was sent first arrives first
    await field.evaluate("addEventListener('message', ({ data }) => (window.after = data))")
    await page.evaluate("opened.one.frame.contentWindow.postMessage('after', '*')")
    await field.wait_for_function("window.after === 'after'")
    assert await hostile.told("one") == []
    assert await field.locator("input").count() == 0
    await raw(page, bank, server)
    await hostile.open("one")  # the bank gets its field, so it is not the lack of a header


async def test_a_page_around_the_banks_page(page: Page, bank: Site, stranger: Site, server: Server):
    """Somebody shows the bank's true page within their own, to lay something over it."""
    server.settings(origins=[bank.origin])
    around = stranger.put("/", f'<iframe src="{bank.put("/", html(server, ONE, MOUNT))}"></iframe>')
    async with page.expect_event("requestfailed", lambda one: "/field?" in one.url):
        await page.goto(around)
    inner = page.main_frame.child_frames[0]
    await inner.child_frames[0].wait_for_url(re.compile("^chrome-error:"), wait_until="commit")
    assert await inner.evaluate("events") == []


_OPAQUE = {
    "sandboxed": """(text) => {
      const frame = document.createElement("iframe");
      frame.sandbox = "allow-scripts";
      frame.srcdoc = text;
      document.body.append(frame);
    }""",
    "data": """(text) => {
      const frame = document.createElement("iframe");
      frame.src = `data:text/html,${encodeURIComponent(text)}`;
      document.body.append(frame);
    }""",
}


@pytest.mark.parametrize(
    ("way", "error"),
    [("sandboxed", "may not embed the secure fields"), ("data", "browsers call secure")],
)
async def test_a_page_without_an_origin(
    page: Page, bank: Site, server: Server, way: str, error: str
):
    """Its origin is `null`, which any page can be: though the sandbox takes all of this machine."""
    catch = "const said = []; console.error = (text) => said.push(text);"
    tried = f"try {{ {MOUNT} }} catch (error) {{ said.push(error.message); }}"
    text = html(server, f"{ONE}<script>{catch}</script>", tried)
    await page.goto(bank.put("/", "<!doctype html><body></body>"))
    await page.evaluate(_OPAQUE[way], text)
    inner = page.main_frame.child_frames[0]
    await inner.wait_for_load_state()
    await inner.wait_for_function("typeof said === 'object' && said.length")
    assert error in (await inner.evaluate("said"))[0]
    assert all("/field?" not in frame.url for frame in page.frames)


async def test_a_frame_in_a_cage_of_the_pages_does_not_start(
    page: Page, bank: Site, server: Server
):
    """Sandboxed by the page it has no origin of its own, and no right to its script."""
    hostile = await raw(page, bank, server)
    async with page.expect_event("requestfailed", lambda one: "/static/field" in one.url):
        await page.evaluate("""() => field("one", "password", {}, UI_KEY, (frame) => {
          frame.sandbox = "allow-scripts allow-forms";
        })""")
    assert await hostile.told("one") == []
    assert await hostile.frame().locator("input").count() == 0


async def test_a_window_of_its_own_shows_nothing(
    context: BrowserContext, page: Page, bank: Site, server: Server
):
    """Opened by the bank's page, or typed in by hand, it is no field and nobody's partner."""
    await raw(page, bank, server)
    async with page.expect_popup() as opening:
        await page.evaluate("() => { window.held = open(`${FRAMES}/field?ui_key=${UI_KEY}`); }")
    popup = await opening.value
    await popup.wait_for_load_state()
    await page.evaluate("""() => {
      for (let at = 0; at < 10; at += 1) {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => heard.push(data);
        const hand = { kind: "assent:connect", version: 1, type: "password", settings: {} };
        held.postMessage(hand, "*", [port2]);
      }
    }""")
    assert await page.evaluate("held.closed")  # cut off: Cross-Origin-Opener-Policy
    assert await popup.evaluate("opener") is None
    assert await popup.inner_text("body") == ""
    assert await popup.locator("body *").count() == 0
    assert await page.evaluate("heard") == []


async def test_a_window_without_an_address_is_its_openers(
    page: Page, bank: Site, stranger: Site, server: Server
):
    """about:blank has the origin of who opened it: registered for the bank, not for a stranger."""
    server.settings(origins=[bank.origin])
    for site, may in ((bank, True), (stranger, False)):
        await page.goto(site.put("/", "<!doctype html>"))
        async with page.expect_popup() as opening:
            await page.evaluate(
                "(text) => { open('').document.write(text); }",
                raw_html(server, "", "field('one', 'password');"),
            )
        popup = await opening.value
        await popup.wait_for_function("document.querySelector('iframe')")
        count = popup.frame_locator("iframe").locator("input")
        if may:
            await expect(count).to_have_count(1)
        else:
            await popup.wait_for_function("opened.one.frame.contentDocument === null")
            await expect(count).to_have_count(0)
            assert await popup.evaluate("opened.one.greetings") == 0
        await popup.close()


_ELSEWHERE = {
    "location": "frame.contentWindow.location = 'about:blank'",
    "src": "frame.src = 'about:blank'",
    "replaced": "frame.contentWindow.location.replace(frame.src)",
    "moved": "document.body.append(frame)",
    "srcdoc": "frame.srcdoc = '<p>mine</p>'",
}


@pytest.mark.parametrize("way", _ELSEWHERE)
async def test_a_frame_that_is_led_elsewhere_leaves_the_value_behind(
    page: Page, bank: Site, server: Server, way: str
):
    """And if it is led back, it is a new one, and empty."""
    hostile = await raw(page, bank, server)
    await hostile.open("one")
    await hostile.put("one", VALUE)
    assert (await hostile.ask("one", "tokenize"))["token"]
    await page.evaluate(f"() => {{ const {{ frame }} = opened.one; {_ELSEWHERE[way]}; }}")
    if way not in ("replaced", "moved"):
        await page.wait_for_function("opened.one.frame.contentDocument")
        back = "frame.removeAttribute('srcdoc'); frame.src = `${FRAMES}/field?ui_key=${UI_KEY}`"
        await page.evaluate(f"() => {{ const {{ frame }} = opened.one; {back}; }}")
    await page.wait_for_function(
        "opened.one.told.filter(({ tells }) => tells === 'ready').length > 1"
    )
    await expect(page.frame_locator("iframe").locator("input")).to_have_value("")
    assert await hostile.ask("one", "tokenize") == {"tells": "failed", "code": "VALUE_EMPTY"}


async def test_nor_does_the_way_back_bring_it_back(page: Page, bank: Site, server: Server):
    """Browsers fill fields in again for those who come back; not these."""
    hostile = await raw(page, bank, server)
    await hostile.open("one")
    await hostile.put("one", VALUE)
    await page.evaluate("() => { opened.one.frame.contentWindow.location = 'about:blank'; }")
    await page.wait_for_function("opened.one.frame.contentDocument")
    await page.evaluate("history.back()")
    await page.wait_for_function("opened.one.greetings > 1")
    await expect(page.frame_locator("iframe").locator("input")).to_have_value("")
    assert (await hostile.ask("one", "tokenize"))["code"] == "VALUE_EMPTY"


async def test_the_sdk_has_no_token_for_a_frame_that_went_elsewhere(
    page: Page, bank: Site, stranger: Site, server: Server
):
    """Nor does it take another page in its place, though that says hello."""
    script = """
    let tries = 0;
    setInterval(() => { parent.postMessage("assent:hello", "*"); tries += 1; }, 1);
    """
    other = stranger.put("/", attack(server, script))
    await visit(page, bank, server, ONE, MOUNT)
    await typed(page)
    await page.evaluate("(src) => { document.querySelector('#one iframe').src = src; }", other)
    gone = page.main_frame.child_frames[0]
    await gone.wait_for_function("typeof tries === 'number' && tries > 50")
    assert await gone.evaluate("got") == []
    answer = await page.evaluate("""() => {
      const answer = form.tokenize().catch(({ code }) => code);
      const { promise, resolve } = Promise.withResolvers();
      setTimeout(resolve);
      return promise.then(() => input.unmount()).then(() => answer);
    }""")
    assert answer == "NOT_READY"
