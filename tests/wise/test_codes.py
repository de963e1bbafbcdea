"""Codes to a phone: sent when asked for, good for five minutes, once, and not too often."""

import pytest

from assent.dialects.wise.names import VERSIONS
from tests.support.client import Answer
from tests.support.wise import CODE, Partner, WiseUser
from tests.wise.people import asked, enrolled, refused

CHANNELS = ("sms", "whatsapp", "voice")


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("version", ["v1", *VERSIONS])
def test_trigger_and_verify(grace: WiseUser, channel: str, version: str):
    ott = asked(grace)
    home = f"/{version}/one-time-token/{channel}"
    sent = grace.call("POST", f"{home}/trigger", ott=ott)
    assert (sent.status, sent.json) == (200, {"obfuscatedPhoneNo": "*" * 9 + grace.phone[-4:]})
    (message,) = grace.server.messages(grace.phone)
    assert (message["channel"], message["code"]) == (channel, CODE)
    assert "pay 10.00 EUR to Grace Hopper" in message["body"], "it says what the code is for"
    verified = grace.call("POST", f"{home}/verify", {"otpCode": CODE}, ott=ott)
    assert verified.status == 200
    properties = verified.json["oneTimeTokenProperties"]
    assert properties["validity"] in (3_599, 3_600)
    assert [one["primaryChallenge"]["type"] for one in properties["challenges"]] == ["PIN"]


def test_in_the_programmes_words_with_amount_and_payee(grace: WiseUser):
    """Set after the question was asked: the approval is of the same action, in any language."""
    ott = asked(grace)
    words = {
        "default": "de",
        "de": {
            "code": {"text": "{code}, um {action}."},
            "actions": {"pay": "{amount} an {payee} (Konto {account}) zu zahlen"},
        },
    }
    assert grace.server.sandbox("PUT", "/words", words).status == 200
    assert grace.trigger(ott).status == 200
    (message,) = grace.server.messages(grace.phone)
    assert message["body"].startswith(f"{CODE}, um 10.00 EUR an Grace Hopper (Konto ")
    assert message["body"].endswith(") zu zahlen.")
    assert grace.verify_code(ott).status == 200


def test_verify_comes_after_trigger(grace: WiseUser):
    ott = asked(grace)
    refused(grace.verify_code(ott), 400, "otp.not.triggered")
    assert grace.trigger(ott, "whatsapp").status == 200
    for channel in ("sms", "voice"):
        refused(grace.verify_code(ott, channel=channel), 400, "otp.not.triggered")
    assert grace.verify_code(ott, channel="whatsapp").status == 200
    refused(grace.verify_code(ott, channel="whatsapp"), 400, "otp.not.triggered")


def test_random_codes(grace: WiseUser):
    grace.server.settings(codes="random")
    ott, other = asked(grace), asked(grace)
    assert (grace.trigger(ott).status, grace.trigger(other).status) == (200, 200)
    second, first = [message["code"] for message in grace.server.messages(grace.phone)]
    assert len(first) == 6
    assert {first, second} != {CODE}
    if first != second:  # or once in a million
        refused(grace.verify_code(ott, second), 400, "otp.invalid")
    assert grace.verify_code(ott, first).status == 200
    assert grace.verify_code(other, second).status == 200


def test_a_code_lives_five_minutes(grace: WiseUser):
    ott = asked(grace)
    assert grace.trigger(ott).status == 200
    grace.server.advance(290)
    refused(grace.verify_code(ott, "999999"), 400, "otp.invalid")
    grace.server.advance(10)
    refused(grace.verify_code(ott), 400, "otp.expired")
    assert grace.trigger(ott).status == 200
    assert grace.verify_code(ott).status == 200


def test_a_code_does_not_outlive_its_token(grace: WiseUser):
    ott = asked(grace)
    grace.server.advance(3_590)
    assert grace.trigger(ott).status == 200
    grace.server.advance(10)
    refused(grace.verify_code(ott), 404, "ott.not.found")
    refused(grace.trigger(ott), 404, "ott.not.found")


def test_how_often_one_is_sent(grace: WiseUser):
    """Three for one token over all channels, a quarter of a minute between them."""
    ott = asked(grace)
    for channel in CHANNELS:
        assert grace.trigger(ott, channel).status == 200
        for again in CHANNELS:
            is_later(grace.trigger(ott, again), 3_600 if channel == "voice" else 15)
        grace.server.advance(10)
        is_later(grace.trigger(ott), 3_600 if channel == "voice" else 5)
        grace.server.advance(5)
    is_later(grace.trigger(ott), 3_600)
    assert len(grace.server.messages(grace.phone)) == 3
    assert grace.verify_code(ott, channel="voice").status == 200, "the last one is good"
    assert grace.trigger(asked(grace)).status == 200, "another token begins anew"


def is_later(answer: Answer, seconds: int) -> None:
    """Too soon; or never again for this token, which has expired then."""
    code = "otp.maximum.reached" if seconds > 15 else "otp.too.soon"
    refused(answer, 429, code)
    assert "Retry-After" in answer.json["errors"][0]["message"]
    assert answer.headers["x-rate-limited-by"] == "assent"
    assert 1 <= int(answer.headers["retry-after"]) <= seconds


def test_a_new_code_makes_the_one_before_void(grace: WiseUser):
    grace.server.settings(codes="random")
    ott = asked(grace)
    assert grace.trigger(ott).status == 200
    grace.server.advance(15)
    assert grace.trigger(ott).status == 200
    new, old = [message["code"] for message in grace.server.messages(grace.phone)]
    if new != old:
        refused(grace.verify_code(ott, old), 400, "otp.invalid")
    assert grace.verify_code(ott, new).status == 200


def test_a_code_is_for_its_own_phone_and_token(bank: Partner):
    bank.server.settings(codes="random")
    ada, grace = enrolled(bank), enrolled(bank)
    hers, his = asked(ada), asked(grace)
    assert (ada.trigger(hers).status, grace.trigger(his).status) == (200, 200)
    if ada.newest_code() != grace.newest_code():
        refused(ada.verify_code(hers, grace.newest_code()), 400, "otp.invalid")
    assert ada.verify_code(hers, ada.newest_code()).status == 200


def test_a_code_goes_with_its_phone(grace: WiseUser):
    ott = asked(grace)
    assert grace.trigger(ott).status == 200
    path = f"/v1/application/users/{grace.id}/phone-numbers"
    id_ = grace.partner.call("GET", path).json[0]["id"]
    assert grace.partner.call("DELETE", f"{path}/{id_}").status == 204
    refused(grace.verify_code(ott), 404, "ott.not.found")
    assert grace.set_phone().status == 200
    refused(grace.verify_code(asked(grace)), 400, "otp.not.triggered")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "NotNull"),
        ({"otpCode": None}, "NotNull"),
        ({"otpCode": 111111}, "typeMismatch"),
        ({"otpCode": ["1"] * 6}, "typeMismatch"),
        ({"otpCode": "1" * 65}, "Size"),
        ({"otpCode": "11111\x00"}, "Pattern"),
        ([], "unreadable"),
    ],
)
def test_bodies_that_are_no_answer_are_not_counted(grace: WiseUser, body: object, code: str):
    ott = asked(grace)
    assert grace.trigger(ott).status == 200
    for _ in range(5):
        refused(grace.call("POST", "/v1/one-time-token/sms/verify", body, ott=ott), 400, code)
    assert grace.verify_code(ott).status == 200
