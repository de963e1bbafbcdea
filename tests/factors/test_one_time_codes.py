"""One code, three ways to a phone: what the channels share, and what each says."""

import re

import pytest

from assent.catalogue.kinds import KINDS, Means
from assent.catalogue.rooms import CodeSettings, HashCosts
from assent.catalogue.store import FileVault
from assent.domain.attempts import AttemptLimits
from assent.domain.contact import Mobile
from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.kind import Kind, PresentedKind, SecretKind, Verdict
from assent.domain.message import Channel
from assent.domain.prompt import EnterCode
from assent.domain.subject import Subject
from assent.factors.sms_otp.kind import SmsOtp
from assent.factors.voice_otp.kind import VoiceOtp
from assent.factors.whatsapp_otp.kind import WhatsAppOtp
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Code, Refusal
from assent.testing.frozen import ScriptedRandomness
from tests.conftest import ROOTS

KEY = bytes(range(32))
DETAILS = {"mobile": "+35699123456"}
ACTION = "sign in to Demo Bank"
NOW = 1_750_000_000_000
SMS, WHATSAPP, VOICE = (sort(CodeSettings(), KEY, 7) for sort in (SmsOtp, WhatsAppOtp, VoiceOtp))
ALL = pytest.mark.parametrize("kind", [SMS, WHATSAPP, VOICE], ids=lambda kind: kind.name)


def begun(kind: Kind, code: str = "004217"):
    randomness = ScriptedRandomness()
    randomness.script(code)
    return kind.begin(DETAILS, NOW, randomness, Deed(ACTION))


def person(mobile: Mobile | None) -> Subject:
    return Subject(
        id=1, programme_id=2, email="ada@example.com", mobile=mobile, details={}, created_at=0
    )


@ALL
def test_each_proves_possession_and_the_number(kind: Kind):
    assert not isinstance(kind, SecretKind | PresentedKind)
    assert kind.elements == {Element.POSSESSION}
    assert kind.verifies_mobile


def test_they_spend_one_budget_and_go_through_one_factor():
    """RTS Article 4(3)(b): a person with a phone could otherwise be tried fifteen times."""
    assert {SMS.proof, WHATSAPP.proof, VOICE.proof} == {"otp"}
    assert {SMS.factor_kind, WHATSAPP.factor_kind, VOICE.factor_kind} == {"sms_otp"}


@pytest.mark.parametrize(
    ("kind", "name", "channel"),
    [
        (SMS, "sms_otp", Channel.SMS),
        (WHATSAPP, "whatsapp_otp", Channel.WHATSAPP),
        (VOICE, "voice_otp", Channel.VOICE),
    ],
)
def test_one_message_by_its_own_channel(kind: Kind, name: str, channel: Channel):
    asked = begun(kind)
    (message,) = asked.messages
    assert (kind.name, message.channel) == (name, channel)
    assert (message.address, message.code) == ("+35699123456", "004217")
    assert asked.prompt == EnterCode(6, "+356****3456", "3456")


@ALL
def test_the_right_code_and_no_other(kind: Kind):
    expected = begun(kind).expected
    right = kind.check(DETAILS, 7, expected, "004217", NOW)
    assert (right.verdict, right.counter) == (Verdict.RIGHT, 7)
    assert right.elements == {Element.POSSESSION}
    for answer in (
        "",
        "004218",
        "0, 0, 4, 2, 1, 7",
        "\ud800",
        "\uff10\uff10\uff14\uff12\uff11\uff17",
    ):
        assert kind.check(DETAILS, 7, expected, answer, NOW).verdict is Verdict.WRONG


@ALL
def test_a_sandbox_chooses_the_code(kind: Kind):
    fixed = kind.begin(DETAILS, NOW, ScriptedRandomness(), Deed(ACTION), chosen="123456")
    assert fixed.messages[0].code == "123456"
    assert kind.check(DETAILS, 0, fixed.expected, "123456", NOW).verdict is Verdict.RIGHT


@ALL
def test_nothing_is_sent_where_it_cannot_arrive(kind: Kind):
    assert kind.ready(person(Mobile("+44", "07700900123")), ()) == {"mobile": "+447700900123"}
    for mobile, code in (
        (None, Code.MOBILE_MISSING),
        (Mobile("+356", "21234567"), Code.MOBILE_UNREACHABLE),
        (Mobile("+356", "99123456"), Code.MOBILE_COUNTRY_CLOSED),
    ):
        with pytest.raises(Refusal) as refused:
            kind.ready(person(mobile), ("GB",))
        assert refused.value.code is code


@ALL
def test_each_message_says_what_the_code_is_for_and_how_long_it_lives(kind: Kind):
    body = begun(kind).messages[0].body
    assert ACTION in body
    assert "7 minutes" in body
    assert "Never share it" in body


def test_a_written_message_has_the_code_as_it_is_typed():
    assert begun(WHATSAPP).messages[0].body == begun(SMS).messages[0].body
    assert re.findall(r"\d{2,}", begun(SMS).messages[0].body) == ["004217"]


def test_a_call_says_each_digit_by_itself_and_all_of_them_twice():
    """A speech engine makes "four thousand two hundred and seventeen" of what stands together."""
    body = begun(VOICE).messages[0].body
    assert body.count(": 0, 0, 4, 2, 1, 7.") == 2
    assert not re.search(r"\d{2}", body)
    assert body.index(ACTION) < body.index("0, 0")


def test_the_catalogue_makes_them_with_one_key():
    """A code that was sent stays right, whatever becomes of the channels."""
    means = Means(
        HashCosts(memory_kib=8, passes=1),
        CodeSettings(),
        AttemptLimits(),
        FileVault(ROOTS, SystemRandomness()),
    )
    made = [KINDS[name](means) for name in ("sms_otp", "whatsapp_otp", "voice_otp")]
    assert [type(kind) for kind in made] == [SmsOtp, WhatsAppOtp, VoiceOtp]
    for kind in made:
        checked = kind.check(DETAILS, 0, begun(made[0]).expected, "004217", NOW)
        assert checked.verdict is Verdict.RIGHT


def test_a_row_of_before_still_opens():
    """A salt, and HMAC-SHA256 of salt and code: challenges are open while a server is renewed."""
    kept = bytes.fromhex(
        "000102030405060708090a0b0c0d0e0f"
        "91734398248d5b345bfdc9338e5108bfe1839cdb118f3bf2f9ba400be0caff47"
    )
    assert SMS.check(DETAILS, 0, kept, "004217", NOW).verdict is Verdict.RIGHT
