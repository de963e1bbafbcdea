"""A page that has turned against its users, or somebody else's script in it, tries everything:
the frame's window, its port, its events, its tokens."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from playwright.async_api import ConsoleMessage, Page, Route, expect

from tests.support.chromium import Site
from tests.support.client import Server
from tests.support.hostile import (
    LONG,
    MOUNT,
    ONE,
    SHORT,
    TOKEN,
    VALUE,
    RawPage,
    betrays,
    raw,
    raw_html,
    tokenize,
    typed,
)
from tests.support.secure_page import field_in, html, told, visit
from tests.support.weavr import PASSWORD, log_in, new_person

pytestmark = pytest.mark.asyncio(loop_scope="session")


RECORD = """
const caught = [];
let catching = true;
const { apply, construct } = Reflect;
function note(one) { if (catching) caught[caught.length] = one; }
function wrap(owner, name, look = note) {
  const plain = owner[name];
  const mine = function (...given) {
    for (let at = 0; at < given.length; at += 1) look(given[at], given, at);
    if (this !== undefined && this !== window) note(this);
    const made = new.target ? construct(plain, given) : apply(plain, this, given);
    note(made);
    return made;
  };
  if (plain.prototype) mine.prototype = plain.prototype;
  owner[name] = mine;
}
function listening(one, given, at) {
  if (typeof one !== "function") return note(one);
  given[at] = function (event) {
    note(event);
    return apply(one, this, arguments);
  };
}
function texts() {
  catching = false;
  const found = new Set(), known = new Set();
  const walk = (one, depth) => {
    if (typeof one === "string" || typeof one === "number") return void found.add(String(one));
    if (one === null || typeof one !== "object" || depth > 4 || known.has(one)) return;
    known.add(one);
    const names = new Set(Reflect.ownKeys(one));
    if (one instanceof MessageEvent) names.add("data");
    for (const name of names) {
      try { walk(one[name], depth + 1); } catch {}
    }
  };
  for (const one of caught) walk(one, 0);
  return [...found];
}
"""
MESSAGING = """
wrap(window, "MessageChannel");
wrap(window, "structuredClone");
wrap(window, "postMessage");
wrap(MessagePort.prototype, "postMessage");
wrap(EventTarget.prototype, "addEventListener", listening);
const { set, get } = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
Object.defineProperty(MessagePort.prototype, "onmessage", {
  get,
  set(listener) {
    const given = [listener];
    listening(listener, given, 0);
    apply(set, this, given);
  },
});
window.addEventListener("message", () => {}, true);
"""
PROTOTYPES = """
for (const name of ["password", "secret", "typed", "tells", "ask", "token", "empty"]) {
  Object.defineProperty(Object.prototype, name, {
    configurable: true,
    get() { return undefined; },
    set(held) {
      note(held);
      Object.defineProperty(this, name, {
        value: held, writable: true, enumerable: true, configurable: true,
      });
    },
  });
}
Object.prototype.value_ = "polluted";
for (const [owner, ...names] of [
  [Array.prototype, "map", "filter", "find", "some", "forEach", "slice", Symbol.iterator],
  [Object, "entries", "keys", "assign", "fromEntries", "hasOwn"],
  [Function.prototype, "call", "bind"],
  [String.prototype, "replace", "split", "trim", "slice"],
  [RegExp.prototype, "exec", "test"],
  [Map.prototype, "get", "set"],
  [Set.prototype, "add"],
  [JSON, "stringify", "parse"],
  [window, "fetch", "URL", "XMLHttpRequest", "setTimeout", "TextEncoder"],
  [XMLHttpRequest.prototype, "open", "send"],
  [Response.prototype, "json", "text"],
  [crypto, "getRandomValues"],
  [crypto.subtle, "encrypt", "sign", "digest", "importKey"],
]) {
  for (let at = 0; at < names.length; at += 1) wrap(owner, names[at]);
}
wrap(Promise.prototype, "then", listening);
"""


async def _first(page: Page, bank: Site, server: Server, before: str) -> None:
    """Visits a page whose first script is not the SDK."""
    text = html(server, ONE, MOUNT)
    await page.goto(bank.put("/", text.replace("<script", f"<script>{before}</script><script", 1)))


_DOORS = (
    "frame.contentDocument",
    "frame.contentWindow.document",
    "frame.contentWindow.location.href",
    "frame.contentWindow.location.toString()",
    "frame.contentWindow.name",
    "frame.contentWindow.localStorage",
    "frame.contentWindow.history",
    "frame.contentWindow.performance",
    "frame.contentWindow.navigator",
    "frame.contentWindow.getSelection()",
    "frame.contentWindow.getComputedStyle(frame)",
    "frame.contentWindow.eval('document')",
    "frame.contentWindow.Function('return document')()",
    "frame.contentWindow.input",
    "frame.contentWindow.password",
    "frame.contentWindow.page",
    "frame.contentWindow.frameElement",
    "frame.contentWindow.onmessage",
    "frame.contentWindow.find('K')",
    "frame.contentWindow.document.querySelector('input').value",
    "frame.getSVGDocument()",
    "window.frames['Secure field']",
    "window[0].password",
    "Object.getPrototypeOf(frame.contentWindow).constructor",
    "document.elementFromPoint(20, 20).value",
    "document.elementFromPoint(20, 20).shadowRoot.querySelector('input').value",
    "document.caretPositionFromPoint(20, 20).offsetNode.value",
    "document.activeElement.value",
    "window.getSelection().toString()",
    "new XMLSerializer().serializeToString(frame)",
)
_TRY = """(code) => {
  const frame = document.querySelector("iframe");
  try { return String(new Function("frame", `return ${code}`)(frame)); }
  catch (error) { return error.name; }
}"""


async def test_the_frame_is_shut(page: Page, bank: Site, server: Server):
    """What the page can read of the frame is the same with a value in it and without."""
    hostile = await raw(page, bank, server, '<script src="x"></script>')
    await hostile.open("one")
    before = {door: await page.evaluate(_TRY, door) for door in _DOORS}
    await hostile.type("one", VALUE)
    await field_in(page, "#one").select_text()
    after = {door: await page.evaluate(_TRY, door) for door in _DOORS}
    assert after == {**before, "document.activeElement.value": "undefined"}
    assert betrays(VALUE, *after.values()) == []
    opened = {
        door
        for door, answer in after.items()
        if answer not in ("SecurityError", "TypeError", "null", "undefined", "")
    }
    assert opened == {"new XMLSerializer().serializeToString(frame)"}
    assert await page.evaluate("() => window[0].length") == 0


async def test_nothing_of_the_window_changes_with_the_value(page: Page, bank: Site, server: Server):
    """All that browsers let other origins see of a window: thirteen names."""
    look = """() => Object.fromEntries(Reflect.ownKeys(window[0]).map((name) => {
      try { return [String(name), String(window[0][name])]; }
      catch (error) { return [String(name), error.name]; }
    }))"""
    hostile = await raw(page, bank, server)
    await hostile.open("one")
    before = await page.evaluate(look)
    await hostile.type("one", VALUE)
    assert await page.evaluate(look) == before
    assert len(before) >= 13
    assert before["length"] == "0"


async def test_keys_typed_there_are_not_heard_here(page: Page, bank: Site, server: Server):
    hear = """
    const heard_ = [];
    for (const name of ["keydown", "keypress", "keyup", "beforeinput", "input", "change",
      "compositionupdate", "paste", "copy", "cut", "selectionchange", "select", "textInput"]) {
      for (const place of [window, document]) {
        place.addEventListener(name, (event) => heard_.push([name, event.key, event.data]), true);
      }
    }
    """
    await visit(page, bank, server, ONE, hear + MOUNT)
    await page.locator("#own").press_sequentially("own")
    assert len(await page.evaluate("heard_.splice(0)")) >= 20  # the control
    box = field_in(page, "#one")
    await box.click()
    await page.evaluate("heard_.splice(0)")
    await page.keyboard.type(VALUE)
    await page.keyboard.press("Backspace")
    await page.keyboard.press("ControlOrMeta+a")
    await expect(box).to_have_value(VALUE[:-1])
    assert await page.evaluate("heard_") == []


async def test_a_page_that_may_be_edited_edits_itself_alone(page: Page, bank: Site, server: Server):
    """In design mode keys typed anywhere in a document change that document."""
    await visit(page, bank, server, ONE, MOUNT + 'document.designMode = "on";')
    await typed(page)
    assert betrays(VALUE, await page.content(), await page.inner_text("body")) == []


async def test_browsers_measure_nothing_of_it_for_the_page(page: Page, bank: Site, server: Server):
    """Event Timing, layout shifts, paint and resource timing: all of them of one's own document."""
    look = """() => ({
      keys: [...performance.eventCounts].filter(([name]) => /key|input/.test(name)),
      entries: entries.map((one) => [one.entryType, one.name]).sort(),
      interactions: performance.interactionCount,
    })"""
    watch = """
    const entries = [];
    for (const type of PerformanceObserver.supportedEntryTypes) {
      if (/longtask|long-animation/.test(type)) continue;  // says nothing but that it is busy
      new PerformanceObserver((list) => entries.push(...list.getEntries()))
        .observe({ type, buffered: true, durationThreshold: 16 });
    }
    """
    hostile = await raw(page, bank, server, "", watch)
    await hostile.open("one")
    await hostile.type("one", "K")
    await hostile.settled("one")
    before = await page.evaluate(look)
    await page.keyboard.type(VALUE[1:])
    await expect(field_in(page, "#one")).to_have_value(VALUE)
    await hostile.settled("one")
    after = await page.evaluate(look)
    assert (after["keys"], after["interactions"]) == (before["keys"], before["interactions"])
    assert after["entries"] == before["entries"]


