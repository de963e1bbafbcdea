"""The playground, as newcomers meet it."""

import json
import subprocess
from collections.abc import Iterator

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.support.canary import seen
from tests.support.client import Server
from tests.support.playground import (
    Hands,
    Keyboard,
    Mouse,
    complaints,
    log_in,
    next_stop,
    on_screen,
    seconds_left,
    write,
    write_secrets,
)
from tests.support.processes import sandbox
from tests.support.weavr import CODE, WRONG, Person, new_person

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST, SECOND = "Kestrel-Canary-81!", "Osprey-Canary-92?"
STEPS = ["sign-up", "log-in", "enrol", "step-up", "change", "wait"]
# all that the page's own code could read of itself
READABLE = """() => JSON.stringify([
  document.documentElement.outerHTML,
  [...document.querySelectorAll("input, textarea")].map((one) => one.value),
  { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state,
])"""
# where the focus is, and how it is shown
STOP = "() => document.activeElement.parentElement.id + document.activeElement.outerHTML"
OUTLINE = "() => getComputedStyle(document.activeElement).outlineStyle"
# what is drawn behind a text, and the text, as sRGB
COLOURS = """(selector) => {
  const plain = (colour) => {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const element = document.querySelector(selector);
  let behind = element;
  while (plain(getComputedStyle(behind).backgroundColor)[3] < 255) behind = behind.parentElement;
  return [getComputedStyle(behind).backgroundColor, getComputedStyle(element).color]
    .map((colour) => plain(colour).slice(0, 3));
}"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A sandbox that has just been started, with its demo programme."""
    with sandbox(tmp_path_factory.mktemp("playground")) as running:
        yield running.server
        assert "Traceback" not in running.log()


@pytest.fixture
async def ada(demo: Server) -> Person:
    return new_person(demo, password=FIRST)


async def visit(page: Page, demo: Server) -> None:
    await page.goto(f"{demo.base_url}/")
    await on_screen(page, "sign-up")


async def problem(page: Page) -> str:
    """What the bank app says went wrong."""
    said = page.locator("#screen .problem")
    await expect(said).not_to_be_empty()
    return await said.inner_text()


async def ticked(page: Page) -> list[str]:
    steps = page.locator("#tour [data-step][data-done]")
    return [f"{await step.get_attribute('data-step')}" for step in await steps.all()]


# ----- the tour


@pytest.mark.parametrize("way", [Mouse, Keyboard])
async def test_the_whole_tour(page: Page, demo: Server, way: type[Mouse] | type[Keyboard]):
    heard, hands = complaints(page), way(page)
    await visit(page, demo)
    for done, step in enumerate([sign_up, enter, enrol, step_up, change, idle_out]):
        assert await ticked(page) == STEPS[:done]
        await step(page, hands)
        for password in (FIRST, SECOND):
            assert seen(password, (await page.evaluate(READABLE)).encode()) == []
    assert await ticked(page) == STEPS
    assert await statuses(page) == {"200", "204", "401"}, "the last because the session is gone"
    assert len(heard) == 1, heard
    assert "401" in heard[0]


async def sign_up(page: Page, hands: Hands) -> None:
    await write(hands, "#name", "Grace")
    await write_secrets(hands, password=FIRST, passwordAgain=FIRST)
    await expect(page.locator(".strength")).to_have_attribute("data-strength", "4")
    await hands.press("#sign-up [type=submit]")
    await on_screen(page, "log-in")
    await expect(page.locator("#notice")).to_contain_text("Your account is open")
    await expect(page.locator("#calls .call[data-path='/multi/consumers']")).to_be_visible()


async def enter(page: Page, hands: Hands) -> None:
    await write_secrets(hands, password=FIRST)
    await page.keyboard.press("Enter")
    await on_screen(page, "home")
    await expect(page.locator("#screen h2")).to_contain_text("Grace")
    await expect(page.locator("#session-level")).to_have_text("One factor")
    assert 240 < await seconds_left(page) <= 300
    call = page.locator("#calls .call[data-path='/multi/login_with_password']")
    await expect(call.locator(".status")).to_have_text("200")
    await expect(page.locator("#calls .note").first).to_contain_text("not seen by this page")


