"""What a hostile page could see or carry away by the browser's own means: clipboard, selection,
dragging, size, scrolling."""

from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.support.chromium import Site
from tests.support.client import Server
from tests.support.hostile import (
    LONG,
    MOUNT,
    ONE,
    SHORT,
    VALUE,
    RawPage,
    betrays,
    raw,
    typed,
)
from tests.support.secure_page import field_in, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_it_cannot_be_copied_nor_cut(page: Page, bank: Site, server: Server):
    copied = """
    const copies = [];
    for (const name of ["copy", "cut", "paste"]) {
      const note = ({ clipboardData }) => copies.push([name, clipboardData.getData("text")]);
      addEventListener(name, note, true);
    }
    """
    await visit(page, bank, server, ONE, copied + MOUNT)
    own = page.locator("#own")
    await own.fill("control")
    await own.select_text()
    await page.keyboard.press("ControlOrMeta+c")
    box = field_in(page, "#one")
    await box.fill(VALUE)
    for key in ("c", "x"):
        await box.select_text()
        await page.keyboard.press(f"ControlOrMeta+{key}")
        await page.evaluate("document.execCommand('copy'), document.execCommand('cut')")
        await expect(box).to_have_value(VALUE)
        await own.fill("")
        await own.focus()
        await page.keyboard.press("ControlOrMeta+v")
        await expect(own).to_have_value("control")
    assert betrays(VALUE, await page.evaluate("copies")) == []
    # though the browser would copy it out of a field that shows it
    await box.evaluate("(input) => { input.type = 'text'; }")
    await box.select_text()
    await page.keyboard.press("ControlOrMeta+c")
    await page.keyboard.press("ControlOrMeta+x")
    await expect(box).to_have_value(VALUE)
    await own.fill("")
    await own.focus()
    await page.keyboard.press("ControlOrMeta+v")
    await expect(own).to_have_value("control")


