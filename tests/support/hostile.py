"""Hostile pages: one that speaks to the frames by itself, without our SDK, holds their ports and
asks whatever it likes; one that has the SDK in it; and one that sits beside the frames."""

import re
from typing import Any

from playwright.async_api import Frame, Page, expect

from tests.support.canary import seen
from tests.support.chromium import Site
from tests.support.client import Server
from tests.support.frames import ui_key_of
from tests.support.secure_page import field_in

VALUE = "Kestrel-Canary-81!"
SHORT, LONG = "Tq3$vXm9&Lr", "Wz8%nKd2?pHb5!cRj7@fGs"
"""Both valid, both of the greatest strength."""
TOKEN = re.compile(r"cap_[0-9A-Za-z]{39}")

ONE = '<div id="one"></div><input id="own">'
MOUNT = """
OpcUxSecureClient.init("UI_KEY");
const form = OpcUxSecureClient.form();
const input = form.input("password", "password");
const events = [];
for (const name of ["ready", "change", "keyup", "focus", "blur", "submit", "strength"]) {
  input.on(name, (...said) => events.push([name, ...said]));
}
input.mount("#one");
"""

_SCRIPT = """
const heard = [];  // window messages, from whomever
const opened = {};
addEventListener("message", ({ data, origin }) => heard.push({ data, origin }));
function field(name, type, settings = {}, uiKey = UI_KEY, dress = () => {}) {
  const frame = document.createElement("iframe");
  const made = (opened[name] = { frame, told: [], times: [], greetings: 0, waiting: new Map() });
  addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow || data !== "assent:hello") return;
    const { port1, port2 } = new MessageChannel();
    made.port = port1;
    made.greetings += 1;
    port1.onmessage = ({ data }) => {
      made.told.push(data);
      made.times.push(Date.now());
      made.waiting.get(data.ask)?.(data);
    };
    const hand = { kind: "assent:connect", version: 1, type, id: name, settings };
    frame.contentWindow.postMessage(hand, "*", [port2]);
  });
  frame.style.cssText = "width: 300px; height: 40px; border: 0; display: block";
  frame.src = `${FRAMES}/field?ui_key=${encodeURIComponent(uiKey)}`;
  dress(frame);
  const place = document.createElement("div");
  place.id = name;
  place.append(frame);
  document.body.append(place);
}
let asks = 0;
function ask(name, does) {
  const { port, waiting } = opened[name];
  const ask = (asks += 1);
  port.postMessage({ does, ask });
  return new Promise((resolve) => waiting.set(ask, resolve));
}
"""


def raw_html(server: Server, body: str = "", script: str = "") -> str:
    """`field(name, type)` opens one, `ask(name, does)` asks it, `opened[name].told` is what it
    said, all of it."""
    frames, ui_key = server.credentials["frames_url"], ui_key_of(server)
    known = f'const FRAMES = "{frames}"; const UI_KEY = "{ui_key}";'
    return (
        f'<!doctype html><meta charset="utf-8"><title>Bank</title><body>{body}'
        f"<script>{known}{_SCRIPT}{script}</script></body>"
    )


class RawPage:
    """Such a page in a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def open(self, name: str, kind: str = "password", **settings: Any) -> None:
        """A field, connected."""
        await self.page.evaluate("(given) => field(...given)", [name, kind, settings])
        await self.ready(name)

    async def ready(self, name: str) -> None:
        await self.page.wait_for_function(
            "(name) => opened[name].told.some((one) => one.tells === 'ready')", arg=name
        )

    async def type(self, name: str, value: str) -> None:
        """As a person, key by key."""
        box = field_in(self.page, f"#{name}")
        await box.press_sequentially(value)
        await expect(box).to_have_value(value)

    async def put(self, name: str, value: str) -> None:
        """As a password manager, at once."""
        await field_in(self.page, f"#{name}").fill(value)

    async def send(self, name: str, command: Any) -> None:
        """Anything that can be cloned."""
        await self.page.evaluate(
            "([name, command]) => opened[name].port.postMessage(command)", [name, command]
        )

    async def ask(self, name: str, does: str) -> dict[str, Any]:
        """A command that is answered."""
        answer = dict(await self.page.evaluate("(given) => ask(...given)", [name, does]))
        del answer["ask"]
        return answer

    async def told(self, name: str) -> list[dict[str, Any]]:
        """Everything up to now."""
        return list(await self.page.evaluate("(name) => opened[name].told", name))

    async def settled(self, name: str) -> list[dict[str, Any]]:
        """Everything, once what was typed has been told: that comes with a beat."""
        await self.page.wait_for_function(
            "(name) => opened[name].told.some((one) => one.tells === 'change')", arg=name
        )
        return [one for one in await self.told(name) if "ask" not in one]

    def frame(self, at: int = 0) -> Frame:
        """The inside of the field that was opened at that place."""
        return self.page.main_frame.child_frames[at]


async def raw(page: Page, bank: Site, server: Server, body: str = "", script: str = "") -> RawPage:
    """Puts it on the bank's site and goes there."""
    await page.goto(bank.put("/", raw_html(server, body, script)))
    return RawPage(page)


def betrays(value: str, *said: Any) -> list[str]:
    """Whether something that was said has it in it."""
    return [how for one in said for how in seen(value, f"{one}".encode())]


async def typed(page: Page, value: str = VALUE) -> None:
    box = field_in(page, "#one")
    await box.press_sequentially(value)
    await expect(box).to_have_value(value)


async def tokenize(page: Page) -> dict[str, Any]:
    """What the SDK gives, or why not."""
    return dict(
        await page.evaluate(
            "() => form.tokenize().catch(({ code, message }) => ({ code, message }))"
        )
    )


def attack(server: Server, script: str) -> str:
    frames = server.credentials["frames_url"]
    return (
        f'<!doctype html><script>const FRAMES = "{frames}"; const got = [];'
        "addEventListener('message', ({ data, ports }) => got.push([data, ports.length]));"
        f"{script}</script>"
    )