async def test_replaced_messaging_carries_no_value(page: Page, bank: Site, server: Server):
    """A script that was there before the SDK sees every message between page and frame."""
    await _first(page, bank, server, RECORD + MESSAGING)
    await typed(page)
    await field_in(page, "#one").press("Enter")
    token = (await tokenize(page))["password"]
    caught = await page.evaluate("texts()")
    assert {token, "assent:hello", "change", "submit"} <= set(caught)  # or it caught nothing
    assert betrays(VALUE, *caught) == []


async def test_polluted_prototypes_catch_no_value(page: Page, bank: Site, server: Server):
    """Every built-in that the SDK goes through, and every name that it might set."""
    await _first(page, bank, server, RECORD + PROTOTYPES)
    await typed(page)
    token = (await tokenize(page))["password"]
    caught = await page.evaluate("texts()")
    assert token in caught
    assert betrays(VALUE, *caught) == []


_COMMANDS = """
const cyclic = { does: "update" };
cyclic.settings = cyclic;
cyclic.settings.style = cyclic;
const long = "x".repeat(3_000_000);
const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`k${at}`, at]));
const commands = [
  undefined, null, true, 0, 10n, "", "tokenize", [], [["does", "tokenize"]], new Date(), /x/,
  new Error("does"), new Map([["does", "tokenize"]]), new Set(["tokenize"]), new ArrayBuffer(9),
  new Uint8Array(9), new Blob(["does"]), Object.assign([], { does: "read", ask: 1 }),
  ...["read", "value", "get", "getValue", "length", "select", "copy", "cut", "type", "key", "keys",
    "state", "strength", "debug", "eval", "export", "constructor", "toString", "__proto__",
    "hasOwnProperty", "connect", "mac", "sign", "hello", "UPDATE", "tokenize ", "", null, 1, {},
    ["tokenize"]].map((does) => ({ does, ask: -1, id: "one", name: "value", value: "other" })),
  ...[NaN, Infinity, 1.5, "1", {}, [1], null, 2 ** 53, long].flatMap((ask) => [
    { does: "check", ask }, { does: "tokenize", ask },
  ]),
  { does: "update" }, { does: "update", settings: null }, { does: "update", settings: "x" },
  { does: "update", settings: { type: "text", name: "x", value: "other", readOnly: true } },
  { does: "update", settings: { maxlength: -1, fresh: "yes", autocomplete: "on", dir: "up" } },
  { does: "update", settings: { maxlength: 0, messages: [], style: [] } },
  { does: "update", settings: { label: long, placeholder: long, lang: long, messages: many } },
  { does: "update", settings: { style: many } },
  { does: "update", settings: { style: { base: many } } },
  cyclic,
  JSON.parse('{"__proto__": {"does": "tokenize", "ask": -2}, "does": "read"}'),
  JSON.parse('{"does": "update", "settings": {"__proto__": {"fresh": true, "type": "text"}}}'),
  JSON.parse('{"does": "update", "settings": {"constructor": {"prototype": {"type": "text"}}}}'),
  JSON.parse('{"does": "update", "settings": {"style": {"__proto__": {"color": "red"}}}}'),
  JSON.parse('{"does": "update", "settings": {"style": {"base": {"__proto__": {"color": 1}}}}}'),
  JSON.parse('{"does": "update", "settings": {"messages": {"__proto__": {"valid": "{value}"}}}}'),
  { does: "update", settings: { messages: { valid: "{value}{length}{constructor}{__proto__}" } } },
  { does: "pair", id: {} }, { does: "pair", id: long }, { does: "pair", id: "one" },
];
"""
_SEND = """() => {
  const refused = [];
  for (const command of commands) opened.one.port.postMessage(command);
  const bait = { get does() { refused.push("read here"); return "read"; } };
  opened.one.port.postMessage(bait);
  const called = () => {};
  for (const never of [{ does: called }, { does: Symbol() }, window, document.body, called]) {
    try { opened.one.port.postMessage(never); } catch (error) { refused.push(error.name); }
  }
  return refused;
}"""