async def enrol(page: Page, hands: Hands) -> None:
    await hands.press("#enrol")
    await use_the_code(page, hands, "register this phone", 1)
    await expect(page.locator("#notice")).to_have_text("The phone is enrolled.")
    mail = page.locator("#phone .message").first
    await expect(mail).to_contain_text("A way to approve payments was added")


async def step_up(page: Page, hands: Hands) -> None:
    await hands.press("#step-up")
    await use_the_code(page, hands, "confirm that it is you", 3)
    await expect(page.locator("#session-level")).to_have_text("Stepped up")


async def use_the_code(page: Page, hands: Hands, says: str, messages: int) -> None:
    """It arrives on the phone, which offers to put it where the bank asks for it."""
    await expect(page.locator("#phone .message")).to_have_count(messages)
    newest = page.locator("#phone .message").first
    await expect(newest).to_contain_text(says)
    await expect(newest).to_have_attribute("data-code", CODE)
    await hands.press("#phone .message:first-child .use-code")
    await expect(page.locator("#code")).to_have_value(CODE)
    await hands.press("#code-form [type=submit]")
    await on_screen(page, "home")


async def change(page: Page, hands: Hands) -> None:
    await hands.press("#change-password")
    await on_screen(page, "change-password")
    await write_secrets(hands, present=FIRST, chosen=SECOND, chosenAgain=SECOND)
    await hands.press("#change [type=submit]")
    await on_screen(page, "home")
    await expect(page.locator("#notice")).to_contain_text("Your new password is in force")


async def idle_out(page: Page, hands: Hands) -> None:
    """Asked below sixty seconds, and still there; then not any more."""
    dialog = page.locator("#still-there")
    for minutes in (4, 3, 2, 1):
        await expect(dialog).to_be_hidden()
        await hands.press('[data-advance="60"]')
        await page.wait_for_function(
            "(minutes) => document.getElementById('session-left').textContent < `${minutes}:01`",
            arg=minutes,
        )
    await expect(dialog).to_be_visible()
    left = await page.locator("#still-there-left").inner_text()
    assert 0 < int(left) <= 60
    await expect(page.locator("#still-there-left")).not_to_have_text(left)
    await hands.press("#stay")
    await expect(dialog).to_be_hidden()
    assert await seconds_left(page) > 240
    await hands.press('[data-advance="300"]')
    await on_screen(page, "log-in")
    await expect(page.locator("#notice")).to_contain_text("You were signed out")
    await expect(page.locator("#session")).to_be_hidden()


async def statuses(page: Page) -> set[str]:
    calls = page.locator("#calls .call:not(.sandbox)")
    return {f"{await call.get_attribute('data-status')}" for call in await calls.all()}


# ----- a lost password


@pytest.mark.parametrize("way", [Mouse, Keyboard])
async def test_a_lost_password(
    page: Page, demo: Server, ada: Person, way: type[Mouse] | type[Keyboard]
):
    hands = way(page)
    await visit(page, demo)
    await hands.press("#to-log-in")
    await hands.press("#to-forgot")
    await write(hands, "#forgot-email", ada.email)
    await hands.press("#forgot [type=submit]")
    await on_screen(page, "reset")
    await expect(page.locator("#phone .message").first).to_have_attribute("data-code", CODE)
    await write(hands, "#code", WRONG)
    await write_secrets(hands, chosen=SECOND, chosenAgain=SECOND)
    await hands.press("#reset [type=submit]")
    assert "That is not the code" in await problem(page)
    await hands.press("#phone .message:first-child .use-code")
    await expect(page.locator("#code")).to_have_value(CODE)
    await hands.press("#reset [type=submit]")
    await on_screen(page, "home")
    await expect(page.locator("#notice")).to_contain_text("Your new password is in force")
    assert seen(SECOND, (await page.evaluate(READABLE)).encode()) == []
    await hands.press("#log-out")
    await write_secrets(hands, password=SECOND)
    await hands.press("#log-in [type=submit]")
    await on_screen(page, "home")


async def test_the_way_to_log_in_is_in_sight(page: Page, demo: Server):
    for width, height in ((1280, 900), (1024, 700), (400, 800)):
        await page.set_viewport_size({"width": width, "height": height})
        await visit(page, demo)
        await expect(page.locator("#secure-password[data-ready]")).to_be_visible()
        point = """(one) => {
          const { x, y, width, height } = one.getBoundingClientRect();
          return document.elementFromPoint(x + width / 2, y + height / 2) === one;
        }"""
        assert await page.locator("#to-log-in").evaluate(point), (width, height)


