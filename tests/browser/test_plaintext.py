"""What a person types is found again in nothing that anybody keeps, sends or sees."""

import base64
import gzip
import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.support.canary import seen
from tests.support.chromium import Site
from tests.support.client import Answer, Server
from tests.support.frames import by_query, content, loaded, sealed, ui_key_of
from tests.support.processes import Sandbox, sandbox
from tests.support.secure_page import field_in, html
from tests.support.weavr import consumer_body, log_in, set_password, validate
from tests.support.wiretap import Wiretap, wiretap

pytestmark = pytest.mark.asyncio(loop_scope="session")

EMAIL = "kestrel.control@canary.example"
CANARY = 'Zq7<Kestrel&Ünder>"$'
WRONG = "Vx9%Osprey+Über'/\\{}"
SIMPLE = "merlinmerlinmerlin"
DEBUG = {"ASSENT_SERVER_LOG_LEVEL": "debug"}

BODY = """
<input id="email" aria-label="E-mail">
<div id="password"></div><div id="confirm"></div>
<button onclick="send()">Go</button><p id="outcome"></p>
"""
SCRIPT = """
OpcUxSecureClient.init("UI_KEY");
const form = OpcUxSecureClient.form();
const fields = [form.input("password", "password"), form.input("confirm", "confirmPassword")];
const events = [];
for (const field of fields) {
  for (const name of ["ready", "change", "keyup", "focus", "blur", "submit", "strength"]) {
    field.on(name, (...said) => events.push([name, ...said]));
  }
}
fields[0].mount("#password");
fields[1].mount("#confirm");
async function send() {
  const told = { email: email.value };
  try {
    told.tokens = await form.tokenize();
    sessionStorage.token = told.tokens.password;
  } catch (error) {
    told.error = { ...error, text: String(error), stack: error.stack };
    console.warn(error);
  }
  await fetch("/tokens", { method: "POST", body: JSON.stringify(told) });
  outcome.textContent = told.error?.code ?? told.tokens.password;
}
"""
# Every text that the page's code can come by without a call: from the window on, by any path.
WALK = """() => {
  const texts = new Set(), known = new WeakSet();
  let queue = [window];
  for (let depth = 0; queue.length && depth < 7; depth += 1) {
    const next = [];
    for (const one of queue) {
      if (one === null || !["object", "function"].includes(typeof one) || known.has(one)) continue;
      known.add(one);
      let names = [];
      try {
        names = Object.getOwnPropertyNames(one);
        for (const name in one) names.push(name);
      } catch { continue; }
      for (const name of names) {
        texts.add(name);
        try {
          const held = one[name];
          if (typeof held === "string" || typeof held === "number") texts.add(String(held));
          else next.push(held);
        } catch {}
      }
    }
    queue = next;
  }
  return [...texts];
}"""
KEPT = """async () => ({
  local: { ...localStorage }, session: { ...sessionStorage }, cookie: document.cookie,
  databases: await indexedDB.databases(), caches: await caches.keys(),
  entries: performance.getEntries().map((one) => one.toJSON()), title: document.title,
  address: location.href, history: history.length, state: history.state, name: window.name,
})"""


