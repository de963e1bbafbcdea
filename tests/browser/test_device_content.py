"""What the device app reads and signs: canonical JSON (RFC 8785), and questions that it shows
exactly or not at all. Its own code, by itself, in a real browser."""

import json
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.async_api import Browser, Error, Page

from assent.domain.question import canonical
from tests.support.device_keys import QUESTION
from tests.support.vectors import vectors

pytestmark = pytest.mark.asyncio(loop_scope="session")

BUILT = Path(__file__).parents[1] / "support/built/device.js"
VECTORS = vectors("rfc8785")
DOUBLE = """(hex) => {
  const octets = new DataView(new ArrayBuffer(8));
  octets.setBigUint64(0, BigInt(`0x${hex}`));
  return device.canonical(octets.getFloat64(0));
}"""
READ = "(text) => device.readQuestion(text)"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def code(browser: Browser) -> Page:
    """A page with the app's own functions."""
    page = await browser.new_page()
    await page.add_script_tag(content=BUILT.read_text())
    return page


async def written(code: Page, text: str) -> str:
    return str(await code.evaluate("(text) => device.canonical(JSON.parse(text))", text))


# ----- canonical JSON


async def test_the_example_of_the_rfc_octet_by_octet(code: Page):
    example = VECTORS["documents"][0]
    assert (await written(code, example["input"])).encode().hex() == example["hex"]


async def test_names_are_sorted_as_the_rfc_sorts_them(code: Page):
    example = VECTORS["documents"][1]
    assert list(json.loads(await written(code, example["input"])).values()) == example["values"]


async def test_numbers_of_the_rfc(code: Page):
    for octets, expected in VECTORS["numbers"].items():
        assert await code.evaluate(DOUBLE, octets) == expected


@pytest.mark.parametrize("octets", VECTORS["refused"])
async def test_what_json_cannot_say_is_refused(code: Page, octets: str):
    with pytest.raises(Error, match="no JSON number"):
        await code.evaluate(DOUBLE, octets)


async def test_half_a_sign_is_refused(code: Page):
    with pytest.raises(Error, match="not well-formed"):
        await code.evaluate(r"() => device.canonical({ a: '\ud800' })")


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | TEXT | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=VALUES)
async def test_the_server_writes_the_same(code: Page, value: Any):
    assert await written(code, json.dumps(value)) == rfc8785.dumps(value).decode()


# ----- questions


def question(**changed: Any) -> str:
    return canonical({**json.loads(QUESTION.content()), **changed}).decode()


def display(text: str = "Pay", value: str = "Ada", label: str = "Payee", **more: Any) -> Any:
    return {"text": text, "fields": [{"label": label, "value": value}], **more}


async def test_a_question_is_read(code: Page):
    read = await code.evaluate(READ, QUESTION.content().decode())
    assert read["text"] == QUESTION.text
    assert [(one["label"], one["value"]) for one in read["fields"]] == list(QUESTION.fields)
    assert (read["challenge"], read["number"]) == (str(QUESTION.challenge), QUESTION.number)
    assert (read["createdAt"], read["expiresAt"]) == (QUESTION.created_at, QUESTION.expires_at)


@pytest.mark.parametrize(
    "value",
    [
        "<img src=x onerror=alert(1)>",
        "Ada & Sons",
        "עדה לאבלייס",
        "\u0622\u062f\u0627\u200c\u0647\u0627",
        "👩\u200d💻",
        "e\u0301",
        "  two  spaces  ",
    ],
)
async def test_texts_of_all_the_world_are_read_as_they_are(code: Page, value: str):
    read = await code.evaluate(READ, question(display=display(value=value)))
    assert read["fields"] == [{"label": "Payee", "value": value}]


HIDDEN = [chr(one) for one in (0, 0x0A, 0x0D, 0x85, 0xAD, 0x61C, 0x200B, 0x200E, 0x202A, 0x202E)]
HIDDEN += [chr(one) for one in (0x2028, 0x2029, 0x2060, 0x2066, 0x2069, 0xFEFF, 0xE0041)]
HIDDEN += [chr(one) for one in (0x34F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180F, 0x2800, 0x3164)]
HIDDEN += [chr(one) for one in (0xFE00, 0xFE0F, 0xFFA0, 0xFFF0, 0xFFF9, 0x1BCA0, 0x1D173)]
HIDDEN += [chr(one) for one in (0xE0000, 0xE007F, 0xE0100, 0xE0FFF)]


@pytest.mark.parametrize("sign", HIDDEN, ids=lambda one: f"U+{ord(one):04X}")
@pytest.mark.parametrize("place", ["text", "label", "value"])
async def test_signs_that_hide_or_turn_text_are_not_shown(code: Page, place: str, sign: str):
    """Whoever names the payee could write an amount backwards."""
    with pytest.raises(Error, match="cannot be shown"):
        await code.evaluate(READ, question(display=display(**{place: f"Ada{sign}"})))


@pytest.mark.parametrize(
    "text",
    [
        question(type="assent/question/2"),
        question(type="assent/answer/1"),
        question(more="of it"),
        question(display=display(note="small print")),
        question(display={"text": "Pay"}),
        question(display=display(text="")),
        question(display={"text": "Pay", "fields": {}}),
        question(display={"text": "Pay", "fields": [{"label": "A", "value": "B", "hidden": 1}]}),
        question(display={"text": "Pay", "fields": [{"label": "A", "value": 10}]}),
        question(programme={"id": "1", "name": "Bank", "logo": "x"}),
        question(number="no"),
        question(expires_at="soon"),
        question(created_at=1.5),
        question(challenge=1),
        QUESTION.content().decode().replace('{"action"', '{ "action"', 1),
        QUESTION.content().decode().replace('"Pay', r'"\u0050ay', 1),
        '{"display":1,' + QUESTION.content().decode()[1:],
        "[]",
        "null",
        '"text"',
    ],
)
async def test_what_it_does_not_know_is_not_shown(code: Page, text: str):
    with pytest.raises(Error, match="cannot be shown"):
        await code.evaluate(READ, text)


async def test_what_is_no_json_is_not_shown(code: Page):
    with pytest.raises(Error, match="JSON"):
        await code.evaluate(READ, QUESTION.content().decode()[:-1])