# ----- what goes wrong is said in words


async def test_two_entries_that_differ(page: Page, demo: Server):
    hands = Mouse(page)
    await visit(page, demo)
    await write_secrets(hands, password=FIRST, passwordAgain=SECOND)
    await hands.press("#sign-up [type=submit]")
    assert "The two entries are not the same. Type both again." in await problem(page)


async def test_nothing_typed(page: Page, demo: Server):
    await visit(page, demo)
    await write_secrets(Mouse(page), password=FIRST)
    await page.keyboard.press("Enter")
    assert "Fill in every secure field." in await problem(page)


async def test_a_password_that_is_too_simple(page: Page, demo: Server):
    hands = Mouse(page)
    await visit(page, demo)
    await write_secrets(hands, password="simplesimple", passwordAgain="simplesimple")
    await hands.press("#sign-up [type=submit]")
    assert "That is too easy to guess." in await problem(page)
    await write_secrets(hands, password=FIRST, passwordAgain=FIRST)
    await hands.press("#sign-up [type=submit]")
    await on_screen(page, "log-in")


async def test_a_wrong_password(page: Page, demo: Server, ada: Person):
    hands = Keyboard(page)
    await visit(page, demo)
    await log_in(hands, ada.email, SECOND)
    assert "E-mail or password is wrong." in await problem(page)
    await page.keyboard.type(FIRST)  # the field was emptied, and has the focus
    await page.keyboard.press("Enter")
    await on_screen(page, "home")


async def test_a_wrong_code(page: Page, demo: Server, ada: Person):
    hands = Keyboard(page)
    await visit(page, demo)
    await log_in(hands, ada.email, FIRST)
    await hands.press("#enrol")
    await on_screen(page, "enrol")
    await page.keyboard.type(WRONG)
    await page.keyboard.press("Enter")
    assert "That is not the code. Look at the newest SMS" in await problem(page)
    await page.keyboard.type(CODE)  # over the wrong one
    await page.keyboard.press("Enter")
    await on_screen(page, "home")


async def test_a_session_that_ended_elsewhere(page: Page, demo: Server, ada: Person):
    hands = Mouse(page)
    await visit(page, demo)
    await log_in(hands, ada.email, FIRST)
    await on_screen(page, "home")
    assert ada.enrol().status == 204
    assert ada.verify_enrolment().status == 204
    assert ada.change_password(FIRST, SECOND).status == 200
    await hands.press("#enrol")
    await on_screen(page, "log-in")
    await expect(page.locator("#notice")).to_contain_text("The server has ended the session.")


async def test_a_server_that_is_gone(page: Page, demo: Server, context: BrowserContext):
    await visit(page, demo)
    await context.set_offline(True)
    await page.locator('[data-advance="60"]').click()
    await expect(page.locator("#page-problem")).to_contain_text("The sandbox does not answer.")


# ----- the calls


async def copied(page: Page, path: str) -> str:
    """What "Copy as curl" gives of the newest call to that path."""
    call = page.locator(f"#calls .call[data-path='{path}']").first
    await call.locator("summary").click()
    await call.locator(".copy-curl").click()
    await expect(call.locator(".copy-curl")).to_have_text("Copied")
    return str(await page.evaluate("() => navigator.clipboard.readText()"))


def in_a_shell(command: str) -> tuple[int, str]:
    """Status and body."""
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True, timeout=20)
    head, _, body = done.stdout.decode().partition("\r\n\r\n")
    return int(head.split()[1]), body


async def test_a_copied_call_works_in_a_shell(
    page: Page, demo: Server, context: BrowserContext, ada: Person
):
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit(page, demo)
    await log_in(Mouse(page), ada.email, FIRST)
    await on_screen(page, "home")
    status, body = in_a_shell(await copied(page, "/multi/consumers"))
    assert status == 200
    assert json.loads(body)["rootUser"]["email"] == ada.email