@dataclass
class Bank:
    """A programme's site, its server, and the browser of a person who visits it."""

    running: Sandbox
    server: Server
    site: Site
    tap: Wiretap
    page: Page
    said: list[str] = field(default_factory=list)
    """By browser and page: console, errors."""
    answers: list[Answer] = field(default_factory=list)
    """Of our APIs, to the bank's server."""

    async def visit(self) -> None:
        await self.page.goto(self.site.put("/", html(self.server, BODY, SCRIPT)))

    async def type(self, first: str, again: str) -> str:
        """As a person, key by key; the page's own code sends on what it gets."""
        for place, text in (("#password", first), ("#confirm", again)):
            box = field_in(self.page, place)
            await box.fill("")
            await box.press_sequentially(text)
        before = len(self.posted)
        await self.page.get_by_role("button", name="Go").click()
        await expect(self.page.locator("#outcome")).not_to_be_empty()
        await self.page.wait_for_function("document.querySelector('#outcome').textContent")
        assert len(self.posted) == before + 1
        outcome = await self.page.locator("#outcome").inner_text()
        await self.page.evaluate("outcome.textContent = ''")
        return outcome

    @property
    def posted(self) -> list[bytes]:
        """What the page sent to its own server."""
        return [body for path, body in self.site.received if path == "/tokens"]

    def kept(self, answer: Answer) -> Answer:
        self.answers.append(answer)
        return answer


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A server that says all it can."""
    with sandbox(tmp_path_factory.mktemp("talkative"), settings=DEBUG) as started:
        yield started


@pytest.fixture
def tap() -> Iterator[Wiretap]:
    with wiretap() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def tapped(browser: Browser, tap: Wiretap) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(proxy=tap.proxy)
    try:
        yield context
    finally:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def ada(running: Sandbox, tapped: BrowserContext, tap: Wiretap, bank: Site) -> Bank:
    server = running.server.isolated()
    server.settings(plaintext_passwords=False)
    made = Bank(running, server, bank, tap, await tapped.new_page())
    made.page.on("console", lambda message: made.said.append(f"{message.text} {message.args}"))
    made.page.on("pageerror", lambda error: made.said.append(f"{error} {error.stack}"))
    await made.visit()
    await made.page.get_by_label("E-mail").press_sequentially(EMAIL)
    return made


async def _sign_up_and_log_in(bank: Bank) -> None:
    server = bank.server
    made = bank.kept(
        server.call(
            "POST", "/multi/consumers", consumer_body(server, EMAIL, "79555123"), server.api
        )
    )
    user = made.json["rootUser"]["id"]["id"]
    assert await bank.type(CANARY, WRONG) == "CONFIRM_MISMATCH"
    assert await bank.type("", "") == "VALUE_EMPTY"
    # refused for what it is
    simple = await bank.type(SIMPLE, SIMPLE)
    assert bank.kept(validate(server, simple)).error == "PASSWORD_TOO_SIMPLE"
    assert bank.kept(set_password(server, user, simple)).error == "PASSWORD_TOO_SIMPLE"
    # sign up
    token = await bank.type(CANARY, CANARY)
    assert bank.kept(validate(server, token)).status == 204
    assert bank.kept(set_password(server, user, token)).status == 200
    assert bank.kept(set_password(server, user, token)).status == 410
    # log in, rightly and wrongly
    token = await bank.type(CANARY, CANARY)
    assert bank.kept(log_in(server, EMAIL, token)).status == 200
    assert bank.kept(log_in(server, EMAIL, token)).status == 410
    assert bank.kept(log_in(server, EMAIL, await bank.type(WRONG, WRONG))).status == 403
    # what the bank's server must not do, and once does
    assert bank.kept(log_in(server, EMAIL, CANARY)).status == 404
    assert bank.kept(set_password(server, user, CANARY)).status == 404


def _bad_envelopes(bank: Bank) -> None:
    """With the value in all the wrong places."""
    frame = loaded(bank.server)
    ui_key = ui_key_of(bank.server)
    for envelope, status in (
        (CANARY, 400),
        (frame.seal([CANARY]), 400),
        (frame.seal(CANARY, field=CANARY), 400),
        (frame.seal(CANARY * 20), 400),
        (frame.seal(CANARY, nonce=CANARY), 400),
        (sealed(content(CANARY, CANARY), frame.key), 400),
        (sealed(CANARY.encode(), frame.key), 400),
        (sealed(content(ui_key, CANARY), {**frame.key, "kid": CANARY}), 409),
        ({"jwe": CANARY}, 400),
    ):
        assert bank.kept(frame.send(envelope)).status == status, envelope
    path = by_query("/tokens", ui_key=CANARY)
    origin = {"origin": frame.origin.base_url}
    assert bank.kept(frame.origin.call("POST", path, {"jwe": "a.b.c"}, origin)).status == 404


def _found(octets: bytes) -> list[str]:
    return [how for text in (CANARY, WRONG, SIMPLE) for how in seen(text, octets)]


async def test_what_was_typed_is_nowhere(ada: Bank):
    """Sign-up and log-in with every mistake on the way; the e-mail address, typed into a field of
    the page's own, is the control: each of these places would tell."""
    await _sign_up_and_log_in(ada)
    page, server = ada.page, ada.server

    # the wire, all of it
    assert len(ada.tap.asked(ada.site.origin)) > 5
    assert len(ada.tap.asked(server.credentials["frames_url"])) > 5
    assert seen(EMAIL, ada.tap.octets)
    assert _found(ada.tap.octets) == []

    # the page
    control = await page.evaluate(WALK)
    assert len(control) > 5_000
    assert EMAIL in control
    shown = {
        "texts": control,
        "kept": await page.evaluate(KEPT),
        "events": await page.evaluate("events"),
        "said": ada.said,
        "posted": [body.decode() for body in ada.posted],
        "html": await page.content(),
        "accessible": await page.locator("body").aria_snapshot(),
        "state": await page.context.storage_state(),
    }
    assert any("differs from the field it confirms" in text for text in ada.said)
    assert any(name == "strength" for name, *_ in shown["events"])
    for place, held in shown.items():
        said = json.dumps(held, ensure_ascii=False, default=str)
        readable = "\n".join(_texts(held))
        assert _found(f"{said}\n{readable}".encode()) == [], place
    for frame in page.frames[1:]:
        kept = await frame.evaluate(KEPT)
        assert (kept["local"], kept["session"], kept["cookie"]) == ({}, {}, "")
        assert (kept["databases"], kept["caches"]) == ([], [])
        assert _found(json.dumps(kept, ensure_ascii=False).encode()) == []

    # what our server says of it
    _bad_envelopes(ada)
    user = ada.answers[0].json["rootUser"]["id"]["id"]
    for path in (
        "/settings",
        f"/users/{user}/challenges",
        "/phones/+35679555123/messages",
        f"/mailboxes/{EMAIL}/messages",
    ):
        assert ada.kept(server.sandbox("GET", path)).status == 200
    assert ada.kept(server.sandbox("POST", "/settings", {"codes": CANARY})).status == 400
    for answer in ada.answers:
        assert _found(answer.body + str(answer.headers).encode()) == []

    # and keeps of it
    log = ada.running.log().encode()
    assert log.count(b"\n") > 20
    assert b'"refused"' in log
    assert _found(log) == []
    files = list(ada.running.data.glob("assent.sqlite3*"))
    assert any(file.name.endswith("-wal") for file in files)
    assert [(file.name, how) for file in files for how in _found(file.read_bytes())] == []
    with closing(sqlite3.connect(ada.running.data / "assent.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM captures").fetchone()[0] > 3


def _texts(held: Any) -> Iterator[str]:
    """Without JSON's escapes."""
    if isinstance(held, str):
        yield held
    elif isinstance(held, dict):
        yield from (text for pair in held.items() for one in pair for text in _texts(one))
    elif isinstance(held, list | tuple):
        yield from (text for one in held for text in _texts(one))


async def test_a_server_that_breaks_with_it_in_hand_does_not_tell(ada: Bank):
    """The envelope is open, the value about to be put away, and the database does what nobody
    has foreseen."""
    database = ada.running.data / "assent.sqlite3"
    with closing(sqlite3.connect(database, isolation_level=None)) as link:
        link.execute(
            "CREATE TRIGGER breaks BEFORE INSERT ON captures "
            "BEGIN SELECT RAISE(ABORT, 'nobody has foreseen this'); END"
        )
    try:
        assert await ada.type(CANARY, CANARY) == "SERVER_UNAVAILABLE"
    finally:
        with closing(sqlite3.connect(database, isolation_level=None)) as link:
            link.execute("DROP TRIGGER breaks")
    log = ada.running.log()
    (broken,) = [event for event in map(json.loads, log.splitlines()) if event["event"] == "broken"]
    assert broken["operation"] == "POST /tokens"
    names = [frame["name"] for error in broken["exception"] for frame in error["frames"]]
    assert {"_tokens", "capture"} <= set(names)
    assert _found(log.encode()) == []
    assert _found(ada.tap.octets) == []
    assert _found(json.dumps([ada.said, [str(body) for body in ada.posted]]).encode()) == []


async def test_values_of_all_usual_lengths_look_alike_on_the_wire(ada: Bank):
    """Whoever sees the ciphertext, or only how much of it there is, does not see how long it is."""
    for value in ("Ab3$efgh", CANARY, "Cd4&" * 7, "é" * 20 + "Aa1$"):
        await ada.type(value, value)
    sent = [one for one in ada.tap.asked(ada.server.credentials["frames_url"]) if one.body]
    assert len(sent) == 4
    assert len({len(one.body) for one in sent}) == 1
    assert len({len(one.sent) for one in sent}) == 1
    assert len({len(one.answered) for one in sent}) == 1


async def test_a_crash_writes_no_memory_down(running: Sandbox):
    assert _limit(running.process.pid, "Max core file size") == ["0", "0"]


def _limit(pid: int, name: str) -> list[str]:
    """Soft and hard."""
    limits = Path(f"/proc/{pid}/limits")
    if not limits.exists():
        pytest.skip("no /proc here")
    (line,) = [one for one in limits.read_text().splitlines() if one.startswith(name)]
    return line.removeprefix(name).split()[:2]


@pytest.mark.parametrize(
    "disguise",
    [
        CANARY.encode(),
        CANARY.encode("utf-16-le"),
        CANARY.encode().hex().encode(),
        CANARY[::-1].encode(),
        json.dumps(CANARY).encode(),
        base64.b64encode(b"x" + CANARY.encode() + b"yz"),
        base64.urlsafe_b64encode(b"xy" + CANARY.encode() + b"z"),
        quote(CANARY).encode(),
        escape(CANARY).encode(),
        gzip.compress(f"in a body: {CANARY}".encode()),
        hashlib.sha256(CANARY.encode()).digest(),
        f"cut off: {CANARY[:12]}".encode(),
    ],
    ids=[
        *("plain", "utf-16", "hex", "reversed", "json", "base64", "base64url", "percent", "html"),
        *("gzip", "digest", "cut"),
    ],
)
async def test_the_search_finds_what_is_there(disguise: bytes):
    """The test of the test."""
    assert _found(b"before" + disguise + b"after")


async def test_the_search_finds_nothing_where_nothing_is():
    assert _found(EMAIL.encode() + CANARY.swapcase().encode()) == []
