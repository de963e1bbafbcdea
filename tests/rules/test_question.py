"""What devices are shown and sign, in canonical JSON (RFC 8785), with nothing left out."""

import json
import re
import struct
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.question import Decision, DeviceAnswer, Reason, canonical, seen, shown
from assent.kernel.base64url import encoded
from tests.support import authenticator
from tests.support.device_keys import QUESTION
from tests.support.vectors import vectors

VECTORS = vectors("rfc8785")
ANSWER = DeviceAnswer(
    device=1_234_567_890_123_456,
    decision=Decision.APPROVE,
    time=1_750_000_100_000,
    number="42",
    counter=7,
)


def double(octets: str) -> float:
    value: float = struct.unpack(">d", bytes.fromhex(octets))[0]
    return value


def test_the_example_of_the_rfc_octet_by_octet():
    example = VECTORS["documents"][0]
    assert canonical(json.loads(example["input"])).hex() == example["hex"]


def test_names_are_sorted_as_the_rfc_sorts_them():
    example = VECTORS["documents"][1]
    sorted_values = json.loads(canonical(json.loads(example["input"]))).values()
    assert list(sorted_values) == example["values"]


@pytest.mark.parametrize(("octets", "text"), VECTORS["numbers"].items())
def test_numbers_are_written_as_the_rfc_writes_them(octets, text):
    assert canonical({"n": double(octets)}) == f'{{"n":{text}}}'.encode()


@pytest.mark.parametrize("octets", VECTORS["refused"])
def test_what_json_cannot_say_is_refused(octets):
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical({"n": double(octets)})


@pytest.mark.parametrize("number", [2**53, -(2**53), 10**30])
def test_an_integer_that_javascript_cannot_hold_is_refused(number):
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical({"n": number})


@given(
    st.dictionaries(
        st.text(st.characters(max_codepoint=127)),
        st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**53) + 1, 2**53 - 1),
    )
)
def test_another_implementation_writes_the_same(values):
    assert canonical(values) == authenticator.canonical(values)


def test_a_question_says_all_of_it_and_is_read_back_as_it_was():
    assert shown(QUESTION.content()) == {
        "type": "assent/question/1",
        "challenge": str(QUESTION.challenge),
        "programme": {"id": "17", "name": "Banka"},
        "action": {"name": "transfer", "fingerprint": "f" * 64},
        "display": {
            "text": "Pay 10.00 EUR to Ada",
            "fields": [
                {"label": "Amount", "value": "10.00 EUR"},
                {"label": "Payee", "value": "Ada Lovelace"},
            ],
        },
        "nonce": encoded(bytes(range(32))),
        "number": True,
        "created_at": 1_750_000_000_000,
        "expires_at": 1_750_000_300_000,
    }


OTHERS: dict[str, Any] = {
    "challenge": QUESTION.challenge + 1,
    "programme_id": 18,
    "programme": "Bank",
    "action": "transfers",
    "fingerprint": "f" * 63 + "e",
    "text": "Pay 10.00 EUR to Bob",
    "fields": (("Amount", "10.00 EUR"), ("Payee", "Ada  Lovelace")),
    "nonce": bytes(range(1, 33)),
    "number": False,
    "created_at": QUESTION.created_at + 1,
    "expires_at": QUESTION.expires_at + 1,
}


def test_no_field_of_a_question_is_left_out_here():
    assert set(OTHERS) == {one.name for one in fields(QUESTION)}


@pytest.mark.parametrize("name", OTHERS)
def test_whichever_field_differs_other_octets_are_signed(name):
    other = replace(QUESTION, **{name: OTHERS[name]})
    assert ANSWER.octets(other.content()) != ANSWER.octets(QUESTION.content())


@pytest.mark.parametrize(
    "changed",
    [
        {"device": ANSWER.device + 1},
        {"decision": Decision.DECLINE},
        {"time": ANSWER.time + 1},
        {"reason": Reason.NOT_ME},
        {"number": "24"},
        {"number": ""},
        {"counter": 8},
        {"counter": 0},
    ],
    ids=str,
)
def test_whatever_the_answer_says_is_signed(changed):
    content = QUESTION.content()
    assert replace(ANSWER, **changed).octets(content) != ANSWER.octets(content)


def test_fields_cannot_be_moved_into_one_another():
    apart = replace(QUESTION, fields=(("Amount", "10"), ("Payee", "Ada")))
    within = replace(QUESTION, fields=(("Amount", '10"},{"label":"Payee","value":"Ada'),))
    assert apart.content() != within.content()


def test_nothing_shown_stands_in_a_log():
    for told in ("Ada", "10.00", "AAECAw"):
        assert told not in repr(QUESTION)
    assert "42" not in repr(ANSWER)


APP = Path(__file__).parents[2] / "browser/device/parts/content.ts"


def refused_by_the_app() -> re.Pattern[str]:
    """What it says of text, as a pattern of this language."""
    (told,) = re.findall(r"const DECEIVING = new RegExp\((.*?)\"u\"", APP.read_text(), re.DOTALL)
    (inner,) = re.findall(r"\[(.*)\]", "".join(re.findall(r'"(.*?)"', told)))
    inner = inner.replace("\\\\", "\\")
    inner = re.sub(r"\\p\{Cc\}", r"\\x00-\\x1f\\x7f-\\x9f", inner)
    inner = re.sub(r"\\p\{Zl\}\\p\{Zp\}", r"\\u2028\\u2029", inner)
    inner = re.sub(r"\\u\{(\w+)\}", lambda found: f"\\U{found[1]:0>8}", inner)
    return re.compile(f"[{inner}]")


def test_what_a_device_would_not_show_is_left_out_of_a_question_and_nothing_else():
    refused = refused_by_the_app()
    signs = [chr(one) for one in range(0x110000) if not 0xD800 <= one < 0xE000]
    assert sum(bool(refused.match(sign)) for sign in signs) > 4_000
    other = [s for s in signs if (seen(f"a{s}b") == f"a{s}b") is bool(refused.match(s))]
    assert other == []


@pytest.mark.parametrize(
    ("called", "shown_as"),
    [
        ("Ada & S\u00f8n Ltd.", "Ada & S\u00f8n Ltd."),
        ("Pay\u200bPal", "PayPal"),
        ("\u202e00.01 RUE ot yaP", "00.01 RUE ot yaP"),
        ("Ada\r\nSmith\tJr", "Ada Smith Jr"),
        ("\u2764\ufe0f flowers", "\u2764 flowers"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("\u200b\u2800\n", "\ufffd"),
        ("\udc00", "\ufffd"),
        ("\u200d", "\ufffd"),
        ("\u00a0\u200c \u200d", "\ufffd"),
        ("", ""),
    ],
    ids=ascii,
)
def test_a_payee_of_any_name_can_be_approved(called: str, shown_as: str):
    question = replace(
        QUESTION, programme=called, text=f"Pay {called}", fields=(("Payee", called), (called, "1"))
    )
    display = shown(question.content())["display"]
    assert display["fields"] == [
        {"label": "Payee", "value": shown_as},
        {"label": shown_as, "value": "1"},
    ]
    assert display["text"].startswith("Pay ")
    assert shown(question.content())["programme"]["name"] == shown_as
    assert not refused_by_the_app().search(question.content().decode())