async def test_the_port_is_asked_for_everything(page: Page, bank: Site, server: Server):
    """All that the protocol has and has not. Answers have a known shape, and no room for more."""
    person = new_person(server)
    hostile = await raw(page, bank, server, "", _COMMANDS)
    await hostile.open("one")
    await hostile.type("one", PASSWORD)
    refused = await page.evaluate(_SEND)
    assert refused == ["read here", *["DataCloneError"] * 5]  # getters run here, not there
    answer = await hostile.ask("one", "tokenize")
    said = await hostile.told("one")
    assert [_odd(one) for one in said if _odd(one)] == []
    assert betrays(PASSWORD, *said) == []
    # nothing broke, and the field is what it was
    assert log_in(server, person.email, answer["token"]).status == 200
    box = field_in(page, "#one")
    assert await box.get_attribute("type") == "password"
    assert await hostile.frame().evaluate("({}).type ?? ({}).does ?? null") is None


def _odd(report: dict[str, Any]) -> list[str]:
    """What is in it beyond the protocol."""
    shapes: dict[str, dict[str, Any]] = {
        **{name: {} for name in ("ready", "keyup", "focus", "blur", "submit")},
        "change": {"empty": bool, "valid": bool},
        "strength": {"id": range(5)},
        "autofill": {"on": bool},
        "answer": {"ask": int, "token": TOKEN},
        "failed": {"ask": int, "code": re.compile("[A-Z_]+")},
    }
    shape = shapes.get(report["tells"])
    if shape is None:
        return [f"{report}"]
    return [
        f"{report['tells']}.{key}: {value}"
        for key, value in report.items()
        if key != "tells" and not _fits(shape.get(key), value)
    ]