async def test_it_cannot_be_dragged_out(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, ONE, MOUNT)
    own, box = page.locator("#own"), field_in(page, "#one")
    await box.fill(VALUE)
    # a browser's own protection of passwords is not the one to be tested
    await box.evaluate("""(input) => {
      input.type = "text";
      input.addEventListener("dragstart", (event) => (window.dragged = event.defaultPrevented));
    }""")
    await box.select_text()
    there, here = await box.bounding_box(), await own.bounding_box()
    assert there
    assert here
    await page.mouse.move(there["x"] + 20, there["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(here["x"] + 10, here["y"] + 8, steps=5)
    await page.mouse.up()
    assert await box.evaluate("() => window.dragged") is True
    await expect(box).to_have_value(VALUE)
    await expect(own).to_have_value("")


async def test_a_selection_there_is_none_here(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, ONE, MOUNT)
    await typed(page)
    await page.keyboard.press("ControlOrMeta+a")
    assert await page.evaluate(
        """(value) => [
      getSelection().toString(), getSelection().rangeCount, document.activeElement.tagName,
      find(value), find(value[0]), document.execCommand("selectAll"), getSelection().toString(),
    ]""",
        VALUE,
    ) == ["", 0, "IFRAME", False, False, True, ""]


async def test_the_clipboard_is_out_of_the_frames_reach(
    context: BrowserContext, page: Page, bank: Site, server: Server
):
    """Not even where person and page allow it: neither what is typed goes there, nor what is there
    comes here."""
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    hostile = await raw(page, bank, server)
    await page.evaluate("""() => field("one", "password", {}, UI_KEY, (frame) => {
      frame.allow = "clipboard-read *; clipboard-write *; fullscreen *; camera *; serial *";
    })""")
    await hostile.ready("one")
    await field_in(page, "#one").click()
    for call in ("readText()", "read()", "writeText('x')"):
        code = f"navigator.clipboard.{call}.then(() => 'it may', (error) => error.name)"
        assert await hostile.frame().evaluate(code) == "NotAllowedError", call
    allowed = await hostile.frame().evaluate("document.featurePolicy.allowedFeatures()")
    assert {"clipboard-read", "clipboard-write", "camera", "serial"} & set(allowed) == set()


_DISGUISES = {
    "transparent": "opacity: 0",
    "under a veil": "position: relative; z-index: -1",
    "a dot": "width: 1px; height: 1px; overflow: hidden",
    "scaled": "transform: scale(0.01, 30) rotate(5deg)",
    "in columns": "columns: 3; width: min-content",
    "fitted": "width: fit-content; height: fit-content; display: inline-grid",
    "filtered": "filter: blur(3px) invert(1); mix-blend-mode: difference",
}
_MEASURE = """() => {
  const every = [...document.querySelectorAll("*")].map((one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return [one.tagName, x, y, width, height, one.scrollLeft, one.scrollTop, one.scrollWidth,
      one.scrollHeight, one.offsetWidth, one.clientHeight, one.className, one.title ?? ""];
  });
  const { scale, offsetLeft, pageTop } = visualViewport;
  const frame = document.querySelector("iframe");
  return [every, scrollX, scrollY, scale, offsetLeft, pageTop, document.title, length,
    JSON.stringify(getComputedStyle(frame)), frame.outerHTML, frame.contentWindow.length];
}"""


async def test_nothing_can_be_measured(page: Page, bank: Site, server: Server):
    """A frame that grew, or scrolled its page, would say how much there is in it."""
    hostile = await raw(page, bank, server)
    for disguise, css in _DISGUISES.items():
        measures = []
        for value in (SHORT, LONG):
            await hostile.open("one", style={"base": {"fontSize": "40px", "letterSpacing": "20px"}})
            await page.evaluate("(css) => { one.style.cssText = css; }", css)
            await field_in(page, "#one").evaluate("(it) => it.focus({ preventScroll: true })")
            before = await page.evaluate(_MEASURE)
            await hostile.put("one", value)
            await hostile.settled("one")
            measures += [before, await page.evaluate(_MEASURE)]
            await page.evaluate("document.querySelector('#one').remove()")
        assert measures == measures[:1] * 4, disguise


_NARROW = """
<style>
  #narrow { width: 30px; overflow: hidden; }
  #narrow iframe { width: 4000px !important; }
</style>
<div id="narrow"></div>
"""
_SCROLLED = "[narrow.scrollLeft, narrow.scrollTop, scrollX, document.scrollingElement.scrollLeft]"


async def _narrowed(page: Page, hostile: RawPage, **settings: Any) -> None:
    await hostile.open("one", **settings)
    await page.evaluate("narrow.append(document.querySelector('#one'))")  # loads it anew
    await page.wait_for_function(
        "opened.one.told.filter(({ tells }) => tells === 'ready').length > 1"
    )


@pytest.mark.parametrize("outlined", [True, False])
async def test_scrolling_to_the_caret_tells_no_length(
    page: Page, bank: Site, server: Server, outlined: bool
):
    """Browsers scroll all that is around a caret until it can be seen, pages of other origins too:
    in a slit that is narrower than a letter, every key would move the page."""
    hostile = await raw(page, bank, server, _NARROW)
    style = {"base": {"letterSpacing": "40px", "padding": "0 200px", "textIndent": "90px"}}
    await _narrowed(page, hostile, style=style, outlined=outlined)
    box = field_in(page, "#one")
    await box.evaluate("(input) => input.focus({ preventScroll: true })")
    seen = []
    for key in [*VALUE, "ArrowLeft", "Home", "End", "Backspace", "ControlOrMeta+z", "Shift+Home"]:
        await page.keyboard.press(key)
        await hostile.ask("one", "check")
        seen.append(await page.evaluate(_SCROLLED))
    await page.keyboard.insert_text(LONG)  # as paste, dictation and phones' keyboards do
    await hostile.ask("one", "check")
    assert [one for one in seen if one != seen[0]] == []
    assert await page.evaluate(_SCROLLED) == seen[0]
    await expect(box).to_have_value(LONG)


async def test_and_typing_is_what_it_was(page: Page, bank: Site, server: Server):
    """What holds the page still must not be felt: long texts follow the caret, a full field can
    be typed over."""
    server.settings(credentials=["password", "passcode"])
    hostile = await raw(page, bank, server)
    await hostile.open("one", outlined=True, style={"base": {"letterSpacing": "40px"}})
    await hostile.type("one", VALUE)
    box = field_in(page, "#one")
    await expect(box).not_to_contain_class("folded")
    left, most = await box.evaluate("(it) => [it.scrollLeft, it.scrollWidth - it.clientWidth]")
    assert abs(left - most) <= 1 < most
    await hostile.open("code", "passCode", outlined=True, fresh=True)
    await hostile.type("code", "4937")
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("2750")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Backspace")
    await page.keyboard.type("8")
    await expect(field_in(page, "#code")).to_have_value("2780")


async def test_nor_does_giving_the_focus_back(page: Page, bank: Site, server: Server):
    hostile = await raw(page, bank, server, _NARROW)
    await _narrowed(page, hostile, style={"base": {"letterSpacing": "40px"}})
    await hostile.put("one", VALUE)
    seen = set()
    for _ in range(3):
        await hostile.send("one", {"does": "blur"})
        await page.evaluate("narrow.scrollLeft = 1_000, opened.one.frame.focus()")
        await hostile.send("one", {"does": "focus"})
        await hostile.ask("one", "check")
        seen.add(await page.evaluate("narrow.scrollLeft"))
    assert seen == {1_000}
