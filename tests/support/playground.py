"""The playground as somebody meets it: with a mouse or without one, and what there is to see."""

from typing import Protocol

from playwright.async_api import ConsoleMessage, Frame, Page, expect
from playwright.async_api import TimeoutError as TooLate

_MOST_STOPS = 60
"""Between any two places of the page; by then somebody would have given up, too."""
_WAY = """(selector) => {
  const [at, to] = [document.activeElement, document.querySelector(selector)];
  if (at === to) return "";
  const back = at.compareDocumentPosition(to) & Node.DOCUMENT_POSITION_PRECEDING;
  return back ? "Shift+Tab" : "Tab";
}"""
_CLICKS = 5
"""A browser under load does not find a frame yet that it has just drawn: somebody clicks again."""


class Hands(Protocol):
    """How somebody gets about. What they type, they always type with the keyboard."""

    page: Page

    async def reach(self, selector: str) -> None:
        """Whatever is typed next goes there."""

    async def press(self, selector: str) -> None:
        """A button."""


class Mouse:
    """Points and clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def reach(self, selector: str) -> None:
        place = self.page.locator(selector)
        frame = await (await place.element_handle()).content_frame()
        await place.click()
        for _ in range(_CLICKS if frame else 0):
            if frame and await _has_focus(frame):
                return
            await place.click()

    async def press(self, selector: str) -> None:
        await self.reach(selector)


class Keyboard:
    """Tab, there and back, and Enter: nothing is ever pointed at."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def reach(self, selector: str) -> None:
        await expect(self.page.locator(selector)).to_be_visible()
        # a frame that is entered while it loads may never be given the focus
        await expect(self.page.locator("[id^=secure-]:visible:not([data-ready])")).to_have_count(0)
        for _ in range(_MOST_STOPS):
            key = await self.page.evaluate(_WAY, selector)
            if not key:
                return
            await next_stop(self.page, key)
        raise AssertionError(f"no way to {selector} by Tab")

    async def press(self, selector: str) -> None:
        await self.reach(selector)
        await self.page.keyboard.press("Enter")


_UNHEARD_MS = 3_000
"""After which a key counts as not heard."""


async def _has_focus(frame: Frame) -> bool:
    try:
        await frame.wait_for_function("() => document.hasFocus()", timeout=1_000)
    except TooLate:
        return False
    return True


async def next_stop(page: Page, key: str = "Tab") -> Frame:
    """Goes there and waits until the focus, which may pass from process to process, has arrived.
    The page, or the frame that it is in.

    A key that comes while the focus passes is heard by neither process; it is pressed once more,
    as anybody would.
    """
    await page.evaluate("() => { window.before = document.activeElement; }")
    moved = "() => document.activeElement !== window.before && document.activeElement"
    await page.keyboard.press(key)
    try:
        stop = await page.wait_for_function(moved, timeout=_UNHEARD_MS)
    except TooLate:
        await page.keyboard.press(key)
        stop = await page.wait_for_function(moved)
    element = stop.as_element()
    frame = (await element.content_frame() if element else None) or page.main_frame
    await frame.wait_for_function("() => document.hasFocus()")
    return frame


async def write(hands: Hands, selector: str, text: str) -> None:
    """In place of what is there."""
    await hands.reach(selector)
    await hands.page.keyboard.press("ControlOrMeta+A")
    await hands.page.keyboard.type(text)


async def write_secrets(hands: Hands, **texts: str) -> None:
    """By the names of the secure fields, each in its frame."""
    for name in texts:
        await expect(hands.page.locator(f"#secure-{name}[data-ready]")).to_be_visible()
    for name, text in texts.items():
        frame = f"#secure-{name} iframe"
        box = hands.page.frame_locator(frame).locator("input")
        await hands.reach(frame)
        await expect(box).to_be_focused()
        await hands.page.keyboard.press("ControlOrMeta+A")
        await hands.page.keyboard.type(text)
        await expect(box).to_have_value(text)


async def on_screen(page: Page, name: str) -> None:
    """Waits for one of the bank app's screens."""
    await expect(page.locator("#screen")).to_have_attribute("data-screen", name)


async def log_in(hands: Hands, email: str, password: str) -> None:
    """From the screen that comes first. Leaves it open how that goes."""
    await hands.press("#to-log-in")
    await write(hands, "#log-in-email", email)
    await write_secrets(hands, password=password)
    await hands.press("#log-in [type=submit]")


async def seconds_left(page: Page) -> int:
    """Of the session, as the bank app shows them."""
    minutes, _, seconds = (await page.locator("#session-left").inner_text()).partition(":")
    return int(minutes) * 60 + int(seconds)


def complaints(page: Page) -> list[str]:
    """What the browser complains of from now on: errors, and what a Content-Security-Policy or
    Trusted Types would not let happen, in the page and in its frames."""
    heard: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            heard.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard
