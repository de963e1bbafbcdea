"""Twilio: what is posted, what its answers mean, and which settings cannot be."""

import asyncio
import json
import socket
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from assent.adapters.twilio.form import twiml
from assent.adapters.twilio.gateway import Twilio
from assent.adapters.twilio.settings import TwilioSettings, wrong
from assent.domain.message import Channel, Message, MessageState
from assent.kernel.secret import Secret
from assent.ports.delivery import ForgedReceipt, ReceiptCall, Receipts, Undelivered
from tests.adapters.conftest import CODE, NUMBER, message
from tests.support import twilio
from tests.support.twilio import Accepted, StatusCallback, TwilioStandIn

PHONE_CHANNELS = (Channel.SMS, Channel.WHATSAPP, Channel.VOICE)
COMPLETE = TwilioSettings(
    account_sid=twilio.ACCOUNT,
    key=twilio.KEY,
    secret=Secret(twilio.SECRET),
    auth_token=Secret(twilio.TOKEN),
    sms_from=twilio.SMS_FROM,
    whatsapp_from=twilio.WHATSAPP_FROM,
    voice_from=twilio.VOICE_FROM,
)


async def _send(stand_in: TwilioStandIn, sent: Message, **settings: Any) -> None:
    gateway = Twilio(replace(COMPLETE, base_url=stand_in.url, **settings))
    try:
        await gateway.send(sent)
    finally:
        await gateway.close()


async def _undelivered(stand_in: TwilioStandIn, channel: Channel, **settings: Any) -> Undelivered:
    with pytest.raises(Undelivered) as refused:
        await _send(stand_in, message(channel), **settings)
    return refused.value


# what is posted; the stand-in itself looks at all of it


async def test_a_text_message(stand_in: TwilioStandIn):
    sent = message(Channel.SMS)
    await _send(stand_in, sent)
    (got,) = stand_in.accepted
    assert got.resource == "Messages"
    assert got.form == {"To": NUMBER, "From": twilio.SMS_FROM, "Body": sent.content.body}


async def test_a_text_message_from_a_service_or_a_name(stand_in: TwilioStandIn):
    for sender in (twilio.SERVICE, "Demo Bank"):
        await _send(stand_in, message(Channel.SMS), sms_from=sender)
    service, name = stand_in.accepted
    assert service.form["MessagingServiceSid"] == twilio.SERVICE
    assert name.form["From"] == "Demo Bank"


async def test_a_whatsapp_message(stand_in: TwilioStandIn):
    sent = message(Channel.WHATSAPP)
    await _send(stand_in, sent)
    (got,) = stand_in.accepted
    assert (got.resource, got.form["To"]) == ("Messages", f"whatsapp:{NUMBER}")
    assert got.form["Body"] == sent.content.body


async def test_a_whatsapp_template_takes_the_code_and_nothing_else(stand_in: TwilioStandIn):
    sent = message(Channel.WHATSAPP)
    await _send(stand_in, sent, whatsapp_content=twilio.CONTENT)
    notice = replace(sent, content=replace(sent.content, code=None))
    await _send(stand_in, notice, whatsapp_content=twilio.CONTENT)
    code, words = stand_in.accepted
    assert json.loads(code.form["ContentVariables"]) == {"1": CODE}
    assert words.form["Body"] == sent.content.body


async def test_a_call_reads_the_digits_out(stand_in: TwilioStandIn):
    sent = message(Channel.VOICE)
    await _send(stand_in, sent)
    (got,) = stand_in.accepted
    assert (got.resource, got.form["To"]) == ("Calls", NUMBER)
    assert got.said == sent.content.body, "whatever XML makes of < and &"
    assert got.said.count(", ".join(CODE)) == 2


def test_what_xml_cannot_hold_is_a_blank():
    assert twiml("a\x00b\x0bc\ufffe\ttab") == "<Response><Say>a b c \ttab</Say></Response>"


async def test_without_a_key_the_account_itself_calls(stand_in: TwilioStandIn):
    stand_in.user = twilio.ACCOUNT
    await _send(stand_in, message(Channel.SMS), key="", auth_token=Secret(""))
    assert len(stand_in.accepted) == 1


async def test_what_twilio_does_not_carry(stand_in: TwilioStandIn):
    refused = await _undelivered(stand_in, Channel.EMAIL)
    assert (refused.lasting, stand_in.accepted) == (True, [])


# what the answers mean


@pytest.mark.parametrize("channel", PHONE_CHANNELS)
@pytest.mark.parametrize(
    ("status", "lasting"),
    [
        *[(400, True), (404, True), (410, True)],
        *[(401, False), (403, False), (407, False)],
        *[(408, False), (429, False), (500, False), (503, False)],
    ],
)
async def test_statuses(stand_in: TwilioStandIn, channel: Channel, status: int, lasting: bool):
    stand_in.status = status
    assert (await _undelivered(stand_in, channel)).lasting is lasting
    assert len(stand_in.accepted) == 1


