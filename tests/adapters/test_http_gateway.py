"""The gateway over HTTP: one template for each channel, and what the answers mean."""

import asyncio
from typing import Any

import pytest

from assent.adapters.http_gateway.gateway import HttpGateway, HttpGatewaySettings, wrong
from assent.domain.message import Channel
from assent.kernel.secret import Secret
from assent.ports.delivery import Undelivered
from tests.adapters.conftest import CODE, NUMBER, message
from tests.support.sms_gateway import SmsGateway

PHONE_CHANNELS = (Channel.SMS, Channel.WHATSAPP, Channel.VOICE)
TEMPLATE = '{"to": {to}, "by": {channel}, "says": [{text}], "code": {code}, "id": {reference}}'


async def _send(gateway: SmsGateway, channel: Channel, **settings: Any) -> None:
    await HttpGateway(HttpGatewaySettings(url=gateway.url, **settings)).send(message(channel))


@pytest.mark.parametrize("channel", PHONE_CHANNELS)
async def test_the_template_filled(gateway: SmsGateway, channel: Channel):
    await _send(gateway, channel, body=TEMPLATE, authorization=Secret("Bearer canary"))
    (got,) = gateway.received
    assert got.headers["authorization"] == "Bearer canary"
    assert got.body == {
        "to": NUMBER,
        "by": channel,
        "says": [message(channel).content.body],
        "code": CODE,
        "id": "1",
    }


async def test_what_a_text_holds_is_no_place(gateway: SmsGateway):
    await _send(gateway, Channel.SMS)
    assert '"{to}"' in gateway.received[0].body["text"]


@pytest.mark.parametrize("channel", PHONE_CHANNELS)
@pytest.mark.parametrize(("status", "lasting"), [(400, True), (429, False), (500, False)])
async def test_statuses(gateway: SmsGateway, channel: Channel, status: int, lasting: bool):
    gateway.status = status
    with pytest.raises(Undelivered) as refused:
        await _send(gateway, channel)
    assert (str(refused.value), refused.value.lasting) == (f"gateway answered {status}", lasting)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(gateway: SmsGateway, status: int):
    gateway.status, gateway.location = status, f"{gateway.url}/elsewhere"
    with pytest.raises(Undelivered) as refused:
        await _send(gateway, Channel.WHATSAPP)
    assert (str(refused.value), refused.value.lasting) == (f"gateway answered {status}", False)
    assert [one.path for one in gateway.received] == ["/messages"]


async def test_one_that_hangs_is_tried_again_later(gateway: SmsGateway):
    gateway.held = True
    with pytest.raises(Undelivered) as refused:
        async with asyncio.timeout(5):
            await _send(gateway, Channel.VOICE, timeout_seconds=1)
    assert (str(refused.value), refused.value.lasting) == ("TimeoutError", False)


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