async def test_a_copied_call_keeps_every_character(
    page: Page, demo: Server, context: BrowserContext
):
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    hands, name = Mouse(page), """O'Hara "Ünder" $HOME `id` \\n"""
    await visit(page, demo)
    await write(hands, "#name", name)
    await write(hands, "#email", "ohara@example.com")
    await write_secrets(hands, password=FIRST, passwordAgain=FIRST)
    await hands.press("#sign-up [type=submit]")
    await on_screen(page, "log-in")
    command = await copied(page, "/multi/consumers")
    assert in_a_shell(command)[0] == 409, "it has been made"
    status, body = in_a_shell(command.replace("ohara@", "ohara2@").replace('"79', '"99'))
    assert status == 200
    assert json.loads(body)["rootUser"]["name"] == name


async def test_sandbox_calls_are_shown_on_request(page: Page, demo: Server):
    await visit(page, demo)
    calls = page.locator("#calls .call:visible")
    await expect(calls).to_have_count(0)
    await page.get_by_label("Sandbox calls").check()
    await expect(page.locator("#calls .call:visible[data-path='/sandbox/clock']")).to_be_visible()
    await page.get_by_role("button", name="Clear").click()
    await expect(page.locator("#calls .call[data-path='/sandbox/settings']")).to_have_count(0)


# ----- anybody's eyes and hands


async def test_every_stop_of_the_keyboard_is_seen(page: Page, demo: Server):
    """And each is reached: nothing can only be pointed at."""
    await visit(page, demo)
    await expect(page.locator("#secure-passwordAgain[data-ready]")).to_be_visible()
    wanted = await page.locator(
        "a[href], button:visible, input:visible, iframe:visible, summary:visible"
    ).count()
    stops = set()
    for _ in range(wanted):
        frame = await next_stop(page)
        stops.add(await page.evaluate(STOP))
        assert await frame.evaluate(OUTLINE) == "solid", stops
    assert len(stops) == wanted


async def test_every_control_has_a_name(page: Page, demo: Server, ada: Person):
    await visit(page, demo)
    hands = Mouse(page)
    await log_in(hands, ada.email, FIRST)
    await on_screen(page, "home")
    for role in ("button", "textbox", "checkbox", "region", "navigation", "list"):
        for one in await page.get_by_role(role).all():
            assert await one.aria_snapshot() != f"- {role}", await one.evaluate(
                "(it) => it.outerHTML"
            )


async def test_on_a_phone_nothing_scrolls_sideways(page: Page, demo: Server, ada: Person):
    await page.set_viewport_size({"width": 390, "height": 844})
    await visit(page, demo)
    widths = [await page.evaluate("document.scrollingElement.scrollWidth")]
    hands = Mouse(page)
    await log_in(hands, ada.email, FIRST)
    await on_screen(page, "home")
    widths.append(await page.evaluate("document.scrollingElement.scrollWidth"))
    await hands.press("#enrol")
    await expect(page.locator("#phone .message")).to_be_visible()
    for summary in await page.locator("#calls summary:visible").all():
        await summary.click()
    widths.append(await page.evaluate("document.scrollingElement.scrollWidth"))
    assert widths == [390] * 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_texts_stand_out(page: Page, demo: Server, ada: Person, scheme: str):
    """By the contrast that WCAG 2.2 wants of small texts (1.4.3)."""
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await visit(page, demo)
    await log_in(Mouse(page), ada.email, FIRST)
    await on_screen(page, "home")
    await page.locator("#calls summary:visible").first.click()
    texts = ("h1", "#tour-hint", "#screen h2", ".tile strong", ".tile span")
    more = (".facts dt", ".path", ".status", "#calls pre", ".note", "#clear-calls")
    faint = {
        text: ratio
        for text in texts + more
        if (ratio := contrast(*await page.evaluate(COLOURS, text))) < 4.5
    }
    assert faint == {}
    ground, _ = await page.evaluate(COLOURS, "body")
    assert (sum(ground) < 3 * 64) == (scheme == "dark")


async def test_the_fields_follow_the_scheme(page: Page, demo: Server):
    await page.emulate_media(color_scheme="dark")
    await visit(page, demo)
    box = page.frame_locator("#secure-password iframe").locator("input")
    ink = await page.evaluate("getComputedStyle(document.documentElement).color")
    await expect(box).to_have_css("color", ink)
    await page.emulate_media(color_scheme="light")
    await expect(box).not_to_have_css("color", ink)


def contrast(one: list[int], other: list[int]) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: list[int]) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
