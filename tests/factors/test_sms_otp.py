"""Codes by SMS: drawn, sent, kept as a keyed hash, compared."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.contact import Mobile
from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.kind import Kind, SecretKind, Verdict
from assent.domain.message import Channel
from assent.domain.one_time_code import CodeSettings
from assent.domain.prompt import EnterCode
from assent.domain.subject import Subject
from assent.factors.sms_otp.kind import SmsOtp
from assent.kernel.refusals import Code, Refusal

KEY = bytes(range(32))
DETAILS = {"mobile": "+35699123456"}
ACTION = "sign in to Demo Bank"
NOW = 1_750_000_000_000
KIND = SmsOtp(CodeSettings(), KEY)

# 3GPP TS 23.038, section 6.2.1, without the escape to the extension table
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


class Scripted:
    """Chance as the test says: codes in turn, and salts that never come twice."""

    def __init__(self, *codes: str) -> None:
        self._codes = iter(codes)
        self._salts = 0

    def digits(self, count: int) -> str:
        code = next(self._codes)
        assert len(code) == count
        return code

    def octets(self, count: int) -> bytes:
        self._salts += 1
        return self._salts.to_bytes(count, "big")

    def below(self, limit: int) -> int:
        raise AssertionError("not asked for")


def begun(code: str, randomness: Scripted | None = None, kind: SmsOtp = KIND):
    return kind.begin(DETAILS, NOW, randomness or Scripted(code), Deed(ACTION))


def verdict(expected: bytes, answer: str, kind: SmsOtp = KIND) -> Verdict:
    return kind.check(DETAILS, 0, expected, answer, NOW).verdict


def person(mobile: Mobile | None) -> Subject:
    return Subject(
        id=1, programme_id=2, email="ada@example.com", mobile=mobile, details={}, created_at=0
    )


def test_it_is_a_kind_without_a_secret_to_choose():
    kind: Kind = KIND
    assert not isinstance(kind, SecretKind)
    assert kind.elements == {Element.POSSESSION}


def test_one_message_to_the_person_s_number_with_the_code_that_was_drawn():
    (message,) = begun("004217").messages
    assert (message.channel, message.address, message.code) == (
        Channel.SMS,
        "+35699123456",
        "004217",
    )
    assert "004217" in message.body
    assert ACTION in message.body


def test_the_prompt_says_how_long_and_where_to_but_not_the_number():
    prompt = begun("004217").prompt
    assert prompt == EnterCode(6, "+356****3456", "3456")


@pytest.mark.parametrize("digits", [4, 6, 8])
def test_a_code_is_as_long_as_the_settings_say(digits: int):
    kind = SmsOtp(CodeSettings(digits=digits), KEY)
    asked = begun("0" * digits, kind=kind)
    assert isinstance(asked.prompt, EnterCode)
    assert asked.prompt.digits == digits


def test_a_sandbox_chooses_the_code():
    fixed = KIND.begin(DETAILS, NOW, Scripted(), Deed(ACTION), chosen="123456")
    assert fixed.messages[0].code == "123456"
    assert verdict(fixed.expected, "123456") is Verdict.RIGHT


def test_the_code_cannot_be_read_from_what_is_kept():
    asked = begun("004217")
    for form in (b"004217", b"4217", (4217).to_bytes(4, "big")):
        assert form not in asked.expected
    assert "004217" not in repr(asked)
    assert "+35699123456" not in repr(asked)


def test_the_same_code_is_never_kept_the_same_way_twice():
    chance = Scripted("111111", "111111")
    first, second = begun("", chance), begun("", chance)
    assert first.expected != second.expected
    # and not by the salt alone: the hashes behind it differ too
    assert first.expected[16:] != second.expected[16:]


def test_a_right_code_proves_possession_and_leaves_the_counter():
    checked = KIND.check(DETAILS, 7, begun("004217").expected, "004217", NOW)
    assert checked.verdict is Verdict.RIGHT
    assert checked.elements == {Element.POSSESSION}
    assert checked.counter == 7


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "004218",
        "04217",
        "4217",
        "0042170",
        "004217 ",
        " 004217",
        "004217\0",
        "004217\n",
        "\u0660\u0660\u0664\u0662\u0661\u0667",  # Arabic-Indic digits: int() would take them
        "\uff10\uff10\uff14\uff12\uff11\uff17",  # full width
        "00421\u00b2",
        "\ud800",  # half a character
        "9" * 100_000,
    ],
)
def test_a_wrong_code_is_an_answer_and_proves_nothing(answer: str):
    checked = KIND.check(DETAILS, 7, begun("004217").expected, answer, NOW)
    assert checked.verdict is Verdict.WRONG
    assert checked.elements == frozenset()
    assert checked.counter == 7


@given(st.text())
def test_no_other_text_is_right(answer: str):
    right = verdict(begun("004217").expected, answer) is Verdict.RIGHT
    assert right == (answer == "004217")


def test_the_code_of_another_challenge_is_wrong():
    chance = Scripted("111111", "222222")
    first, second = begun("", chance), begun("", chance)
    assert verdict(first.expected, "222222") is Verdict.WRONG
    assert verdict(second.expected, "111111") is Verdict.WRONG


def test_salt_and_code_cannot_be_shifted_into_each_other():
    expected = begun("111111").expected
    moved = expected[:15] + expected[16:]
    assert verdict(moved, expected[15:16].decode("latin-1") + "111111") is Verdict.WRONG


@pytest.mark.parametrize("damaged", [b"", b"\0" * 16, b"\0" * 48])
def test_a_damaged_row_lets_nothing_through(damaged: bytes):
    assert verdict(damaged, "004217") is Verdict.WRONG
    assert verdict(damaged, "") is Verdict.WRONG


def test_a_thief_of_the_database_without_the_key_cannot_test_codes():
    stranger = SmsOtp(CodeSettings(), bytes(32))
    assert verdict(begun("004217").expected, "004217", stranger) is Verdict.WRONG


@pytest.mark.parametrize(
    "action",
    [
        "register this phone with Demo Bank",
        "confirm that it is you at Demo Bank",
        "pay 10,000.00 EUR to Ada Lovelace",
    ],
)
def test_a_usual_action_fits_one_message_part(action: str):
    body = KIND.begin(DETAILS, NOW, Scripted("004217"), Deed(action)).messages[0].body
    assert set(body) <= GSM
    assert len(body) <= 160
    assert action in body


def test_the_words_give_the_code_s_life():
    kind = SmsOtp(CodeSettings(), KEY, life_minutes=7)
    assert "7 minutes" in begun("004217", kind=kind).messages[0].body


def test_whoever_can_be_reached_is_ready():
    held = KIND.ready(person(Mobile("+44", "07700900123")), ())
    assert held == {"mobile": "+447700900123"}
    assert KIND.ready(person(Mobile("+44", "07700900123")), ("GB", "MT")) == held


REFUSED: Iterable[Any] = [
    (None, (), Code.MOBILE_MISSING),
    (Mobile("+356", "21234567"), (), Code.MOBILE_UNREACHABLE),
    (Mobile("+999", "123456"), (), Code.MOBILE_UNREACHABLE),
    (Mobile("+356", "1"), (), Code.MOBILE_UNREACHABLE),
    (Mobile("+356", "99123456"), ("GB",), Code.MOBILE_COUNTRY_CLOSED),
    (Mobile("+1", "2423591234"), ("US",), Code.MOBILE_COUNTRY_CLOSED),
]


@pytest.mark.parametrize(("mobile", "countries", "code"), REFUSED)
def test_nothing_is_sent_where_it_cannot_arrive(
    mobile: Mobile | None, countries: tuple[str, ...], code: Code
):
    with pytest.raises(Refusal) as refused:
        KIND.ready(person(mobile), countries)
    assert refused.value.code is code
    assert "99123456" not in str(refused.value)