@pytest.mark.parametrize("status", [401, 403, 407])
async def test_a_wrong_secret_is_no_fault_of_the_message_and_somebody_is_told(
    stand_in: TwilioStandIn, status: int
):
    stand_in.status = status
    with capture_logs() as logged:
        await _undelivered(stand_in, Channel.SMS)
    (told,) = logged
    assert (told["event"], told["log_level"]) == ("gateway_refuses_us", "error")
    assert (told["status"], "twilio.secret" in told["settings"]) == (status, True)
    assert COMPLETE.secret.reveal() not in repr(told)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(stand_in: TwilioStandIn, status: int):
    stand_in.status, stand_in.location = status, f"{stand_in.url}/elsewhere"
    refused = await _undelivered(stand_in, Channel.SMS)
    assert (str(refused), refused.lasting) == (f"gateway answered {status}", False)
    assert len(stand_in.accepted) == 1


async def test_one_that_hangs_is_tried_again_later(stand_in: TwilioStandIn):
    stand_in.held = True
    async with asyncio.timeout(8):
        refused = await _undelivered(stand_in, Channel.VOICE, timeout_seconds=1)
    assert (str(refused), refused.lasting) == ("TimeoutError", False)


async def test_one_that_is_not_there_is_tried_again_later(stand_in: TwilioStandIn):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        away = TwilioStandIn(url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert (await _undelivered(away, Channel.SMS)).lasting is False


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"code": 21211, "message": "no number: +35679846213"}', ", error 21211"),
        (b'{"code": 493817}', ""),
        (b'{"code": "21211"}', ""),
        (b'{"code": true}', ""),
        (b"[21211]", ""),
        (b'{"cod', ""),
        (b"\xff", ""),
        (b"[" * 9_000, ""),
        (b'{"code": 21211, "message": "' + b"x" * 10_000 + b'"}', ""),
    ],
)
async def test_the_number_of_an_error_is_told_and_nothing_else(
    stand_in: TwilioStandIn, body: bytes, why: str
):
    stand_in.status, stand_in.body = 400, body
    refused = await _undelivered(stand_in, Channel.SMS)
    assert (str(refused), refused.lasting) == (f"gateway answered 400{why}", True)


async def test_a_connection_is_used_again(stand_in: TwilioStandIn):
    gateway = Twilio(replace(COMPLETE, base_url=stand_in.url))
    for channel in PHONE_CHANNELS:
        await gateway.send(message(channel))
    await gateway.close()
    assert stand_in.connections == 1


# receipts

RECEIPT = "https://api.bank.example/receipts/sms/1/0123456789abcdef"


async def _told(stand_in: TwilioStandIn, channel: Channel, url: str = RECEIPT) -> Accepted:
    await _send(stand_in, replace(message(channel), receipt_url=url))
    assert stand_in.accepted[-1].form["StatusCallback"] == url
    return stand_in.accepted[-1]


def _said(call: StatusCallback, settings: TwilioSettings = COMPLETE, **changes: Any) -> Any:
    gateway = Twilio(settings)
    assert isinstance(gateway, Receipts)
    given = {"url": call.url, "headers": call.headers, "body": call.body, **changes}
    return gateway.receipt(ReceiptCall(method="POST", **given))


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
@pytest.mark.parametrize(
    ("status", "state"),
    [
        *(("queued", None), ("sending", None), ("sent", None), ("accepted", None), ("", None)),
        *(("delivered", MessageState.DELIVERED), ("read", MessageState.DELIVERED)),
        *(("undelivered", MessageState.UNDELIVERED), ("failed", MessageState.UNDELIVERED)),
    ],
)
async def test_receipts_of_messages(
    stand_in: TwilioStandIn, channel: Channel, status: str, state: MessageState | None
):
    assert _said((await _told(stand_in, channel)).receipt(status)) is state


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *(("queued", None), ("ringing", None), ("in-progress", None), ("delivered", None)),
        *(("completed", MessageState.DELIVERED), ("busy", MessageState.UNDELIVERED)),
        *(("no-answer", MessageState.UNDELIVERED), ("failed", MessageState.UNDELIVERED)),
    ],
)
async def test_receipts_of_calls(stand_in: TwilioStandIn, status: str, state: MessageState | None):
    assert _said((await _told(stand_in, Channel.VOICE)).receipt(status)) is state