def _fits(rule: Any, value: Any) -> bool:
    if isinstance(rule, re.Pattern):
        return isinstance(value, str) and rule.fullmatch(value) is not None
    return value in rule if isinstance(rule, range) else rule is not None and type(value) is rule


async def test_no_command_types(page: Page, bank: Site, server: Server):
    """A page that could put text into a field would ask the confirm field letter by letter."""
    await page.goto(bank.put("/", raw_html(server, "", _COMMANDS)))
    hostile = RawPage(page)
    await hostile.open("one")
    await hostile.put("one", VALUE)
    await page.evaluate(_SEND)
    for does in ("set", "type", "fill", "insert", "value", "update", "focus"):
        await hostile.send("one", {"does": does, "value": "x", "settings": {"value": "x"}})
    await page.evaluate("""() => {
      const frame = opened.one.frame;
      frame.focus();
      for (const place of [frame, document, window, document.activeElement]) {
        for (const type of ["keydown", "keypress", "keyup"]) {
          place.dispatchEvent(new KeyboardEvent(type, { key: "x", bubbles: true, composed: true }));
        }
      }
      document.execCommand("insertText", false, "x");
      document.execCommand("paste");
    }""")
    await hostile.ask("one", "check")
    await expect(field_in(page, "#one")).to_have_value(VALUE)


