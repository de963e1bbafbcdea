"""Every channel from the outbox through the worker to whom the settings name, and nothing of it in
the log."""

import asyncio
import logging
import shutil
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from assent import foundation, wiring
from assent.domain.message import Channel, Message
from assent.ports.changes import Add
from assent.settings import Settings, load
from assent.worker import Worker
from tests.adapters.conftest import ACTION, CODE, NUMBER, message
from tests.support import twilio
from tests.support.canary import seen
from tests.support.processes import Installation, installation
from tests.support.sms_gateway import SmsGateway
from tests.support.twilio import TwilioStandIn

PHONE_CHANNELS = (Channel.SMS, Channel.WHATSAPP, Channel.VOICE)
GATEWAY_KEY = "Bearer canary-of-the-gateway's-key"


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("channels")
    return installation(folder, f"sqlite:///{folder / 'assent.sqlite3'}")


@pytest.fixture
def place(migrated: Installation, tmp_path: Path) -> Installation:
    """One of the test's own: what one left waiting is not another's."""
    folder = shutil.copytree(migrated.place, tmp_path / "place")
    settings = {
        **migrated.settings,
        "ASSENT_DATABASE_URL": f"sqlite:///{folder / 'assent.sqlite3'}",
        "ASSENT_VAULT_FILE": str(folder / "vault.json"),
    }
    return Installation(folder, settings)


def _by_twilio(place: Installation, stand_in: TwilioStandIn) -> Settings:
    given = {
        "ACCOUNT_SID": twilio.ACCOUNT,
        "KEY": twilio.KEY,
        "SECRET": twilio.SECRET,
        "SMS_FROM": twilio.SMS_FROM,
        "WHATSAPP_FROM": twilio.WHATSAPP_FROM,
        "VOICE_FROM": twilio.VOICE_FROM,
        "BASE_URL": stand_in.url,
    }
    named = {f"ASSENT_TWILIO_{name}": value for name, value in given.items()}
    return load(None, {**place.settings, **named})


def _by_http(place: Installation, gateway: SmsGateway) -> Settings:
    named = {}
    for channel in PHONE_CHANNELS:
        room = f"ASSENT_{channel.name}"
        named[f"{room}_URL"] = gateway.url.replace("messages", channel)
        named[f"{room}_AUTHORIZATION"] = GATEWAY_KEY
    return load(None, {**place.settings, **named})


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[foundation.Foundation]:
    base = await foundation.found(settings)
    try:
        yield base
    finally:
        await base.close()


async def _through_the_worker(base: foundation.Foundation) -> dict[Channel, Message]:
    """One message a channel, committed and sent."""
    now, ids, sent = base.world.clock.now(), base.world.ids, {}
    for channel in PHONE_CHANNELS:
        made = message(channel, ids.next())
        sent[channel] = replace(made, created_at=now, not_after=now + 300_000)
    await base.stores.commit(*(Add(one) for one in sent.values()))
    worker = Worker(base.world, wiring.gateways(base), asyncio.Event())
    await worker.drain()
    await worker.close()
    return sent


async def test_all_by_twilio(place: Installation, stand_in: TwilioStandIn):
    async with _opened(_by_twilio(place, stand_in)) as base:
        sent = await _through_the_worker(base)
    calls = [one for one in stand_in.accepted if one.resource == "Calls"]
    assert [one.said for one in calls] == [sent[Channel.VOICE].content.body]
    texts = {one.form["To"]: one.form["Body"] for one in stand_in.accepted if one not in calls}
    assert texts == {
        NUMBER: sent[Channel.SMS].content.body,
        f"whatsapp:{NUMBER}": sent[Channel.WHATSAPP].content.body,
    }


async def test_all_by_http(place: Installation, gateway: SmsGateway):
    async with _opened(_by_http(place, gateway)) as base:
        sent = await _through_the_worker(base)
    assert {one.path: one.body for one in gateway.received} == {
        f"/{channel}": {
            "to": NUMBER,
            "text": one.content.body,
            "reference": str(one.id),
        }
        for channel, one in sent.items()
    }


async def test_some_by_one_and_some_by_the_other(
    place: Installation, gateway: SmsGateway, stand_in: TwilioStandIn
):
    mixed = replace(
        _by_twilio(place, stand_in),
        whatsapp=_by_http(place, gateway).whatsapp,
    )
    mixed = replace(mixed, twilio=replace(mixed.twilio, whatsapp_from=""))
    async with _opened(mixed) as base:
        await _through_the_worker(base)
    assert [one.path for one in gateway.received] == ["/whatsapp"]
    assert sorted(one.resource for one in stand_in.accepted) == ["Calls", "Messages"]


@pytest.mark.parametrize("status", [201, 302, 400, 503])
async def test_neither_code_nor_number_nor_secret_is_logged(
    place: Installation,
    gateway: SmsGateway,
    stand_in: TwilioStandIn,
    status: int,
    caplog: pytest.LogCaptureFixture,
):
    """Also where the other side repeats all of it in its answer."""
    caplog.set_level(logging.DEBUG)
    gateway.status = stand_in.status = status
    echoed = f'{{"code": 21211, "message": "{NUMBER} {CODE} {twilio.SECRET}"}}'
    stand_in.body = echoed.encode()
    gateway.location = stand_in.location = f"{stand_in.url}/{NUMBER}/{CODE}"
    ways = (_by_twilio(place, stand_in), _by_http(place, gateway))
    with capture_logs() as logged:
        for settings in ways:
            async with _opened(settings) as base:
                await _through_the_worker(base)
    said = [entry["event"] for entry in logged]
    assert said.count("message_sent" if status == 201 else "message_not_sent") == 6
    octets = (repr(logged) + caplog.text).encode()
    pair = b64encode(f"{twilio.KEY}:{twilio.SECRET}".encode()).decode()
    for canary in (CODE, ", ".join(CODE), NUMBER, ACTION, pair):
        assert canary.encode() not in octets
    for canary in (twilio.SECRET, GATEWAY_KEY):
        assert seen(canary, octets) == []