async def test_without_a_key_the_accounts_token_is_the_secret(stand_in: TwilioStandIn):
    account = replace(COMPLETE, key="", auth_token=Secret(""), secret=Secret(twilio.TOKEN))
    call = (await _told(stand_in, Channel.SMS)).receipt("delivered")
    assert _said(call, account) is MessageState.DELIVERED


@pytest.mark.parametrize(("asks", "token"), [(True, twilio.TOKEN), (False, "")])
def test_receipts_are_asked_for_where_they_can_be_checked(asks: bool, token: str):
    assert Twilio(replace(COMPLETE, auth_token=Secret(token))).receipts is asks


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("https://api.bank.example/r/1", "https://api.bank.example:443/r/1"),
        ("https://api.bank.example:8443/r/1", "https://api.bank.example:8443/r/1"),
        ("https://api.bank.example:8443/r/1", "https://api.bank.example/r/1"),
        ("https://api.bank.example/r/1?a=b%20c", "https://api.bank.example/r/1?a=b%20c"),
    ],
)
async def test_twilio_may_sign_with_or_without_the_port(told: str, seen: str):
    call = StatusCallback.signed(seen, {"MessageStatus": "delivered"})
    assert _said(call, url=told) is MessageState.DELIVERED


async def test_what_twilio_did_not_sign_is_forged(stand_in: TwilioStandIn):
    call = (await _told(stand_in, Channel.SMS)).receipt("failed")
    delivered = call.body.replace(b"failed", b"delivered")
    forged: list[dict[str, Any]] = [
        {"headers": {}},
        {"headers": {"x-twilio-signature": ""}},
        {"headers": {"x-twilio-signature": "é"}},
        {"headers": {"x-twilio-signature": call.headers["x-twilio-signature"][:-2]}},
        {"url": RECEIPT.replace("/1/", "/2/")},
        {"url": f"{RECEIPT}?MessageStatus=delivered"},
        {"url": RECEIPT.replace("https", "http")},
        {"body": delivered},
        {"body": call.body + b"&MessageStatus=delivered"},
        {"body": call.body + b"&x="},
        {"body": b""},
        {"body": b"\xff"},
        {"body": b"&".join([b"a=b"] * 300)},
    ]
    for changes in forged:
        with pytest.raises(ForgedReceipt):
            _said(call, **changes)
    with pytest.raises(ForgedReceipt):
        _said((await _told(stand_in, Channel.SMS)).receipt("failed", token=twilio.SECRET))
    assert _said(call) is MessageState.UNDELIVERED


async def test_a_query_says_nothing(stand_in: TwilioStandIn):
    call = StatusCallback.signed(f"{RECEIPT}?MessageStatus=delivered", {"a": "b"})
    assert _said(call, query={"MessageStatus": "delivered"}) is None


# settings


def test_settings_that_can_be():
    for settings in (
        TwilioSettings(),
        COMPLETE,
        replace(COMPLETE, auth_token=Secret("")),
        replace(COMPLETE, key="", auth_token=Secret("")),
        replace(COMPLETE, sms_from=twilio.SERVICE),
        replace(COMPLETE, sms_from="Demo Bank 1"),
        replace(COMPLETE, whatsapp_content=twilio.CONTENT),
        replace(COMPLETE, base_url="https://api.dublin.ie1.twilio.com"),
        replace(COMPLETE, base_url="http://127.0.0.1:8080"),
    ):
        assert wrong(settings) == "", settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("account_sid", ""),
        ("account_sid", twilio.ACCOUNT[:-1]),
        ("account_sid", f"{twilio.ACCOUNT}\n"),
        ("account_sid", "SK" + twilio.ACCOUNT[2:]),
        ("account_sid", f"{twilio.ACCOUNT[:-1]}/"),
        ("key", twilio.ACCOUNT),
        ("secret", Secret("")),
        ("key", ""),
        ("sms_from", "35621000001"),
        ("sms_from", "+0562100001"),
        ("sms_from", "+356 2100 0001"),
        ("sms_from", "Twelve chars"),
        ("sms_from", f"{twilio.SERVICE}0"),
        ("whatsapp_from", f"whatsapp:{twilio.WHATSAPP_FROM}"),
        ("whatsapp_from", "Demo Bank"),
        ("whatsapp_content", twilio.SERVICE),
        ("voice_from", "Demo Bank"),
        ("voice_from", twilio.SERVICE),
        ("base_url", ""),
        ("base_url", "http://api.twilio.com"),
        ("base_url", "https://api.twilio.com/"),
        ("base_url", "ftp://api.twilio.com"),
    ],
)
def test_settings_that_cannot_be(name: str, value: Any):
    told = wrong(replace(COMPLETE, **{name: value}))
    shown = "auth_token" if (name, value) == ("key", "") else name
    assert told.startswith(f"twilio.{shown} ")
    assert not value or str(value) not in told