async def test_one_port_is_all_there_is(page: Page, bank: Site, server: Server):
    """A second greeting from the page, or from a script that came later, is not answered."""
    hostile = await raw(page, bank, server)
    await hostile.open("one")
    await hostile.put("one", VALUE)
    ports = await page.evaluate("""async () => {
      const heard = [];
      for (let at = 0; at < 20; at += 1) {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => heard.push(data);
        const hand = { kind: "assent:connect", version: 1, type: "password", settings: {} };
        opened.one.frame.contentWindow.postMessage(hand, "*", [port2]);
        port1.postMessage({ does: "tokenize", ask: 1 });
      }
      await ask("one", "check");
      await ask("one", "tokenize");
      return heard;
    }""")
    assert ports == []


async def _events_of(hostile: RawPage, value: str, **settings: Any) -> list[dict[str, Any]]:
    await hostile.open("one", **settings)
    await hostile.put("one", value)
    events = await hostile.settled("one")
    await hostile.page.evaluate("document.querySelector('#one').remove()")
    return besides_keys(events)


def besides_keys(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without `keyup`, which goes on by chance: the tests of the rhythm are about that."""
    return [one for one in events if one["tells"] != "keyup"]


@pytest.mark.parametrize(
    ("values", "fresh"),
    [
        (("a", VALUE, "x" * 30), False),
        ((SHORT, LONG, "7vQ!zB4#nM8&"), True),
        (("Ab1$", "aB2%c", "Zz9!"), True),
    ],
    ids=["remembered", "new", "new and too short"],
)
async def test_different_values_have_the_same_events(
    page: Page, bank: Site, server: Server, values: Sequence[str], fresh: bool
):
    """Of equal validity and strength: neither length nor content shows."""
    hostile = await raw(page, bank, server)
    first, *others = [await _events_of(hostile, value, fresh=fresh) for value in values]
    assert [one for one in others if one != first] == []
    assert {"tells": "change", "empty": False, "valid": values[0] != "Ab1$"} in first


async def test_other_limits_asked_for_again_and_again_tell_no_length(
    page: Page, bank: Site, server: Server
):
    """With a maximum of its own choice, raised one by one, a page would see when it fits."""
    hostile = await raw(page, bank, server)
    told = []
    for value in (SHORT, LONG):
        await hostile.open("one", fresh=True)
        await hostile.put("one", value)
        await hostile.settled("one")
        for maxlength in range(1, 40):
            for fresh in (True, False):
                await hostile.send(
                    "one", {"does": "update", "settings": {"maxlength": maxlength, "fresh": fresh}}
                )
                await hostile.ask("one", "check")
        await expect(field_in(page, "#one")).to_have_value(value)
        told.append([{**one, "ask": 0} for one in besides_keys(await hostile.told("one"))])
        await page.evaluate("document.querySelector('#one').remove()")
    assert told[0] == told[1]
    assert len(told[0]) > 70


async def test_a_digest_or_a_size_is_no_part_of_an_answer(page: Page, bank: Site, server: Server):
    hostile = await raw(page, bank, server)
    await hostile.open("one")
    await hostile.put("one", VALUE)
    answers = [await hostile.ask("one", "tokenize") for _ in range(3)]
    assert all(TOKEN.fullmatch(one["token"]) and len(one) == 2 for one in answers)
    assert len({one["token"] for one in answers}) == 3  # the same value, another token each time


async def _rhythm(hostile: RawPage, beats: Sequence[Sequence[int]]) -> list[list[Any]]:
    """Types a key at each of these ms of each quarter of a second, by a clock that the test moves;
    what the page was told, and at which ms of it."""
    page = hostile.page
    await page.clock.pause_at(await page.evaluate("Date.now()") + 1_000)
    await page.clock.run_for(250 - await hostile.frame().evaluate("performance.now() % 250"))
    begun = await page.evaluate("Date.now()")
    for number, keys in enumerate(beats, 1):
        at = 0
        for key in keys:
            await page.clock.run_for(key - at)
            await page.keyboard.press("A")
            at = key
        await page.clock.run_for(250 - at)
        await page.wait_for_function(
            "(most) => opened.one.told.filter((one) => one.tells === 'keyup').length >= most",
            arg=number,
        )
    told = await page.evaluate(
        "opened.one.told.map(({ tells }, at) => [tells, opened.one.times[at]])"
    )
    return [[tells, at - begun] for tells, at in told if tells not in ("ready", "focus")]


async def test_neither_rhythm_nor_number_of_keys_shows(page: Page, bank: Site, server: Server):
    """Who types a key a second, four, or twenty: at the end of every quarter of a second the page
    is told that somebody types."""
    await page.clock.install(time=0)
    told = []
    for beats in (
        [[200], [], [], [], [150], [], []],
        [[200], [110], [240], [150], [170], [200], [120]],
        [[110, 170], [120, 130, 140, 230], [240], [150, 160, 170, 180, 190, 200], [], [115], []],
    ):
        hostile = await raw(page, bank, server)
        await hostile.open("one")
        await field_in(page, "#one").focus()
        told.append(await _rhythm(hostile, beats))
        await page.clock.resume()
    slow, usual, many = told
    assert slow == usual == many
    assert [at for name, at in many if name == "keyup"] == [250 * (beat + 1) for beat in range(7)]
    assert [at for name, at in many if name == "change"] == [250]


async def test_no_event_of_the_sdk_names_a_key(page: Page, bank: Site, server: Server):
    await visit(page, bank, server, ONE, MOUNT)
    await typed(page)
    await field_in(page, "#one").press("Enter")
    await page.locator("#own").focus()
    await told(page, "events.some(([name]) => name === 'blur')")
    events = await page.evaluate("events")
    assert {name for name, *_ in events} == {
        *("ready", "focus", "keyup", "change", "strength", "submit", "blur")
    }
    for name, *said in events:
        if name == "change":
            assert [sorted(one) for one in said] == [["empty", "valid"]]
        elif name == "strength":
            assert [list(one) for one in said] == [["id"]]
        else:
            assert said == []


async def test_a_token_is_good_once_and_here(page: Page, bank: Site, server: Server):
    """Whoever reads along in the page gets tokens, and needs the programme's own key to use one."""
    person, other = new_person(server), server.isolated()
    victim = new_person(other)
    hostile = await raw(page, bank, server)
    await hostile.open("one")
    await hostile.put("one", PASSWORD)
    token = (await hostile.ask("one", "tokenize"))["token"]
    assert log_in(other, victim.email, token).error == "TOKEN_NOT_FOUND"
    assert (
        server.call(
            "POST",
            "/multi/login_with_password",
            {"email": person.email, "password": {"value": token}},
        ).status
        == 401
    )
    assert log_in(server, person.email, token).status == 200
    assert log_in(server, person.email, token).error == "TOKEN_EXPIRED"


async def test_errors_and_the_console_hold_no_value(page: Page, bank: Site, server: Server):
    """Pages send their errors to services of others."""
    said: list[Any] = []

    async def listen(message: ConsoleMessage) -> None:
        said.append([message.text, message.location])

    page.on("console", listen)
    page.on("pageerror", lambda error: said.append([error.message, error.stack]))
    script = (
        MOUNT
        + """
    const again = form.input("again", "confirmPassword");
    again.mount("#two");
    input.on("change", () => { throw new Error("the page's own"); });
    """
    )
    await visit(page, bank, server, ONE + '<div id="two"></div>', script)
    await field_in(page, "#two").fill(LONG)
    await typed(page)
    failed = [await tokenize(page)]
    await page.route("**/tokens?*", lambda route: route.abort())
    await field_in(page, "#two").fill(VALUE)
    failed.append(await tokenize(page))
    await page.unroute("**/tokens?*")
    for body in ("<html>no</html>", '{"code": "VALUE_REFUSED"}', '{"token": 1}', "null"):
        await page.route("**/tokens?*", _answering(body))
        failed.append(await tokenize(page))
        await page.unroute("**/tokens?*")
    assert [one["code"] for one in failed] == [
        *("CONFIRM_MISMATCH", "CONNECTION_LOST", "SERVER_UNAVAILABLE", "VALUE_REFUSED"),
        *("SERVER_UNAVAILABLE", "SERVER_UNAVAILABLE"),
    ]
    assert any("the page's own" in str(one) for one in said)
    assert betrays(VALUE, failed, said) == []
    assert betrays(LONG, failed, said) == []


def _answering(body: str) -> Callable[[Route], Awaitable[None]]:
    return lambda route: route.fulfill(status=400, body=body)
