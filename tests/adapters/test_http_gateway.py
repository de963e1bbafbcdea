"""The gateway over HTTP: templates and their escaping, what the answers mean, and what its receipts
say."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree

import pytest
from structlog.testing import capture_logs

from assent.adapters.http_gateway.gateway import HttpGateway
from assent.adapters.http_gateway.settings import HttpGatewaySettings, wrong
from assent.adapters.http_gateway.template import coding
from assent.domain.message import Channel, Message, MessageState
from assent.kernel.secret import Secret
from assent.ports.delivery import ReceiptCall, Receipts, Undelivered
from assent.testing.frozen import FrozenClock
from tests.adapters.conftest import CODE, NUMBER, message
from tests.support.sms_gateway import SmsGateway

PHONE_CHANNELS = (Channel.SMS, Channel.WHATSAPP, Channel.VOICE)
TEMPLATE = '{"to": {to}, "by": {channel}, "says": [{text}], "code": {code}, "id": {reference}}'
NASTY = "{to}{code}\"'<&>\\\r\n\t\x00]]>%&=+ ;\x1b\u2028日本😀{key}"
FORM = "application/x-www-form-urlencoded"
RECEIPT = "https://api.bank.example/receipts/sms/1/abc"


@asynccontextmanager
async def made(to: SmsGateway, **settings: Any) -> AsyncIterator[HttpGateway]:
    given = {"url": to.url, **settings}
    one = HttpGateway(HttpGatewaySettings(**given), FrozenClock())
    try:
        yield one
    finally:
        await one.close()


async def _send(gateway: SmsGateway, sent: Channel | Message, **settings: Any) -> None:
    async with made(gateway, **settings) as one:
        await one.send(message(sent) if isinstance(sent, Channel) else sent)


async def _undelivered(gateway: SmsGateway, **settings: Any) -> Undelivered:
    with pytest.raises(Undelivered) as refused:
        await _send(gateway, Channel.SMS, **settings)
    return refused.value


def saying(text: str, **changes: Any) -> Message:
    sent = message(Channel.SMS)
    return replace(sent, content=replace(sent.content, body=text), **changes)


# templates


@pytest.mark.parametrize("channel", PHONE_CHANNELS)
async def test_the_template_filled(gateway: SmsGateway, channel: Channel):
    await _send(gateway, channel, body=TEMPLATE, authorization=Secret("Bearer canary"))
    (got,) = gateway.received
    assert got.headers["authorization"] == "Bearer canary"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"] == "assent"
    assert got.body == {
        "to": NUMBER,
        "by": channel,
        "says": [message(channel).content.body],
        "code": CODE,
        "id": "1",
    }


async def test_json_holds_whatever_a_text_holds(gateway: SmsGateway):
    await _send(gateway, saying(NASTY), body='{"a": {text}, "b": {to}}', key=Secret("canary"))
    assert gateway.received[0].body == {"a": NASTY, "b": NUMBER}


async def test_a_form_holds_whatever_a_text_holds(gateway: SmsGateway):
    body = "to={to}&text={text}&from=Bank&k={key}"
    await _send(gateway, saying(NASTY), body=body, content_type=FORM, key=Secret("a&b=c"))
    (got,) = gateway.received
    assert got.headers["content-type"] == FORM
    assert parse_qs(got.octets.decode("ascii"), strict_parsing=True) == {
        "to": [NUMBER],
        "text": [NASTY],
        "from": ["Bank"],
        "k": ["a&b=c"],
    }


@pytest.mark.parametrize("content_type", ["application/xml", "text/xml", "application/soap+xml"])
async def test_xml_holds_whatever_xml_can_hold(gateway: SmsGateway, content_type: str):
    body = "<m to='{to}' again=\"{text}\"><text>{text}</text></m>"
    await _send(gateway, saying(NASTY), body=body, content_type=content_type)
    root = ElementTree.fromstring(gateway.received[0].octets)
    seen = NASTY.replace("\x00", " ").replace("\x1b", " ")
    assert (root.attrib["to"], root.attrib["again"]) == (NUMBER, seen)
    assert root.findtext("text") == seen
    assert [child.tag for child in root.iter()] == ["m", "text"]


async def test_plain_text_is_the_text(gateway: SmsGateway):
    headers = Secret(
        "X-To: {to}\n\nX-Digits:{to_digits}\nX-Key: {key}; {reference}\nUser-Agent: Bank\n"
    )
    await _send(
        gateway,
        saying(NASTY),
        body="{text}",
        content_type="text/plain",
        headers=headers,
        key=Secret("canary"),
    )
    (got,) = gateway.received
    assert got.octets.decode() == NASTY
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.headers["x-to"] == NUMBER
    assert got.headers["x-digits"] == NUMBER[1:]
    assert got.headers["x-key"] == "canary; 1"
    assert got.headers["user-agent"] == "Bank"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_values_in_the_address_are_percent_encoded(gateway: SmsGateway, method: str):
    url = f"{gateway.url}/{{reference}}?to={{to}}&text={{text}}&fixed=%2F%20"
    await _send(gateway, saying(NASTY), url=url, method=method)
    (got,) = gateway.received
    parts = urlsplit(got.path)
    assert (got.method, parts.path) == (method, "/messages/1")
    assert parse_qs(parts.query, strict_parsing=True) == {
        "to": [NUMBER],
        "text": [NASTY],
        "fixed": ["/ "],
    }
    assert bool(got.octets) is (method == "POST")


async def test_a_password_in_the_address_goes_into_a_header(gateway: SmsGateway):
    url = gateway.url.replace("//", "//bank:p%40ss@")
    await _send(gateway, Channel.SMS, url=url)
    await _send(gateway, Channel.SMS, url=url, authorization=Secret("Bearer canary"))
    basic, bearer = gateway.received
    assert base64.b64decode(basic.headers["authorization"].removeprefix("Basic ")) == b"bank:p@ss"
    assert bearer.headers["authorization"] == "Bearer canary"
    assert "ss@" not in basic.path + basic.headers["host"]


async def test_no_value_leads_elsewhere(gateway: SmsGateway):
    url = f"{gateway.url}/{{text}}"
    await _send(gateway, saying("../../@evil.example/?#"), url=url)
    assert gateway.received[0].path == "/messages/" + quote("../../@evil.example/?#", safe="")


async def test_no_value_begins_a_header(gateway: SmsGateway):
    sent = message(Channel.SMS)
    sent = replace(sent, content=replace(sent.content, address="+356\r\nX-Evil: 1"))
    with pytest.raises(Undelivered) as refused:
        await _send(gateway, sent, headers=Secret("X-To: {to}"))
    assert (str(refused.value), refused.value.lasting) == ("no value of a header", True)
    assert gateway.received == []


async def test_a_lone_surrogate_is_a_question_mark(gateway: SmsGateway):
    for content_type, body in ((FORM, "{to} {text}"), ("text/plain", "{to} {text}")):
        await _send(gateway, saying("a\ud800b"), body=body, content_type=content_type)
    assert [one.octets.endswith((b"a%3Fb", b"a?b")) for one in gateway.received] == [True, True]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("493817 is your code: @ £ $ ¥ è ñ Δ Ω {[~]} | \\ ^ €\n", "0"),
        ("493817 është kodi juaj", "2"),
        ("日本", "2"),
        ("«", "2"),
        ("`", "2"),
        ("\t", "2"),
        ("", "0"),
    ],
)
def test_whether_a_text_is_in_the_alphabet_of_text_messages(text: str, code: str):
    assert coding(text) == code


# what the answers mean


@pytest.mark.parametrize("channel", PHONE_CHANNELS)
@pytest.mark.parametrize(("status", "lasting"), [(400, True), (429, False), (500, False)])
async def test_statuses(gateway: SmsGateway, channel: Channel, status: int, lasting: bool):
    gateway.status = status
    with pytest.raises(Undelivered) as refused:
        await _send(gateway, channel)
    assert (str(refused.value), refused.value.lasting) == (f"gateway answered {status}", lasting)


@pytest.mark.parametrize("status", [401, 403, 407])
async def test_a_wrong_password_is_no_fault_of_the_message_and_somebody_is_told(
    gateway: SmsGateway, status: int
):
    gateway.status = status
    with capture_logs() as logged:
        told = await _undelivered(gateway, authorization=Secret("Bearer canary"))
    assert (str(told), told.lasting) == (f"gateway answered {status}", False)
    (entry,) = logged
    assert (entry["event"], entry["log_level"]) == ("gateway_refuses_us", "error")
    assert "sms.authorization" in entry["settings"]
    assert "canary" not in repr(entry)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(gateway: SmsGateway, status: int):
    gateway.status, gateway.location = status, f"{gateway.url}/elsewhere"
    told = await _undelivered(gateway)
    assert (str(told), told.lasting) == (f"gateway answered {status}", False)
    assert [one.path for one in gateway.received] == ["/messages"]


async def test_one_that_hangs_is_tried_again_later(gateway: SmsGateway):
    gateway.held = True
    async with asyncio.timeout(8):
        told = await _undelivered(gateway, timeout_seconds=1)
    assert (str(told), told.lasting) == ("TimeoutError", False)


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        (b"OK: 17", True),
        (b"first line\nOK: 18", True),
        (b"ERROR 5 for +35679846213", False),
        (b"", False),
        (b"\xff\xfe OK: 1", True),
        (b"x" * 70_000 + b"OK: 1", False),
    ],
)
async def test_an_error_inside_a_200(gateway: SmsGateway, answer: bytes, taken: bool):
    gateway.status, gateway.answer = 200, answer
    if taken:
        await _send(gateway, Channel.SMS, accepted=r"OK: \d+")
        return
    told = await _undelivered(gateway, accepted=r"OK: \d+")
    assert (str(told), told.lasting) == ("gateway answered 200, and not what is accepted", False)


async def test_an_answer_without_an_end_is_read_no_further():
    """It never stops; the send is over as soon as enough was read."""

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65_536)
                await writer.drain()
        except OSError:
            writer.close()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    async with server, asyncio.timeout(60):
        port = server.sockets[0].getsockname()[1]
        await _send(SmsGateway(url=f"http://127.0.0.1:{port}/"), Channel.SMS, timeout_seconds=50)


async def test_a_connection_is_used_again(gateway: SmsGateway):
    async with made(gateway) as one:
        for _ in range(3):
            await one.send(message(Channel.SMS))
    assert [got.connection for got in gateway.received] == [1, 1, 1]


async def test_after_close_it_may_be_used_again(gateway: SmsGateway):
    async with made(gateway) as one:
        await one.send(message(Channel.SMS))
        await one.close()
        await one.send(message(Channel.SMS))
    assert len(gateway.received) == 2


# signatures


async def test_a_signature_is_that_of_standard_webhooks(gateway: SmsGateway):
    key = b"k" * 32
    secret = Secret("whsec_" + base64.b64encode(key).decode())
    await _send(gateway, saying(NASTY), signing_secret=secret)
    (got,) = gateway.received
    assert got.headers["webhook-id"] == "1"
    seconds = got.headers["webhook-timestamp"]
    assert int(seconds) == FrozenClock().wall() // 1_000
    signed = f"1.{seconds}.".encode() + got.octets
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{mac}"


async def test_without_a_secret_nothing_is_signed(gateway: SmsGateway):
    await _send(gateway, Channel.SMS)
    assert not [name for name in gateway.received[0].headers if name.startswith("webhook")]


# receipts


ASKING = HttpGatewaySettings(
    url="https://sms.example/",
    body='{"to": {to}, "text": {text}, "tell": {receipt_url}}',
    receipt_status="status",
    receipt_delivered=("DELIVERED", "1"),
    receipt_failed=("FAILED", "2", "16"),
)


def _said(body: bytes = b"", settings: HttpGatewaySettings = ASKING, **query: str) -> Any:
    gateway = HttpGateway(settings, FrozenClock())
    assert isinstance(gateway, Receipts)
    return gateway.receipt(ReceiptCall("POST", RECEIPT, query, {}, body))


async def test_the_receipt_url_is_told(gateway: SmsGateway):
    await _send(gateway, saying("Hi", receipt_url=RECEIPT), body=ASKING.body)
    assert gateway.received[0].body["tell"] == RECEIPT


def test_receipts_in_a_query():
    assert _said(status="1") is MessageState.DELIVERED
    assert _said(status="16") is MessageState.UNDELIVERED
    for status in ("8", "", "delivered", "DELIVERED ", "01"):
        assert _said(status=status) is None
    assert _said() is _said(other="1") is None
    assert _said(b"status=16", status="1") is MessageState.DELIVERED


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (b"status=DELIVERED&id=1", MessageState.DELIVERED),
        (b"id=1&status=FAILED&status=DELIVERED", MessageState.UNDELIVERED),
        (b'{"status": "DELIVERED"}', MessageState.DELIVERED),
        (b' {"status": 2}', MessageState.UNDELIVERED),
        (b'{"status": 2.0}', None),
        (b'{"status": true}', None),
        (b'{"status": null}', None),
        (b'{"status": ["DELIVERED"]}', None),
        (b'{"status": {"a": "DELIVERED"}}', None),
        (b'["DELIVERED"]', None),
        (b'{"status": "DELIVERED"', None),
        (b"[" * 16_000, None),
        (b'{"status": ' + b"9" * 10_000 + b"}", None),
        (b"\xff\xfe", None),
        (b"status=%ff", None),
        (b"&" * 16_000, None),
        (b"", None),
    ],
)
def test_receipts_in_a_body(body: bytes, state: MessageState | None):
    assert _said(body) is state


def test_receipts_that_say_yes_or_no():
    settings = replace(ASKING, receipt_delivered=("true",), receipt_failed=("false",))
    assert _said(b'{"status": true}', settings) is MessageState.DELIVERED
    assert _said(b'{"status": false}', settings) is MessageState.UNDELIVERED


def test_receipts_that_lie_deeper():
    settings = replace(ASKING, receipt_status="results.0.status.group")
    for status, state in (("DELIVERED", MessageState.DELIVERED), ("SENT", None)):
        body = json.dumps({"results": [{"status": {"group": status}}]}).encode()
        assert _said(body, settings) is state
    others: list[Any] = [{"results": []}, {"results": {"0": {"status": "1"}}}, {"results": "1"}]
    for other in others:
        assert _said(json.dumps(other).encode(), settings) is None


# settings


@pytest.mark.parametrize("channel", PHONE_CHANNELS)
def test_settings_that_cannot_be(channel: Channel):
    assert wrong(HttpGatewaySettings(), channel) == ""
    for url in ("gateway.example", "ftp://gateway.example"):
        told = wrong(HttpGatewaySettings(url=url), channel)
        assert told == f"{channel}.url begins with https:// or http://"
    for body in ("", "{to}", "{text} {code}"):
        told = wrong(HttpGatewaySettings(body=body), channel)
        assert told.startswith(f"{channel}.body must have the places {{to}} and {{text}}")


def test_the_code_alone_will_do_where_nothing_but_codes_is_sent():
    alone = HttpGatewaySettings(body="[{to}, {code}]")
    assert wrong(alone, Channel.WHATSAPP) == wrong(alone, Channel.VOICE) == ""
    assert wrong(alone, Channel.SMS) == "sms.body must have the places {to} and {text}"


def test_settings_that_can_be():
    for settings in (
        ASKING,
        HttpGatewaySettings(url="http://127.0.0.1:13013/cgi-bin/sendsms"),
        HttpGatewaySettings(url="https://x.example/?t={to}&m={text}", method="GET", body=""),
        HttpGatewaySettings(headers=Secret("X-To: {to}"), body="{text}"),
        HttpGatewaySettings(content_type="application/vnd.x+json; charset=utf-8"),
        HttpGatewaySettings(accepted="^OK"),
    ):
        assert wrong(settings, Channel.SMS) == "", settings


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"url": "https://"}, "url names a host"),
        ({"url": "https://{to}.example/"}, "url names a host"),
        ({"url": "https://{host}/"}, "url names a host"),
        ({"url": "https://x.example:0/"}, "url names a host"),
        ({"url": "https://x.example:99999/"}, "url names a host"),
        ({"url": "https://x.example/#a"}, "url is percent-encoded"),
        ({"url": "https://x.example/a b"}, "url is percent-encoded"),
        ({"url": "https://x.example/?t={text}", "method": "GET"}, "url must have the places"),
        ({"headers": Secret("no colon here")}, "headers are lines"),
        ({"headers": Secret("X-Näme: a")}, "headers are lines"),
        ({"headers": Secret("X-A: canary\x01")}, "headers are lines"),
        ({"headers": Secret("Content-Type: a")}, "headers hold no content-type"),
        ({"headers": Secret("webhook-signature: a")}, "headers hold no webhook-signature"),
        ({"headers": Secret("X-Text: {text}")}, "headers have no place"),
        ({"authorization": Secret("canary\r\nX: y")}, "authorization is one line"),
        ({"content_type": "text/html"}, "content_type is of JSON"),
        ({"content_type": "application/json; a=b\r\nX: y"}, "content_type is one line"),
        ({"signing_secret": Secret("canary")}, "signing_secret is whsec_"),
        ({"signing_secret": Secret("whsec_c2hvcnQ=")}, "signing_secret is whsec_"),
        ({"signing_secret": Secret("whsec_!canary")}, "signing_secret is whsec_"),
        ({"accepted": "("}, "accepted is a regular"),
        ({"ca_file": "not-there.pem"}, "ca_file is a readable"),
        ({"receipt_status": "s"}, "receipt_status and a place"),
        ({"body": "{to}{text}{receipt_url}"}, "receipt_status and a place"),
        (
            {"body": "{to}{text}{receipt_url}", "receipt_status": "s"},
            "receipt_delivered and receipt_failed name",
        ),
        (
            {
                "body": "{to}{text}{receipt_url}",
                "receipt_status": "s",
                "receipt_delivered": ("1",),
                "receipt_failed": ("2", "1"),
            },
            "receipt_delivered and receipt_failed have",
        ),
    ],
)
def test_settings_of_a_gateway_that_cannot_be(changes: dict[str, Any], told: str):
    found = wrong(replace(HttpGatewaySettings(url="https://x.example/"), **changes), Channel.SMS)
    assert found.startswith(f"sms.{told}")
    assert "canary" not in found
